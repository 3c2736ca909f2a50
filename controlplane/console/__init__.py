"""Serves the console: the files that web/ was built into, at `/console/` and every address below it."""
