"""A connection through which calls go on: to a customer, or to another relay node."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

import structlog

from envrunner.relay import frames
from envrunner.relay.fields import Headers
from envrunner.relay.frames import ErrorCodes
from envrunner.relay.http2 import Http2
from envrunner.relay.stream import Stream

MOST_WAITING: Final = 1000
_PACED_SECONDS: Final = 0.1
"""A call without an answer for so long keeps no other waiting."""
MOST_PACED: Final = 900
"""Of `MOST_WAITING`: the rest is for those the client does not take, so that nobody is refused for the pace."""
_LAST_STREAM: Final = 2_147_482_648
_log = structlog.get_logger(__name__)


class Answers(ABC):
    """What a call's stream reports to (`exchange.Exchange`)."""

    __slots__ = ()

    @abstractmethod
    def request_taken(self, size: int) -> None: ...

    @abstractmethod
    def response_head(self, headers: Headers, *, end: bool) -> None: ...

    @abstractmethod
    def response_data(self, data: bytes) -> None: ...

    @abstractmethod
    def response_end(self, trailers: Headers | None) -> None: ...

    @abstractmethod
    def response_aborted(self, failed: Carrier, code: int, reason: str) -> None: ...


class CallStream(Stream):
    """One call on its way out; ``waiting`` until the other end takes one more."""

    def __init__(self, carrier: Carrier, answers: Answers, headers: Headers, *, end: bool) -> None:
        super().__init__(carrier, 0)
        self.waiting = True
        self._carrier = carrier
        self._answers = answers
        self._begin = headers, end

    @property
    def over(self) -> bool:
        return not self.waiting and self.number not in self.connection.streams

    def start(self, number: int) -> None:
        """There is room now."""
        headers, end = self._begin
        self.number, self.waiting = number, False
        self.window = self.connection.first_window
        self.connection.streams[number] = self
        self.head(headers, end=end)
        if self.has_data:
            self.connection.wants_to_send(self)
        elif self.ending and not self.ended:
            self.connection.send_end(self)

    def data(self, data: bytes) -> None:
        if self.waiting:
            self._queue.append(data)
        else:
            super().data(data)

    def end(self, trailers: Headers | None = None) -> None:
        if self.waiting:
            self.ending, self.trailers = True, trailers
        else:
            super().end(trailers)

    def abort(self, code: int = ErrorCodes.CANCEL) -> None:
        if self.waiting:
            self._carrier.no_longer_waits(self)
        else:
            super().abort(code)

    def came_head(self, headers: Headers, *, end: bool) -> None:
        self._carrier.answered(self.number)
        self._answers.response_head(headers, end=end)

    def came_data(self, data: bytes) -> None:
        self._answers.response_data(data)

    def came_end(self, trailers: Headers | None) -> None:
        self._answers.response_end(trailers)

    def came_abort(self, code: int, reason: str) -> None:
        self._answers.response_aborted(self._carrier, code, reason)

    def gave(self, size: int) -> None:
        self._answers.request_taken(size)


class Carrier(Http2):
    """Takes calls from when it is ``ready`` until it is ``leaving``; what comes earlier waits.

    ``most_unanswered``: so many calls without an answer's head at once, further ones wait a moment.
    """

    def __init__(self, ping_seconds: float, most_unanswered: int = frames.LARGEST_WINDOW) -> None:
        super().__init__(client=True)
        self._most_unanswered = most_unanswered
        self._unanswered: dict[int, float] = {}
        """When each began, the oldest first."""
        self._ping_seconds = ping_seconds
        self.ready = self.leaving = self._resuming = False
        self._waiting: dict[CallStream, None] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        # Each would keep all of this connection in memory until its time.
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Unless the connection is gone by then."""
        if self._transport is not None:
            self._timers[work.__name__] = self._loop.call_later(seconds, work)

    @property
    def has_room(self) -> bool:
        """Whether a call can begin here, or wait for another's end."""
        return len(self._waiting) < MOST_WAITING and not self.leaving and not self.closing

    @property
    def open_calls(self) -> int:
        """Under way now, and waiting."""
        return len(self.streams) + len(self._waiting)

    def open(self, answers: Answers, headers: Headers, *, end: bool) -> CallStream:
        """Begin a call; there must be room."""
        stream = CallStream(self, answers, headers, end=end)
        self._waiting[stream] = None
        self.room_made()
        return stream

    def room_made(self) -> None:
        """The client says how many calls it takes at once (1.5.6: 200); one more waits, as it would at the engine."""
        while self._waiting and self.ready and not self.leaving and not self.closing:
            if len(self.streams) >= self.most_streams or self._is_paced():
                return
            stream = next(iter(self._waiting))
            del self._waiting[stream]
            number = self.next_number()
            self._unanswered[number] = self._loop.time()
            stream.start(number)
            if stream.number > _LAST_STREAM:
                self.leave()

    def _is_paced(self) -> bool:
        """Those that have been without an answer for long do not count, and nobody waits where many do."""
        if len(self._unanswered) < self._most_unanswered or len(self._waiting) > MOST_PACED:
            return False
        number, began = next(iter(self._unanswered.items()))
        left = began + _PACED_SECONDS - self._loop.time()
        if left > 0:
            if not self._resuming:
                self._resuming = True
                self.later(left, self._resume)
            return True
        del self._unanswered[number]
        return False

    def _resume(self) -> None:
        self._resuming = False
        self.room_made()

    def answered(self, number: int) -> None:
        """The head of its answer has come."""
        if self._unanswered.pop(number, None) is not None and self._waiting:
            self.room_made()

    def _drop(self, number: int) -> Stream | None:
        self._unanswered.pop(number, None)
        return super()._drop(number)

    def no_longer_waits(self, stream: CallStream) -> None:
        """The engine has lost interest."""
        self._waiting.pop(stream, None)
        stream.waiting = False

    def watch(self) -> None:
        """Half-open connections do not tell: one that was silent for two rounds, and to a PING, is given up."""
        self.later(self._ping_seconds, self.check_alive)

    def check_alive(self) -> None:
        """Once a round."""
        if self.closing:
            return
        if not self.heard:
            _log.info("connection_silent", calls=self.open_calls)
            self.close()
            return
        self.ping()
        self.watch()

    def leave(self) -> None:
        """GOAWAY: calls under way finish, nothing new begins."""
        if not self.leaving:
            self.take_no_more()
            self.say_goodbye(0)

    def take_no_more(self) -> None:
        """Calls under way finish; those that wait may try another connection, since nothing of them has been sent."""
        self.leaving = True
        waiting, self._waiting = self._waiting, {}
        for stream in waiting:
            stream.waiting = False
            stream.came_abort(ErrorCodes.REFUSED_STREAM, "the connection is being closed")

    def new_stream(self, number: int) -> Stream | None:  # noqa: ARG002 the base class's signature
        return None

    def peer_says_goodbye(self, code: int) -> None:  # noqa: ARG002 the base class's signature
        self.take_no_more()
