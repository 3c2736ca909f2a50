"""`rcloud` with homes of its own, its login on a terminal, and the stock CLI beside it."""

from __future__ import annotations

from collections.abc import Callable

import pexpect
import pytest

from tests.support.cli import VERSIONS, Cli
from tests.support.rcloud import InProcess, Rcloud
from tests.support.tenants import Person

NewRcloud = Callable[..., Rcloud]
STOCK = VERSIONS[0]


@pytest.fixture
def new_rcloud(tmp_path_factory: pytest.TempPathFactory) -> NewRcloud:
    """Factory: rcloud with a home of its own, signed in as the person if there is one."""

    def create(person: Person | None = None, **settings: str) -> Rcloud:
        rcloud = InProcess(tmp_path_factory.mktemp("rcloud"), settings)
        if person:
            rcloud.sign_in(person.token, person.api_url)
        return rcloud

    return create


def stock_cli(rcloud: Rcloud, version: str = STOCK) -> Cli:
    """The stock CLI on the same machine: it knows what rcloud wrote and nothing else."""
    return Cli(version, rcloud.config.parent)


def log_in(rcloud: Rcloud, person: Person, *arguments: str, decision: str = "approve") -> pexpect.spawn[str]:
    """`rcloud login` on a terminal, with the person's decision in a browser; the ended process."""
    child = rcloud.spawn("login", "--url", person.api_url, *arguments)
    child.expect(r"code  ([A-Z]{4}-[A-Z]{4})")
    answer = person.call("POST", f"/auth/device/{child.match.group(1)}", json={"decision": decision})
    assert answer.status_code == 200, answer.text
    child.expect(pexpect.EOF)
    child.close()
    return child
