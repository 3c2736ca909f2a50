"""workload-identity …: rules by which CI jobs reach an environment without a stored secret."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from rcloud import confirm
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.commands.arguments import Env, Yes
from rcloud.errors import NotFound, Usage
from rcloud.output import Columns, Row, time_of
from rcloud.roles import WorkloadRole

app = group("Rules by which CI jobs reach an environment without a stored secret.")
Rule = Annotated[str, typer.Argument(metavar="RULE", help="id or name")]


class Provider(StrEnum):
    GITHUB = "github"
    GITLAB = "gitlab"
    OIDC = "oidc"


def _pinned(rule: Row) -> str:
    return " ".join(f"{name}={value}" for name, value in rule["conditions"].items())


COLUMNS: Columns = {
    "ID": "ruleId",
    "NAME": "name",
    "ROLE": "role",
    "MINUTES": "minutes",
    "CONDITIONS": _pinned,
    "VOID": "void",
    "LAST LET IN": time_of("lastExchangedAt"),
    "LAST REFUSED": time_of("lastRefusedAt"),
    "WHY": "lastRefusal",
}


@command(app, "create")
def create(
    cloud: Cloud,
    env: Env,
    name: Annotated[str, typer.Argument(metavar="NAME", help="of the rule")],
    conditions: Annotated[
        list[str], typer.Option("--condition", "-c", metavar="CLAIM=VALUE", help="what a job's token has to say")
    ],
    role: Annotated[WorkloadRole, typer.Option("--role", help="what a job may do")],
    provider: Annotated[Provider, typer.Option("--provider", help="whose jobs")] = Provider.OIDC,
    issuer: Annotated[str | None, typer.Option("--issuer", metavar="URL", help="of a platform of your own")] = None,
    audience: Annotated[
        str | None, typer.Option("--audience", help="`aud` of the tokens; usually made for you")
    ] = None,
    minutes: Annotated[int, typer.Option("--minutes", help="how long a job is let in")] = 15,
) -> None:
    """Let jobs in whose tokens say all of this. A `*` in a value stands for any text."""
    body: dict[str, Any] = {"name": name, "provider": provider.value, "role": role.value, "minutes": minutes}
    body["conditions"] = _claims(conditions)
    body |= {key: value for key, value in {"issuer": issuer, "audience": audience}.items() if value}
    made = cloud.api.create(_rules(cloud, env), body)
    _say(cloud, made, f"Created {made['ruleId']}. Jobs ask their platform for tokens with the audience:")


@command(app, "list")
def list_rules(cloud: Cloud, env: Env) -> None:
    """The environment's rules, when each last let a job in, and why it last did not."""
    nothing = "No CI job is let in. Create a rule: rcloud workload-identity create ENV NAME …"
    cloud.out.items(cloud.api.all(_rules(cloud, env)), COLUMNS, nothing)


@command(app, "vouch")
def vouch(cloud: Cloud, env: Env, rule: Rule) -> None:
    """Save a rule as it is, in your name: one is void once whoever saved it last may no longer do so."""
    path = _rules(cloud, env)
    found = _one(cloud, path, rule)
    kept = ("name", "provider", "issuer", "audience", "conditions", "role", "minutes")
    saved = cloud.api.change("PUT", f"{path}/{found['ruleId']}", {key: found[key] for key in kept})
    _say(cloud, saved, f"You vouch for {saved['name']} now. Jobs that were let in by it have to come again. Audience:")


@command(app, "delete")
def delete(cloud: Cloud, env: Env, rule: Rule, yes: Yes = False) -> None:
    """Delete a rule. Jobs that were let in by it are out a moment later."""
    path = _rules(cloud, env)
    found = _one(cloud, path, rule)
    confirm.agreed(f"Delete workload identity rule {found['name']!r} ({found['ruleId']})?", yes=yes)
    cloud.api.change("DELETE", f"{path}/{found['ruleId']}")
    cloud.out.done(found, f"Deleted {found['ruleId']}.")


def _rules(cloud: Cloud, env: str) -> str:
    return f"{cloud.find.path(cloud.find.environment(env))}/workload-identity-rules"


def _one(cloud: Cloud, path: str, given: str) -> dict[str, Any]:
    found = [rule for rule in cloud.api.all(path) if given in (rule["ruleId"], rule["name"])]
    if not found:
        raise NotFound(
            f"There is no workload identity rule {given!r}.", "See what there is: rcloud workload-identity list ENV"
        )
    return found[0]


def _claims(conditions: list[str]) -> dict[str, str]:
    claims: dict[str, str] = {}
    for claim, value in map(_split, conditions):
        if claim in claims:
            raise Usage(f"The conditions name {claim} twice.", "One value has to hold; a `*` stands for any text.")
        claims[claim] = value
    return claims


def _split(condition: str) -> tuple[str, str]:
    claim, sign, value = condition.partition("=")
    if not sign:
        raise Usage(f"{condition!r} is no condition.", "Write CLAIM=VALUE, such as repository=acme/shop.")
    return claim, value


def _say(cloud: Cloud, rule: dict[str, Any], sentence: str) -> None:
    for warning in rule["warnings"]:
        cloud.out.note(f"Warning: {warning}", "yellow")
    if cloud.out.json:
        cloud.out.document(rule)
    else:
        cloud.out.note(sentence)
        cloud.out.plain(rule["audience"])
