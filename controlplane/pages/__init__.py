"""Plain pages for people with a browser: what this is, and the API's documentation. No script, no third party."""
