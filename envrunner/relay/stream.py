"""One stream of an HTTP/2 connection, and how either side of a call hands on what it gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Protocol

from h2.errors import ErrorCodes

from envrunner.relay.machine import Headers

if TYPE_CHECKING:
    from envrunner.relay.http2 import Http2


class Outlet(Protocol):
    """Where one direction of a call goes on. After the end, or an abort, all of these do nothing."""

    def head(self, headers: Headers, *, end: bool = False) -> None: ...

    def data(self, data: bytes) -> None: ...

    def end(self, trailers: Headers | None = None) -> None: ...

    def abort(self, code: int = ErrorCodes.CANCEL) -> None: ...

    def taken(self, size: int) -> None:
        """The other side has taken so much of what came from here."""


class Stream(ABC):
    """One stream, as the other side of a call uses it. What comes from the peer goes to the ``came_…`` methods."""

    def __init__(self, connection: Http2, number: int) -> None:
        self.connection = connection
        self.number = number
        self._queue: deque[bytes] = deque()
        self.trailers: Headers | None = None
        self._ending = False
        self._ended = False
        self.peer_ended = False

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
            self._ended = end
            self.connection.send_head(self, headers, end=end)

    def data(self, data: bytes) -> None:
        if not self.over and not self._ended:
            self._queue.append(data)
            self.connection.wants_to_send(self)

    def end(self, trailers: Headers | None = None) -> None:
        if not self.over and not self._ended:
            self._ending, self.trailers = True, trailers
            self.connection.wants_to_send(self)

    def abort(self, code: int = ErrorCodes.CANCEL) -> None:
        if not self.over:
            self.connection.send_reset(self, code)

    def taken(self, size: int) -> None:
        """The other side has taken so much of what came here: the peer may send as much again."""
        self.connection.give_credit(self.number, size)

    @property
    def over(self) -> bool:
        """Nothing more can be sent."""
        return self.number not in self.connection.streams

    @property
    def has_more(self) -> bool:
        return bool(self._queue) or (self._ending and not self._ended)

    @property
    def finished(self) -> bool:
        """Both directions have ended."""
        return self._ended and self.peer_ended

    def next_piece(self, room: int) -> bytes | None:
        """At most ``room`` bytes; None when nothing may or need be sent."""
        if not self._queue or room <= 0:
            return None
        piece = self._queue.popleft()
        if len(piece) > room:
            self._queue.appendleft(piece[room:])
            piece = piece[:room]
        return piece

    def takes_end(self) -> bool:
        """Whether everything has been sent but the end, which the caller then sends."""
        if self._queue or not self._ending or self._ended:
            return False
        self._ended = True
        return True
