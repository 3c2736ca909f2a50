"""What crosses the edge and what does not."""

from __future__ import annotations

from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.conftest import World

SPOOFED = [
    ("Proxy-Authorization", "Basic eDp5"),
    ("x-restate-jwt-v1", "forged"),
    ("X-Restate-Signature-Scheme", "v1"),
    ("x-restate-cluster-name", "other"),
    ("x_restate_jwt_v1", "forged"),
    ("Forwarded", "for=6.6.6.6"),
    ("X-Forwarded-For", "6.6.6.6"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Port", "1"),
    ("X-Forwarded-Prefix", "/x"),
    ("X-Forwarded-User", "root"),
    ("X-Forwarded-Client-Cert", "x"),
    ("X-Real-IP", "6.6.6.6"),
    ("Connection", "keep-alive, x-keep"),
    ("Upgrade", "h2c"),
    ("Proxy-Connection", "x"),
]


def test_credentials_and_forgeries_stay_outside(world: World) -> None:
    answer = ask(world.port("ingress"), "/S/h", host=world.host(), token=world.tokens["full"], headers=SPOOFED)
    seen = answer.seen
    absent = {
        "authorization",
        "proxy-authorization",
        "x-restate-jwt-v1",
        "x-restate-signature-scheme",
        "forwarded",
        "x-restate-cluster-name",
        "x_restate_jwt_v1",
        "upgrade",
        "accept-encoding",
    }
    assert absent & seen.keys() == set()
    assert "6.6.6.6" not in str(seen)
    assert seen["host"] == world.host()
    assert not any(name.startswith(("x-forwarded", "x-real")) for name in seen)
    assert world.tokens["full"] not in answer.body.decode()


def test_the_answer_has_the_edges_request_id_and_the_callers_own_reaches_the_engine(world: World) -> None:
    answer = ask(
        world.port("ingress"),
        "/S/h",
        host=world.host(),
        token=world.tokens["full"],
        headers=[("X-Request-Id", "chosen")],
    )
    assert answer.seen["x-request-id"] == "chosen"
    assert len(answer.headers["x-request-id"]) == 32


def test_a_cookie_header_with_the_session_is_dropped_whole(world: World) -> None:
    for cookie in ("rc_session=s3cret", "a=b; rc_session=s3cret; c=d", "RC_SESSION=x", "a=b;rc_session=x"):
        answer = ask(
            world.port("ingress"), "/S/h", host=world.host(), token=world.tokens["full"], headers=[("Cookie", cookie)]
        )
        assert "cookie" not in answer.seen
    several = [("Cookie", "a=b"), ("Cookie", "rc_session=s3cret")]
    answer = ask(world.port("ingress"), "/S/h", host=world.host(), token=world.tokens["full"], headers=several)
    assert "s3cret" not in answer.body.decode()


def test_ordinary_headers_pass(world: World) -> None:
    headers = [
        ("Cookie", "a=b"),
        ("Accept", "application/vnd.apache.arrow.stream"),
        ("Idempotency-Key", "k 1"),
        ("Accept-Encoding", "zstd"),
        ("Content-Type", "application/x; y=z"),
        ("traceparent", "00-1-2-01"),
    ]
    answer = ask(
        world.port("ingress"), "/S/h", method="POST", body=b"{}", host=world.host(), token=world.tokens["full"],
        headers=headers,
    )  # fmt: skip
    assert {name: answer.seen[name.lower()] for name, _ in headers} == dict(headers)


def test_an_engine_cannot_steer_the_edge(world: World) -> None:
    answer = ask(world.port("ingress"), "/S/redirect", host=world.host(), token=world.tokens["full"])
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"{}", "text/plain; charset=x")
    assert "access-control-allow-credentials" not in answer.headers
    assert "x-accel-redirect" not in answer.headers


def test_an_engines_own_error_passes_untouched(world: World) -> None:
    answer = ask(world.port("ingress"), "/S/teapot", host=world.host(), token=world.tokens["full"])
    assert (answer.status, answer.body) == (503, b'{"code":503,"source":"ingress"}')
    assert answer.headers["x-restate-error-source"] == "ingress"
    assert "retry-after" not in answer.headers


def test_nothing_secret_is_logged(world: World) -> None:
    ask(world.port("ingress"), "/S/h?secret=q1", host=world.host(), headers=[("Authorization", "Bearer wrong-s3cret")])
    ask(world.port("ingress"), "/S/die?secret=q1", host=world.host(), token=world.tokens["full"])
    for log in (world.stack.home / "logs").iterdir():
        text = log.read_text()
        assert "s3cret" not in text
        assert world.tokens["full"] not in text
