"""A relay's neighbours as doubles on h2: the tunnel client, which dials and is then the server, and an engine."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from hyperframe.frame import Frame, GoAwayFrame

Headers = list[tuple[str, str]]
_SECONDS = 60.0


@dataclass
class Message:
    """What came on one stream so far. ``credit``: whether what is read is also acknowledged."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    trailers: dict[str, str] = field(default_factory=dict)
    ended: bool = False
    reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.headers[":status"])


class _Lasting(H2Connection):
    """Streams go on after a GOAWAY, as they do in the real programs; h2 would end them."""

    def _receive_goaway_frame(self, frame: GoAwayFrame) -> tuple[list[Frame], list[events.Event]]:
        event = events.ConnectionTerminated()
        event.error_code = frame.error_code
        return [], [event]


class Peer:
    """One connection. ``reads`` False: nothing is acknowledged, so that the other side's windows close."""

    def __init__(self, *, client: bool, window: int = 1024 * 1024) -> None:
        self.h2 = _Lasting(H2Configuration(client_side=client, header_encoding="utf-8"))
        self.messages: dict[int, Message] = defaultdict(Message)
        self.changed = asyncio.Condition()
        self.reads = True
        self.goaway: int | None = None
        self.closed = False
        self.most_streams = 2**31 - 1
        self._window = window
        self._tasks: set[asyncio.Task[None]] = set()

    async def connect(self, port: int, tls: ssl.SSLContext | None = None) -> Self:
        return await self.begin_on(*await asyncio.open_connection("127.0.0.1", port, ssl=tls))

    async def begin_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Self:
        """A connection that is there already."""
        self.reader, self.writer = reader, writer
        self.h2.local_settings.initial_window_size = self._window
        self.h2.initiate_connection()
        self.h2.update_settings({4: self._window, 3: self.most_streams})
        self.h2.increment_flow_control_window(2**30)
        self.send()
        self._spawn(self._read())
        return self

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def send(self) -> None:
        self.writer.write(self.h2.data_to_send())

    async def body(self, number: int, data: bytes, *, end: bool = True) -> None:
        """As fast as the windows allow."""
        sent = 0
        while sent < len(data):
            room = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size, len(data) - sent)
            if room <= 0:
                await self.wait(lambda: self.h2.local_flow_control_window(number) > 0)
                continue
            self.h2.send_data(number, data[sent : sent + room])
            sent += room
            self.send()
            await self.writer.drain()
        if end:
            self.h2.end_stream(number)
            self.send()

    async def wait(self, condition: Callable[[], object], seconds: float = _SECONDS) -> None:
        """Until it holds; looked at whenever something comes."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(condition)

    async def ended(self, number: int) -> Message:
        """The message on this stream once it is complete, or reset."""
        message = self.messages[number]
        await self.wait(lambda: message.ended or message.reset is not None or self.closed)
        return message

    def acknowledge(self, number: int, size: int) -> None:
        self.h2.acknowledge_received_data(size, number)
        self.send()

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := await self.reader.read(256 * 1024):
                for event in self.h2.receive_data(data):
                    self._take(event)
                self.send()
                async with self.changed:
                    self.changed.notify_all()
        self.closed = True
        async with self.changed:
            self.changed.notify_all()

    def _take(self, event: events.Event) -> None:
        number = getattr(event, "stream_id", 0) or 0
        if isinstance(event, events.RequestReceived | events.ResponseReceived):
            self.messages[number].headers = dict(event.headers)  # type: ignore[arg-type]
            self.began(number)
        elif isinstance(event, events.DataReceived):
            self.messages[number].body += event.data
            if self.reads:
                self.h2.acknowledge_received_data(event.flow_controlled_length, number)
        elif isinstance(event, events.TrailersReceived):
            self.messages[number].trailers = dict(event.headers)  # type: ignore[arg-type]
        elif isinstance(event, events.StreamEnded):
            self.messages[number].ended = True
            self.complete(number)
        elif isinstance(event, events.StreamReset):
            self.messages[number].reset = int(event.error_code or 0)
        elif isinstance(event, events.ConnectionTerminated):
            self.goaway = int(event.error_code or 0)

    def began(self, number: int) -> None:
        """A message has begun."""

    def complete(self, number: int) -> None:
        """A message is complete."""


class Dialled(Peer):
    """A tunnel client. Every call is answered by ``answer(number, message)``, once the request is complete."""

    def __init__(self, credential: dict[str, str], window: int = 1024 * 1024) -> None:
        super().__init__(client=False, window=window)
        self.credential = credential
        self.answer: Callable[[int, Message], Awaitable[None]] = self.echo

    @property
    def told(self) -> dict[str, str]:
        """The trailers of the handshake."""
        return self.messages[1].trailers

    @property
    def calls(self) -> list[Message]:
        """Those that have come so far."""
        return [message for number, message in self.messages.items() if number != 1]

    def began(self, number: int) -> None:
        if number == 1:
            self.h2.send_headers(1, [(":status", "200"), *self.credential.items()], end_stream=True)

    def complete(self, number: int) -> None:
        if number != 1:
            self._spawn(self.answer(number, self.messages[number]))

    async def echo(self, number: int, message: Message) -> None:
        """The request's body, and its path in a header."""
        headers = [(":status", "200"), ("x-path", message.headers[":path"]), ("x-served-by", str(id(self)))]
        self.h2.send_headers(number, headers)
        await self.body(number, bytes(message.body))


class Engine(Peer):
    """An engine's connection to the tunnel proxy (prior knowledge)."""

    def __init__(self, window: int = 1024 * 1024) -> None:
        super().__init__(client=True, window=window)

    def begin(self, path: str, headers: Headers, method: str = "POST", *, end: bool = False) -> int:
        number = self.h2.get_next_available_stream_id()
        fixed = [(":method", method), (":scheme", "http"), (":authority", "proxy"), (":path", path)]
        self.h2.send_headers(number, [*fixed, *headers], end_stream=end)
        self.send()
        return number

    async def call(self, path: str, headers: Headers, body: bytes = b"", method: str = "POST") -> Message:
        """A whole call."""
        number = self.begin(path, headers, method, end=not body)
        if body:
            await self.body(number, body)
        return await self.ended(number)
