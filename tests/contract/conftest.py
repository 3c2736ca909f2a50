"""The control plane's own objects, without its database: enough to make the JSON that it really sends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controlplane.core import crypto, secret_files, tokens
from controlplane.core.ids import new_id
from controlplane.environments.models import Environment
from controlplane.settings import settings


@pytest.fixture
def control_plane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings and secrets of an installation of its own; nothing is connected to."""
    monkeypatch.setenv("CONTROLPLANE_DATABASE_URL", "postgresql+psycopg://nobody@/nothing?host=/nonexistent")
    monkeypatch.setenv("CONTROLPLANE_REDIS_URL", "redis+socket:///nonexistent?virtual_host=0")
    monkeypatch.setenv("CONTROLPLANE_SECRETS_DIR", str(tmp_path))
    cached = (settings, tokens.digest_key, crypto._master_key)
    for one in cached:
        one.cache_clear()
    secret_files.create_missing()
    yield
    for one in cached:
        one.cache_clear()


@pytest.fixture
def environment(control_plane: None) -> Environment:
    """A row as `environments.service` makes it."""
    return Environment(
        environment_id=new_id("env"),
        account_id=new_id("acc"),
        name="dev",
        region="local",
        runner_id="local",
        port_index=3,
        desired="RUNNING",
        status="ACTIVE",
        generation=2,
        observed_generation=1,
        engine_version="1.7.12",
        requests_per_second=5000,
        request_size_limit_bytes=33_554_432,
        created_by=new_id("usr"),
        created_at=datetime.now(UTC),
    )
