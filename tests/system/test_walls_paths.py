"""Tricks with paths, methods and statements: nothing widens a role or changes what an engine does for others."""
# ruff: noqa: E501 - lists of tricks read best as tables

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

import h2.config
import h2.connection
import h2.events
import pytest

from tests.support.cast import EVERYBODY, Cast, port
from tests.support.raw import Answer, ask

pytestmark = pytest.mark.system

# Ways to write a path of the admin API that a viewer may not use, so that some reader might take it for another one.
SPELLINGS = (
    "{0}", "/{0}", "//{0}", "{0}/", "{0}//", "/.{0}", "/./{0}", "/x/..{0}", "/health/..{0}", "/health/../.{0}", "/query/..{0}",
    "/ui/..{0}", "/ui/%2e%2e{0}", "/ui/..%2f{0}", "/ui/..;{0}", "/ui/..\\{0}", "\\{0}", "/%2f{0}", "/health%2f..{0}",
    "/%2e{0}", "/%2e%2e{0}", "{0}%2f", "{0}%00", "{0}%20", "{0}%0a", "{0}%23", "{0}%3f", "{0};a=b", "{0}?a=b", "{0}?", "{0}#",
    "/v2{0}", "/v3{0}", "/v4{0}", "/v2/{0}", "/v2/.{0}", "/v2/..{0}", "/v2/v3{0}", "/V2{0}", "/v1{0}", "/v5{0}", "/v2%2f{0}",
    "/v2/../v3{0}", "http://127.0.0.1{0}", "http://127.0.0.1/v2{0}", "{0}/..{0}", "/services/..{0}", "/services/x/..{0}",
    "/health?{0}", "/health#{0}", "/openapi/..{0}", "/%76%32{0}",
)  # fmt: skip
WRITES = (
    ("POST", "/deployments"), ("PATCH", "/services/x"), ("DELETE", "/deployments/x"), ("PUT", "/deployments/x"),
    ("POST", "/services/x/state"), ("PATCH", "/invocations/x/kill"), ("POST", "/subscriptions"), ("POST", "/kafka-clusters"),
)  # fmt: skip
# The same for the one thing that a Complete Awakeable key may do.
NEAR_AWAKEABLES = (
    "/restate/awakeables/x/resolve/../../../svc/h", "/restate/awakeables/../call/svc/resolve", "/restate/awakeables//resolve",
    "/restate/awakeables/..%2f..%2fsvc/resolve", "/restate/awakeables/%2e%2e/resolve", "/restate/awakeables/x/resolve/",
    "//restate/awakeables/x/resolve", "/restate//awakeables/x/resolve", "/restate/awakeables/x/../y/resolve",
    "/restate/awakeables/./resolve", "/restate/awakeables/x;y/resolve", "/restate/awakeables/x/RESOLVE", "/Restate/a/x/resolve",
    "/restate/a/x%2fresolve", "/restate/a/x/resolve%00", "/restate/a/x/cancel", "/restate/call/svc/resolve",
    "/svc/h?/restate/a/x/resolve", "/svc/h#/restate/a/x/resolve", "/restate/awakeables/x/resolve\\..\\..", "/x/a/x/resolve",
    "/v2/restate/a/x/resolve",
)  # fmt: skip
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
REWRITES = ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Uri", "X-Accel-Redirect")


def admin(cast: Cast, name: str, method: str, target: str, body: Any = None, **headers: str) -> Answer:
    return ask(port(cast.own.admin_url), method, target, cast.tokens[name], body, headers)


def refused(answer: Answer) -> bool:
    return answer.status in (400, 401, 403, 404, 405)


@pytest.mark.parametrize(
    "name", ["viewer member", "ingress key", "complete_awakeable key", "other full key", "anonymous"]
)
def test_no_spelling_of_a_path_widens_a_role(name: str, cast: Cast) -> None:
    wrong = []
    for method, path in WRITES:
        for spelling in SPELLINGS:
            answer = admin(cast, name, method, spelling.replace("{0}", path), {"uri": "http://127.0.0.1:1"})
            by_the_edge = json.loads(answer.body or b"{}").get("restate_code", "") is None or answer.status == 400
            if not refused(answer) or not by_the_edge:
                wrong.append(f"{method} {spelling} {path}: {answer}")
    assert wrong == []


def test_what_only_an_odd_spelling_reaches_is_closed_to_everybody(cast: Cast) -> None:
    """The engine takes paths as they are written; so does the edge, for a full key too."""
    plain = {
        "{0}",
        "{0}?a=b",
        "{0}?",
        "/v2{0}",
        "/v3{0}",
        "/v4{0}",
        "http://127.0.0.1{0}",
        "http://127.0.0.1/v2{0}",
        "{0}#",
    }
    for spelling in set(SPELLINGS) - plain:
        target = spelling.replace("{0}", "/deployments")
        if target.startswith("/health?"):
            continue
        assert refused(admin(cast, "full key", "GET", target)), target


