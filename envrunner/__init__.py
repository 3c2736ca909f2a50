"""Runs engines and carries traffic: the data-plane half. Shares a wire (docs/wire.md), no code, with controlplane."""
