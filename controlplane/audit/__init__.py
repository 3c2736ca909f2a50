"""A record of every change, written in the change's own transaction."""

from controlplane.audit.service import Result, change, record

__all__ = ["Result", "change", "record"]
