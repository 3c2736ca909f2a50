"""Changes of engines, which the edges saw pass: each becomes an audit event of its account, once."""
