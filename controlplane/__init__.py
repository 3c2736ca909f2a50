"""The half that decides: accounts, environments, API keys, members. PostgreSQL is its only truth."""
