"""Carries the calls people make with their access tokens, and ends each when the right to make it ends.

nginx judges a call when it begins and cannot take back its word; a person's call may last for hours.
"""
