"""Identity providers: the whole plane's and each account's own."""
