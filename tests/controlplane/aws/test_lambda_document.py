"""docs/lambda.md: its commands are understood, its sentences are those that people read, its variables exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from controlplane.__main__ import app as controlplane
from controlplane.aws import errors, invoker, linting
from controlplane.aws.principal import OwnPrincipal
from controlplane.aws.trust_policy import document
from controlplane.settings import Settings
from envrunner.engine import aws as engine_aws
from envrunner.settings import Settings as NodeSettings
from rcloud.app import app as rcloud

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "lambda.md").read_text()
TREES = {"rcloud": typer.main.get_command(rcloud), "controlplane": typer.main.get_command(controlplane)}
BLOCKS = "\n".join(re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL))
COMMANDS = re.findall(r"^(?:rcloud|controlplane) .+$", BLOCKS, re.MULTILINE)
SPOKEN = (
    invoker.not_trusted("env_x"), str(errors.AwsPrincipalNotSet()), engine_aws.NO_IDENTITY, engine_aws.TROUBLE,
    "The ARN must end with a version or an alias",
)  # fmt: skip


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_is_understood(line: str) -> None:
    name, *words = shlex.split(line, comments=True)
    words = words[: words.index(">")] if ">" in words else words
    command = TREES[name]
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(line, words, resilient_parsing=False)


@pytest.mark.parametrize("sentence", re.findall(r"^\| \*(.+?)\* \|", DOCUMENT, re.MULTILINE))
def test_every_sentence_is_one_that_people_read(sentence: str) -> None:
    assert any(sentence in spoken for spoken in SPOKEN)


def test_every_variable_exists() -> None:
    named = set(re.findall(r"`((?:CONTROLPLANE|ENVRUNNER)_[A-Z_]+)`", DOCUMENT))
    known = {f"CONTROLPLANE_{name.upper()}" for name in Settings.model_fields}
    known |= {f"ENVRUNNER_{name.upper()}" for name in NodeSettings.model_fields}
    ours = {name for name in known if "_AWS_" in name}
    assert named == ours


def test_every_check_of_the_linter_is_explained() -> None:
    us = OwnPrincipal("654654156625", "arn:aws:iam::654654156625:role/RestateCloud")
    checks = [one.name for one in linting.lint(document(us, "env_x"), us, "env_x")]
    assert [name for name in re.findall(r"^\| `([a-z_]+)` \|", DOCUMENT, re.MULTILINE) if name in checks] == checks
