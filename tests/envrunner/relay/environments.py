"""The environments of these tests."""

MINE, OTHERS, DELETED, NOBODYS = 1, 2, 3, 99
"""NOBODYS does not exist."""
