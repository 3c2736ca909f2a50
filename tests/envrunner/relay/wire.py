"""One HTTP/2 connection of the relay without a network: bytes go in by hand, and what it sends is looked at."""

from __future__ import annotations

import asyncio
from typing import Any

from h2.settings import SettingCodes, Settings

from envrunner.relay import frames
from envrunner.relay.fields import Headers
from envrunner.relay.http2 import Http2
from envrunner.relay.stream import Stream


class Transport(asyncio.Transport):
    """Keeps what is written. ``unread``: how much of it the peer has left in the buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.unread = 0
        self.closed = self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def writelines(self, pieces: Any) -> None:
        for piece in pieces:
            self.write(piece)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There are none."""

    def get_write_buffer_size(self) -> int:
        return self.unread

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True


class Echo(Stream):
    """Gives back what comes, and acknowledges it as it goes out. As a client's, keeps it."""

    def __init__(self, connection: Echoing, number: int) -> None:
        super().__init__(connection, number)
        self.seen = connection.seen
        self.headers: Headers = []
        self.came = bytearray()
        self.trailers_came: Headers | None = None
        self.aborted: int | None = None
        self.whole = False

    def came_head(self, headers: Headers, *, end: bool) -> None:
        self.headers, self.whole = headers, end
        if self.seen is not None:
            kept = [one for one in headers if not one[0].startswith(b":") and one[0] != b"content-length"]
            self.head([(b":status", b"200"), *kept], end=end)

    def came_data(self, data: bytes) -> None:
        self.came += data
        if self.seen is not None:
            self.data(data)
        else:
            self.taken(len(data))

    def came_end(self, trailers: Headers | None) -> None:
        self.trailers_came, self.whole = trailers, True
        if self.seen is not None:
            self.end(trailers)

    def came_abort(self, code: int, reason: str) -> None:
        self.aborted = code

    def gave(self, size: int) -> None:
        if self.seen is not None:
            self.taken(size)


class Echoing(Http2):
    """As a server it echoes; as a client it only keeps what comes."""

    def __init__(self, *, client: bool) -> None:
        super().__init__(client=client)
        self.seen: dict[int, Echo] | None = None if client else {}
        self.goodbye: int | None = None

    def opened(self) -> None:
        """Nothing to say."""

    def new_stream(self, number: int) -> Stream | None:
        assert self.seen is not None
        self.seen[number] = stream = Echo(self, number)
        self.streams[number] = stream
        return stream

    def begin(self, headers: Headers) -> Echo:
        """A call of ours."""
        stream = Echo(self, self.next_number())
        self.streams[stream.number] = stream
        stream.head(headers)
        return stream

    def peer_says_goodbye(self, code: int) -> None:
        self.goodbye = code

    def lost(self) -> None:
        """Nobody minds."""


class Wire:
    """``made`` in a running loop: an echoing server by default, greeted by a client."""

    def __init__(self, *, client: bool = False, greeted: bool = True) -> None:
        self.transport = Transport()
        self.relay = Echoing(client=client)
        self.relay.connection_made(self.transport)
        if greeted:
            self.relay.data_received((b"" if client else frames.PREFACE) + frame(frames.SETTINGS))

    async def give(self, data: bytes) -> list[tuple[int, int, int, bytes]]:
        """What it answers: kind, flags, stream and payload of each frame."""
        await self.settle()
        self.transport.written.clear()
        self.relay.data_received(data)
        await self.settle()
        return read(bytes(self.transport.written))

    async def settle(self) -> None:
        """Until what is due has been sent."""
        for _ in range(3):
            await asyncio.sleep(0)


def frame(kind: int, payload: bytes = b"", number: int = 0, flags: int = 0) -> bytes:
    return frames.head(len(payload), kind, flags, number) + payload


def read(data: bytes) -> list[tuple[int, int, int, bytes]]:
    """Whole frames."""
    found, at = [], len(frames.PREFACE) if data.startswith(frames.PREFACE) else 0
    while at < len(data):
        high, low, kind, flags, number = frames.HEAD.unpack_from(data, at)
        begin, at = at + frames.HEAD_BYTES, at + frames.HEAD_BYTES + (high << 8 | low)
        found.append((kind, flags, number, data[begin:at]))
    return found


def code_of(answers: list[tuple[int, int, int, bytes]], kind: int) -> int | None:
    """The error in a GOAWAY or RST_STREAM; None where there is none."""
    found = [payload for each, _, _, payload in answers if each == kind]
    return int.from_bytes(found[0][-4:], "big") if found else None


def windows(settings: Settings, size: int) -> None:
    settings[SettingCodes.INITIAL_WINDOW_SIZE] = size
