"""The nginx configuration as text: a pure function of the layout, the slots and the ports."""

from __future__ import annotations

import os
import re
import resource
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from envrunner.edge import answers, nginx
from envrunner.edge.layout import EdgeLayout

SPARE = 64
"""Slots and port pairs declared beyond those in use, so that a new environment needs no reload."""
_HERE = Path(__file__).parent
_CONNECTIONS = 8192
_MOST_PRIOR, _MOST_PRIOR_EACH = 1024, 256
"""Connections that `envrunner.h2c` carries at once, in all and of one address."""

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


@dataclass(frozen=True)
class Rendering:
    """What one rendered configuration declares. ``identity`` tells whether a reload has taken effect."""

    last_slot: int
    ports: list[int]
    identity: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(frozen=True)
class Addresses:
    """Where the edge listens. Environment ports count in steps of two: even offset ingress, odd admin.

    ``query_seconds``: how long a SQL query may go without an answer there, whatever its environment allows.
    """

    host: str
    ingress_port: int
    admin_port: int
    ports_from: int
    query_seconds: int = 60
    trusted_proxies: tuple[str, ...] = ()
    proxy_protocol: bool = False


def to_ranges(ports: Iterable[int]) -> str:
    """Sorted ports as ``8100-8163,8166``: nginx takes no parameter of more than 4 KiB."""
    ranges: list[list[int]] = []
    for port in ports:
        if ranges and ranges[-1][1] == port - 1:
            ranges[-1][1] = port
        else:
            ranges.append([port, port])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in ranges)


def from_ranges(text: str) -> list[int]:
    """The ports of `to_ranges`."""
    pairs = (part.partition("-") for part in text.split(",") if part)
    return [port for first, _, last in pairs for port in range(int(first), int(last or first) + 1)]


def write(layout: EdgeLayout, addresses: Addresses, slots: Iterable[int], rendering: Rendering) -> None:
    """Put the configuration in place, whole or not at all."""
    temporary = layout.configuration.with_suffix(f".{os.getpid()}")
    temporary.write_text(render(layout, addresses, slots, rendering))
    temporary.chmod(0o600)
    temporary.replace(layout.configuration)


