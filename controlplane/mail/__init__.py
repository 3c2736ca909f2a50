"""Mail to people: templates, the outbox, SMTP."""
