"""Floor 4: windows, models, dialogs, icons, and the words for states. No queries and no files of packages."""
