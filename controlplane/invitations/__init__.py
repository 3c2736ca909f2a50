"""Invitations into an account, by mail."""
