"""Calls of a small shop over some minutes: more at times and fewer at others, and a few that go wrong."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from tests.support.tenants import Caller

_WAVE_SECONDS = 150
_LEAST, _MOST = 1, 14


@contextmanager
def flowing(caller: Caller) -> Iterator[None]:
    """In the block, from a thread: as many calls a second as the wave is high, the same ones at every run."""
    ended = threading.Event()
    thread = threading.Thread(target=_flow, args=(caller, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(60)


def _flow(caller: Caller, ended: threading.Event) -> None:
    chance = random.Random(7)
    began = time.monotonic()
    for number in count():
        wave = (1 + math.sin((time.monotonic() - began) / _WAVE_SECONDS * 2 * math.pi)) / 2
        _call(caller, chance, number)
        rate = _LEAST + (_MOST - _LEAST) * wave * chance.uniform(0.6, 1)
        if ended.wait(1 / rate):
            return


def _call(caller: Caller, chance: random.Random, number: int) -> None:
    kind = chance.random()
    if kind < 0.01:
        caller.post(f"/payment/refund-{number}/run", {"account": "acme", "amount": -300, "email": "ada@example.com"})
    elif kind < 0.013:
        # A mistake that everybody makes once, so that the log has something to say.
        caller.register("http://127.0.0.1:1")
    elif kind < 0.2:
        body = b"x" * chance.randrange(1_000, 400_000)
        caller.ingress("POST", "/echo/bytes", content=body, headers={"content-type": "application/octet-stream"})
    elif kind < 0.3:
        caller.send("/echo/note/send", f"order {number}")
    else:
        caller.post(f"/greeter/customer-{chance.randrange(7)}/greet", "Hello")
