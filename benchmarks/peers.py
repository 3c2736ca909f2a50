"""What the edge is compared with: no gate at all, and HAProxy with the same key lookup, before the same socket."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import tools
from benchmarks.processes import accepts, free_port, running
from envrunner.edge import nginx

_NGINX = """
daemon off;
pid @WORKDIR@/@NAME@.pid;
worker_processes auto;
@USER@
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path @WORKDIR@/body;
    proxy_temp_path @WORKDIR@/proxy;
    fastcgi_temp_path @WORKDIR@/fastcgi;
    uwsgi_temp_path @WORKDIR@/uwsgi;
    scgi_temp_path @WORKDIR@/scgi;
    keepalive_requests 1000000;
    proxy_http_version 1.1;
    proxy_request_buffering off;
    proxy_buffering off;
    proxy_set_header Connection "";
    proxy_set_header Authorization "";
@HTTP@
}
"""
_HAPROXY = """
global
    nbthread @THREADS@
    maxconn 8192
defaults
    mode http
    timeout connect 5s
    timeout client 75s
    timeout server 1h
    http-reuse always
frontend edge
    bind 127.0.0.1:@PORT@
    http-request set-var(txn.token) req.hdr(authorization),word(2,' ')
    http-request set-var(txn.who) str(@KEY@),concat(,txn.token),sha2(256),base64,map_str(@MAP@)
    http-request deny deny_status 401 unless { var(txn.who) -m found }
    http-request deny deny_status 403 unless { var(txn.who) -m beg f@LABEL@ }
    http-request del-header authorization
    default_backend engine
backend engine
    server engine unix@@SOCKET@
"""


@contextlib.contextmanager
def ungated(socket: Path, workdir: Path) -> Iterator[str]:
    """URL of an nginx as the edge's, with kept-alive connections to ``socket`` and no gate before it."""
    port = free_port()
    http = (
        f"    upstream engine {{ server unix:{socket}; keepalive 64; }}\n"
        f"    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://engine; }} }}"
    )
    with _nginx("ungated", http, lambda: accepts(port), workdir):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def trivial(socket: Path, workdir: Path) -> Iterator[str]:
    """An upstream that answers everything with 200, in the place of what was at ``socket``; gives its TCP URL too."""
    port, bound = free_port(), socket.with_name("trivial.sock")
    http = (
        f"    server {{ listen 127.0.0.1:{port}; listen unix:{bound}; default_type application/json; "
        'location / { return 200 "{}"; } }'
    )
    with _nginx("trivial", http, lambda: _open_to_all(bound), workdir):
        # The edge connects to the name when its next request comes; nothing has to be told to it.
        bound.rename(socket)
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def haproxy(socket: Path, label: str, token: str, digest_key: str, workdir: Path) -> Iterator[str]:
    """URL of HAProxy that looks up the token's keyed SHA-256 in a map and passes on to ``socket`` without the token."""
    port, table = free_port(), workdir / "haproxy.map"
    digest = base64.b64encode(hashlib.sha256((digest_key + token).encode()).digest()).decode()
    table.write_text(f"{digest} f{label}\n")
    values = {"PORT": port, "KEY": digest_key, "MAP": table, "LABEL": label, "SOCKET": socket}
    text = _filled(_HAPROXY, {**values, "THREADS": os.cpu_count()})
    file = workdir / "haproxy.cfg"
    file.write_text(text)
    argv = [str(tools.find("haproxy")), "-db", "-f", str(file)]
    with running("haproxy", argv, lambda: accepts(port), workdir):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _nginx(name: str, http: str, answers: Callable[[], bool], workdir: Path) -> Iterator[int]:
    account = nginx.worker_account()
    user = f"user {account};" if account else ""
    text = _filled(_NGINX, {"WORKDIR": workdir, "NAME": name, "USER": user, "HTTP": http})
    file = workdir / f"{name}.conf"
    file.write_text(text)
    argv = [str(nginx.binary()), "-p", str(workdir), "-c", str(file), "-e", "stderr"]
    with running(name, argv, answers, workdir) as pid:
        yield pid


def _open_to_all(socket: Path) -> bool:
    """nginx first binds a socket, then opens it to other accounts, by name: only then may it get another name."""
    return socket.exists() and socket.stat().st_mode & 0o006 == 0o006


def _filled(template: str, values: dict[str, object]) -> str:
    for name, value in values.items():
        template = template.replace(f"@{name}@", str(value))
    return template
