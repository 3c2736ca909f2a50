"""What engines log: taken from runners, kept for some days, read and followed by members of the account."""
