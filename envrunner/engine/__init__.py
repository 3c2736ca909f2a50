"""One restate-server per environment: what it is given, where it lives, and how to ask whether it is ready."""
