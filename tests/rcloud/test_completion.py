"""Completion in a real bash, and the scripts for the others."""

from __future__ import annotations

import subprocess

import pexpect
import pytest

from tests.rcloud.scripted import Answer, Scripted, account, environment, page
from tests.support.rcloud import CHECKOUT, Rcloud

# What readline does for `rcloud … <Tab>`: COMP_WORDS and COMP_CWORD set, the registered function called.
_COMPLETE = """
eval "$(rcloud completion bash)"
complete -p rcloud > /dev/null || exit 9
COMP_WORDS=({words} "{last}")
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_rcloud_completion rcloud "{last}" "${{COMP_WORDS[COMP_CWORD - 1]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def rcloud(rcloud: Rcloud) -> Rcloud:
    """With an executable of its name in the path."""
    bin_directory = rcloud.home / "bin"
    bin_directory.mkdir()
    program = bin_directory / "rcloud"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={CHECKOUT} exec {rcloud.argv[0]} -m rcloud "$@"\n')
    program.chmod(0o755)
    rcloud.env["PATH"] = f"{bin_directory}:{rcloud.env['PATH']}"
    return rcloud


def offered(rcloud: Rcloud, *words: str) -> list[str]:
    """What bash offers for the last word."""
    *before, last = words
    script = _COMPLETE.format(words=" ".join(before), last=last)
    bash = ["bash", "--norc", "--noprofile", "-c", script]
    done = subprocess.run(
        bash, cwd=rcloud.home, env=rcloud.env, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return [line for line in done.stdout.splitlines() if line]


def test_commands_and_options(rcloud: Rcloud) -> None:
    assert offered(rcloud, "rcloud", "ac") == ["accounts"]
    assert offered(rcloud, "rcloud", "env", "res") == ["restore"]
    assert offered(rcloud, "rcloud", "env", "create", "--ti") == ["--timeout"]
    assert offered(rcloud, "rcloud", "keys", "create", "dev", "--role", "ing") == ["ingress"]


def test_names_come_from_the_plane(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account()))
    server.on("GET /accounts/acc_1/environments", page(environment("dev"), environment("prod", "env_2")))
    assert offered(signed_in, "rcloud", "accounts", "use", "") == ["payments"]
    assert offered(signed_in, "rcloud", "env", "describe", "") == ["dev", "prod"]
    assert offered(signed_in, "rcloud", "env", "describe", "payments/p") == ["payments/prod"]
    assert offered(signed_in, "rcloud", "env", "list", "--account", "p") == ["payments"]
    server.on("GET /accounts/acc_1/environments/env_1/api-keys", page({"keyId": "key_1", "description": "x"}))
    assert offered(signed_in, "rcloud", "keys", "revoke", "dev", "k") == ["key_1"]


def test_a_name_that_a_shell_would_obey_is_not_offered(signed_in: Rcloud, server: Scripted) -> None:
    hostile = ["$(touch pwned)", "`touch pwned`", "a; touch pwned", "*", "a\nb", "good"]
    server.on("GET /accounts", page(*(account(name) for name in hostile)))
    assert offered(signed_in, "rcloud", "accounts", "use", "") == ["good"]
    assert not (signed_in.home / "pwned").exists()


@pytest.mark.parametrize("answer", [Answer(401, {"code": "x", "message": "y"}), Answer(503), Answer(200, "<html>")])
def test_a_plane_that_does_not_help_is_no_error_on_the_prompt(
    signed_in: Rcloud, server: Scripted, answer: Answer
) -> None:
    server.on("GET /accounts", answer)
    assert offered(signed_in, "rcloud", "env", "describe", "") == []
    assert len(server.asked) == 1


def test_without_a_login_names_are_not_completed(rcloud: Rcloud) -> None:
    assert offered(rcloud, "rcloud", "env", "describe", "") == []
    rcloud.config.parent.mkdir()
    rcloud.config.write_text("broken =")
    assert offered(rcloud, "rcloud", "env", "describe", "") == []


@pytest.mark.parametrize(
    ("shell", "expected"),
    [("bash", "complete -o default -F"), ("zsh", "#compdef rcloud"), ("fish", "complete --command rcloud")],
)
def test_the_script_of_each_shell(rcloud: Rcloud, shell: str, expected: str) -> None:
    script = rcloud.run("completion", shell).stdout
    assert expected in script
    assert "_RCLOUD_COMPLETE" in script
    assert rcloud.run("completion", shell, "-o", "json").json["script"] in script


def test_it_is_installed_for_the_shell_in_use(rcloud: Rcloud) -> None:
    child = pexpect.spawn(
        "bash", ["--norc", "--noprofile"], cwd=str(rcloud.home), env=rcloud.env, timeout=30, encoding="utf-8"
    )
    child.sendline("rcloud --install-completion; echo status $?")
    child.expect("status 0")
    child.sendline("exit")
    child.expect(pexpect.EOF)
    assert "rcloud.sh" in (rcloud.home / ".bashrc").read_text()
    assert "_RCLOUD_COMPLETE" in (rcloud.home / ".bash_completions" / "rcloud.sh").read_text()
