"""One GET by HTTP/2 (RFC 9113): with prior knowledge on a plain connection, else as TLS has negotiated."""

import time

import h2.config
import h2.connection
import h2.errors
import h2.events
from h2.exceptions import ProtocolError

from controlplane.preflight.checks import Answer, Failed
from controlplane.preflight.dialling import Line
from controlplane.preflight.http1 import MOST_BYTES

_SETTINGS = b"\x04"
_LEAST_PATIENCE, _MOST_PATIENCE = 1.5, 4.0


class NotHttp2(Exception):
    """Whoever answers does not speak HTTP/2."""


class Exchange:
    """One request. `open_ended` leaves its end out until `end`."""

    def __init__(
        self, line: Line, authority: str, path: str, headers: dict[str, str], *, open_ended: bool = False
    ) -> None:
        config = h2.config.H2Configuration(client_side=True, header_encoding="latin-1")
        self._line, self._http = line, h2.connection.H2Connection(config)
        scheme = "https" if line.protocol else "http"
        pseudo = [(":method", "GET"), (":scheme", scheme), (":authority", authority), (":path", path)]
        self._began = time.monotonic()
        self._headers: dict[str, str] = {}
        self._status, self._body, self._ended = 0, b"", False
        self._settled, self._opening = False, b""
        self._http.initiate_connection()
        self._http.send_headers(1, [*pseudo, *headers.items()], end_stream=not open_ended)
        self._line.write(self._http.data_to_send())

    def end(self) -> None:
        self._http.end_stream(1)
        self._line.write(self._http.data_to_send())

    def begun(self, seconds: float) -> bool:
        """Whether the answer begins within so many seconds."""
        deadline = time.monotonic() + seconds
        try:
            while not self._status:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._step(left)
        except TimeoutError:
            return False
        return True

    def answer(self) -> Answer:
        """Raises `TimeoutError`, `OSError`, `NotHttp2`, `Failed`."""
        while not self._ended:
            self._step(None)
        return Answer(self._status, self._headers, self._body, time.monotonic() - self._began)

    def _step(self, seconds: float | None) -> None:
        data = self._line.read(seconds)
        self._opening = (self._opening + data)[:4]
        # A server begins with SETTINGS (RFC 9113 §3.4), whose fourth byte is the frame's type.
        if (not data and not self._settled) or self._opening[3:] not in (b"", _SETTINGS):
            raise NotHttp2
        try:
            events = self._http.receive_data(data) if data else []
        except ProtocolError as error:
            raise NotHttp2 from error
        for event in events:
            self._take(event)
        self._line.write(self._http.data_to_send())
        if not data and not self._ended:
            raise ConnectionResetError("closed before an answer")

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RemoteSettingsChanged):
            self._settled = True
        elif isinstance(event, h2.events.ResponseReceived):
            self._headers = {str(name): str(value) for name, value in event.headers or ()}
            self._status = int(self._headers.get(":status", "0"))
        elif isinstance(event, h2.events.DataReceived):
            self._body += event.data or b""
            self._http.acknowledge_received_data(event.flow_controlled_length or 0, 1)
            if len(self._body) > MOST_BYTES:
                raise Failed("discovery", f"It answered with more than {MOST_BYTES} bytes: no Restate endpoint does.")
        elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
            if event.error_code == h2.errors.ErrorCodes.HTTP_1_1_REQUIRED:
                raise NotHttp2
            raise ConnectionResetError("ended before an answer")
        elif isinstance(event, h2.events.StreamEnded):
            self._ended = True


def get(line: Line, authority: str, path: str, headers: dict[str, str]) -> Answer:
    """Raises `Failed`, `NotHttp2`."""
    try:
        return Exchange(line, authority, path, headers).answer()
    except TimeoutError as error:
        raise Failed("http_version", "It accepts the connection and does not answer in time.") from error
    except OSError as error:
        raise NotHttp2 from error


def buffers(line: Line, authority: str, path: str, headers: dict[str, str], took_seconds: float) -> bool:
    """Whether something on the way keeps a request until it has ended: then a bidirectional call never moves.

    The same harmless GET again, its end held back: who streams answers, who buffers waits for the end.
    """
    patience = min(max(_LEAST_PATIENCE, 3 * took_seconds), _MOST_PATIENCE)
    try:
        exchange = Exchange(line, authority, path, headers, open_ended=True)
        if exchange.begun(patience):
            return False
        exchange.end()
        return exchange.answer().status == 200
    except (OSError, NotHttp2, Failed):
        # Whoever refuses this form of request says nothing about streaming.
        return False
