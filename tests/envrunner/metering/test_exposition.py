"""The series that are wanted, out of what an engine of 1.7.12 tells."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from envrunner.metering.exposition import Counts, Parser, Reading

OWN = 'cluster_name="env_000000000000000000000000001",node_name="engine"'
TEXT = f"""# HELP restate_ingress_requests_total Number of ingress requests in different states
# TYPE restate_ingress_requests_total counter
restate_ingress_requests_total{{{OWN},status="admitted"}} 170
restate_ingress_requests_total{{{OWN},status="completed",rpc_service="greeter",rpc_type="call"}} 11
restate_ingress_requests_total{{{OWN},status="completed",rpc_service="greeter",rpc_type="send"}} 2
restate_ingress_requests_total{{{OWN},status="invocation_error",rpc_service="greeter",rpc_type="call"}} 3

restate_invoker_invocation_tasks_total{{{OWN},status="started",partition_id="0"}} 16
restate_invoker_invocation_tasks_total{{{OWN},status="failed",transient="true",partition_id="0"}} 4
restate_usage_leader_journal_entry_count_total{{{OWN},entry="Command/Input"}} 15
restate_usage_leader_journal_entry_count_total{{{OWN},entry="Command/Output"}} 12
restate_usage_leader_journal_entry_count_total{{{OWN},entry="Command/SetState"}} 99
restate_ingress_request_duration_seconds{{{OWN},rpc_service="greeter",rpc_type="call",quantile="0.5"}} 0.0071
restate_ingress_request_duration_seconds{{{OWN},rpc_service="greeter",rpc_type="call",quantile="1"}} 0.0228
restate_ingress_request_duration_seconds_sum{{{OWN},rpc_service="greeter",rpc_type="call"}} 0.1195
restate_ingress_request_duration_seconds_count{{{OWN},rpc_service="greeter",rpc_type="call"}} 14
""".encode()
CALL = (b"greeter", b"call")


def parsed(*parts: bytes) -> Reading:
    parser = Parser()
    for part in parts:
        parser.feed(part)
    return parser.reading


def test_what_is_wanted_is_found() -> None:
    reading = parsed(TEXT)
    assert reading.counts == Counts(16, 3, 15, 12, 4)
    assert reading.answered == {CALL: 14}
    assert reading.quantiles == {CALL: {0.5: 0.0071, 1.0: 0.0228}}


@given(cuts=st.lists(st.integers(0, len(TEXT)), max_size=6))
def test_wherever_it_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(TEXT)]
    assert parsed(*(TEXT[a:b] for a, b in pairwise(places))) == parsed(TEXT)


@given(
    lines=st.lists(st.sampled_from(TEXT.splitlines()), max_size=5),
    value=st.text(max_size=8),
    noise=st.binary(max_size=80),
)
def test_nonsense_is_passed_over(lines: list[bytes], value: str, noise: bytes) -> None:
    text = b"\n".join(line.rpartition(b" ")[0] + b" " + value.encode() for line in lines)
    counts = parsed(noise, b"\n", text, b"\n").counts
    assert all(getattr(counts, name) >= 0 for name in Counts.__dataclass_fields__)


def test_numbers_have_bounds() -> None:
    for value in (b"1e300", b"inf", b"NaN", b"-5"):
        counts = parsed(TEXT.replace(b"} 11\n", b"} " + value + b"\n")).counts
        assert 5 <= counts.requests <= 2**40 + 5


def test_an_engine_that_lies_costs_the_agent_no_more_than_one_that_does_not() -> None:
    """Its loop is everybody's: work that grew with the square of a line would stand still for hours here."""
    line = b"restate_ingress_requests_total{%s} 1\n"
    for labels in (b"a" * 2**20, b"} 1" * 2**18, b',a="' * 2**18):
        assert parsed(line % labels).counts == Counts()
    answered = b'restate_ingress_request_duration_seconds_count{rpc_service="s",rpc_type="call"} 1e308\n'
    assert parsed(answered).answered == {(b"s", b"call"): 2**40}


def test_kinds_have_bounds() -> None:
    line = b'restate_ingress_request_duration_seconds%s{rpc_service="s%d",rpc_type="call"%s} 1\n'
    text = b"".join(line % (b"_count", n, b"") + line % (b"", n, b',quantile="0.5"') for n in range(5000))
    reading = parsed(text)
    assert len(reading.answered) == len(reading.quantiles) == 2000


def test_a_counter_that_went_back_has_begun_anew() -> None:
    assert Counts(5, 1, 9).since(Counts(3, 1, 20)) == Counts(2, 0, 9)
