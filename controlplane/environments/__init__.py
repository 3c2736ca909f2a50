"""Environments: one isolated engine each, with addresses, an identity key and a life from PENDING to DELETED."""
