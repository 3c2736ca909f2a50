"""OAuth 2.0 for programs: authorization code with PKCE, device grant, and the stock CLI's dialects of both."""
