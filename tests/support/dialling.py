"""Within a network: becomes an account, and tries every target that comes as JSON."""

from __future__ import annotations

import encodings.idna  # noqa: F401 - the account may be unable to read it later
import errno
import json
import os
import socket
import sys

_SECONDS = 5.0


def _connection(address: str, port: int) -> None:
    socket.create_connection((address, port), timeout=_SECONDS).close()


def _datagram(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.connect((address, port))
        sender.send(b"?")
        sender.settimeout(_SECONDS)
        # A refusal comes back as an error of the next call.
        sender.send(b"?")


def _outcome(action: object, address: str, port: int) -> str:
    try:
        (_connection if action == "connections" else _datagram)(address, port)
    except TimeoutError:
        return "timeout"
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "ok"


def main() -> None:
    uid, kind = int(sys.argv[1]), sys.argv[2]
    targets = json.load(sys.stdin)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    print(json.dumps([_outcome(kind, address, port) for address, port in targets]))


if __name__ == "__main__":
    main()
