"""Floor 1: what was changed. The content store with the recorded trees of packages."""
