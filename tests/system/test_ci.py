"""The jobs of docs/ci.md, as they stand there: stand-ins for GitHub and GitLab, the unmodified CLI, a real engine."""

from __future__ import annotations

import os
import re
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import services, workload_issuer
from tests.support.cli import CHECKOUT, VERSIONS, Cli
from tests.support.plane import Plane
from tests.support.rcloud import InProcess
from tests.support.tenants import Environment, create_environment, sign_up
from tests.support.waiting import until
from tests.support.workload_issuer import GITHUB, GITLAB, Issuer

pytestmark = pytest.mark.system
SCRIPTS = [
    textwrap.dedent(found)
    for found in re.findall(r"\n *(?:run:|-) \|\n(.*?)```", (CHECKOUT / "docs/ci.md").read_text(), re.DOTALL)
]
PINNED = {"github": ("repository", "repository_id", "ref"), "gitlab": ("project_path", "project_id", "ref")}

# The real npx takes longer to start than the edge to hear of the token.
NPX = """\
#!/bin/sh
known_by="authorization: Bearer $RESTATE_AUTH_TOKEN"
while [ "$(curl -s -o /dev/null -w '%{http_code}' -H "$known_by" "$RESTATE_ADMIN_URL"/version)" = 401 ]; do :; done
shift 2
"""


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """One that may ask issuers on this machine."""
    settings = {"CONTROLPLANE_OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8"}
    with Plane(tmp_path_factory.mktemp("trusting"), settings) as running:
        yield running


@dataclass
class Ci:
    """A team's environment, and jobs of its repository. `run` gives exit status and output of a script."""

    environment: Environment
    issuer: Issuer
    home: Path
    version: str = VERSIONS[0]
    rule: dict[str, Any] | None = None

    def trust(self, provider: str, role: str) -> None:
        conditions = {name: self.issuer.usual[name] for name in PINNED[provider]}
        body = {"name": provider, "provider": provider, "issuer": self.issuer.url, "conditions": conditions}
        path = f"{self.environment.path}/workload-identity-rules"
        self.rule = self.environment.owner.created(path, **body, role=role, minutes=5)

    @property
    def platform(self) -> dict[str, str]:
        """What the platform and the team put into a job's environment."""
        assert self.rule is not None
        return {
            "PLANE": self.environment.owner.api_url,
            "ENVIRONMENT": self.environment.environment_id,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.issuer.url}/idtoken?api-version=2",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.issuer.job_secret,
            "RESTATE_ID_TOKEN": self.issuer.token(self.rule["audience"]),
        }

    def run(self, script: str, **variables: str) -> tuple[int, str]:
        npx = self.home / "npx"
        npx.write_text(f'{NPX}exec {Cli(self.version, self.home).binary} "$@"\n')
        npx.chmod(0o755)
        path = f"{self.home}:{os.environ['PATH']}"
        env = {"PATH": path, "HOME": str(self.home), "DO_NOT_TRACK": "1", **self.platform, **variables}
        argv = ["bash", "-e", "-c", script]
        done = subprocess.run(argv, cwd=self.home, env=env, capture_output=True, text=True, timeout=90, check=False)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(params=["github", "gitlab"])
def ci(request: pytest.FixtureRequest, plane: Plane, tmp_path: Path) -> Iterator[Ci]:
    environment = create_environment(sign_up(plane.api_url))
    with workload_issuer.running(GITHUB if request.param == "github" else GITLAB) as issuer:
        made = Ci(environment, issuer, tmp_path, VERSIONS[request.param == "gitlab"])
        made.trust(request.param, "admin")
        yield made


def test_a_job_registers_a_deployment_without_a_secret(ci: Ci, tmp_path: Path) -> None:
    script = SCRIPTS[ci.issuer.usual is GITLAB]
    with services.python(tmp_path, [ci.environment.signing_public_key]) as service:
        status, said = ci.run(script, SERVICE_URL=service.url)
        assert status == 0, said
        owner = ci.environment.using(ci.environment.owner.token)
        [deployment] = owner.admin("GET", "/deployments").json()["deployments"]
        assert deployment["uri"].rstrip("/") == service.url
    # Another branch's job is not let in, and says why not; its team sees which claim.
    ci.issuer.usual = {**ci.issuer.usual, "ref": "refs/heads/dev"}
    status, said = ci.run(script, SERVICE_URL=service.url)
    assert status != 0
    assert "No workload identity rule" in said
    [rule] = ci.environment.owner.call("GET", f"{ci.environment.path}/workload-identity-rules").json()["items"]
    assert rule["lastRefusal"].startswith("ref is 'refs/heads/dev'")


def test_what_a_job_gets_opens_its_environment_until_the_rule_goes(ci: Ci, plane: Plane) -> None:
    job = InProcess(ci.home, ci.platform)
    target = (ci.environment.environment_id, "--url", plane.api_url)
    said = job.run("ci", "exchange", *target, "--output", "env").stdout
    variables = dict(line.split("=", 1) for line in said.splitlines())
    token = variables["RESTATE_AUTH_TOKEN"]
    assert variables["RESTATE_ADMIN_URL"] == ci.environment.admin_url
    mine, other = ci.environment.using(token), create_environment(ci.environment.owner).using(token)
    until(lambda: mine.admin("GET", "/deployments").status_code == 200)
    assert mine.ingress("POST", "/Greeter/greet").status_code == 403
    assert other.admin("GET", "/deployments").status_code == 403
    cli = Cli(ci.version, ci.home, variables)
    assert "is healthy" in cli.run("whoami")
    # The same token of the platform, once more; then the rule goes, and with it what came of it.
    if ci.issuer.usual is GITLAB:
        assert "exchanged already" in job.attempt("ci", "exchange", *target).stderr
    assert ci.rule is not None
    path = f"{ci.environment.path}/workload-identity-rules/{ci.rule['ruleId']}"
    assert ci.environment.owner.call("DELETE", path).status_code == 204
    until(lambda: mine.admin("GET", "/deployments").status_code == 401)
