"""Everybody who may knock: strangers, another tenant, and an environment's own keys and members of every role."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from embedded.layout import Layout
from embedded.surroundings import for_processes
from tests.support.raw import Answer, ask
from tests.support.tenants import Environment, Person, create_environment, sign_up
from tests.support.waiting import until

CHECKOUT = Path(__file__).resolve().parents[2]
KEY_ROLES = ("full", "ingress", "admin", "complete_awakeable")
MEMBER_ROLES = ("owner", "admin", "developer", "viewer")
OUTSIDERS = ("anonymous", "garbage", "other member", *(f"other {role} key" for role in KEY_ROLES))
INSIDERS = (*(f"{role} key" for role in KEY_ROLES), *(f"{role} member" for role in MEMBER_ROLES))
EVERYBODY = (*OUTSIDERS, *INSIDERS)


@dataclass(frozen=True, eq=False, repr=False)
class Cast:
    """``tokens``: the bearer token of each of `EVERYBODY`; ``people``: the own members by role."""

    own: Environment
    other: Environment
    people: dict[str, Person]
    tokens: dict[str, str | None]


def port(url: str) -> int:
    """Of an environment's base URL."""
    return int(url.rpartition(":")[2])


def enrol(layout: Layout, account_id: str, roles: dict[str, str]) -> None:
    """E-mail address → role in the account."""
    command = [sys.executable, "-m", "tests.support.enrol", account_id, *(f"{k}={v}" for k, v in roles.items())]
    # The plane's own variables and nothing of this process's: the settings are those of its other processes.
    subprocess.run(command, cwd=CHECKOUT, env=for_processes(layout, {}), check=True, timeout=60)


def assemble(api_url: str, layout: Layout) -> Cast:
    """A fresh cast on a running plane; returns when the edge knows everybody."""
    people = {role: sign_up(api_url) for role in MEMBER_ROLES}
    own = create_environment(people["owner"])
    enrol(layout, own.account_id, {p.email: role for role, p in people.items() if role != "owner"})
    stranger = sign_up(api_url)
    other = create_environment(stranger)
    tokens: dict[str, str | None] = {"anonymous": None, "garbage": "eyJhbGciOiJIUzI1NiJ9.e30.x"}
    tokens["other member"] = stranger.token
    tokens |= {f"other {role} key": other.api_key(role) for role in KEY_ROLES}
    tokens |= {f"{role} key": own.api_key(role) for role in KEY_ROLES}
    tokens |= {f"{role} member": person.token for role, person in people.items()}
    result = Cast(own, other, people, tokens)
    for name, token in tokens.items():
        if name not in ("anonymous", "garbage"):
            until(lambda token=token: _known(result, token))  # type: ignore[misc]
    return result


def _known(cast: Cast, token: str | None) -> bool:
    """Whether the edge has heard of the token and, for members, of the membership."""
    answers: list[Answer] = [ask(port(one.admin_url), "GET", "/version", token) for one in (cast.own, cast.other)]
    return all(answer.status != 401 for answer in answers) and any(_in_its_own(answer) for answer in answers)


def _in_its_own(answer: Answer) -> bool:
    return "has no access to this environment" not in answer.message
