"""Floor 0: words and rules. Frozen values and pure functions; time is an argument. Standard library only."""
