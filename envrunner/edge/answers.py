"""What nginx itself says, in the engine's own shape, where no gate has spoken."""

from __future__ import annotations

import json

ERRORS = (
    (400, 400, "The request could not be understood. Check that it has one Host and at most one Authorization header."),
    (404, 404, "There is nothing here."),
    (405, 405, "This method is not allowed."),
    (408, 408, "The request took too long to arrive."),
    (411, 411, "The request needs a Content-Length."),
    (413, 413, "The request body is too large."),
    (414, 414, "The request target is too long."),
    (494, 431, "The request headers are too large."),
    (500, 500, "The edge failed to handle this request."),
    (501, 501, "This is not implemented."),
    (504, 504, "The engine did not answer in time."),
    (505, 505, "This version of HTTP is not supported."),
)
"""What nginx calls it, the status that the caller gets, and the message."""


def unreachable() -> str:
    """Of an engine that is away, or went away: whether the request may have taken effect."""
    # Only a request that never reached the engine may be called "try again".
    lost = "The engine ended before it had answered; the request may have taken effect."
    # An engine that refuses (no such handler) does not wait for a long body, and its answer is lost while that is sent.
    cut = (
        "The engine ended the connection before it had taken the whole body. Check that service and handler exist and "
        "that the body is not too large; the request may have taken effect."
    )
    away = "The engine of this environment does not answer right now; please try again."
    return (
        f"if ($edge_cut) {{ {answer(502, cut)} }} if ($edge_reached) {{ {answer(502, lost)} }} "
        "add_header X-Request-Id $request_id always; add_header Retry-After $edge_retry_after always; "
        f"{answer(503, away)}"
    )


def answer(status: int, message: str) -> str:
    """Say it to the caller, in the engine's own shape, and to the environment's log (lines.js)."""
    body = json.dumps({"message": message, "restate_code": None})
    return f"set $edge_reason '{message}'; return {status} '{body}';"
