"""Trying a service before it is registered: the engine's first call, made by the plane, and what is wrong in words."""
