"""What a tenant may try who can answer, as a tunnel's client, whatever they like: they harm nobody but themselves."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from pathlib import Path

import pytest
from h2.exceptions import ProtocolError

from envrunner.relay import customer, standing
from tests.envrunner.relay.dialling import dialled, engine, introduction, never, path, ready
from tests.envrunner.relay.environments import MINE, OTHERS
from tests.envrunner.relay.node import RelayNode, label, until_async
from tests.envrunner.relay.peers import Dialled, Headers, Message
from tests.support.waiting import until

_DATA, _HEADERS = 0, 1


def frame(kind: int, number: int, payload: bytes, flags: int = 0) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + number.to_bytes(4) + payload


def unchecked(client: Dialled) -> Dialled:
    """It sends what no library would."""
    client.h2.config.validate_outbound_headers = client.h2.config.normalize_outbound_headers = False
    return client


def answering(client: Dialled, headers: Headers, trailers: Headers | None = None) -> None:
    """Three bytes of body, whatever the headers say."""

    async def answer(number: int, message: Message) -> None:
        with suppress(ProtocolError):
            client.h2.send_headers(number, headers)
            client.h2.send_data(number, b"xyz", end_stream=trailers is None)
            if trailers:
                client.h2.send_headers(number, trailers, end_stream=True)
            client.send()

    unchecked(client).answer = answer


def test_a_name_belongs_to_each_environment_anew(node: RelayNode, token: str) -> None:
    """Nobody takes over another tenant's tunnel by its name, nor sees what passes through it."""
    theirs = node.add_key(OTHERS)

    async def scenario() -> None:
        async with dialled(node, introduction(token, name="shared")) as mine, engine(node) as caller:
            async with dialled(node, introduction(theirs, OTHERS, "shared")) as other:
                assert other.told["tunnel-name"] == "shared"
                for _ in range(10):
                    answer = await caller.call(path("shared"), node.signed(MINE))
                    assert answer.headers["x-served-by"] == str(id(mine))
                    answer = await caller.call(path("shared", number=OTHERS), node.signed(OTHERS))
                    assert answer.headers["x-served-by"] == str(id(other))
                assert (len(mine.calls), len(other.calls)) == (10, 10)
            await until_async(lambda: not _connected(node, f"env_{label(OTHERS)}"))
            assert (await caller.call(path("shared", number=OTHERS), node.signed(OTHERS))).status == 503

    until(lambda: asyncio.run(_opens(node, theirs, OTHERS)))
    asyncio.run(scenario())


def _connected(node: RelayNode, environment_id: str) -> bool:
    return any(one["connections"] for one in node.tunnels() if one["environmentId"] == environment_id)


async def _opens(node: RelayNode, token: str, number: int) -> bool:
    async with dialled(node, introduction(token, number, "probe")) as client:
        return client.told.get("tunnel-status") == "ok"


@pytest.mark.parametrize("forged", ["tunnel-status", "tunnel-name", "proxy-url"])
def test_what_the_relay_says_cannot_be_said_to_it(node: RelayNode, token: str, forged: str) -> None:
    async def scenario() -> None:
        async with dialled(node, {**introduction("wrong"), forged: "ok"}) as stranger:
            assert stranger.told == {"tunnel-status": standing.UNKNOWN}
        # In an answer it is a field like any other, for the engine to read.
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            answering(client, [(":status", "200"), (forged, "x")], [(forged, "y")])
            answer = await caller.call(path(), node.signed(MINE))
            assert (answer.status, answer.headers[forged], answer.trailers) == (200, "x", {forged: "y"})
            assert node.tunnel("laptop")["connections"] == 1

    asyncio.run(scenario())


_SPLITTING: dict[str, Headers] = {
    "a line end": [(":status", "200"), ("x-a", "b\r\nx-injected: 1")],
    "a bare line end": [(":status", "200"), ("x-a", "b\nx-injected: 1")],
    "a NUL": [(":status", "200"), ("x-a", "b\0")],
    "a line end in a name": [(":status", "200"), ("x-a: b\r\nx-injected", "1")],
    "a blank in a name": [(":status", "200"), ("x a", "1")],
    "an empty name": [(":status", "200"), ("", "1")],
    "a capital": [(":status", "200"), ("X-A", "1")],
    "a path": [(":status", "200"), (":path", "/")],
    "two states": [(":status", "200"), (":status", "500")],
    "a late state": [("x-a", "1"), (":status", "200")],
    "no state": [("x-a", "1")],
    "a long state": [(":status", "2000")],
    "a state in words": [(":status", "2\r\n")],
    "another protocol": [(":status", "101"), ("upgrade", "h2c")],
    "chunks": [(":status", "200"), ("transfer-encoding", "chunked")],
    "a connection": [(":status", "200"), ("connection", "x-a")],
    "two lengths": [(":status", "200"), ("content-length", "1"), ("content-length", "2")],
    "no length": [(":status", "200"), ("content-length", "-1")],
}


@pytest.mark.parametrize("name", _SPLITTING)
def test_an_answer_is_one_answer(node: RelayNode, token: str, name: str) -> None:
    """Over HTTP/2 and, byte for byte, over HTTP/1.1: what does not belong there never arrives."""

    async def scenario() -> None:
        for ask in (_ask_h2, _ask_http1):
            async with dialled(node, introduction(token)) as client:
                answering(client, _SPLITTING[name])
                said = await ask(node)
                assert b"x-injected" not in said.lower()
                assert b" 200 " not in said.split(b"\r\n")[0]
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            assert (await caller.call(path(), node.signed(MINE), b"x")).status == 200

    asyncio.run(scenario())
    assert "Traceback" not in node.log()


