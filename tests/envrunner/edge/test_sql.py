"""POST /query: one statement that reads, whatever dress it wears."""

from __future__ import annotations

import json

import pytest

from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.conftest import World

ALLOWED = [
    "SELECT 1",
    "select 1;",
    "  \n SELECT 1 ;\n",
    "/* x */ SELECT 1",
    "-- x\nSELECT 1",
    "-- x\r\nSELECT 1",
    "SELECT ';' AS a",
    "SELECT '--' , \"a;b\" FROM x",
    "SELECT 'it''s; SET x=1'",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "SHOW TABLES",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "explain verbose select 1",
    "EXPLAIN FORMAT TREE SELECT 1",
    "EXPLAIN/**/SELECT 1",
    "DESCRIBE sys_invocation",
    'DESCRIBE "sys_invocation";',
    "SELECT 1 -- SET x=1",
    "SELECT a/b*c FROM t",
    "SELECT '/*' FROM t",
    "SELECT * FROM t -- it's",
]
REFUSED = [
    "",
    " ",
    ";",
    "SET a=1",
    "set a=1",
    " SET a=1",
    "\nSET a=1",
    "/* x */ SET a=1",
    "/**/SET a=1",
    "-- x\nSET a=1",
    "--\nSET a=1 -- SELECT",
    "RESET a",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DEALLOCATE p",
    "SELECT 1; SET a=1",
    "SELECT 1;;SET a=1",
    "SELECT 1;SELECT 2",
    "SELECT ''; SET a=1 --'",
    "SELECT '\\'; SET a=1 --'",
    'SELECT "a"; SET x=1',
    "EXPLAIN SET a=1",
    "EXPLAIN ANALYZE SET a=1",
    "EXPLAIN VERBOSE PREPARE p AS SELECT 1",
    "EXPLAIN EXPLAIN SET a=1",
    "EXPLAIN (ANALYZE) SET a=1",
    "DESCRIBE SET a=1",
    "DESCRIBE SELECT 1",
    "DESC SET a=1",
    "EXPLAIN t",
    "SELECTSET a=1",
    "INSERT INTO t VALUES (1)",
    "CREATE TABLE t(a int)",
    "DROP TABLE t",
    "DELETE FROM t",
    "UPDATE t SET a=1",
    "COPY t TO 'x'",
    "BEGIN",
    "USE x",
    "CALL x()",
    "VALUES (1)",
    "(SELECT 1)",
    "/* /* */ SELECT 1 */ SET a=1",
    "/* /* */ SET a=1 -- */\nSELECT 1",
    "--x\rSET a=1 /*\nSELECT 1 */",
    "\u00a0SET a=1",
    "\ufeffSET a=1",
    "\u0000SELECT 1",
    "\x0bSET a=1",
    "# x\nSET a=1",
    "// x\nSET a=1",
    "SELECT 'unclosed",
    "SELECT /* unclosed",
    "SELECT 1 */ SET a=1",
    "\u2028SELECT 1",
    "SELECT `a;b`",
]
NOT_JSON = [
    b"",
    b"SELECT 1",
    b"[]",
    b'"SELECT 1"',
    b"{}",
    b'{"query": 1}',
    b'{"query": null}',
    b'{"sql": "SELECT 1"}',
    b'{"query": ["SELECT 1"]}',
    b'{"query": "SET a=1", "query": "SELECT 1"}',
    b'{"query": "SELECT 1", "query": "SET a=1"}',
    b'{"query": "SELECT 1", "x": 1}',
    b'{"\\u0071uery": "SET a=1", "query": "SELECT 1"}',
    b'{"query": "SELECT 1"} {"query": "SET a=1"}',
    b'\xef\xbb\xbf{"query": "SELECT 1"}',
    b'{"query": "\xff SELECT 1"}',
    b"query=SELECT+1",
]


def query(world: World, body: bytes, role: str = "full", path: str = "/query") -> Answer:
    headers = [("Content-Type", "application/json"), ("Accept", "application/vnd.apache.arrow.stream")]
    return ask(
        world.port("admin"),
        path,
        method="POST",
        host=world.host(),
        token=world.tokens[role],
        headers=headers,
        body=body,
    )


@pytest.mark.parametrize("role", ["full", "member:viewer"])
@pytest.mark.parametrize("statement", ALLOWED)
def test_reading_passes_unchanged(world: World, role: str, statement: str) -> None:
    body = json.dumps({"query": statement}).encode()
    answer = query(world, body, role)
    assert answer.status == 200, answer.body
    assert answer.json["body"].encode() == body
    assert answer.seen["accept"] == "application/vnd.apache.arrow.stream"


@pytest.mark.parametrize("path", ["/query", "/v3/query"])
@pytest.mark.parametrize("statement", REFUSED)
def test_anything_else_is_refused(world: World, statement: str, path: str) -> None:
    query(world, json.dumps({"query": statement}).encode(), path=path).assert_refusal(403)


@pytest.mark.parametrize("body", NOT_JSON)
def test_a_body_that_could_be_read_in_two_ways_is_refused(world: World, body: bytes) -> None:
    query(world, body).assert_refusal(403)


def test_a_large_body_is_refused(world: World) -> None:
    query(world, json.dumps({"query": "SELECT '" + "x" * 70_000 + "'"}).encode()).assert_refusal(413)
    assert query(world, json.dumps({"query": "SELECT '" + "x" * 60_000 + "'"}).encode()).status == 200


@pytest.mark.parametrize("filling", ["x", "''", " ", "/", "*", "\\", "\u00e9", "-", "--\n", "/**/", "S "])
def test_long_statements_are_judged_like_short_ones(world: World, filling: str) -> None:
    """A judge that gives up on long input must not let it pass."""
    long = (filling * 30_000)[: 60_000 // len(json.dumps(filling)[1:-1].encode())]
    for hidden in (f"/*{long}*/SET a=1", f"-- {long}\nSET a=1", f"{long}SET a=1", f"SELECT '{long}'; SET a=1"):
        query(world, json.dumps({"query": hidden}, ensure_ascii=False).encode()).assert_refusal(403)
    body = json.dumps({"query": "SELECT '" + filling * 1000 + "'"}, ensure_ascii=False).encode()
    assert query(world, body).status == 200


def test_a_chunked_body_is_judged_too(world: World) -> None:
    for statement, status in (("SELECT 1", 200), ("SET a=1", 403)):
        body = json.dumps({"query": statement}).encode()
        chunked = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
        answer = ask(
            world.port("admin"),
            "/query",
            method="POST",
            host=world.host(),
            token=world.tokens["full"],
            headers=[("Transfer-Encoding", "chunked")],
            raw=chunked,
        )
        assert answer.status == status
