"""What the edges must know, as a log of changes in commit order. Nouns publish here; `edge_feed` serves it."""

from controlplane.edge_log.service import Table, publish

__all__ = ["Table", "publish"]
