"""`rcloud lambda`, against the real rules where a person would see them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controlplane.aws import linting, trust_policy
from controlplane.aws.principal import OwnPrincipal
from tests.rcloud.scripted import Answer, Scripted
from tests.rcloud.test_services import FUNCTION, PASSED, PATH, sent, there
from tests.support.rcloud import Rcloud

__all__ = ["there"]

US = OwnPrincipal("654654156625", "arn:aws:iam::654654156625:role/RestateCloud")
ENVIRONMENT = "env_" + "0" * 27
GOOD = trust_policy.document(US, ENVIRONMENT)
THREE = {"policy": GOOD, "cdk": trust_policy.cdk(US, ENVIRONMENT), "terraform": trust_policy.terraform(US, ENVIRONMENT)}
LINT = f"{PATH}/aws-trust-policy/lint"


def judged(policy: object) -> Answer:
    checks = [vars(one) for one in linting.lint(policy, US, ENVIRONMENT)]
    return Answer(body={"ok": all(one["ok"] for one in checks), "checks": checks})


def test_the_policy_in_the_form_asked_for(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"GET {PATH}/aws-trust-policy", Answer(body=THREE))
    assert json.loads(signed_in.run("lambda", "trust-policy", "dev").stdout) == GOOD
    assert signed_in.run("lambda", "trust-policy", "dev", "-o", "json").json == THREE
    for form in ("cdk", "terraform"):
        assert signed_in.run("lambda", "trust-policy", "dev", "--format", form).stdout == THREE[form]


def test_a_policy_is_judged_by_statement(signed_in: Rcloud, there: Scripted, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(GOOD))
    there.on(f"POST {LINT}", judged(GOOD))
    assert "✗" not in signed_in.run("lambda", "lint", "dev", str(file)).stdout
    assert sent(there, LINT, "POST") == [{"policy": file.read_text()}]


def test_what_is_wrong_is_marked_and_is_the_exit_code(signed_in: Rcloud, there: Scripted, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({**GOOD, "Statement": GOOD["Statement"][:1]}))
    there.on(f"POST {LINT}", judged(file.read_text()))
    shown = signed_in.attempt("lambda", "lint", "dev", str(file))
    (row,) = [line for line in shown.stdout.splitlines() if line.startswith("✗")]
    assert (shown.status, "tag_session" in row, "second statement" in row) == (1, True, True)
    assert signed_in.attempt("lambda", "lint", "dev", str(file), "-o", "json").json["ok"] is False


@pytest.mark.parametrize("content", [None, b"\xff", b"x" * 20_001])
def test_a_file_that_is_no_policys_is_wrong_usage(signed_in: Rcloud, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "policy.json"
    if content is not None:
        file.write_bytes(content)
    assert signed_in.attempt("lambda", "lint", "dev", str(file)).status == 2


def test_the_doctor_is_the_preflight_of_a_function(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"POST {PATH}/preflight", Answer(body=PASSED))
    done = signed_in.run("lambda", "doctor", "dev", FUNCTION, "--assume-role-arn", "arn:role")
    assert sent(there, f"{PATH}/preflight", "POST") == [{"arn": FUNCTION, "assumeRoleArn": "arn:role"}]
    assert f"restate deployments register --assume-role-arn arn:role {FUNCTION}" in done.stderr
