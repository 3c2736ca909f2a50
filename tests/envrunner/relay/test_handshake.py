"""Who may open a tunnel, and what everybody else is told."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from envrunner.relay import customer, frames, standing
from envrunner.relay.tunnels import MOST_CONNECTIONS
from tests.envrunner.relay.dialling import dialled, engine, introduction, never, path
from tests.envrunner.relay.environments import DELETED, MINE, NOBODYS, OTHERS
from tests.envrunner.relay.node import RelayNode, environment_id, raw_connection, until_async
from tests.support.waiting import until


def told(node: RelayNode, credential: dict[str, str]) -> dict[str, str]:
    """The trailers that a client with this introduction gets."""

    async def ask() -> dict[str, str]:
        async with dialled(node, credential) as client:
            return client.told

    return asyncio.run(ask())


def settled(node: RelayNode) -> None:
    """Until the relay knows all that the control plane has said."""
    probe = node.add_key(MINE)
    until(lambda: told(node, introduction(probe, name="probe")).get("tunnel-status") == "ok")


def test_a_welcome_names_the_urls_and_the_tunnel(node: RelayNode) -> None:
    token = node.add_key(MINE)
    settled(node)

    assert told(node, introduction(token)) == {
        "tunnel-status": "ok",
        "proxy-url": f"http://127.0.0.1:{node.proxy_port}",
        "tunnel-url": f"http://127.0.0.1:{node.relay_port}",
        "tunnel-name": "laptop",
    }


def test_a_client_without_a_name_is_given_one(node: RelayNode) -> None:
    token = node.add_key(MINE)
    settled(node)

    first, second = (told(node, introduction(token, name=None))["tunnel-name"] for _ in range(2))

    assert first != second


@pytest.mark.parametrize("role", ["owner", "admin", "developer"])
def test_members_open_tunnels_of_their_accounts_environments_only(node: RelayNode, role: str) -> None:
    token = node.add_member(f"usr_{role}", role)
    settled(node)

    assert told(node, introduction(token))["tunnel-status"] == "ok"
    for number in (OTHERS, DELETED, NOBODYS):
        assert told(node, introduction(token, number)) == {"tunnel-status": standing.NO_MEMBER}


def test_a_viewer_is_told_whom_to_ask(node: RelayNode) -> None:
    token = node.add_member("usr_viewer", "viewer")
    settled(node)

    assert told(node, introduction(token)) == {"tunnel-status": standing.VIEWER}


@pytest.mark.parametrize("role", ["ingress", "admin", "complete_awakeable", "unheard_of"])
def test_other_api_keys_than_full_are_refused(node: RelayNode, role: str) -> None:
    token = node.add_key(MINE, role)
    settled(node)

    assert told(node, introduction(token)) == {"tunnel-status": standing.NOT_FULL}


@pytest.mark.parametrize("number", [OTHERS, DELETED, NOBODYS])
def test_a_key_opens_no_other_environment(node: RelayNode, number: int) -> None:
    token = node.add_key(MINE)
    settled(node)

    assert told(node, introduction(token, number)) == {"tunnel-status": standing.OTHER_ENVIRONMENT}


def test_wrong_expired_and_missing_credentials(node: RelayNode) -> None:
    expired = node.add_key(MINE, expires_at="2020-01-01T00:00:00Z")
    settled(node)

    assert told(node, introduction("wrong")) == {"tunnel-status": standing.UNKNOWN}
    assert told(node, introduction(expired)) == {"tunnel-status": standing.EXPIRED}
    assert told(node, introduction("")) == {"tunnel-status": customer.NO_CREDENTIAL}


@pytest.mark.parametrize("name", ["", "a/b", "a b", "ä", "..", "x" * 101, "%2e"])
def test_names_that_fit_no_path_are_refused(node: RelayNode, name: str) -> None:
    token = node.add_key(MINE)
    settled(node)

    answer = told(node, introduction(token, name=name))

    # An empty one is no name, and then the relay chooses.
    assert answer["tunnel-status"] == (customer.BAD_NAME if name else "ok")


@pytest.mark.parametrize("sent", ["", "env_", "env_x", "06gz", "env_" + "0" * 26 + "/"])
def test_environments_that_can_be_none(node: RelayNode, sent: str) -> None:
    token = node.add_key(MINE)
    settled(node)

    answer = told(node, {**introduction(token), "environment-id": sent})

    assert answer == {"tunnel-status": customer.NO_SUCH_ENVIRONMENT}


def test_revoking_a_key_closes_its_tunnels_and_no_others(node: RelayNode) -> None:
    token, other = node.add_key(MINE), node.add_key(MINE)
    settled(node)

    async def scenario() -> None:
        async with (
            dialled(node, introduction(token, name="revoked")) as revoked,
            dialled(node, introduction(other, name="kept")) as kept,
        ):
            node.revoke(token)
            await revoked.wait(lambda: revoked.goaway is not None)
            assert revoked.goaway == 0, "an error code would end the client instead of telling it why"
            await until_async(lambda: node.tunnel("revoked")["connections"] == 0)
            assert kept.goaway is None
            assert not kept.closed

    asyncio.run(scenario())
    assert told(node, introduction(token)) == {"tunnel-status": standing.UNKNOWN}


def test_revoking_a_key_ends_calls_of_a_connection_that_says_it_is_leaving(node: RelayNode) -> None:
    """Whoever stole the key cannot keep what is under way by saying goodbye first."""
    token = node.add_key(MINE)
    settled(node)

    async def scenario() -> None:
        async with dialled(node, introduction(token, name="leaving")) as client, engine(node) as caller:
            client.answer = never
            number = caller.begin(path("leaving"), node.signed(MINE), end=True)
            await client.wait(lambda: client.calls)
            client.writer.write(frames.goaway(frames.LARGEST_WINDOW, 0))
            await until_async(lambda: node.tunnel("leaving")["connections"] == 0)
            node.revoke(token)
            assert (await caller.ended(number)).status == 502
            await client.wait(lambda: client.closed)

    asyncio.run(scenario())


def test_a_member_who_is_removed_or_becomes_a_viewer_loses_tunnels(node: RelayNode) -> None:
    removed, lowered = (node.add_member(f"usr_{name}", "developer") for name in ("removed", "lowered"))
    settled(node)

    async def scenario() -> None:
        async with dialled(node, introduction(removed)) as one, dialled(node, introduction(lowered)) as two:
            node.remove_member("usr_removed")
            node.add_member("usr_lowered", "viewer")
            for client in (one, two):
                await client.wait(lambda client=client: client.goaway == 0)  # type: ignore[misc]

    asyncio.run(scenario())


def test_a_deleted_environment_has_no_tunnels(own_node: RelayNode) -> None:
    token = own_node.add_key(MINE)
    settled(own_node)

    async def scenario() -> None:
        async with dialled(own_node, introduction(token)) as client:
            own_node.add_environment(MINE, status="DELETED")
            await client.wait(lambda: client.goaway == 0)

    asyncio.run(scenario())


def test_a_tunnel_ends_with_its_credential(node: RelayNode) -> None:
    async def scenario() -> str:
        async with dialled(node, introduction(later)) as client:
            if client.told["tunnel-status"] == "ok":
                await client.wait(lambda: client.goaway == 0)
            return client.told["tunnel-status"]

    for seconds in (2, 4, 8, 16, 32):
        later = node.add_key(MINE, expires_at=(datetime.now(UTC) + timedelta(seconds=seconds)).isoformat())
        settled(node)
        # On a busy machine it may have expired by then.
        if (status := asyncio.run(scenario())) != standing.EXPIRED:
            break
    assert status == "ok"


def test_tunnels_work_while_the_control_plane_is_away(own_node: RelayNode) -> None:
    token = own_node.add_key(MINE)
    settled(own_node)

    own_node.plane.stop()
    own_node.kill()
    own_node.launch()

    until(lambda: own_node.ask("/healthz"))
    assert told(own_node, introduction(token))["tunnel-status"] == "ok"


def test_one_environment_cannot_take_all_connections(node: RelayNode) -> None:
    node.add_environment(50)
    token, other = node.add_key(50), node.add_key(MINE)
    settled(node)

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            for number in range(MOST_CONNECTIONS):
                client = await stack.enter_async_context(dialled(node, introduction(token, 50, f"t{number}")))
                assert client.told["tunnel-status"] == "ok"
            refused = await stack.enter_async_context(dialled(node, introduction(token, 50)))
            assert refused.told == {"tunnel-status": customer.TOO_MANY}
            welcome = await stack.enter_async_context(dialled(node, introduction(other)))
            assert welcome.told["tunnel-status"] == "ok"

    asyncio.run(scenario())


def test_connections_that_say_goodbye_and_stay_are_counted(node: RelayNode) -> None:
    """Without calls nothing would end them, and each holds a descriptor of everybody's relay."""
    node.add_environment(51)
    token, mine = node.add_key(51), environment_id(51)
    settled(node)

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            for number in range(2 * MOST_CONNECTIONS):
                client = await stack.enter_async_context(dialled(node, introduction(token, 51)))
                assert client.told["tunnel-status"] == "ok", number
                client.writer.write(frames.goaway(frames.LARGEST_WINDOW, 0))
            refused = await stack.enter_async_context(dialled(node, introduction(token, 51)))
            assert refused.told == {"tunnel-status": customer.TOO_MANY}
        await until_async(lambda: not any(one["connections"] for one in node.tunnels() if one["environmentId"] == mine))

    asyncio.run(scenario())
    until(lambda: told(node, introduction(token, 51)).get("tunnel-status") == "ok")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 64, b"\xff" * 20_000])
def test_whoever_speaks_something_else_is_let_go(node: RelayNode, sent: bytes) -> None:
    with raw_connection(node.relay_port) as nobody:
        begun = time.monotonic()
        nobody.sendall(sent)
        try:
            while nobody.recv(4096):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            pytest.fail(f"still open after {time.monotonic() - begun:.1f} s")


def test_nobody_fills_the_relay_with_connections_that_say_nothing(own_node: RelayNode) -> None:
    token = own_node.add_key(MINE)
    settled(own_node)
    with ExitStack() as silent:
        for _ in range(200):
            silent.enter_context(raw_connection(own_node.relay_port))
        with raw_connection(own_node.relay_port) as one_more:
            while one_more.recv(4096):
                pass

    until(lambda: told(own_node, introduction(token)).get("tunnel-status") == "ok")
