"""The tunnel relay: customers dial in, then calls of their own environment's engine go out through that connection."""
