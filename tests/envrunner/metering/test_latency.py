"""Quantiles of several kinds of requests together."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envrunner.metering.latency import Weights, estimate

FAST = {0.5: 0.001, 0.9: 0.002, 0.99: 0.003, 1.0: 0.004}
SLOW = {0.5: 1.0, 0.9: 2.0, 0.99: 3.0, 1.0: 4.0}
CALL = (b"a", b"call")


@pytest.mark.parametrize("share", FAST)
def test_of_one_kind_they_are_its_own(share: float) -> None:
    assert estimate([(7, FAST), (0, SLOW)], share) == pytest.approx(FAST[share])


def test_without_requests_there_is_none() -> None:
    assert estimate([], 0.5) is None
    assert estimate([(0, FAST), (5, {}), (5, dict.fromkeys(FAST, 0.0))], 0.5) is None


def test_how_many_there_were_decides() -> None:
    assert estimate([(99, FAST), (1, SLOW)], 0.5) == pytest.approx(0.001, rel=0.05)
    assert estimate([(60, FAST), (40, SLOW)], 0.99) > 1  # type: ignore[operator]
    assert estimate([(999, FAST), (1, SLOW)], 0.99) < 0.02  # type: ignore[operator]


def test_as_many_kinds_as_are_taken_cost_little() -> None:
    """The agent's loop waits for it: with the square of all quantiles this would stand still for an hour."""
    kinds = [(1, {(n + 1) / 20: kind + n / 20 for n in range(20)}) for kind in range(2000)]
    assert estimate(kinds, 0.5) == pytest.approx(1000, rel=0.05)


def test_it_comes_near_the_truth() -> None:
    draw = random.Random(7)
    kinds = [[draw.lognormvariate(mean, 0.5) for _ in range(number)] for mean, number in ((-6, 4000), (-3, 1000))]
    points = (0.5, 0.9, 0.99, 1.0)
    told = [(len(one), {q: sorted(one)[min(len(one) - 1, int(q * len(one)))] for q in points}) for one in kinds]
    everything = sorted(kinds[0] + kinds[1])
    for share, tolerance in ((0.5, 0.3), (0.99, 0.2)):
        assert estimate(told, share) == pytest.approx(everything[int(share * len(everything))], rel=tolerance)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**9), st.dictionaries(st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0]), st.floats(0, 1e9))
        ),
        max_size=5,
    )
)
def test_a_higher_share_never_takes_less(kinds: list[tuple[int, dict[float, float]]]) -> None:
    found = [estimate(kinds, share) for share in (0.1, 0.5, 0.99, 1.0)]
    if found[0] is None:
        assert set(found) == {None}
    else:
        assert found == sorted(one for one in found if one is not None)


def test_weights_are_those_of_the_minute() -> None:
    weights = Weights("p")
    assert weights.of({CALL: 12}, 1) == {CALL: 12}
    assert weights.of({CALL: 15}, 1) == {CALL: 15}
    assert weights.of({CALL: 16}, 2) == {CALL: 1}
    assert weights.of({CALL: 16, (b"b", b"send"): 1}, 3) == {CALL: 0, (b"b", b"send"): 1}