@pytest.mark.parametrize("target", NEAR_AWAKEABLES)
def test_completing_awakeables_is_all_that_its_key_does(target: str, cast: Cast) -> None:
    answer = ask(port(cast.own.ingress_url), "POST", target, cast.tokens["complete_awakeable key"], "x")

    assert answer.status in (400, 403), str(answer)


@pytest.mark.parametrize("header", [*OVERRIDES, *REWRITES])
def test_no_header_changes_method_or_path(header: str, cast: Cast) -> None:
    value = "POST" if header in OVERRIDES else "/deployments"
    body = {"uri": "http://127.0.0.1:1"}

    as_read = admin(cast, "viewer member", "GET", "/version", body, **{header: value})
    as_write = admin(cast, "viewer member", "POST", "/deployments", body, **{header: "GET"})

    assert as_read.status == 200
    assert "version" in json.loads(as_read.body)
    assert as_write.status == 403


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: +5\r\n\r\nhello",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_requests_that_two_readers_would_cut_differently_are_refused(head: str, cast: Cast) -> None:
    text = f"POST /svc/h HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {cast.tokens['full key']}\r\n{head}"
    with socket.create_connection(("127.0.0.1", port(cast.own.ingress_url)), timeout=30) as client:
        client.sendall(text.encode())

        status = client.recv(4096).split(b" ")[1]

    assert status in (b"400", b"501")


CHANGES = (
    "SET datafusion.execution.batch_size = 7", "set datafusion.execution.batch_size = 7", "/* x */ SET a = 1", "-- x\nSET a = 1",
    "/* /* x */ */ SET a = 1", "  \n\tSET a = 1", ";SET a = 1", "SELECT 1; SET a = 1", "SELECT 1;\nSET a = 1;", "RESET a", "RESET ALL",
    "PREPARE p AS SELECT 1", "EXECUTE p", "DEALLOCATE p", "EXPLAIN SET a = 1", "EXPLAIN ANALYZE PREPARE p AS SELECT 1",
    "CREATE TABLE t AS SELECT 1", "CREATE VIEW v AS SELECT 1", "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
    "DROP TABLE state", "INSERT INTO state VALUES (1)", "DELETE FROM state", "UPDATE state SET value = 1",
    "COPY (SELECT 1) TO '/tmp/x.csv'", "BEGIN", "COMMIT", "USE x", "", " ", ";", "S\u00adET a = 1", "\u00a0SET a = 1", "\ufeffSET a = 1",
    "SELECT 1 /* ; SET a = 1", "SELECT 1 -- \r SET a = 1", "WITHOUT", "SELECTED",
)  # fmt: skip
BODIES = (
    b'{"query": "SELECT 1", "query": "SET a = 1"}', b'{"query": "SET a = 1", "query": "SELECT 1"}', b'{"QUERY": "SELECT 1"}',
    b'{"query": ["SELECT 1"]}', b'{"query": null}', b"{}", b"[]", b'"SELECT 1"', b"", b"SELECT 1", b"query=SELECT+1",
    b'{"query": "SELECT 1"} {"query": "SET a = 1"}', b'{"query": "SELECT 1"', b'{"qu\\u0065ry": "SET a = 1"}', b"\xff",
    b'{"query": "SELECT 1", "format": "x"}', b'{"query": "S\\u0045T a = 1"}', b'\xef\xbb\xbf{"query": "SET a = 1"}',
)  # fmt: skip
READS = (
    "SELECT 1", "select 1;", " SELECT 1 ; ", "-- why\nSELECT 1", "/* why */ SELECT 1", "WITH a AS (SELECT 1) SELECT * FROM a",
    "SHOW TABLES", "EXPLAIN SELECT 1", "DESCRIBE sys_invocation", "SELECT 'SET a = 1; --'", "SELECT count(*) FROM sys_invocation",
)  # fmt: skip


def query(cast: Cast, name: str, content: Any) -> Answer:
    return admin(
        cast, name, "POST", "/query", content, Accept="application/json", **{"Content-Type": "application/json"}
    )


@pytest.mark.parametrize("name", ["full key", "viewer member"])
def test_statements_that_change_something_are_refused(name: str, cast: Cast) -> None:
    before = settings_of_the_engine(cast)

    wrong = [sql for sql in CHANGES if query(cast, name, {"query": sql}).status != 403]
    wrong += [str(body) for body in BODIES if query(cast, name, body).status not in (400, 403)]

    assert wrong == []
    assert settings_of_the_engine(cast) == before


def test_the_same_under_every_version_of_the_path(cast: Cast) -> None:
    for version in ("/v2", "/v3", "/v4"):
        answer = admin(cast, "full key", "POST", f"{version}/query", {"query": "SET a = 1"}, Accept="application/json")
        assert answer.status == 403, version


