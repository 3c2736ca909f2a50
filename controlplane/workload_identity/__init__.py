"""Trust in tokens that somebody else's platform gives its jobs (OpenID Connect, RFC 8693), under rules of a team."""