def test_an_answer_of_another_length_than_it_says_breaks_off(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        for length in ("1", "7"):
            async with dialled(node, introduction(token)) as client, engine(node) as caller:
                answering(client, [(":status", "200"), ("content-length", length)])
                answer = await caller.call(path(), node.signed(MINE))
                assert answer.reset is not None
                assert not answer.ended
                assert not (await _ask_http1(node)).endswith(b"xyz" if length == "1" else b"xyz\r\n")

    asyncio.run(scenario())


async def _ask_h2(node: RelayNode) -> bytes:
    async with engine(node) as caller:
        answer = await caller.call(path(), node.signed(MINE))
        assert answer.status == 502 if answer.headers else answer.reset is not None
        return str(answer.headers).encode()


async def _ask_http1(node: RelayNode) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in node.signed(MINE))
    request = f"GET {path()} HTTP/1.1\r\nhost: proxy\r\n{fields}connection: close\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", node.proxy_port)
    writer.write(request.encode())
    said = await reader.read(-1)
    writer.close()
    return said


def test_what_http1_cannot_say_breaks_off(node: RelayNode, token: str) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client:
            answering(client, [(":status", "200"), ("x-a", "b\x0bc")])
            assert b"\x0b" not in await _ask_http1(node)
            await until_async(lambda: node.tunnel("laptop")["openRequests"] == 0)

    asyncio.run(scenario())
    assert "Traceback" not in node.log()


@pytest.mark.parametrize("number", [2, 4, 7, 1001])
def test_an_answer_to_what_nobody_asked_ends_the_connection(node: RelayNode, token: str, number: int) -> None:
    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            assert (await caller.call(path(), node.signed(MINE))).status == 200
            client.writer.write(frame(_HEADERS, number, b"\x88", 5))
            await client.wait(lambda: client.closed)
            assert client.goaway
            assert (await caller.call(path(), node.signed(MINE))).status == 503

    asyncio.run(scenario())


@pytest.mark.parametrize("where", ["introduction", "call that is over", "call that was given up"])
def test_bytes_that_belong_to_nothing_have_an_end(node: RelayNode, token: str, where: str) -> None:
    """Each frame of one byte costs the relay a look."""

    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            number = 1
            if where != "introduction":
                if "given up" in where:
                    client.answer = never
                asked = caller.begin(path(), node.signed(MINE), end=True)
                await client.wait(lambda: client.calls)
                number = 3
                if "given up" in where:
                    caller.h2.reset_stream(asked, 8)
                    caller.send()
                    await client.wait(lambda: client.messages[3].reset is not None)
                else:
                    await caller.ended(asked)
            pieces = frame(_DATA, number, b"x") * 1000
            with suppress(ConnectionError):
                for _ in range(200):
                    client.writer.write(pieces)
                    await client.writer.drain()
            await client.wait(lambda: client.closed)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "name", [b"a\0b", b"a\r\nb", b"caf\xc3\xa9", b"\xff\xfe", b"a%2fb", b"a/../b", b".", b"x" * 101, b"x" * 60_000]
)
def test_odd_names_open_nothing_and_are_said_in_words(node: RelayNode, token: str, name: bytes) -> None:
    async def scenario() -> None:
        async with Dialled({**introduction(token), "tunnel-name": name.decode("latin-1")}) as client:
            unchecked(client).h2.config.header_encoding = "latin-1"
            await client.connect(node.relay_port)
            await client.ended(1)
            # What no field may hold ends the connection; else the client hears why.
            assert client.told.get("tunnel-status") == customer.BAD_NAME or (client.closed and not client.told)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "name",
    ["a%2Fb", "a%2fb", "%6c%61ptop", "laptop%00", "laptop.", "./laptop", "../laptop", "laptop;x", "laptop\\",
     "l\u00e4ptop",      "LAPTOP", "laptop ", "x" * 101],
)  # fmt: skip
def test_odd_paths_reach_no_tunnel_by_another_spelling(node: RelayNode, token: str, name: str) -> None:
    """Also over HTTP/1.1, byte for byte."""

    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client:
            fields = "".join(f"{key}: {value}\r\n" for key, value in node.signed(MINE))
            reader, writer = await asyncio.open_connection("127.0.0.1", node.proxy_port)
            writer.write(f"GET {path(name)} HTTP/1.1\r\nhost: x\r\n{fields}connection: close\r\n\r\n".encode())
            said = await reader.read(-1)
            writer.close()
            # What no parser takes for a request is not answered at all.
            assert said[9:12] in (b"404", b"503", b"")
            assert not client.calls

    asyncio.run(scenario())


def test_coming_and_going_leaves_nothing_behind(own_node: RelayNode) -> None:
    token = ready(own_node)

    async def come_and_go(times: int) -> None:
        for _ in range(times):
            async with dialled(own_node, introduction(token)) as client:
                assert client.told["tunnel-status"] == "ok"

    asyncio.run(come_and_go(100))
    until(lambda: own_node.tunnel("laptop")["connections"] == 0)
    memory, files = own_node.resident_bytes(), own_node.descriptors()
    asyncio.run(come_and_go(600))
    until(lambda: own_node.descriptors() <= files)
    assert own_node.resident_bytes() - memory < 6 * 1024 * 1024


def test_engines_that_vanish_are_looked_after_by_the_kernel(node: RelayNode) -> None:
    with socket.create_connection(("127.0.0.1", node.proxy_port)) as caller:
        theirs = f"{int.from_bytes(socket.inet_aton('127.0.0.1'), 'little'):08X}:{caller.getsockname()[1]:04X}"

        def has_a_timer() -> bool:
            lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
            return any(line[2] == theirs and line[5].startswith("02:") for line in lines)

        until(has_a_timer)
