"""What an engine is configured with, against a golden file and against the engine's own reading of it."""

from __future__ import annotations

import functools
import json
import operator
import subprocess
import tomllib
from pathlib import Path

from envrunner.engine import binaries
from envrunner.engine.configuration import render
from tests.envrunner.nodes import ROOT
from tests.envrunner.specs import ENGINE_VERSION, spec

AWS = {"AWS_REGION": "us-east-1"}
GOLDEN = Path(__file__).parent / "golden" / "environment.json"


def test_golden() -> None:
    assert render(spec(pem="not rendered"), AWS) == json.loads(GOLDEN.read_text())


def test_nothing_of_the_signing_key_is_in_it() -> None:
    assert render(spec(pem="secret-1")) == render(spec(pem="secret-2"))


# Where the engine's own dump of its configuration must show what was rendered: unknown names are ignored in silence.
UNDERSTOOD = {
    "listen-mode": "unix",
    "node-name": "engine",
    "cluster-name": spec().environment_id,
    "base-dir": ".",
    "advertised-address": "unix:/proc/self/cwd/engine/fabric.sock",
    "default-num-partitions": 1,
    "rocksdb-total-memory-size": "244.1 MiB",
    "rocksdb-total-memtables-ratio": 0.15,
    "default-thread-pool-size": 1,
    "storage-high-priority-bg-threads": 1,
    "storage-low-priority-bg-threads": 1,
    "gossip-tick-interval": "20ms",
    "metadata-update-interval": "1m",
    "disable-telemetry": True,
    "log-filter": "warn,restate=info,octocrab=off",
    "log-format": "json",
    "bifrost.record-cache-memory-size": "8.0 MiB",
    "worker.data-service-memory-limit": "32.0 MiB",
    "worker.invoker.memory-limit": "128.0 MiB",
    "worker.invoker.request-identity-private-key-pem-file": "/proc/self/cwd/identity.pem",
    "worker.invoker.aws-assume-role-external-id": spec().environment_id,
    "admin.advertised-address": "http://127.0.0.1:8101/",
    "admin.heartbeat-interval": "30s",
    "admin.disable-web-ui": False,
    "admin.query-engine.memory-size": "64.0 MiB",
    "admin.query-engine.tmp-dir": "/proc/self/cwd/tmp",
    "ingress.advertised-address": "http://127.0.0.1:8100/",
    "ingress.request-size-limit": "64.0 MiB",
    "networking.message-size-limit": "64.0 MiB",
}
NOT_IN_THE_DUMP = {
    "TMPDIR", "LISTEN_FDS", "AWS_EC2_METADATA_DISABLED", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
    "MALLOC_CONF",
}  # fmt: skip


def test_the_engine_understands_every_value() -> None:
    binary = binaries.find(ROOT, ENGINE_VERSION).path
    rendered = render(spec().model_copy(update={"request_size_limit_bytes": 64 * 1024 * 1024}))
    dump = subprocess.run([binary, "--dump-config"], env=rendered, capture_output=True, text=True, check=True)
    effective = tomllib.loads(dump.stdout)
    got = {path: functools.reduce(operator.getitem, path.split("."), effective) for path in UNDERSTOOD}
    assert got == UNDERSTOOD
    spelled = {"RESTATE_" + path.upper().replace(".", "__").replace("-", "_") for path in UNDERSTOOD}
    assert spelled == set(rendered) - NOT_IN_THE_DUMP


def test_a_large_request_limit_is_not_clamped_by_the_message_limit() -> None:
    large = spec().model_copy(update={"request_size_limit_bytes": 100_000_000})
    rendered = render(large)
    assert rendered["RESTATE_INGRESS__REQUEST_SIZE_LIMIT"] == "100000000"
    assert rendered["RESTATE_NETWORKING__MESSAGE_SIZE_LIMIT"] == "100000000"
