"""Headers a deployment was registered with, as far as they may go along on a call of the plane's."""

import re
from collections.abc import Mapping

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
_OURS = _HOP_BY_HOP | {
    "host",
    "content-length",
    "content-type",
    "expect",
    "accept",
    "x-restate-cluster-name",
    "x-restate-signature-scheme",
    "x-restate-jwt-v1",
}


def passable(headers: Mapping[str, str]) -> dict[str, str]:
    """In lower case; without what frames a message or says who calls."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {
        name: value
        for name, value in lower.items()
        if name not in _OURS and _NAME.fullmatch(name) and _VALUE.fullmatch(value)
    }
