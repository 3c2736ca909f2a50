"""Whose calls go nowhere: only the engine of a tunnel's own environment reaches it."""

from __future__ import annotations

import asyncio
import base64
import json
import time

import pytest

from tests.envrunner.relay.dialling import dialled, engine, introduction, path
from tests.envrunner.relay.environments import DELETED, MINE, NOBODYS, OTHERS
from tests.envrunner.relay.node import RelayNode
from tests.envrunner.relay.peers import Engine


@pytest.mark.parametrize("number", [OTHERS, DELETED, NOBODYS])
def test_other_environments_engines_reach_nothing(node: RelayNode, token: str, number: int) -> None:
    async def scenario() -> list[tuple[int, bytes]]:
        answers = []
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            # With their own signature at my tunnel, with their own at a tunnel of theirs that is not there.
            for where in (path(), path(number=DELETED), path(number=NOBODYS)):
                answer = await caller.call(where, node.signed(number))
                answers.append((answer.status, bytes(answer.body)))
            assert not client.calls
        return answers

    found = asyncio.run(scenario())
    assert {status for status, _ in found} == {401}
    assert len({body for _, body in found}) == 1, "whether an environment exists is nobody's business"


async def _until_status(caller: Engine, status: int, where: str, headers: list[tuple[str, str]]) -> None:
    async with asyncio.timeout(60):
        while (await caller.call(where, headers)).status != status:  # noqa: ASYNC110 the relay learns it from outside
            await asyncio.sleep(0.02)


def _forged(node: RelayNode) -> dict[str, list[tuple[str, str]]]:
    scheme, (_, good) = node.signed(MINE)
    header, payload, signature = good.split(".")
    unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    now = int(time.time())
    return {
        "nothing": [],
        "no scheme": [("x-restate-jwt-v1", good)],
        "other scheme": [("x-restate-signature-scheme", "unsigned"), ("x-restate-jwt-v1", good)],
        "no token": [scheme],
        "rubbish": [scheme, ("x-restate-jwt-v1", "a.b.c")],
        "no signature": [scheme, ("x-restate-jwt-v1", f"{header}.{payload}.")],
        "algorithm none": [scheme, ("x-restate-jwt-v1", f"{unsigned}.{payload}.")],
        "other payload": [scheme, ("x-restate-jwt-v1", f"{header}.{payload[:-4]}AAAA.{signature}")],
        "expired": node.signed(MINE, exp=now - 1),
        "not yet": node.signed(MINE, nbf=now + 30),
        "for ever": node.signed(MINE, exp=None),
        "since ever": node.signed(MINE, nbf=None),
        "another's key": node.signed(MINE, signer=OTHERS),
        "one too many": [*node.signed(MINE, signer=OTHERS), ("x-restate-jwt-v1", good)],
        "too long": node.signed(MINE, sub="x" * 20_000),
    }


def test_forged_and_stale_signatures_reach_nothing(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            for name, headers in _forged(node).items():
                answer = await caller.call(path(), headers)
                assert answer.status == 401, name
            assert not client.calls
            assert (await caller.call(path(), node.signed(MINE))).status == 200

    asyncio.run(scenario())


def test_a_signature_that_was_good_is_not_good_for_ever(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)), engine(node) as caller:
            for seconds in (2, 4, 8, 16, 32):
                brief = node.signed(MINE, exp=int(time.time()) + seconds)
                # On a busy machine it may have expired by then.
                if (status := (await caller.call(path(), brief)).status) != 401:
                    break
            assert status == 200
            await _until_status(caller, 401, path(), brief)

    asyncio.run(scenario())


def test_a_key_that_was_replaced_opens_nothing(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        node.add_environment(60)
        old = node.signed(60)
        async with engine(node) as caller:
            await _until_status(caller, 503, path(number=60), old)
            del node.keys[60]
            node.add_environment(60)
            await _until_status(caller, 401, path(number=60), old)

    asyncio.run(scenario())
