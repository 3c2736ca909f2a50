"""Whose requests the edge refused because of which limit, counted by the hour."""
