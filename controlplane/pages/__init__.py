"""Pages for people with a browser: sign-in, consent, first steps, security, members, mail; and the API documentation."""
