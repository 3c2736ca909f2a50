"""What the edges must know, as a log of changes in commit order. Nouns publish here; `edge_feed` serves it."""

from controlplane.edge_log.service import Change, Table, publish, publish_read

__all__ = ["Change", "Table", "publish", "publish_read"]
