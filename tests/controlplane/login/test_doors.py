"""No way around the second factor: sessions begin in exactly these places, found by reading the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import controlplane

ROOT = Path(controlplane.__file__).parent
SESSIONS = "controlplane.login.sessions"
# `second_step` asks for the second factor; a passkey alone is both factors.
SIGN_IN = {"login/second_step.py", "login/passwordless.py"}
# A program is admitted by somebody who is signed in.
ADMIT_PROGRAM = {"oauth/granted.py"}
# WorkOS opens sessions of its own; with one of those, somebody who has a second factor is refused.
OPEN_PROGRAM = {"sso/bearer.py"}
# Whoever is signed in opens an engine's own UI: a token of their session, for one environment.
OPEN_UI = {"ui_sessions/service.py"}
MAKERS = {"LoginSession", "AccessToken", "new_access_token"}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            yield path.relative_to(ROOT).as_posix(), node


def users_of(function: str) -> set[str]:
    return {
        path
        for path, node in nodes()
        if isinstance(node, ast.Attribute)
        and node.attr == function
        and isinstance(node.value, ast.Name)
        and node.value.id == "sessions"
    }


def test_sessions_begin_in_known_places_only() -> None:
    assert users_of("sign_in") == SIGN_IN
    assert users_of("admit_program") == ADMIT_PROGRAM
    assert users_of("open_program") == OPEN_PROGRAM


def test_their_rows_and_tokens_are_made_in_known_modules_only() -> None:
    makers = {
        path
        for path, node in nodes()
        if isinstance(node, ast.Call) and (getattr(node.func, "id", None) or getattr(node.func, "attr", "")) in MAKERS
    }
    assert makers == {"login/sessions.py", "workload_identity/exchange.py"} | OPEN_PROGRAM | OPEN_UI


def test_the_functions_are_known_by_one_name() -> None:
    """So that the search above finds all."""
    for path, node in nodes():
        if isinstance(node, ast.ImportFrom) and node.module == SESSIONS:
            assert {name.name for name in node.names} <= {"SignedIn", "Admitted"}, path
        if isinstance(node, ast.ImportFrom | ast.Import):
            assert all(name.asname is None for name in node.names if name.name in {"sessions", SESSIONS}), path
