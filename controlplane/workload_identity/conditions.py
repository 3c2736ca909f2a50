"""Conditions on claims, and whether they are narrow enough to tell whose job a token is of.

A pattern is the value itself; each `*` in it stands for any text, an empty one included.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from controlplane.core import urls
from controlplane.workload_identity.errors import RuleTooWide

Conditions = Mapping[str, str]


class Provider(StrEnum):
    GITHUB = "github"
    GITLAB = "gitlab"
    OIDC = "oidc"


ISSUERS = {Provider.GITHUB: "https://token.actions.githubusercontent.com", Provider.GITLAB: "https://gitlab.com"}
_NAMES = {Provider.GITHUB: "repository", Provider.GITLAB: "project"}
# Claims that name one repository, by themselves; then those that name all of an owner's.
_ONE = {Provider.GITHUB: ("repository_id", "repository"), Provider.GITLAB: ("project_id", "project_path")}
_MANY = {
    Provider.GITHUB: ("repository_owner_id", "repository_owner"),
    Provider.GITLAB: ("namespace_id", "namespace_path"),
}
_SUBJECT = {Provider.GITHUB: r"repo:([^:]*)(:|$)", Provider.GITLAB: r"project_path:([^:]*)(:|$)"}
_STATE = {
    Provider.GITHUB: ("ref", "environment", "environment_node_id", "job_workflow_ref"),
    Provider.GITLAB: ("ref", "ref_path", "environment", "ref_protected", "environment_protected"),
}

SUBJECT_ALONE = (
    "Only `sub` says whose job it is, and its form can be changed on the other side. Name {ids} as well: it stays with "
    "the {noun} when that is renamed, and is nobody else's afterwards."
)
OWNER_WIDE = "Every {noun} of this owner is let in, also those made later. Name {ids} to let in one."
BY_NAME = (
    "The {noun} is known by its name only, which somebody else can get after a renaming or deletion. Name {ids} as "
    "well."
)
ANY_REF = (
    "Nothing says which branch, tag or deployment environment: every job of the {noun} is let in. Name one of {state} "
    "as well."
)
SUBJECT_PATTERN = "`sub` is a pattern: whoever may choose what stands in place of its `*` is let in."


def fits(pattern: str, value: str) -> bool:
    first, *rest = pattern.split("*")
    if not rest:
        return value == pattern
    if not value.startswith(first):
        return False
    *middle, last = rest
    at = len(first)
    for part in middle:
        found = value.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(value) - at >= len(last) and value.endswith(last)


def text_of(claim: object) -> str | None:
    """A claim as patterns see it: JSON's text for numbers and truth values; null for lists and objects."""
    if isinstance(claim, bool):
        return "true" if claim else "false"
    return str(claim) if isinstance(claim, str | int) else None


def misfit(conditions: Conditions, claims: Mapping[str, object]) -> str | None:
    """Why the claims do not meet the conditions; null when they do."""
    for name, pattern in conditions.items():
        value = text_of(claims.get(name))
        if value is None:
            return f"The token has no claim {name!r} that is a single value; the rule wants {pattern!r}."
        if not fits(pattern, value):
            return f"{name} is {value[:150]!r}, which is not {pattern!r}."
    return None


def provider_of(provider: Provider, issuer: str) -> Provider:
    """Whoever calls a known issuer just `oidc` is held to its rules all the same."""
    hosts = {urlsplit(known).hostname: name for name, known in ISSUERS.items()}
    parts = urls.plain(issuer)
    return hosts.get(parts.hostname, provider) if parts else provider


def warnings(provider: Provider, conditions: Conditions) -> list[str]:
    """What the team should think about. Raises `RuleTooWide` where nothing says whose job a token is of."""
    if provider is Provider.OIDC:
        return _of_any(conditions)
    return _of_forge(provider, conditions)


def _of_any(conditions: Conditions) -> list[str]:
    subject = conditions.get("sub", "")
    if subject.startswith("*") or not subject:
        raise RuleTooWide(
            "Nothing says whose job a token is of. Name the claim `sub`, with at least its beginning spelled out; "
            "the issuer's documentation says what stands there."
        )
    return [SUBJECT_PATTERN] if "*" in subject else []


def _of_forge(provider: Provider, conditions: Conditions) -> list[str]:
    ids, by_name = _ONE[provider]
    found = []

    def say(sentence: str) -> None:
        state = ", ".join(f"`{name}`" for name in _STATE[provider][:3])
        found.append(sentence.format(noun=_NAMES[provider], ids=f"`{ids}`", state=state))

    if not _exact(conditions, ids):
        say(_weakness(provider, conditions, by_name))
    if not any(name in conditions for name in _STATE[provider]) and not _subject_names_state(conditions):
        say(ANY_REF)
    return found


def _weakness(provider: Provider, conditions: Conditions, by_name: str) -> str:
    """What is weak about how the repository is known. Raises `RuleTooWide`."""
    subject = re.match(_SUBJECT[provider], conditions.get("sub", ""))
    ways: list[tuple[bool, str]] = [
        (_is_one(conditions.get(by_name, "")), BY_NAME),
        (bool(subject) and _is_one(subject[1] if subject else ""), SUBJECT_ALONE),
        (any(_exact(conditions, name) for name in _MANY[provider]), OWNER_WIDE),
        (_is_owners(conditions.get(by_name, "")) or _is_owners(subject[1] if subject else ""), OWNER_WIDE),
    ]
    for holds, sentence in ways:
        if holds:
            return sentence
    ids, owner = _ONE[provider][0], _MANY[provider][0]
    raise RuleTooWide(
        f"Nothing says whose {_NAMES[provider]} a token is of: anybody's at this issuer would be let in. Name `{ids}` "
        f"or `{by_name}` without a `*`, or all of an owner's by `{owner}` or `{by_name}` as `owner/*`."
    )


def _exact(conditions: Conditions, name: str) -> bool:
    return "*" not in conditions.get(name, "*")


def _is_one(path: str) -> bool:
    return "*" not in path and "/" in path.strip("/")


def _is_owners(path: str) -> bool:
    """`owner/…*`: the star stands behind the owner's whole name."""
    return "/" in path.partition("*")[0].lstrip("/") and "*" in path


def _subject_names_state(conditions: Conditions) -> bool:
    """`repo:acme/app:ref:refs/heads/main` does; `repo:acme/app:*` does not."""
    _, _, state = conditions.get("sub", "").partition(":")[2].partition(":")
    return bool(state.strip("*"))
