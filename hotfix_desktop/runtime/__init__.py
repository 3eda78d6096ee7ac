"""Floor 3: QtCore only. Lanes (worker threads), the heartbeat, and the opened workspace."""
