"""Data-plane nodes: who they are, what they can take, whether they are alive."""
