"""Every way to call a handler, in both SDKs, through the edge with an API key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.support.waiting import until
from tests.system.conftest import Examples

pytestmark = pytest.mark.system


def test_request_and_response(examples: Examples) -> None:
    word = uuid4().hex
    assert examples.caller.invoke("/echo/note", word) == word
    assert examples.caller.invoke("/Greeter/greet", word) == f"Hello {word}, this is visit number 1."
    assert examples.caller.invoke("/restate/call/Greeter/greet", word) == f"Hello {word}, this is visit number 2."


def test_one_way_calls_and_their_results_later(examples: Examples) -> None:
    word = uuid4().hex
    for path, expected in (
        ("/echo/note/send", word),
        ("/Greeter/greet/send", f"Hello {word}, this is visit number 1."),
    ):
        invocation = examples.caller.send(path, word, idempotency_key=word)
        attached = examples.caller.ingress("GET", f"/restate/invocation/{invocation}/attach")
        assert (attached.status_code, attached.json()) == (200, expected)
        output = examples.caller.ingress("GET", f"/restate/invocation/{invocation}/output")
        assert (output.status_code, output.json()) == (200, expected)


def test_the_output_of_a_running_call_is_not_ready(examples: Examples) -> None:
    document = uuid4().hex
    invocation = examples.caller.send("/approval/request/send", document, idempotency_key=document)
    until(lambda: examples.typescript.effects(f"ask {document}"))
    output = examples.caller.ingress("GET", f"/restate/invocation/{invocation}/output")
    assert output.status_code == 470, output.text


@pytest.mark.parametrize("path", ["/echo/note/send", "/Greeter/greet/send"], ids=["typescript", "python"])
def test_delayed_calls_are_scheduled_and_then_run(examples: Examples, path: str) -> None:
    word = uuid4().hex
    invocation = examples.caller.send(f"{path}?delay=5s", word)
    assert examples.caller.status_of(invocation) == "scheduled"
    until(lambda: examples.caller.status_of(invocation) == "completed", 60)
    timed = "select scheduled_at, scheduled_start_at > created_at as later from sys_invocation"
    assert examples.caller.sql(f"{timed} where id = '{invocation}'")[0]["later"]


def test_a_hundred_duplicates_of_an_idempotency_key_run_once(examples: Examples) -> None:
    for path, body, answer in (
        ("/echo/note", (note := uuid4().hex), note),
        ("/Greeter/greet", (name := uuid4().hex), f"Hello {name}, this is visit number 1."),
    ):
        key = uuid4().hex
        with ThreadPoolExecutor(100) as pool:
            answers = list(
                pool.map(lambda _: examples.caller.invoke(path, body, idempotency_key=key), range(100))  # noqa: B023
            )
        assert answers == [answer] * 100
        rows = examples.caller.sql(f"select id from sys_invocation where idempotency_key = '{key}'")
        assert len(rows) == 1
    assert examples.typescript.effects(note) == [f"note {note}"]
    assert examples.caller.invoke(f"/Visitors/{name}/visits") == 1


def test_a_duplicate_latches_on_to_a_running_call(examples: Examples) -> None:
    document = uuid4().hex
    with ThreadPoolExecutor(2) as pool:
        calls = [
            pool.submit(examples.caller.invoke, "/approval/request", document, idempotency_key=document)
            for _ in range(2)
        ]
        (asked,) = until(lambda: examples.typescript.effects(f"ask {document}"))
        examples.caller.post(f"/restate/awakeables/{asked.split()[-1]}/resolve", "yes")
        assert [call.result(60) for call in calls] == [f"{document}: yes"] * 2
    assert examples.typescript.effects(f"ask {document}") == [asked]


def test_a_megabyte_is_streamed_both_ways(examples: Examples) -> None:
    body = os.urandom(1_000_000)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    headers = {"content-type": "application/octet-stream"}
    answer = examples.caller.ingress("POST", "/echo/bytes", content=pieces(), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.content == body