def render(layout: EdgeLayout, addresses: Addresses, slots: Iterable[int], rendering: Rendering) -> str:
    """The whole configuration. Raises ValueError when a path cannot stand in it."""
    account = nginx.worker_account()
    values = {
        "MODULES_LOADED": "\n".join(f'load_module "{one}";' for one in nginx.modules()),
        "RUN": _path(layout.run),
        "LOGS": _quotable(layout.logs),
        "LINES": _quotable(layout.lines),
        "CONTROL": _path(layout.control),
        "GUARD": _path(layout.guard),
        "ENTRIES": _path(layout.entries),
        "PRIOR": _path(layout.h2c),
        "BACK": _path(layout.back),
        "PHRASE": _path(layout.phrase),
        "MOST_PRIOR": str(_MOST_PRIOR),
        "MOST_PRIOR_EACH": str(_MOST_PRIOR_EACH),
        "MODULES": _quotable(_HERE),
        "USER": f"user {account};" if account else "",
        "FILES": str(_open_files()),
        "CONNECTIONS": str(min(_CONNECTIONS + 3 * len(rendering.ports), _open_files() // 2)),
        "LAST_SLOT": str(rendering.last_slot),
        "RENDERING": rendering.identity,
        "PORTS": to_ranges(rendering.ports),
        "UPSTREAMS": "\n".join(_upstreams(layout, slots)),
        "LISTENS": " ".join((*_listens(addresses, rendering.ports), *_named_by_protocol(addresses))),
        "NAMED": " ".join(_named_by_header(addresses)),
        "PRIOR_LISTENS": " ".join(f"listen {_entry(layout, one)}.h2;" for one in _ports(addresses, rendering.ports)),
        "SERVERS": "\n".join(_servers(layout, addresses, rendering.ports)),
    }
    template = (_HERE / "nginx.conf.template").read_text()
    # All at once: what a value holds is not looked at again.
    return re.sub("@([A-Z_]+)@", lambda found: values[found[1]], template)


def _path(path: Path) -> str:
    text = _quotable(path)
    if set(text) & set("'; \t#"):
        raise ValueError(f"nginx cannot be given this path: {text}")
    return text


def _quotable(path: Path) -> str:
    """A path for a place between double quotes, where a checkout's path may hold blanks."""
    text = str(path.absolute())
    if set(text) & set('"{}$\\\n'):
        raise ValueError(f"nginx cannot be given this path: {text}")
    return text


def _open_files() -> int:
    return min(65_536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def _upstreams(layout: EdgeLayout, slots: Iterable[int]) -> Iterable[str]:
    for slot in slots:
        for port in "ia":
            socket = _path(layout.slots / f"{slot:07}.{port}.sock")
            yield f"    upstream s{slot:07}{port} {{ server unix:{socket}; keepalive 64; }}"


def _ports(addresses: Addresses, ports: Sequence[int]) -> list[int]:
    return [addresses.ingress_port, addresses.admin_port, *ports]


def _listens(addresses: Addresses, ports: Sequence[int]) -> Iterable[str]:
    host = f"[{addresses.host}]" if ":" in addresses.host else addresses.host
    told = " proxy_protocol" if addresses.proxy_protocol else ""
    return (f"listen {host}:{port}{told};" for port in _ports(addresses, ports))


def _named_by_protocol(addresses: Addresses) -> Iterable[str]:
    return _trusted(addresses) if addresses.proxy_protocol else ()


def _named_by_header(addresses: Addresses) -> Iterable[str]:
    if addresses.proxy_protocol or not addresses.trusted_proxies:
        return ()
    return (*_trusted(addresses), "real_ip_header X-Forwarded-For;", "real_ip_recursive on;")


def _trusted(addresses: Addresses) -> Iterable[str]:
    return (f"set_real_ip_from {network};" for network in addresses.trusted_proxies)


def _entry(layout: EdgeLayout, port: int) -> str:
    return f"unix:{_path(layout.entries)}/{port}"


def _servers(layout: EdgeLayout, addresses: Addresses, ports: Sequence[int]) -> Iterable[str]:
    seconds = addresses.query_seconds
    tells = _told(layout)
    yield _server([_entry(layout, addresses.ingress_port)], _ways_of_calls("sharedIngress", layout), tells)
    yield _server([_entry(layout, addresses.admin_port)], _ways_of_admin("sharedAdmin", "sharedPort", layout, seconds))
    ingress = [_entry(layout, port) for port in ports if (port - addresses.ports_from) % 2 == 0]
    admin = [_entry(layout, port) for port in ports if (port - addresses.ports_from) % 2]
    if ingress:
        yield _server(ingress, _ways_of_calls("ownIngress", layout), tells)
    if admin:
        yield _server(admin, _ways_of_admin("ownAdmin", "ownPort", layout, seconds))


def _server(listens: Sequence[str], ways: Iterable[str], tells: str = "") -> str:
    """``tells``: what makes answers of nginx's own known to the environment's log, where the server does not anyway."""
    lines = [*(f"listen {listen};" for listen in listens), "http2 on;", *ways]
    lines += (f"error_page {code} = /.edge/{code};" for code, _, _ in answers.ERRORS)
    # Not named locations: those need a URI, and a request that is refused early has none yet.
    said = (
        f"location = /.edge/{code} {{ internal; {answers.answer(status, message)} }}"
        for code, status, message in answers.ERRORS
    )
    lines += [f"location ^~ /.edge/ {{ internal; {tells}", *said, "}"]
    lines += ["error_page 502 503 = @unreachable;", f"location @unreachable {{ {tells} {answers.unreachable()} }}"]
    return "    server {\n" + "\n".join(f"        {line}" for line in lines) + "\n    }"


def _ways(gate: str, judged: str = "") -> Iterable[str]:
    # An engine that answers without having read the body (no such service) closes the connection after its answer,
    # and the next request would be lost with it. A short body therefore travels together with its head. No other is
    # buffered: that would let one tenant fill the runtime directory, which is memory. What is ``judged`` is no longer.
    yield f"location / {{ {_SHORT} js_access {gate}; proxy_pass http://$edge_target; }}"
    yield f"if ($edge_streams) {{ rewrite ^(?!/\\.edge/{judged}) /.edge/stream last; }}"
    yield f"location = /.edge/stream {{ internal; js_access {gate}; proxy_pass http://$edge_target$request_uri; }}"


def _ways_of_calls(gate: str, layout: EdgeLayout) -> Iterable[str]:
    # fast.js hands over what it does not let pass, by a status that nobody else can cause.
    yield from _logged(layout)
    yield from _ways(f"fast.{gate}")
    passing = f"js_import gate from gate.js; js_access gate.{gate}; proxy_pass http://$edge_target$request_uri;"
    passing += f" {_told(layout)}"
    yield "recursive_error_pages on;"  # what is handed over may still meet an engine that is away
    yield f"error_page 599 = @judged; location @judged {{ {_SHORT} {passing} }}"
    yield f"error_page 598 = @judged_stream; location @judged_stream {{ {passing} }}"


def _ways_of_admin(gate: str, reader: str, layout: EdgeLayout, seconds: int) -> Iterable[str]:
    yield from _recorded(layout)
    yield from _ways(f"record.{gate}", _READ_FIRST)
    # gate.js hands over by a status that nobody else can cause.
    yield "error_page 597 = @phrase;"
    yield (
        f"location @phrase {{ proxy_pass http://unix:{_path(layout.phrase)}:; proxy_method GET; "
        "proxy_pass_request_body off; proxy_pass_request_headers off; "
        'proxy_set_header Content-Length ""; proxy_set_header X-Sentence $edge_reason; }'
    )
    for prefix in ("", "/v2", "/v3", "/v4"):
        yield _query(prefix, reader, seconds)
    yield from _asked(reader, _path(layout.admission))
    yield from _engine_ui(reader, _path(layout.admission))


def _recorded(layout: EdgeLayout) -> Iterable[str]:
    yield "js_import record from record.js;"
    yield f'set $edge_spool "{_quotable(layout.spool)}"; set $edge_spool_bytes {SPOOL_BYTES};'
    yield from _logged(layout)
    yield "access_log /dev/null refused if=$edge_ended;"
    yield _TELLS


def _told(layout: EdgeLayout) -> str:
    # Only here: fast.js shall not pay for it with each request that it lets pass.
    return f"{' '.join(_logged(layout))} {_TELLS}"


def _logged(layout: EdgeLayout) -> Iterable[str]:
    yield f'access_log "{_quotable(layout.logs)}/edge-refused.log" refused buffer=64k flush=1s if=$edge_log;'
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


def _engine_ui(gate: str, socket: str) -> Iterable[str]:
    # A browser's first request on its way into the engine's own UI. Headers: nobody shows that UI, or what it reads, in
    # pages of their own; its files are the engine's and run no script from elsewhere.
    exchange = f"js_import exchange from exchange.js; js_content exchange.{gate};"
    yield f"location = /.restate-cloud/ui-session {{ {exchange} }}"
    yield (
        f"location ~ ^/ui(?:/|$) {{ {_SHORT} js_import page from page.js; js_access page.{gate}; "
        "proxy_pass http://$edge_target; }"
    )
    yield (
        "location = /.edge/page { internal; proxy_pass http://$edge_page/ui/; proxy_read_timeout 5s; "
        'proxy_pass_request_headers off; proxy_set_header Host $host; proxy_set_header Connection ""; '
        "subrequest_output_buffer_size 256k; }"
    )
    yield (
        f"location = /.edge/ui-sessions {{ internal; proxy_pass http://unix:{socket}:/ui-sessions; "
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
