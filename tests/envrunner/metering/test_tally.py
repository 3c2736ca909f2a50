"""Readings become minutes, and each difference is in one of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envrunner.metering.exposition import Counts
from envrunner.metering.tally import KEPT_MINUTES, Sample, Tallies, Tally

CLOCK = 30_000_000 * 60.0


def sample(at: float, requests: int, process: str = "p", started: float = 0.0) -> Sample:
    return Sample(process, started, at, CLOCK + at, Counts(requests=requests, invocations=requests), 0.1, 0.2)


def test_seconds_fall_into_their_minutes_and_a_difference_into_the_middle() -> None:
    tally = Tally().after(sample(50, 3)).after(sample(65, 5)).after(sample(80, 5))
    minutes = [tally.minutes[number] for number in sorted(tally.minutes)]
    assert [one.engine_seconds for one in minutes] == [60, 20]
    assert [one.requests for one in minutes] == [5, 0]
    assert [one.p50 for one in minutes] == [0.1, None]


def test_a_new_process_begins_at_nothing() -> None:
    tally = Tally().after(sample(10, 8)).after(sample(40, 3, "q", started=30))
    (minute,) = tally.minutes.values()
    assert (minute.requests, minute.engine_seconds) == (11, 20)


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.floats(0.1, 200), st.sampled_from(["same", "new"])), min_size=1, max_size=40
    )
)
def test_nothing_is_lost_and_nothing_counts_twice(steps: list[tuple[int, float, str]]) -> None:
    tally, at, process, requests, started = Tally(), 0.0, 0, 0, 0.0
    seen: dict[int, int] = {}
    for more, seconds, which in steps:
        if which == "new":
            process, requests, started = process + 1, 0, at
        at, requests = at + seconds, requests + more
        # As a new agent would go on from the file.
        tally = Tally.model_validate_json(tally.after(sample(at, requests, str(process), started)).model_dump_json())
        seen.update({number: one.requests for number, one in tally.minutes.items()})
    assert sum(seen.values()) == sum(more for more, _, _ in steps)
    assert len(tally.minutes) <= KEPT_MINUTES + 1


def test_a_long_gap_makes_no_more_minutes_than_are_kept() -> None:
    tally = Tally().after(sample(1, 1)).after(sample(10**6, 2))
    assert len(tally.minutes) <= KEPT_MINUTES + 1
    assert sum(one.engine_seconds for one in tally.minutes.values()) == pytest.approx(KEPT_MINUTES * 60, abs=60)


def test_a_clock_that_is_set_back_takes_nothing_away() -> None:
    tally = Tally().after(sample(600, 5))
    back = Tally().after(sample(600, 5)).after(Sample("p", 0, 615, CLOCK, Counts(requests=7, invocations=7)))
    assert sum(one.requests for one in back.minutes.values()) == 7
    stored = back.after(Sample("p", 0, 645, CLOCK + 30, Counts(requests=7, invocations=7), storage_bytes=4096))
    assert stored.minutes[int(CLOCK // 60)].storage_bytes == 4096, "what is now is not told of a time to come"
    assert sum(one.requests for one in tally.minutes.values()) == 5


def test_what_is_stored_comes_back(tmp_path: Path) -> None:
    tallies, tally = Tallies(tmp_path), Tally().after(sample(50, 3))
    tallies.write("one", tally)
    (tmp_path / "two.json").write_text("{")
    assert tallies.load() == {"one": tally}
    tallies.forget("one")
    tallies.forget("one")
    assert tallies.load() == {}
