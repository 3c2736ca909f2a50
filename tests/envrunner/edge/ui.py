"""Visits of the engine's own UI, as a browser makes them."""

from __future__ import annotations

from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.stack import Stack

ANN = "usr_ann"


def admin(stack: Stack, number: int = 1) -> int:
    return stack.ports_from + 2 * number + 1


def visit(
    stack: Stack, cookie: str, path: str = "/deployments", *, method: str = "GET", site: str | None = "same-origin",
    origin: str | None = "own", number: int = 1, token: str | None = None, body: bytes = b"", dest: str | None = None,
) -> Answer:  # fmt: skip
    """As a page of the engine UI asks; ``origin`` goes along with what is no GET or HEAD."""
    host = f"127.0.0.1:{admin(stack, number)}"
    headers = [("Cookie", cookie)]
    if site is not None:
        headers.append(("Sec-Fetch-Site", site))
    if dest is not None:
        headers.append(("Sec-Fetch-Dest", dest))
    if method not in ("GET", "HEAD") and origin is not None:
        headers.append(("Origin", f"http://{host}" if origin == "own" else origin))
    return ask(admin(stack, number), path, method=method, host=host, token=token, headers=headers, body=body)
