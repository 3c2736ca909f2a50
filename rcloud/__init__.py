"""The command line for people who use the plane: log in, environments, keys, members, logs."""

__version__ = "0.1.0"
