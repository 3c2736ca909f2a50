"""What engines did, minute by minute: read from their own counters, and told to the control plane once.

`exposition` makes a reading of an engine's metrics, `fabric` gets them, `latency` puts quantiles together, `tally`
makes minutes of readings, `meter` reads all engines of a node in turn (in the agent), `teller` tells (in the
runner-worker).
"""
