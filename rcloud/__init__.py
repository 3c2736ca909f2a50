"""The command line for people who use the plane: log in, environments, keys, members, logs."""
