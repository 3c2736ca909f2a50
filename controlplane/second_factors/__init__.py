"""What proves who one is beside a password: one-time codes, passkeys, and the recovery codes for when both are lost."""
