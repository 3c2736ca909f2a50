"""The commands of a checkout, and the standard-library code they share."""
