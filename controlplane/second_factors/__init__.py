"""Authenticator apps (TOTP), recovery codes and passkeys."""
