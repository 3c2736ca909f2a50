"""Two Restate services in Python: a greeter, and a visitors' book that counts for it."""
