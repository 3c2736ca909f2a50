"""Roles in customers' AWS accounts: the trust policy they need, and what is wrong with one that is there."""
