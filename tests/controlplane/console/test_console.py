"""The console's files: found by name only, compressed as the client likes, kept as long as they are true."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from controlplane.app import create_app

INDEX = "<!doctype html><title>Console</title>" + "<!-- long enough to compress -->" * 20
SCRIPT = "export const answer = 42;\n" * 50
HTML = {"accept": "text/html"}


def build(folder: Path, index: str = INDEX) -> None:
    """What web/build.mjs leaves; `br` is any bytes, for nobody here can read it."""
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for name, text in (("index.html", index), ("assets/main-abc.js", SCRIPT), ("theme.js", "1")):
        (folder / name).write_text(text)
        (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        (folder / f"{name}.br").write_bytes(b"as if compressed")


@pytest.fixture
def dist(tmp_path: Path, configured: Callable[..., None]) -> Path:
    folder = tmp_path / "dist"
    configured(console_directory=str(folder))
    return folder


@pytest.fixture
def console(dist: Path, client: TestClient) -> TestClient:
    build(dist)
    return client


@pytest.mark.parametrize("path", ["/console/", "/console/accounts/acc_x/environments", "/console/index.html"])
def test_every_address_below_is_the_same_page(console: TestClient, path: str) -> None:
    answer = console.get(path)
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_without_the_last_slash_one_is_sent_there(console: TestClient) -> None:
    answer = console.get("/console", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/console/")


def test_the_page_may_run_our_files_and_nothing_else(console: TestClient) -> None:
    headers = console.get("/console/").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    ours = {"script-src", "style-src", "img-src", "font-src", "connect-src"}
    assert {name for name, value in policy.items() if value == "'self'"} == ours
    assert {value for name, value in policy.items() if name not in ours} == {"'none'"}
    assert policy.keys() >= {"default-src", "base-uri", "form-action", "frame-ancestors"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


def test_what_carries_its_digest_in_its_name_is_kept_for_ever(console: TestClient) -> None:
    answer = console.get("/console/assets/main-abc.js")
    assert answer.text == SCRIPT
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert console.get("/console/theme.js").headers["cache-control"] == "no-cache"


def test_an_asset_of_another_version_is_missing_and_no_page(console: TestClient) -> None:
    answer = console.get("/console/assets/main-old.js")
    assert answer.status_code == 404
    assert answer.text != INDEX


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0.2, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("*", "br"),
        ("gzip;q=nonsense", None),
        ("", None),
    ],
)
def test_the_client_gets_the_coding_it_prefers(console: TestClient, accepted: str, coding: str | None) -> None:
    with console.stream("GET", "/console/assets/main-abc.js", headers={"accept-encoding": accepted}) as answer:
        assert answer.headers.get("content-encoding") == coding
        assert answer.headers["vary"] == "accept-encoding"
        sent = b"".join(answer.iter_raw())
    assert int(answer.headers["content-length"]) == len(sent)
    expected = {"br": b"as if compressed", None: SCRIPT.encode()}.get(coding, sent)
    assert (gzip.decompress(sent) if coding == "gzip" else sent) == (SCRIPT.encode() if coding == "gzip" else expected)


def test_who_has_it_already_is_told_so_coding_by_coding(console: TestClient) -> None:
    plain = console.get("/console/", headers={"accept-encoding": "identity"}).headers["etag"]
    zipped = console.get("/console/", headers={"accept-encoding": "gzip"}).headers["etag"]
    assert plain != zipped
    same = console.get("/console/", headers={"accept-encoding": "gzip", "if-none-match": f'"x", W/{zipped}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", zipped)
    assert "content-security-policy" in same.headers
    other = console.get("/console/", headers={"accept-encoding": "gzip", "if-none-match": plain})
    assert other.status_code == 200


def test_head_is_the_head_of_get(console: TestClient) -> None:
    asked = {"accept-encoding": "gzip"}
    head, get = console.head("/console/", headers=asked), console.get("/console/", headers=asked)
    assert head.content == b""
    assert {**head.headers, "x-request-id": ""} == {**get.headers, "x-request-id": ""}


@pytest.mark.parametrize(
    "path",
    [
        "/console/../secret.js",
        "/console/%2e%2e/secret.js",
        "/console/..%2fsecret.js",
        "/console/assets/../../secret.js",
        "/console/assets/%2e%2e/%2e%2e/secret.js",
        "/console//etc/passwd",
        "/console/%2fetc%2fpasswd",
        "/console/index.html.gz",
        "/console/assets\\..\\..\\secret.js",
        "/console/index.html%00.js",
    ],
)
def test_no_path_leads_out_of_the_build(console: TestClient, dist: Path, path: str) -> None:
    (dist.parent / "secret.js").write_text("the secret")
    answer = console.get(path)
    assert "the secret" not in answer.text
    assert "root:" not in answer.text
    assert answer.status_code in {200, 404}
    assert answer.text == INDEX or answer.status_code == 404


def test_a_link_out_of_the_folder_is_part_of_no_build(dist: Path, client: TestClient) -> None:
    (dist.parent / "outside").mkdir()
    (dist.parent / "outside" / "secret.js").write_text("the secret")
    build(dist)
    (dist / "more").symlink_to(dist.parent / "outside")
    (dist / "direct.js").symlink_to(dist.parent / "outside" / "secret.js")
    assert client.get("/console/more/secret.js").text == INDEX
    assert client.get("/console/direct.js").text == INDEX


def test_a_newer_build_is_served_without_a_restart(console: TestClient, dist: Path) -> None:
    assert console.get("/console/").text == INDEX
    dist.rename(dist.with_name("old"))
    build(dist, index="<title>Newer</title>")
    assert console.get("/console/").text == "<title>Newer</title>"


def test_without_a_build_one_is_told_what_to_do(dist: Path, client: TestClient) -> None:
    answer = client.get("/console/accounts/x", headers=HTML)
    assert answer.status_code == 503
    assert "npm run build" in answer.text
    build(dist)
    assert client.get("/console/").status_code == 200


def test_only_reading(console: TestClient) -> None:
    assert console.post("/console/").status_code in {405, 415}


def test_it_is_no_part_of_the_documented_api() -> None:
    assert not [path for path in create_app().openapi()["paths"] if "console" in path]
