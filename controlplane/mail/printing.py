"""`controlplane outbox`: the plane's mail on its host's terminal. Whoever may run it may read the database anyway."""

import time
from enum import StrEnum

from rich.console import Console
from rich.text import Text

from controlplane.core.database import transaction
from controlplane.core.schema import rfc3339
from controlplane.mail import repository
from controlplane.mail.schemas import MessageView

_EVERY_SECONDS = 1.0


class Output(StrEnum):
    TEXT = "text"
    JSON = "json"


def show(limit: int, *, follow: bool, output: Output) -> None:
    """The newest `limit` messages; with `follow` also those to come, until an interrupt."""
    console, seen = Console(highlight=False, soft_wrap=True), set[str]()
    while True:
        for message in _newer(limit, seen):
            seen.add(message.message_id)
            if output is Output.JSON:
                console.out(message.model_dump_json(by_alias=True), highlight=False)
            else:
                _print(console, message)
        if not follow:
            return
        try:
            time.sleep(_EVERY_SECONDS)
        except KeyboardInterrupt:
            return


def _newer(limit: int, seen: set[str]) -> list[MessageView]:
    with transaction() as session:
        rows = repository.newest(session, limit)
        return [MessageView.of(row) for row in reversed(rows) if row.message_id not in seen]


def _print(console: Console, message: MessageView) -> None:
    console.print(Text(f"── {message.subject}", style="bold"))
    console.print(Text(f"to {message.to} · {message.kind} · {message.status} · {rfc3339(message.created_at)}"))
    if message.error:
        console.print(Text(message.error, style="red"))
    console.print(Text(f"\n{(message.text or '(the text has been deleted: its link has left or expired)').strip()}\n"))
