"""Runs engines and carries traffic: the data-plane half. Shares a wire (docs/wire.md), no code, with controlplane."""

__version__ = "0.1.0"
