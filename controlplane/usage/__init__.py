"""What environments did, by the minute, hour and day: told by runners, kept for a while, read by members."""
