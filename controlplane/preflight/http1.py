"""One GET by HTTP/1.1 (RFC 9112)."""

import time

import h11

from controlplane.preflight.checks import Answer, Failed
from controlplane.preflight.dialling import Line

MOST_BYTES = 1024 * 1024


def get(line: Line, authority: str, path: str, headers: dict[str, str]) -> Answer:
    """Raises `Failed`."""
    connection, began = h11.Connection(h11.CLIENT), time.monotonic()
    wanted = [("host", authority), ("connection", "close"), *headers.items()]
    try:
        line.write(connection.send(h11.Request(method="GET", target=path, headers=wanted)) or b"")
        line.write(connection.send(h11.EndOfMessage()) or b"")
        return _answer(line, connection, began)
    except TimeoutError as error:
        raise Failed("http_version", "It accepts the connection and does not answer in time.") from error
    except (OSError, h11.ProtocolError) as error:
        raise Failed("http_version", "It speaks no HTTP: the answer is none that HTTP permits.") from error


def _answer(line: Line, connection: h11.Connection, began: float) -> Answer:
    head, body = None, b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(line.read())
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MOST_BYTES:
                raise Failed("discovery", f"It answered with more than {MOST_BYTES} bytes: no Restate endpoint does.")
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            found = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
            return Answer(head.status_code, found, body, time.monotonic() - began)
        elif isinstance(event, h11.ConnectionClosed):
            raise h11.RemoteProtocolError("closed before an answer")
