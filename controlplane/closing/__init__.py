"""Deleting an account: what must be gone first, and what goes with it."""
