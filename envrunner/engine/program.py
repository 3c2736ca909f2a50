"""How an engine is started: its own account, its own directory, no descriptor and no variable but those it needs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from envrunner.engine.binaries import Binary
from envrunner.engine.configuration import render
from envrunner.engine.entrance import Entrance
from envrunner.keep import Program
from envrunner.keep.locks import high_duplicate
from envrunner.wire import Spec

# The sockets come as 0 and 1 because a POSIX shell can only redirect single digits; the engine wants them as 3 and 4
# (sd_listen_fds(3): LISTEN_PID is its own pid, which only the process itself knows). No core dumps: they hold keys.
_START = 'ulimit -c 0; export LISTEN_PID=$$; exec 3<&0 4<&1 0</dev/null 1>&2; exec "$0" --no-logo'


def fingerprint(spec: Spec, aws: Mapping[str, str]) -> str:
    """Differs when an engine must be restarted to become what the spec and the node's settings say."""
    content = json.dumps([render(spec, aws), spec.signing_key_pem, spec.engine_version], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


@contextlib.contextmanager
def program(
    spec: Spec,
    aws: Mapping[str, str],
    binary: Binary,
    entrance: Entrance,
    directory: Path,
    log_file: Path,
    uid: int | None,
) -> Iterator[Program]:
    """The program, to be started inside the ``with`` block. Raises OSError when the executable cannot be read."""
    with binary.path.open("rb") as file:
        # By descriptor, because the engine's account may have no way to the executable's path.
        executable = high_duplicate(file.fileno())
    try:
        yield Program(
            name=spec.label,
            argv=["/bin/sh", "-c", _START, f"/proc/self/fd/{executable}"],
            env=render(spec, aws),
            cwd=directory,
            log_file=log_file,
            uid=uid,
            gid=uid,
            pass_fds=(executable,),
            stdin=entrance.ingress.fileno(),
            stdout=entrance.admin.fileno(),
        )
    finally:
        os.close(executable)
