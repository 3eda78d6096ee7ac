"""Floor 2: the use cases. Each tells its story in one function; nothing here knows Qt."""
