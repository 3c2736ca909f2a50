"""What servers of the edge do with a path: locations of ingress and admin addresses, as nginx reads them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from envrunner.edge.layout import EdgeLayout

_SHORT = "proxy_request_buffering on; client_max_body_size 60000; client_body_buffer_size 64k;"
_READ_FIRST = "|(?:/v[234])?/(?:query|subscriptions|(?:deployments|kafka-clusters)(?:/[^/]+)?)$"
_ASKED_BYTES = "256k"
SPOOL_BYTES = 2 * 1024 * 1024
"""Of an environment's calls that wait to be recorded; `recording` may hold as many again. Then changes are refused."""

_TELLS = "js_import lines from lines.js; access_log /dev/null refused if=$edge_told;"

_HEADERS_OF_ADMIN = {
    "X-Request-Id": "$request_id",
    "Content-Security-Policy": "; ".join(
        f"{name} {value}"
        for name, value in {
            "default-src": "'none'",
            # Those that stand in the engine's page are named by their digests (page.js).
            "script-src": "'self'$edge_scripts",
            "worker-src": "'self'",
            # React writes style attributes, and the editor style elements.
            "style-src": "'self' 'unsafe-inline'",
            "img-src": "'self' data:",
            "font-src": "'self' data:",
            "manifest-src": "'self'",
            "connect-src": "'self'",
            "base-uri": "'self'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
        }.items()
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # With less, a page's own POST would name no origin (Fetch, 3.1), and ui.js asks for it.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def path_of(path: Path) -> str:
    """A path for a place without quotes. Raises ValueError for one that nginx cannot be given."""
    text = quotable(path)
    if set(text) & set("'; \t#"):
        raise ValueError(f"nginx cannot be given this path: {text}")
    return text


def quotable(path: Path) -> str:
    """The same between double quotes, where a checkout's path may hold blanks."""
    text = str(path.absolute())
    if set(text) & set('"{}$\\\n'):
        raise ValueError(f"nginx cannot be given this path: {text}")
    return text


def _ways(gate: str, judged: str = "") -> Iterable[str]:
    # An engine that answers without having read the body (no such service) closes the connection after its answer,
    # and the next request would be lost with it. A short body therefore travels together with its head. No other is
    # buffered: that would let one tenant fill the runtime directory, which is memory. What is ``judged`` is no longer.
    yield f"location / {{ {_SHORT} js_access {gate}; proxy_pass http://$edge_target; }}"
    yield f"if ($edge_streams) {{ rewrite ^(?!/\\.edge/{judged}) /.edge/stream last; }}"
    yield f"location = /.edge/stream {{ internal; js_access {gate}; proxy_pass http://$edge_target$request_uri; }}"


def of_calls(gate: str, layout: EdgeLayout) -> Iterable[str]:
    """Of an ingress address."""
    # fast.js hands over what it does not let pass, by a status that nobody else can cause.
    yield from _logged(layout)
    yield from _ways(f"fast.{gate}")
    passing = f"js_import gate from gate.js; js_access gate.{gate}; proxy_pass http://$edge_target$request_uri;"
    passing += f" {told(layout)}"
    yield "recursive_error_pages on;"  # what is handed over may still meet an engine that is away
    yield f"error_page 599 = @judged; location @judged {{ {_SHORT} {passing} }}"
    yield f"error_page 598 = @judged_stream; location @judged_stream {{ {passing} }}"


def of_admin(gate: str, reader: str, layout: EdgeLayout, seconds: int) -> Iterable[str]:
    """Of an admin address; ``seconds``: so long a SQL query may take."""
    yield from _recorded(layout)
    yield from _ways(f"record.{gate}", _READ_FIRST)
    # gate.js hands over by a status that nobody else can cause.
    yield "error_page 597 = @phrase;"
    yield (
        f"location @phrase {{ proxy_pass http://unix:{path_of(layout.phrase)}:; proxy_method GET; "
        "proxy_pass_request_body off; proxy_pass_request_headers off; "
        'proxy_set_header Content-Length ""; proxy_set_header X-Sentence $edge_reason; }'
    )
    for prefix in ("", "/v2", "/v3", "/v4"):
        yield _query(prefix, reader, seconds)
    yield from _asked(reader, path_of(layout.admission))
    yield from _engine_ui(reader, layout)


def _recorded(layout: EdgeLayout) -> Iterable[str]:
    yield "js_import record from record.js;"
    yield f'set $edge_spool "{quotable(layout.spool)}"; set $edge_spool_bytes {SPOOL_BYTES};'
    yield from _logged(layout)
    yield "access_log /dev/null refused if=$edge_ended;"
    yield _TELLS


def told(layout: EdgeLayout) -> str:
    """What makes an answer known to the logs."""
    # Only here: fast.js shall not pay for it with each request that it lets pass.
    return f"{' '.join(_logged(layout))} {_TELLS}"


def _logged(layout: EdgeLayout) -> Iterable[str]:
    yield f'access_log "{quotable(layout.logs)}/edge-refused.log" refused buffer=64k flush=1s if=$edge_log;'
    # Nothing is written there: asking for the condition is what notes the end of a call.
    yield "access_log /dev/null refused if=$edge_flown;"


def _asked(gate: str, socket: str) -> Iterable[str]:
    # The body is read, and the control plane asked about it, before it is passed on. Nothing of the caller goes along.
    yield (
        "location ~ ^(?:/v[234])?/(?:subscriptions|(?:deployments|kafka-clusters)(?:/[^/]+)?)$ { "
        f"client_max_body_size {_ASKED_BYTES}; client_body_buffer_size {_ASKED_BYTES}; proxy_request_buffering on; "
        f"js_import admission from admission.js; js_access admission.{gate}; proxy_pass http://$edge_target; }}"
    )
    yield (
        f"location = /.edge/admission {{ internal; proxy_pass http://unix:{socket}:/; proxy_read_timeout 20s; "
        "proxy_pass_request_headers off; proxy_set_header Connection close; }"
    )


def _engine_ui(gate: str, layout: EdgeLayout) -> Iterable[str]:
    # A browser's first request on its way into the engine's own UI. Headers: nobody shows that UI, or what it reads, in
    # pages of their own; its files are the engine's and run no script from elsewhere.
    exchange = f"js_import exchange from exchange.js; js_content exchange.{gate};"
    yield f"location = /.restate-cloud/ui-session {{ {exchange} }}"
    yield (
        f"location ~ ^/ui(?:/|$) {{ {_SHORT} js_import page from page.js; js_access page.{gate}; "
        "proxy_pass http://$edge_target; }"
    )
    yield (
        # Connects as the guard does, so that the engine before a restart does not answer for the one after it. Who asks
        # waits for a restart anyway.
        f"location = /.edge/page {{ internal; proxy_pass http://unix:{path_of(layout.slots)}/$edge_page.sock:/ui/; "
        "proxy_read_timeout 60s; "
        "proxy_pass_request_headers off; proxy_set_header Host $host; proxy_set_header Connection close; "
        "subrequest_output_buffer_size 256k; }"
    )
    yield (
        f"location = /.edge/ui-sessions {{ internal; proxy_pass http://unix:{path_of(layout.admission)}:/ui-sessions; "
        "proxy_read_timeout 20s; proxy_pass_request_headers off; proxy_set_header Connection close; }"
    )
    yield from (f'add_header {name} "{value}" always;' for name, value in _HEADERS_OF_ADMIN.items())


def _query(prefix: str, gate: str, seconds: int) -> str:
    # The body is read and judged before it is passed on, and a runaway query is cut.
    return (
        f"location = {prefix}/query {{ client_max_body_size 64k; client_body_buffer_size 64k; "
        f"proxy_request_buffering on; proxy_read_timeout {seconds}s; "
        f"js_import query from query.js; js_access query.{gate}; proxy_pass http://$edge_target; }}"
    )
