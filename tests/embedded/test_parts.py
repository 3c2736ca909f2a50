"""Which processes belong to an installation, and what each is told."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from embedded import sample
from embedded.board import write_json
from embedded.layout import Layout
from embedded.part import SETUP
from embedded.parts import all_parts
from embedded.surroundings import for_processes

OURS = ["postgres", "redis", "api", "worker", "beat", "agent", "guard", "h2c", "edge", "edge-agent", "runner-worker"]
OURS += ["relay"]
ELSEWHERE = {
    "CONTROLPLANE_DATABASE_URL": "postgresql+psycopg://us@db.test/ours",
    "CONTROLPLANE_REDIS_URL": "redis://redis.test/0",
}


def names(layout: Layout, given: dict[str, str]) -> list[str]:
    return [part.name for part in all_parts(layout, given)]


def test_everything_is_ours_by_default(layout: Layout) -> None:
    assert names(layout, {}) == OURS


def test_a_database_and_a_broker_from_outside_are_used_and_not_started(layout: Layout) -> None:
    assert names(layout, ELSEWHERE) == OURS[2:]
    env = for_processes(layout, ELSEWHERE)
    assert env["ENVRUNNER_REDIS_URL"] == env["CONTROLPLANE_REDIS_URL"] == "redis://redis.test/0"
    assert env["CONTROLPLANE_DATABASE_URL"] == "postgresql+psycopg://us@db.test/ours"


AWS = {
    **ELSEWHERE,
    "CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN": "arn:aws:iam::654654156625:role/RestateCloud",
    "CONTROLPLANE_AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKIAHOST",
}


def test_the_hosts_identity_in_aws_is_told_to_those_who_use_it_only(layout: Layout) -> None:
    told = {part.name: part.program().env for part in all_parts(layout, AWS)}
    assert set(told) - set(OURS) == {"aws"}
    assert told["aws"]["ENVRUNNER_AWS_ROLE_ARN"] == AWS["CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN"]
    assert told["aws"]["ENVRUNNER_AWS_REGION"] == told["agent"]["ENVRUNNER_AWS_REGION"] == "eu-central-1"
    assert {name for name, env in told.items() if "AWS_ACCESS_KEY_ID" in env} == {"api", "aws"}


def test_no_part_waits_for_a_later_one(layout: Layout) -> None:
    known = {SETUP}
    for part in all_parts(layout, {}):
        assert set(part.after) <= known
        known.add(part.name)


def test_our_database_url_is_a_role_with_a_password_on_a_socket_in_the_runtime_directory(layout: Layout) -> None:
    url = urlsplit(for_processes(layout, {})["CONTROLPLANE_DATABASE_URL"])
    assert (url.username, url.path, url.query) == ("controlplane", "/controlplane", f"host={layout.run / 'pg'}")
    assert url.password == (layout.secrets / "postgres").read_text()
    assert (layout.secrets / "postgres").stat().st_mode & 0o777 == 0o600


def test_settings_of_the_caller_reach_the_processes(layout: Layout) -> None:
    env = for_processes(layout, {"CONTROLPLANE_ACCOUNTS_PER_USER": "3", "CONTROLPLANE_API_PORT": "1"})
    assert env["CONTROLPLANE_ACCOUNTS_PER_USER"] == "3"
    assert env["CONTROLPLANE_API_PORT"] == str(layout.ports.api)


def test_neither_half_is_told_what_is_the_others(layout: Layout) -> None:
    told = {part.name: part.program().env for part in all_parts(layout, ELSEWHERE)}
    node = ("agent", "guard", "h2c", "edge", "edge-agent", "runner-worker", "relay")
    for name, env in told.items():
        others = "CONTROLPLANE_" if name in node else "ENVRUNNER_"
        assert not [key for key in env if key.startswith(others)], name
    assert not [value for name in node for value in told[name].values() if "db.test" in value]


def test_the_sample_service_gets_nothing_of_ours(layout: Layout) -> None:
    env = for_processes(layout, {"PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "x"})
    assert sample.part(layout, env) == []
    write_json(layout.demo, {"email": "demo@example.com"})
    assert sample.part(layout, env) == []
    write_json(layout.demo, {"signingPublicKey": "publickeyv1_x"})
    (part,) = sample.part(layout, env)
    given = part.program().env
    assert given["RESTATE_IDENTITY_KEYS"] == "publickeyv1_x"
    assert not [name for name in given if name.startswith(("CONTROLPLANE_", "ENVRUNNER_", "AWS_"))]
    assert json.loads(layout.demo.read_text()) == {"signingPublicKey": "publickeyv1_x"}
