"""Serves the edges: a snapshot of their tables, and the log of changes as they are committed."""
