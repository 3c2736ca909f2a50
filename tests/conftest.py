"""What every test run shares."""

pytest_plugins = ["tests.plugins.no_skips", "tests.plugins.one_plane", "pytester"]
