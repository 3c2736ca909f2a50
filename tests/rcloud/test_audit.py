"""`rcloud audit`: the plane's own verifier and this one, written apart, agree about every export."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controlplane.audit import files, keys
from controlplane.audit.canonical import canonical
from tests.rcloud.scripted import Answer, Scripted, account, page
from tests.support.rcloud import Rcloud

EVENTS = "/accounts/acc_1/audit-events"
PRIVATE = Ed25519PrivateKey.generate()
PUBLIC = keys.shown(PRIVATE.public_key())


@pytest.fixture(autouse=True)
def home(server: Scripted) -> None:
    server.on("GET /accounts", page(account()))


def event(sequence: int, previous: str) -> dict[str, Any]:
    return {
        "type": "event",
        "sequence": sequence,
        "accountId": "acc_1",
        "auditEventId": f"aud_{sequence}",
        "actor": "usr_ä",
        "details": {"n": 1, "text": "\u2028\n"},
        "previousHash": previous,
    }


def sealed(content: dict[str, Any]) -> dict[str, Any]:
    return content | {"hash": hashlib.sha256(canonical(content)).hexdigest()}


def checkpoint(row: dict[str, Any]) -> dict[str, Any]:
    content = {"type": "checkpoint", "sequence": row["sequence"], "hash": row["hash"], "at": "x", "keyId": "auk_1"}
    return content | {"signature": base64.b64encode(PRIVATE.sign(canonical(content))).decode()}


def export(rows: int = 5) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [
        {"type": "export", "version": 1, "accountId": "acc_1", "after": 0, "keys": [{"publicKey": PUBLIC}]}
    ]
    previous = "0" * 64
    for sequence in range(1, rows + 1):
        row = sealed(event(sequence, previous))
        lines += [checkpoint(row), row] if sequence == 3 else [row]
        previous = row["hash"]
    return [*lines, {"type": "end", "sequence": rows, "hash": previous}]


def written(lines: list[dict[str, Any]], path: Path) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def test_rows_are_listed_and_asked_for(signed_in: Rcloud, server: Scripted) -> None:
    row = {"at": "2026-01-01T00:00:00Z", "actor": "usr_1", "action": "member.invite", "target": "inv_1", "result": "ok"}
    server.on(f"GET {EVENTS}", Answer(200, {"items": [row, row], "next": "aud_1"}), page(row))
    shown = signed_in.run("audit", "list", "--action", "member.*", "--since", "1h", "--limit", "3", "-o", "json")
    assert json.loads(shown.stdout)["items"] == [row] * 3
    first, second = server.to(EVENTS)
    assert (first.query["action"], second.query["after"]) == (["member.*"], ["aud_1"])


def test_an_export_is_written_as_it_comes(signed_in: Rcloud, server: Scripted, tmp_path: Path) -> None:
    body = written(export(), tmp_path / "given").read_text()
    server.on(f"GET {EVENTS}/export", Answer(200, body))
    assert signed_in.run("audit", "export").stdout == body
    signed_in.run("audit", "export", "--to", str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == body
    assert "5 rows are as they were sealed, with 1 signed" in signed_in.run("audit", "verify").stderr


def test_a_file_needs_no_plane(rcloud: Rcloud, tmp_path: Path) -> None:
    path = written(export(), tmp_path / "file")
    told = rcloud.run("audit", "verify", "--from-file", str(path), "--public-key", PUBLIC, "-o", "json").stdout
    assert json.loads(told) == {"accountId": "acc_1", "intact": True, "rows": 5, "checkpoints": 1, "unsignedRows": 2}


TAMPERINGS: dict[str, Any] = {
    "altered": lambda lines: lines[2].update(actor="usr_x"),
    "details": lambda lines: lines[2]["details"].update(n=2),
    "number": lambda lines: lines[2]["details"].update(n=1.0),
    "missing": lambda lines: lines.pop(2),
    "twice": lambda lines: lines.insert(2, dict(lines[2])),
    "reordered": lambda lines: lines.insert(1, lines.pop(2)),
    "another row": lambda lines: lines.__setitem__(2, sealed({**event(2, lines[1]["hash"]), "actor": "usr_x"})),
    "checkpoint": lambda lines: lines[3].update(hash="0" * 64),
    "late": lambda lines: lines.insert(4, lines.pop(3)),
    "very late": lambda lines: lines.append(lines.pop(3)),
    "signature": lambda lines: lines[3].update(signature=""),
    "truncated": lambda lines: lines.pop(-2),
    "cut off": lambda lines: lines.pop(),
    "end": lambda lines: lines[-1].update(sequence=6),
    "account": lambda lines: lines[0].update(accountId="acc_2"),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_both_verifiers_notice(rcloud: Rcloud, tmp_path: Path, tampering: str) -> None:
    lines = export()
    TAMPERINGS[tampering](lines)
    path = written(lines, tmp_path / "file")
    refused = rcloud.attempt("audit", "verify", "--from-file", str(path))
    assert refused.status == 1
    assert "audit verify" in refused.stderr
    with path.open(encoding="utf-8") as file:
        try:
            assert files.verify(file).finding is not None
        except files.NoExport:
            assert tampering == "account"


def test_a_stranger_s_key_vouches_for_nothing(rcloud: Rcloud, tmp_path: Path) -> None:
    stranger = keys.shown(Ed25519PrivateKey.generate().public_key())
    path = written(export(), tmp_path / "file")
    refused = rcloud.attempt("audit", "verify", "--from-file", str(path), "--public-key", stranger)
    assert "not signed with the plane's key" in refused.stderr


def test_an_export_without_its_checkpoints_proves_nothing_to_who_holds_the_key(rcloud: Rcloud, tmp_path: Path) -> None:
    lines = export()
    lines.pop(3)
    path = written(lines, tmp_path / "file")
    assert rcloud.attempt("audit", "verify", "--from-file", str(path)).status == 0
    refused = rcloud.attempt("audit", "verify", "--from-file", str(path), "--public-key", PUBLIC)
    assert refused.status == 1
    assert "nothing is signed with the given key" in refused.stderr
