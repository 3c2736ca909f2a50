"""Within a network: listens on every address at the ports named, and says which connections it got."""

from __future__ import annotations

import json
import socket
import sys
from threading import Thread

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_accepted: list[tuple[str, int]] = []


def _serve(listener: socket.socket) -> None:
    while True:
        caller, _ = listener.accept()
        address, port = caller.getsockname()[:2]
        _accepted.append((str(address).removeprefix("::ffff:"), port))
        with caller:
            caller.sendall(_ANSWER)


def main() -> None:
    for port in sys.argv[1:]:
        listener = socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True, backlog=100)
        Thread(target=_serve, args=(listener,), daemon=True).start()
    print("[]", flush=True)
    for _ in sys.stdin:
        print(json.dumps(_accepted), flush=True)


if __name__ == "__main__":
    main()
