"""What every test run shares."""

from hypothesis import settings

pytest_plugins = ["tests.plugins.no_skips", "tests.plugins.longest_first", "pytester"]

# An example that takes long on a busy machine is no fault.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
