"""Log lines of environments."""
