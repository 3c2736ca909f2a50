"""Editing a TOML text: what is asked for changes, every other byte stays."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcloud.toml_edit import NotToml, edited

CLOUD = ("global", "cloud")
NEW = {"api_base_url": "http://new.example:8000", "access_token": "new.token"}
# Every line of these could stand in somebody's file; the strings hold lines that only look like headers and keys.
LINES = (
    "",
    "# a comment",
    "  # an indented one  ",
    "\t",
    "# [global.cloud]",
    "key{n} = 1",
    'key{n} = "text" # why',
    "key{n}={{a = 1, b.c = 'x'}}",
    "key{n}.nested = true",
    'key{n} = """\n[global.cloud]\naccess_token = "not me"\n"""',
    "key{n} = [\n  1, # one\n  2,\n]",
    "key{n} = nan",
    "key{n} = 1979-05-27T07:32:00Z",
    "'quoted {n}'   =   'x'",
    "\"ключ{n}\" = 'ü'",
)
TEXT = st.characters(codec="utf-8")
VALUES = ('"old"', "'old'", '"""old"""', '""')


@dataclass(frozen=True)
class File:
    """A text, and how the keys that will change are written in it."""

    text: str
    literals: dict[str, str]


def _lines(draw: st.DrawFn, prefix: str) -> list[str]:
    chosen = draw(st.lists(st.sampled_from(LINES), max_size=4))
    return [line.format(n=f"{prefix}{number}") for number, line in enumerate(chosen)]


@st.composite
def files(draw: st.DrawFn) -> File:
    """Tables in any order, with or without the one that is edited, in both line ends, with or without a last one."""
    tables = draw(st.lists(st.sampled_from(["local", "dev", "dev.cloud", "global", "[list]"]), unique=True))
    literals: dict[str, str] = {}
    blocks = [_lines(draw, "top")]
    for number, name in enumerate(tables):
        blocks.append([f"[{name}]", *_lines(draw, f"t{number}")])
    if draw(st.booleans()):
        header = draw(st.sampled_from(["[global.cloud]", '  [ global . "cloud" ] # mine', "[global.cloud]   "]))
        literals = draw(st.dictionaries(st.sampled_from(sorted(NEW)), st.sampled_from(VALUES)))
        own = [f"{key} = {literal} # kept" for key, literal in literals.items()]
        around = _lines(draw, "c")
        where = draw(st.integers(1, len(blocks)))
        blocks.insert(where, [header, *around[:2], *own, *around[2:]])
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = newline.join(line.replace("\n", newline) for block in blocks for line in block)
    return File(text + draw(st.sampled_from(["", newline])), literals)


def undone(result: str, file: File) -> str:
    """The result with the changes taken back by hand: written values as they were, added lines gone."""
    lines = result.split("\n")
    for key, literal in file.literals.items():
        lines = [line.replace(f'{key} = "{NEW[key]}"', f"{key} = {literal}") for line in lines]
    added = {f'{key} = "{value}"' for key, value in NEW.items()}
    return "\n".join(line for line in lines if line.rstrip("\r") not in added)


def _comparable(table: dict[str, object]) -> str:
    # As text, where nan equals itself.
    return repr(sorted(table.items()))


@settings(deadline=None)
@given(files())
def test_everything_else_is_byte_identical(file: File) -> None:
    before = tomllib.loads(file.text)
    result = edited(file.text, CLOUD, NEW)

    wanted = before.get("global", {}).get("cloud", {}) | NEW
    assert _comparable(tomllib.loads(result)["global"]["cloud"]) == _comparable(wanted)
    rest = undone(result, file)
    if "cloud" not in before.get("global", {}):
        rest, _, added = rest.rpartition("[global.cloud]")
        assert added.strip() == ""
    assert rest.rstrip() == file.text.rstrip()


@settings(deadline=None)
@given(files())
def test_setting_and_removing_brings_back_the_same_content(file: File) -> None:
    once = edited(file.text, CLOUD, NEW)

    assert edited(once, CLOUD, NEW) == once
    removed = edited(once, CLOUD, {"access_token": None})
    assert NEW["access_token"] not in removed
    assert edited(removed, CLOUD, {"access_token": None}) == removed
    again = tomllib.loads(edited(removed, CLOUD, NEW))
    assert repr(again["global"]["cloud"]["access_token"]) == repr(NEW["access_token"])


@settings(deadline=None)
@given(files(), st.text(TEXT, min_size=1), st.text(TEXT))
def test_any_name_and_any_value_can_be_written(file: File, name: str, value: str) -> None:
    table = (f"p {name}", "cloud")
    result = tomllib.loads(edited(file.text, table, {"k": value}))
    assert result[table[0]]["cloud"]["k"] == value


@pytest.mark.parametrize(
    "text",
    [
        'global.cloud.access_token = "old"\n',
        'global = { cloud = { api_base_url = "old" } }\n',
        "[global]\ncloud = { access_token = 'old' }\n[local]\n",
        "[global]\ncloud.access_token = 'old'\n",
        "[global.cloud.more]\nx = 1\n",
    ],
)
def test_other_spellings_of_the_same_table(text: str) -> None:
    before = tomllib.loads(text)
    after = tomllib.loads(edited(text, CLOUD, NEW))
    assert after["global"]["cloud"] == before["global"]["cloud"] | NEW


def test_a_missing_key_goes_below_the_header_not_below_somebodys_comment() -> None:
    text = '[global.cloud]\napi_base_url = "old"\n\n# my own machine\n[local]\nx = 1\n'
    assert edited(text, CLOUD, NEW) == (
        '[global.cloud]\naccess_token = "new.token"\napi_base_url = "http://new.example:8000"\n'
        "\n# my own machine\n[local]\nx = 1\n"
    )


def test_an_empty_text_gets_one_table() -> None:
    expected = '[global.cloud]\napi_base_url = "http://new.example:8000"\naccess_token = "new.token"\n'
    assert edited("", CLOUD, NEW) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("x = \n", "line 1"),
        ("[a]\n[a]\n", "line 2"),
        ("global = 1\n", "`global`"),
        ("[global]\ncloud = []\n", "`cloud`"),
    ],
)
def test_what_cannot_be_edited_is_named(text: str, named: str) -> None:
    with pytest.raises(NotToml) as refused:
        edited(text, CLOUD, NEW)
    assert named in refused.value.message
