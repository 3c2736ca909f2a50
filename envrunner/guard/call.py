"""One person's call on its way from nginx to an engine: bytes pass as they come, both ways, until somebody ends it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from envrunner.guard import masking
from envrunner.guard.room import NoRoom, Room, Share

_HEADER = b"\r\nX-Edge-Guard: "
"""nginx tells by this header whose call it is and where it goes; nobody behind the guard sees it."""
_HEAD_LIMIT = 256 * 1024
_PIECE = 64 * 1024
_LATE = (
    "This query took longer than the {} seconds that this environment allows. Ask for less, by LIMIT or by an id in "
    "WHERE, or ask an owner or admin of the account for a higher limit: rcloud env limits set."
)
_AWAY = "The engine of this environment does not answer right now; please try again."
_ROOM = Room()
# One at a time: what an answer is read into takes several times its size.
_READER = ThreadPoolExecutor(1, "masking")


class NotFromNginx(Exception):
    """The head does not say whose call this is."""


@dataclass(frozen=True)
class Right:
    """What a call rests on: the token's digest until ``expires_at`` (Unix seconds), and what nginx's tables say of
    ``member``, a role's letter or the right to vouch.
    """

    digest: str
    member: str
    role: str
    expires_at: int


@dataclass(eq=False)
class Call:
    """``target`` is an engine's slot and side as nginx names its upstream; ``begun`` is what of it has come.

    ``masked``: its answer passes when it has come to its end, without what the caller may not see.
    ``seconds``: so long the whole of it may take; 0 for as long as it likes.
    """

    right: Right
    target: str
    begun: bytes
    masked: bool = False
    seconds: int = 0
    answered: bool = False
    _refusal: bytes = b""
    _engine: socket.socket | None = None
    _nginx: socket.socket | None = None

    @classmethod
    async def read(cls, nginx: socket.socket) -> Call:
        """The call that begins on this connection. Raises `NotFromNginx`."""
        got = b""
        while (end := got.find(b"\r\n\r\n")) < 0:
            piece = await asyncio.get_running_loop().sock_recv(nginx, _PIECE)
            got += piece
            if not piece or len(got) > _HEAD_LIMIT:
                raise NotFromNginx
        before, found, rest = got[:end].partition(_HEADER)
        value, _, after = rest.partition(b"\r\n")
        words = value.decode("ascii", "replace").split(" ")
        if not found or len(words) not in (5, 6) or not all(word.isdigit() for word in (words[3], *words[5:])):
            raise NotFromNginx
        begun = before + (b"\r\n" + after if after else b"") + got[end:]
        masked = masking.needed(words[2][-1:], words[4], begun)
        right = Right(words[0], words[1], words[2][:1], int(words[3]))
        return cls(
            right, words[4], masking.uncompressed(begun) if masked else begun, masked, int("".join(words[5:]) or 0)
        )

    @property
    def has_body(self) -> bool:
        """So that nginx may still be sending when the answer has ended. These are nginx's own spellings."""
        head = self.begun.partition(b"\r\n\r\n")[0]
        return b"\r\nContent-Length: " in head or b"\r\nTransfer-Encoding: " in head

    @property
    def ended(self) -> bool:
        """By `end`."""
        return bool(self._refusal)

    def end(self, status: int, message: str) -> None:
        """The caller hears no more than this, if anything: an answer that has begun breaks off."""
        self._refusal = self._response(status, message)
        _hang_up(self._engine)
        if self.answered:
            # A caller who reads slowly, or not at all, would else be sent what waits here.
            _hang_up(self._nginx)

    def end_late(self) -> None:
        """`end` of a query that has taken as long as it may."""
        self.end(504, _LATE.format(self.seconds))

    async def carry(self, slots: Path, nginx: socket.socket) -> None:
        """Until either side or `end` ends it; the caller of this closes ``nginx``. Raises OSError."""
        loop, self._nginx = asyncio.get_running_loop(), nginx
        with socket.socket(socket.AF_UNIX) as self._engine:
            self._engine.setblocking(False)
            try:
                # Succeeds or fails at once (unix(7)); the loop's own takes a full queue (EAGAIN) for a connection.
                self._engine.connect(str(slots / f"{self.target[1:-1]}.{self.target[-1]}.sock"))
            except OSError:
                self._refusal = self._refusal or self._response(503, _AWAY)
            else:
                await self._between(nginx, self._engine)
        if self._refusal and not self.answered:
            await loop.sock_sendall(nginx, self._refusal)

    async def _between(self, nginx: socket.socket, engine: socket.socket) -> None:
        if self._refusal:
            return
        up = asyncio.create_task(self._up(nginx, engine))
        try:
            await (self._show(engine, nginx) if self.masked else self._down(engine, nginx))
        finally:
            up.cancel()
            # The sockets must be nobody's when they are closed.
            await asyncio.gather(up, return_exceptions=True)

    async def _up(self, nginx: socket.socket, engine: socket.socket) -> None:
        """Until nginx hangs up: it never closes one direction only."""
        loop, piece = asyncio.get_running_loop(), self.begun
        try:
            # An engine that has stopped listening may still be talking: its answer is the end, not this.
            with contextlib.suppress(OSError):
                while piece:
                    await loop.sock_sendall(engine, piece)
                    piece = await loop.sock_recv(nginx, _PIECE)
            while piece:
                piece = await loop.sock_recv(nginx, _PIECE)
        finally:
            _hang_up(engine)

    async def _down(self, engine: socket.socket, nginx: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while piece := await loop.sock_recv(engine, _PIECE):
            self.answered = True
            await loop.sock_sendall(nginx, piece)

    async def _show(self, engine: socket.socket, nginx: socket.socket) -> None:
        """nginx asks engines to end the connection with the answer."""
        with _ROOM.share(self.target) as share:
            try:
                shown = await self._masked(engine, share)
            except masking.Unshowable as error:
                shown = self._response(502, str(error))
            except NoRoom as error:
                shown = self._response(503, str(error))
            if not self._refusal:
                self.answered = True
                await asyncio.get_running_loop().sock_sendall(nginx, shown)

    def _response(self, status: int, message: str) -> bytes:
        return _response(status, message, f"X-Edge-Reason: {self.right.digest} {message}\r\n")

    async def _masked(self, engine: socket.socket, share: Share) -> bytes:
        loop, answer = asyncio.get_running_loop(), bytearray()
        while (piece := await loop.sock_recv(engine, _PIECE)) and len(answer) <= masking.MOST_BYTES:
            share.take(len(piece))
            answer += piece
        method = self.begun.split(b" ", 1)[0].decode("latin-1")
        return await loop.run_in_executor(_READER, masking.masked, bytes(answer), method)


def _hang_up(end: socket.socket | None) -> None:
    """The other side reads its end, and so do we."""
    if end is not None:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _response(status: int, message: str, reason: str) -> bytes:
    """``reason`` tells nginx, and no caller, that this is no engine's answer (lines.js)."""
    body = json.dumps({"message": message, "restate_code": None}).encode()
    words = {
        401: "Unauthorized",
        403: "Forbidden",
        502: "Bad Gateway",
        503: "Service Unavailable",
        504: "Gateway Timeout",
    }[status]
    extra = {401: "WWW-Authenticate: Bearer\r\n", 503: "Retry-After: 1\r\n"}.get(status, "")
    head = (
        f"HTTP/1.1 {status} {words}\r\nContent-Type: application/json\r\n{extra}{reason}"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
