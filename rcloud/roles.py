"""The API's words for roles."""

from __future__ import annotations

from enum import StrEnum


class KeyRole(StrEnum):
    FULL = "full"
    INGRESS = "ingress"
    ADMIN = "admin"
    COMPLETE_AWAKEABLE = "complete_awakeable"


class WorkloadRole(StrEnum):
    DEVELOPER = "developer"
    VIEWER = "viewer"
    FULL = "full"
    INGRESS = "ingress"
    ADMIN = "admin"
    COMPLETE_AWAKEABLE = "complete_awakeable"


class MemberRole(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    DEVELOPER = "developer"
    VIEWER = "viewer"
