"""An engine's whole environment, rendered from its spec: a pure function, checked against a golden file.

Every name is a configuration key of restate-server (``__`` descends into a table); unknown ones would be ignored in
silence, so change this only together with ``restate-server --dump-config``.
"""

from __future__ import annotations

from collections.abc import Mapping

from envrunner.wire import Spec

NODE_NAME = "engine"
"""Constant for ever: under another name the engine starts empty beside its old data."""

IDENTITY_FILE = "identity.pem"
TEMPORARY_DIRECTORY = "tmp"

# The engine's directory is its working directory, entered before root's rights are dropped: its account needs no way
# through the parents, and the path of its own socket stays far below the 107 bytes a socket address can hold. Both
# spellings are needed: the engine resolves the base directory (an absolute one through every parent, a relative one
# not) and connects to itself at the advertised address, which would otherwise be the resolved path.
_HERE = "/proc/self/cwd"
_FABRIC = f"unix:{_HERE}/{NODE_NAME}/fabric.sock"

_LEAST_MESSAGE_BYTES = 32 * 1024 * 1024

_FIXED = {
    "RESTATE_NODE_NAME": NODE_NAME,
    "RESTATE_BASE_DIR": ".",
    "RESTATE_ADVERTISED_ADDRESS": _FABRIC,
    "RESTATE_LISTEN_MODE": "unix",
    "LISTEN_FDS": "2",
    # Read only when an engine starts for the first time.
    "RESTATE_DEFAULT_NUM_PARTITIONS": "1",
    "RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE": "256MB",
    "RESTATE_ROCKSDB_TOTAL_MEMTABLES_RATIO": "0.15",
    "RESTATE_BIFROST__RECORD_CACHE_MEMORY_SIZE": "8MiB",
    "RESTATE_WORKER__INVOKER__MEMORY_LIMIT": "128MiB",
    "RESTATE_WORKER__DATA_SERVICE_MEMORY_LIMIT": "32MiB",
    "RESTATE_ADMIN__QUERY_ENGINE__MEMORY_SIZE": "64MiB",
    # Queries spill here; the default is the machine's common temporary directory.
    "RESTATE_ADMIN__QUERY_ENGINE__TMP_DIR": f"{_HERE}/{TEMPORARY_DIRECTORY}",
    # And so does the invoker.
    "TMPDIR": f"{_HERE}/{TEMPORARY_DIRECTORY}",
    "RESTATE_DEFAULT_THREAD_POOL_SIZE": "1",
    "RESTATE_STORAGE_HIGH_PRIORITY_BG_THREADS": "1",
    "RESTATE_STORAGE_LOW_PRIORITY_BG_THREADS": "1",
    # A partition gets its leader after a few gossip ticks: this is what makes a start take 0.1 s and not 0.4 s.
    "RESTATE_GOSSIP_TICK_INTERVAL": "20ms",
    "RESTATE_ADMIN__HEARTBEAT_INTERVAL": "30s",
    "RESTATE_METADATA_UPDATE_INTERVAL": "60s",
    "RESTATE_DISABLE_TELEMETRY": "true",
    "RESTATE_ADMIN__DISABLE_WEB_UI": "false",
    "RESTATE_LOG_FORMAT": "json",
    # octocrab: the engine looks for newer releases, which a node without internet would log as an error each start.
    "RESTATE_LOG_FILTER": "warn,restate=info,octocrab=off",
    "RESTATE_WORKER__INVOKER__REQUEST_IDENTITY_PRIVATE_KEY_PEM_FILE": f"{_HERE}/{IDENTITY_FILE}",
    # Without it the AWS SDK would ask the host's metadata service and act as the host. All it may find is a script of
    # ours (envrunner.engine.aws).
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": f"{_HERE}/aws.config",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "MALLOC_CONF": "dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:2,background_thread:true",
}


def render(spec: Spec, aws: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables of the engine; nothing of this process's environment is added.

    ``aws`` are those of `envrunner.engine.aws.variables`.
    """
    return {
        **_FIXED,
        **(aws or {}),
        "RESTATE_CLUSTER_NAME": spec.environment_id,
        "RESTATE_WORKER__INVOKER__AWS_ASSUME_ROLE_EXTERNAL_ID": spec.environment_id,
        "RESTATE_INGRESS__ADVERTISED_ADDRESS": spec.ingress_url,
        "RESTATE_ADMIN__ADVERTISED_ADDRESS": spec.admin_url,
        "RESTATE_INGRESS__REQUEST_SIZE_LIMIT": str(spec.request_size_limit_bytes),
        # The engine silently clamps the former to the latter.
        "RESTATE_NETWORKING__MESSAGE_SIZE_LIMIT": str(max(spec.request_size_limit_bytes, _LEAST_MESSAGE_BYTES)),
    }
