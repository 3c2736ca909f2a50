"""`controlplane audit`: what an operator sees and scripts can rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from controlplane import audit
from controlplane.audit import keys, tasks
from controlplane.audit.commands import app
from controlplane.core.database import transaction


@pytest.fixture
def chained(session: Session, configured: Callable[..., None]) -> Session:
    configured(audit_checkpoint_minutes=0)
    for account_id in ("acc_a", "acc_a", None):
        with transaction() as own:
            audit.record(own, None, "thing.do", "thing", account_id)
    tasks.sign_chains()
    return session


def run(*arguments: str, status: int = 0, given: str | None = None) -> str:
    result = CliRunner().invoke(app, arguments, input=given)
    assert result.exit_code == status, result.output
    return result.output


def on_a_machine_without_a_plane(*arguments: str) -> tuple[int, str]:
    """How `controlplane …` ends there, and what it prints."""
    ours = {"CONTROLPLANE_HOME": "/nonexistent"}
    env = {name: value for name, value in os.environ.items() if not name.startswith("CONTROLPLANE_")}
    argv = [sys.executable, "-m", "controlplane", *arguments]
    done = subprocess.run(argv, env={**env, **ours}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_every_chain_is_verified(chained: Session) -> None:
    assert run("verify").splitlines() == [
        "✓ acc_a: 2 rows, 1 signed checkpoints",
        "✓ plane: 1 rows, 1 signed checkpoints",
    ]
    assert run("verify", "--account", "plane") == "✓ plane: 1 rows, 1 signed checkpoints\n"


def test_the_first_broken_row_is_named_and_the_exit_code_says_so(chained: Session) -> None:
    chained.execute(text("UPDATE audit_event SET actor = 'usr_x' WHERE account_id = 'acc_a' AND sequence = 2"))
    shown = run("verify", status=1)
    assert "✗ acc_a: row 2 (aud_" in shown
    assert "altered: Its content is not what was sealed." in shown
    assert "✓ plane" in shown
    told = json.loads(run("verify", "--account", "acc_a", "--output", "json", status=1))
    assert (told["intact"], told["finding"]["problem"], told["finding"]["sequence"]) == (False, "altered", 2)


def test_a_file_is_verified(chained: Session, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text(run("export", "--account", "acc_a"))
    assert run("verify", "--from-file", str(file)) == "✓ acc_a: 2 rows, 1 signed checkpoints\n"
    assert run("verify", "--from-file", "-", given=file.read_text()).startswith("✓ acc_a")
    assert on_a_machine_without_a_plane("audit", "verify", f"--from-file={file}") == (
        0,
        "✓ acc_a: 2 rows, 1 signed checkpoints\n",
    )
    file.write_text(file.read_text().replace("thing.do", "thing.undo", 1))
    assert "✗ acc_a: row 1" in run("verify", "--from-file", str(file), status=1)


def test_a_stranger_s_key_vouches_for_nothing(chained: Session) -> None:
    stranger = keys.shown(keys.opening(keys.new_key()).public)
    lines = run("export", "--account", "acc_a")
    assert "unsigned" in run("verify", "--from-file", "-", "--public-key", stranger, given=lines, status=1)
    assert "no Ed25519" in run("verify", "--from-file", "-", "--public-key", "x", given=lines, status=2)


@pytest.mark.parametrize("content", ["", "{", "[]\n", '{"type":"export","version":2}\n', '{"type":"event"}\n'])
def test_what_is_no_export_is_said(content: str) -> None:
    run("verify", "--from-file", "-", given=content, status=2)
