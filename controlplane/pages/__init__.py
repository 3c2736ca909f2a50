"""Pages for people with a browser: sign-in, consent, first steps, security, members, mail; the API's documentation."""
