"""Mail domains an account has proven to own, and what that gives its people."""