@pytest.mark.parametrize("name", ["full key", "admin key", "viewer member", "developer member"])
def test_statements_that_read_are_allowed(name: str, cast: Cast) -> None:
    wrong = [f"{sql}: {answer}" for sql in READS if (answer := query(cast, name, {"query": sql})).status != 200]

    assert wrong == []


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"uri": 5}', b"", b"\xff", b'{"uri": "http://[::1"}', b"[" * 60_000])
def test_a_malformed_body_is_a_clear_refusal_of_the_engines(body: bytes, cast: Cast) -> None:
    answer = admin(cast, "admin key", "POST", "/deployments", body, **{"Content-Type": "application/json"})

    assert 400 <= answer.status < 500
    assert answer.message or answer.body
    assert json.loads(admin(cast, "admin key", "GET", "/deployments").body)["deployments"] == []


def test_a_query_that_is_too_long_is_refused(cast: Cast) -> None:
    assert query(cast, "full key", {"query": "SELECT 1 -- " + "x" * 100_000}).status == 413


def settings_of_the_engine(cast: Cast) -> str:
    answer = query(cast, "full key", {"query": "SHOW ALL"})
    assert answer.status in (200, 400, 500), str(answer)
    return answer.body.decode()


def test_a_refused_call_costs_no_other_call(cast: Cast) -> None:
    """The engine answers without reading the body when there is no such service; what follows must not be lost."""
    body = {"text": "x" * 3000}
    statuses = []
    for _ in range(300):
        statuses.append(ask(port(cast.own.ingress_url), "POST", "/nothing/here", cast.tokens["full key"], body).status)
        statuses.append(ask(port(cast.own.ingress_url), "GET", "/restate/health", cast.tokens["full key"]).status)

    assert set(statuses[::2]) == {404}
    assert set(statuses[1::2]) == {200}


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_body_of_unknown_length_takes_the_same_way_through_the_gate(name: str, cast: Cast) -> None:
    """Long bodies and those of unknown length stream: another way inside the edge, the same rules."""
    allowed = {"full key", "ingress key", "owner member", "admin member", "developer member"}

    for target in ("/svc/h", "/restate/call/svc/h", "/.edge/stream", "/svc/h?/.edge/404"):
        status, text = chunked(port(cast.own.ingress_url), target, cast.tokens[name], b"x" * 20_000)
        if name in allowed and target != "/.edge/stream":
            # The engine refuses before it has read it all; nginx hears that answer, or only the end of the connection.
            assert status in (404, 502), target
            assert "restate_code" not in text or "service and handler exist" in text, target
        else:
            assert status in (401, 403, 404), target
            assert "restate_code" in text, target


@pytest.mark.parametrize("name", ["full key", "viewer member"])
def test_a_statement_of_unknown_length_is_read_before_it_is_passed_on(name: str, cast: Cast) -> None:
    where = port(cast.own.admin_url)

    assert chunked(where, "/query", cast.tokens[name], b'{"query": "SET a = 1"}')[0] == 403
    assert chunked(where, "/query", cast.tokens[name], b'{"query": "SELECT 1"}')[0] == 200


def chunked(where: int, target: str, token: str | None, body: bytes) -> tuple[int, str]:
    """Status and text of a POST whose body comes in pieces."""
    connection = http.client.HTTPConnection("127.0.0.1", where, timeout=30)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    pieces = [body[at : at + 7000] for at in range(0, len(body), 7000)]
    connection.request("POST", target, iter(pieces), headers, encode_chunked=True)
    response = connection.getresponse()
    try:
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_in_http_2_the_authority_decides_and_no_host_beside_it(cast: Cast, shared: dict[str, int]) -> None:
    own, other = (f"{one.label}.env.local.restate.localhost" for one in (cast.own, cast.other))

    def status(authority: str, host: str | None, path: str = "/restate/health") -> int:
        headers = [(":method", "GET"), (":scheme", "http"), (":authority", authority), (":path", path)]
        headers.append(("authorization", f"Bearer {cast.tokens['full key']}"))
        return http2_status(shared["ingress"], headers + ([("host", host)] if host else []))

    assert status(own, None) == 200
    assert status(other, None) == 403
    assert status(other, own) in (400, 403)
    assert status(own, other) in (200, 400)
    assert status(own, None, "/.edge/stream") in (400, 404)


def http2_status(where: int, headers: list[tuple[str, str]]) -> int:
    """Of one request with prior knowledge (RFC 9113 section 3.3), headers exactly as given; 400 when it is reset."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(validate_outbound_headers=False))
    with socket.create_connection(("127.0.0.1", where), timeout=30) as client:
        connection.initiate_connection()
        connection.send_headers(1, headers, end_stream=True)
        client.sendall(connection.data_to_send())
        while received := client.recv(65_535):
            for event in connection.receive_data(received):
                if isinstance(event, h2.events.ResponseReceived):
                    return int(dict(event.headers)[b":status"])
                if isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
                    return 400
            client.sendall(connection.data_to_send())
    return 400
