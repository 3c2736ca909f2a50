"""The rule for names, against an independent statement of it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.core.names import MAX_LENGTH, RULE, checked

ALPHABET = "az09-A_ .\n\u0000ä²"
LETTERS = set("abcdefghijklmnopqrstuvwxyz0123456789")


def allowed(name: str) -> bool:
    """Parts of letters and digits with one hyphen between each two."""
    return 0 < len(name) <= 39 and all(part and set(part) <= LETTERS for part in name.split("-"))


def accepted(name: str) -> bool:
    try:
        return checked(name) == name
    except ValueError as error:
        return str(error) != RULE


def test_every_string_of_up_to_three_characters() -> None:
    for length in range(4):
        for characters in itertools.product(ALPHABET, repeat=length):
            name = "".join(characters)
            assert accepted(name) == allowed(name), repr(name)


@given(st.text(alphabet=ALPHABET, max_size=45))
def test_longer_ones(name: str) -> None:
    assert accepted(name) == allowed(name)


@given(st.text(max_size=10))
def test_any_text_at_all(name: str) -> None:
    assert accepted(name) == allowed(name)


@pytest.mark.parametrize(("length", "fits"), [(1, True), (MAX_LENGTH, True), (MAX_LENGTH + 1, False)])
def test_the_limit(length: int, fits: bool) -> None:
    assert accepted("a" * length) is fits


def test_a_long_hostile_name_takes_no_time() -> None:
    assert not accepted("a-" * 500_000)
