"""The lines of the connect page do what they say: each is copied in the browser and run as it is."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import chromium, page
from tests.support.plane import CHECKOUT, Plane
from tests.support.ports import free_port
from tests.support.tenants import create_environment, sign_up
from tests.support.visiting import sign_in, site
from tests.support.waiting import until

pytestmark = pytest.mark.system
__all__ = ["chromium", "page", "site"]
CLI = CHECKOUT / "tests/node_modules/restate-cli-1.7.12/bin"
# Where an npm or pip that has installed the SDK would have put it.
PATH = f"{CLI}:{CHECKOUT / '.venv/bin'}:{os.environ['PATH']}"


def copied(page: Page, what: str) -> str:
    page.evaluate("navigator.clipboard.writeText('')")
    page.get_by_role("button", name=f"Copy {what}", exact=True).click()
    text: str = until(lambda: page.evaluate("navigator.clipboard.readText()"))
    return text


def run(text: str, directory: Path) -> str:
    """What a shell in ``directory`` prints when the text is pasted into it."""
    settings = {"PATH": PATH, "HOME": str(directory), "RESTATE_CLI_CONFIG_HOME": str(directory), "DO_NOT_TRACK": "1"}
    argv = ["bash", "-e", "-c", text]
    done = subprocess.run(argv, cwd=directory, env=settings, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def running(text: str, directory: Path, port: int) -> Iterator[None]:
    """What was pasted goes on in the background and listens on ``port``."""
    with (directory / "service.log").open("wb") as log:
        argv = ["bash", "-c", f"exec {text}"]
        process = subprocess.Popen(
            argv, cwd=directory, env={"PATH": PATH}, stdout=log, stderr=log, start_new_session=True
        )
        try:
            until(lambda: answers(port) or process.poll() is not None)
            assert process.poll() is None, (directory / "service.log").read_text()
            yield
        finally:
            # The wheel's `node` is a program that starts node.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(port: int) -> bool:
    return (
        subprocess.run(
            ["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"], capture_output=True, check=False
        ).returncode
        == 0
    )


def test_the_copied_lines_lead_to_an_answer(page: Page, site: str, plane: Plane, tmp_path: Path) -> None:
    person = sign_up(plane.api_url)
    environment = create_environment(person)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, site, person, f"/console{environment.path}/connect?with=curl")
    page.get_by_role("button", name="Create an API key").click()
    expect(page.get_by_text("Here is your key.")).to_be_visible()
    secret = copied(page, "API key")
    until(lambda: environment.using(secret).admin("GET", "/health").status_code != 401)
    assert run(copied(page, "Look whether it answers"), tmp_path) == '{"deployments":[]}'

    (tmp_path / "node_modules").symlink_to(CHECKOUT / "tests/node_modules")
    for way, file in (("TypeScript", "greeter.mts"), ("Python", "greeter.py")):
        port = free_port()
        page.get_by_role("tab", name=way).click()
        page.get_by_label("Address of your service").fill(f"http://127.0.0.1:{port}")
        (tmp_path / file).write_text(copied(page, f"Write {file}"))
        with running(copied(page, "Run it"), tmp_path, port):
            assert '"Greeter"' in run(copied(page, "Register your service"), tmp_path)
            assert run(copied(page, "Call it"), tmp_path) == '"Hello Ada"'
            # Only this environment is answered.
            assert (
                run(
                    f"curl -s --http2-prior-knowledge -o /dev/null -w '%{{http_code}}' http://127.0.0.1:{port}/discover",
                    tmp_path,
                )
                == "401"
            )
            page.get_by_role("tab", name="CLI").click()
            use = copied(page, "Point it at this environment")
            said = run(f"{use}\n{copied(page, 'Register your service')} --force\nrestate services list", tmp_path)
            assert "Greeter" in said
            assert run(copied(page, "Call it"), tmp_path) == '"Hello Ada"'

    page.reload()
    expect(page.get_by_role("button", name="Create an API key")).to_be_visible()
    assert secret not in page.content()


def test_a_viewer_reads_the_lines_and_makes_no_key(page: Page, site: str, plane: Plane) -> None:
    owner, viewer = sign_up(plane.api_url), sign_up(plane.api_url)
    environment = create_environment(owner)
    owner.created(f"/accounts/{environment.account_id}/invitations", email=viewer.email, role="viewer")
    (invitation,) = viewer.call("GET", "/invitations").json()["items"]
    viewer.created("/invitations/accept", invitationId=invitation["invitationId"])
    sign_in(page, site, viewer, f"/console{environment.path}/connect")
    expect(page.get_by_role("button", name="Create an API key")).to_be_disabled()
    expect(page.get_by_role("main").get_by_text("does not permit this")).to_be_visible()
    page.get_by_label("Address of your service").fill(f"http://x/$(echo {uuid4().hex})")
    expect(page.get_by_label("Address of your service")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("region", name="Register your service")).to_contain_text("http://127.0.0.1:9080")
