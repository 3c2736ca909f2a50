"""Server-sent events (HTML Living Standard §9.2), taken up again where a connection was lost."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rcloud.api import Api, lines
from rcloud.errors import Unreachable

_PAUSE_SECONDS = 1.0
# In a row: a plane that is started anew is there again within this time.
_ATTEMPTS = 30


@dataclass
class Event:
    """`kind` is `message` unless the server named it."""

    kind: str = "message"
    data: str = ""
    id: str | None = None


def events(received: Iterable[str]) -> Iterator[Event]:
    """The events of one answer. Comments, which only keep a connection open, are none."""
    event = Event()
    for line in received:
        if not line:
            if event.data:
                yield event
            event = Event(id=event.id)
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            event.data = f"{event.data}\n{value}" if event.data else value
        elif field == "event":
            event.kind = value
        elif field == "id":
            event.id = value


def followed(api: Api, path: str, query: dict[str, str | int]) -> Iterator[Event]:
    """Events without end: a lost connection is made anew after the last one seen. Raises `Failure`."""
    last: str | None = None
    lost = 0
    while True:
        try:
            with api.stream(path, "text/event-stream", query, last) as answer:
                for event in events(lines(answer)):
                    last, lost = event.id, 0
                    yield event
        except Unreachable:
            if lost >= _ATTEMPTS:
                raise
        lost += 1
        if lost > _ATTEMPTS:
            raise Unreachable("The plane ends every answer at once.", f"Check with: curl {api.url}/readyz")
        time.sleep(_PAUSE_SECONDS)
