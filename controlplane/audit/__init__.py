"""A record of every change, written in the change's own transaction."""

from controlplane.audit.service import record

__all__ = ["record"]
