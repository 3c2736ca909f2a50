"""Keys with which programs reach one environment: shown once, stored as keyed digests, revocable at once."""
