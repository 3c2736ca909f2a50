"""Sends what engines log to the control plane: each line once, in order, and never in an engine's way.

An engine writes to its file, the agent rotates it, and this only reads: with the control plane away nothing piles up
but the files, which are bounded. `files` finds the place in a log that moves, `lines` makes a tenant's bytes harmless,
`position` remembers how far the control plane has everything, `shipper` sends.
"""
