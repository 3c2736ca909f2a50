"""Secrets at rest: what was shown once is nowhere, what must be replayed is nowhere in clear."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import httpx2
import psycopg
import pytest
from psycopg import sql

from embedded import postgres, valkey
from embedded.layout import Layout, locate
from tests.support.disk import content, files_below
from tests.support.plane import Plane
from tests.support.tenants import PASSWORD, Environment, create_environment, sign_up
from tests.support.waiting import until

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def layout(plane: Plane) -> Layout:
    return locate(plane.env)


@pytest.fixture(scope="module")
def used(plane: Plane) -> Environment:
    """An environment whose key, owner's token and signing key have all been used."""
    return create_environment(sign_up(plane.api_url))


@pytest.fixture(scope="module")
def key(used: Environment) -> str:
    path, headers = f"{used.owner.api_url}/api/v1{used.path}/api-keys", {"authorization": f"Bearer {used.owner.token}"}
    body = {"description": "test", "role": "full"}
    # Asked for again under the same key, it is shown again: so it must be kept, and not in clear.
    headers["idempotency-key"] = "once"
    first, again = (httpx2.post(path, json=body, headers=headers, timeout=60).json()["secret"] for _ in range(2))
    assert first == again
    secret: str = first
    until(lambda: used.using(secret).admin("GET", "/version").status_code == 200)
    return secret


def dump(layout: Layout) -> Iterator[tuple[str, bytes]]:
    """Every table as text, as a backup would hold it."""
    url = postgres.url(layout).replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in rows:
            with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
                yield table, b"".join(bytes(part) for part in copy)


def signing_key(layout: Layout, environment: Environment) -> str:
    """The private key as the runner gets it."""
    credential = (layout.secrets / "runner-credential").read_text().strip()
    transport = httpx2.HTTPTransport(uds=str(layout.api_socket))
    with httpx2.Client(base_url="http://internal", transport=transport, timeout=60) as client:
        headers = {"authorization": f"Bearer {credential}"}
        spec = client.get(f"/internal/v1/specs/{environment.environment_id}", headers=headers).json()
    pem: str = spec["signingKeyPem"]
    return pem


def spellings(pem: str) -> list[bytes]:
    """The 32 private bytes in every form in which they might lie about."""
    body = pem.splitlines()[1].encode()
    raw = base64.b64decode(body)[-32:]
    return [
        body,
        raw,
        raw.hex().encode(),
        base64.b64encode(raw).rstrip(b"="),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
    ]


def shown_once(environment: Environment, key: str) -> list[bytes]:
    """What a person or a program was given, by the part that makes it secret."""
    token = environment.owner.token
    return [key.partition(".")[2].encode(), token.encode(), token.split(".")[2].encode(), PASSWORD.encode()]


def test_the_database_holds_only_hashes(layout: Layout, used: Environment, key: str) -> None:
    secrets = [*shown_once(used, key), *spellings(signing_key(layout, used))]
    tables = dict(dump(layout))

    assert used.environment_id.encode() in tables["environment"]
    assert key.partition(".")[0].encode() in tables["api_key"]
    assert [(table, secret) for table, text in tables.items() for secret in secrets if secret in text] == []


def test_the_broker_holds_ids_only(layout: Layout, used: Environment, key: str) -> None:
    redis = pytest.importorskip("redis")
    secrets = [*shown_once(used, key), *spellings(signing_key(layout, used)), b"PRIVATE KEY"]
    with redis.Redis(unix_socket_path=str(valkey.socket_path(layout))) as client:
        values = [client.dump(name) or b"" for name in client.scan_iter()]

    assert values
    assert not any(secret in value for value in values for secret in secrets)


def test_logs_hold_no_secret(layout: Layout, used: Environment, key: str) -> None:
    secrets = [*shown_once(used, key), *spellings(signing_key(layout, used)), b"PRIVATE KEY"]
    secrets += [path.read_bytes().strip() for path in layout.secrets.iterdir()]
    logs = files_below(layout.logs)

    assert len(logs) >= 9
    assert [(path, secret) for path in logs for secret in secrets if secret in content(path)] == []


def test_the_edge_keeps_digests_only(layout: Layout, used: Environment, key: str) -> None:
    secrets = [*shown_once(used, key), *spellings(signing_key(layout, used)), b"PRIVATE KEY"]
    files = files_below(layout.home / "edge")

    assert files
    assert [path for path in files for secret in secrets if secret in content(path)] == []


def test_nothing_shown_once_is_anywhere_on_disk(layout: Layout, used: Environment, key: str) -> None:
    found = [path for path in files_below(layout.home) if any(s in content(path) for s in shown_once(used, key))]

    assert found == []


def test_after_a_purge_the_signing_key_is_nowhere(layout: Layout) -> None:
    environment = create_environment(sign_up(f"http://127.0.0.1:{layout.ports.api}"))
    parts = spellings(signing_key(layout, environment))
    assert any(part in content(path) for path in files_below(layout.home / "agent") for part in parts)

    environment.owner.call("DELETE", f"{environment.path}?purge=true")

    until(lambda: environment.owner.call("GET", environment.path).status_code == 404)
    # A sealed copy may stay in the database's own log for a while; the key in clear may not stay anywhere.
    assert [path for path in files_below(layout.home) if any(part in content(path) for part in parts)] == []
    rows = [line.split(b"\t") for line in dict(dump(layout))["identity_key"].splitlines()]
    (sealed,) = [row for row in rows if environment.environment_id.encode() in row]
    assert rb"\N" in sealed
