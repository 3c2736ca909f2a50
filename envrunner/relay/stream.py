"""One stream of an HTTP/2 connection, and how either side of a call hands on what it gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Final

from mypy_extensions import mypyc_attr

from envrunner.relay.fields import Headers
from envrunner.relay.frames import ErrorCodes

if TYPE_CHECKING:
    from envrunner.relay.http2 import Http2

Piece = bytes | memoryview
STREAM_WINDOW: Final = 262_144
"""So much of one stream is held in memory at most, each way."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Outlet(ABC):
    """Where one direction of a call goes on. After the end, or an abort, all of these do nothing."""

    __slots__ = ()

    @abstractmethod
    def head(self, headers: Headers, *, end: bool = False) -> None: ...

    @abstractmethod
    def data(self, data: bytes) -> None: ...

    @abstractmethod
    def end(self, trailers: Headers | None = None) -> None: ...

    @abstractmethod
    def abort(self, code: int = ErrorCodes.CANCEL) -> None: ...

    @abstractmethod
    def taken(self, size: int) -> None:
        """The other side has taken so much of what came from here."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Stream(Outlet):
    """One stream, as the other side of a call uses it. What comes from the peer goes to the ``came_…`` methods."""

    __slots__ = (
        "_queue", "body_bytes", "connection", "ended", "ending", "expected_bytes", "number", "owed", "peer_began",
        "peer_ended", "room", "trailers", "window",
    )  # fmt: skip

    def __init__(self, connection: Http2, number: int) -> None:
        self.connection = connection
        self.number = number
        self.window = connection.first_window
        """So many bytes the peer takes."""
        self.room, self.owed = STREAM_WINDOW, 0
        """So many the peer may send; of those it has sent, so many have been taken and not been given back."""
        self.expected_bytes: int | None = None
        self.body_bytes = 0
        """Of the peer's body: as its head said, and so far."""
        self.trailers: Headers | None = None
        self.ending = self.ended = False
        """Whether the end is to be sent after what is queued, and has been."""
        self.peer_began = self.peer_ended = False
        self._queue: deque[Piece] = deque()

    @abstractmethod
    def came_head(self, headers: Headers, *, end: bool) -> None: ...

    @abstractmethod
    def came_data(self, data: bytes) -> None: ...

    @abstractmethod
    def came_end(self, trailers: Headers | None) -> None: ...

    @abstractmethod
    def came_abort(self, code: int, reason: str) -> None:
        """Also when the connection is lost; the stream is over."""

    @abstractmethod
    def gave(self, size: int) -> None:
        """So many bytes of what `data` was given have been taken by the peer's window."""

    def head(self, headers: Headers, *, end: bool = False) -> None:
        """Raises nothing: a stream that is over ignores all of these."""
        if not self.over:
            self.ended = end
            self.connection.send_head(self, headers, end=end)

    def data(self, data: bytes) -> None:
        if not self.over and not self.ended:
            self._queue.append(data)
            self.connection.wants_to_send(self)

    def end(self, trailers: Headers | None = None) -> None:
        if not self.over and not self.ended:
            self.ending, self.trailers = True, trailers
            if not self._queue:
                self.connection.send_end(self)

    def abort(self, code: int = ErrorCodes.CANCEL) -> None:
        if not self.over:
            self.connection.send_reset(self, code)

    def taken(self, size: int) -> None:
        """The other side has taken so much of what came here: the peer may send as much again."""
        self.connection.give_credit(self, size)

    @property
    def over(self) -> bool:
        """Nothing more can be sent."""
        return self.number not in self.connection.streams

    @property
    def has_data(self) -> bool:
        return bool(self._queue)

    @property
    def has_more(self) -> bool:
        return bool(self._queue) or (self.ending and not self.ended)

    @property
    def finished(self) -> bool:
        """Both directions have ended."""
        return self.ended and self.peer_ended

    def next_piece(self, room: int) -> Piece:
        """At most ``room`` bytes, which are more than none; small ones that wait go together."""
        queue = self._queue
        piece = queue.popleft()
        if len(piece) > room:
            # A view: what is left of a large piece is not copied again for each frame.
            queue.appendleft(memoryview(piece)[room:])
            return memoryview(piece)[:room]
        if queue and len(piece) + len(queue[0]) <= room:
            pieces, size = [piece], len(piece)
            while queue and size + len(queue[0]) <= room:
                size += len(queue[0])
                pieces.append(queue.popleft())
            return b"".join(pieces)
        return piece
