"""The words of operations: what is being done, and how far it is."""

from enum import StrEnum


class OperationStatus(StrEnum):
    """Of operations and of their steps."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Kind(StrEnum):
    CREATE = "environment.create"
    DELETE = "environment.delete"
    RESTORE = "environment.restore"
    RESTORE_PAUSED = "environment.restore_paused"
    PURGE = "environment.purge"
    PAUSE = "environment.pause"
    WAKE = "environment.wake"
    UPGRADE = "environment.upgrade"
    UNDO_UPGRADE = "environment.undo_upgrade"
    LIMIT = "environment.limit"
    SWITCH_KEY = "identity_key.switch"
    ROLL_BACK_KEY = "identity_key.rollback"
