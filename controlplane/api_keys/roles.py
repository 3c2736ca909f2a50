"""The four roles of an API key, and the stock names under which callers may know them."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field


class KeyRole(StrEnum):
    FULL = "full"
    INGRESS = "ingress"
    ADMIN = "admin"
    COMPLETE_AWAKEABLE = "complete_awakeable"


STOCK_NAMES = {
    "rst:role::FullAccess": KeyRole.FULL,
    "rst:role::IngressAccess": KeyRole.INGRESS,
    "rst:role::AdminAccess": KeyRole.ADMIN,
    "rst:role::CompleteAwakeable": KeyRole.COMPLETE_AWAKEABLE,
    "rst:role::CompleteAwakeableAccess": KeyRole.COMPLETE_AWAKEABLE,
}
RULE = (
    "An API key's role is one of full (everything), ingress (call services), admin (deploy and operate) "
    "and complete_awakeable (resolve or reject awakeables only)."
)


def known(value: object) -> object:
    """The role under either of its names. Raises `ValueError` with the rule as its text."""
    if isinstance(value, str):
        if value in STOCK_NAMES:
            return STOCK_NAMES[value]
        if value in list(KeyRole):
            return KeyRole(value)
    raise ValueError(RULE)


def stock_name(role: str) -> str:
    """The last name it has there."""
    return [name for name, known_role in STOCK_NAMES.items() if known_role == role][-1]


Role = Annotated[KeyRole, BeforeValidator(known), Field(description=RULE, examples=["ingress"])]
