"""Lets HTTP/2 with prior knowledge reach the edge with two Authorization fields, of which the last one counts.

`restate cloud env tunnel` appends its own to what callers of its remote ports send.
"""
