"""Keeps the engines of this node: as told last, whether or not anything else is alive."""
