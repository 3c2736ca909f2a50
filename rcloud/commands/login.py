"""login, logout, whoami, open."""

from __future__ import annotations

import contextlib
import os
from enum import StrEnum
from typing import Annotated, Any

import typer

from rcloud import browser, device, settings, state, stock_config
from rcloud.api import Api, at
from rcloud.cloud import Cloud
from rcloud.command import command
from rcloud.errors import Failure, NotLoggedIn, Unreachable, Usage
from rcloud.text import clean, short_time, stamp


class Page(StrEnum):
    CONSOLE = "console"
    MEMBERS = "members"
    SECURITY = "security"
    OUTBOX = "outbox"


_PATHS = {
    Page.CONSOLE: "/console/",
    Page.MEMBERS: "/members",
    Page.SECURITY: "/account/security",
    Page.OUTBOX: "/console/mail",
}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(app, "login")(login)
    command(app, "logout")(logout)
    command(app, "whoami")(whoami)
    command(app, "open")(open_page)


def login(
    cloud: Cloud, no_browser: Annotated[bool, typer.Option("--no-browser", help="only print the address")] = False
) -> None:
    """Log in: you confirm a code in your browser, and the stock `restate` CLI is logged in as well."""
    stock_config.login()
    cloud.warn_if_readable()
    request = device.requested(cloud.anonymous)
    # A hostile server could name an address that a browser obeys in other ways than showing a page.
    page = _web_address(request.complete_uri)
    shown = f"Open  {clean(page)}\nand check that it shows the code  {clean(request.user_code)}"
    cloud.out.notes.print(shown, markup=False, soft_wrap=True)
    if not no_browser:
        browser.opened(page)
    cloud.out.note("Waiting for you to agree …")
    token = device.token(cloud.anonymous, request)
    me = Api(cloud.target.url, token, cloud.out.trace).get(at("auth", "me"))
    before = cloud.target.stored_token
    try:
        stock_config.write_login(cloud.target.url, token)
    except Failure:
        # Nobody has this token now: its session shall not be left over.
        _give_back(cloud, token)
        raise
    if before:
        # The login this one replaces would go on working for whoever finds a copy of it.
        _give_back(cloud, before)
    cloud.out.done(
        _shown(cloud.target.url, token, me) | {"config": str(stock_config.path())},
        f"Logged in to {cloud.target.url} as {me['user']['email']}{_until(token)}.\n{_next(me)}",
    )
    if os.environ.get("RCLOUD_TOKEN"):
        cloud.out.note("RCLOUD_TOKEN is set and beats this login: unset it.", "yellow")


def logout(cloud: Cloud) -> None:
    """Log out, here and at the plane: the token stops working and leaves the stock CLI's configuration."""
    url, stored, token = cloud.target.url, cloud.target.stored_token, None
    try:
        token = cloud.target.token
    except (NotLoggedIn, Usage) as gone:
        cloud.out.note(gone.message)
    if stored and token in (None, stored):
        stock_config.forget_token()
    try:
        status = _revoked(cloud, token) if token else 200
    except Unreachable as error:
        advice = "Its own time ends it; sooner: `rcloud sessions revoke` after the next login."
        raise Unreachable(f"{error.message} The token was removed here, but still works there.", advice) from error
    if status >= 400:
        raise Failure(
            f"The token was removed here, but {url} did not end its session (status {status}).",
            "Look at your sessions after the next login: rcloud sessions list",
        )
    cloud.out.done({"url": url}, f"Logged out of {url}.")


def _give_back(cloud: Cloud, token: str) -> None:
    with contextlib.suppress(Unreachable):
        _revoked(cloud, token)


def _revoked(cloud: Cloud, token: str) -> int:
    """Status of its revocation (RFC 7009)."""
    return cloud.anonymous.form("/oauth2/revoke", token=token, client_id=device.CLIENT_ID).status_code


def whoami(cloud: Cloud) -> None:
    """Who you are to the plane, your accounts and roles, and until when you are logged in."""
    me = cloud.api.get(at("auth", "me"))
    chosen = state.default_account(cloud.target.url)
    cloud.out.one(
        _shown(cloud.target.url, cloud.target.token, me),
        {
            "plane": "url",
            "e-mail": lambda shown: shown["user"]["email"],
            "name": lambda shown: shown["user"]["name"],
            "user id": lambda shown: shown["user"]["userId"],
            "logged in until": lambda shown: short_time(shown["expiresAt"]),
            "accounts": lambda shown: ", ".join(_membership(one, chosen) for one in shown["accounts"]) or None,
        },
    )


def open_page(
    cloud: Cloud, page: Annotated[Page, typer.Argument(help="which page", metavar="PAGE")] = Page.CONSOLE
) -> None:
    """Open the plane in a browser: console, members, security or outbox. Prints the address where there is none."""
    address = cloud.target.url + _PATHS[page]
    opened = browser.opened(address)
    if cloud.out.json:
        cloud.out.document({"url": address, "opened": opened})
    else:
        cloud.out.plain(address)


def _web_address(address: str) -> str:
    if not address.startswith(("https://", "http://")):
        raise Failure("The plane named a login page that is no web address.", "Report it to whoever runs the plane.")
    return address


def _shown(url: str, token: str, me: dict[str, Any]) -> dict[str, Any]:
    ended = settings.expiry(token)
    return {"url": url, **me, "expiresAt": stamp(ended) if ended else None}


def _until(token: str) -> str:
    ended = settings.expiry(token)
    return f" until {short_time(stamp(ended))}" if ended else ""


def _next(me: dict[str, Any]) -> str:
    if not me["accounts"]:
        return "Next: rcloud accounts create NAME"
    return "Next: rcloud env list, or restate cloud env configure"


def _membership(account: dict[str, Any], chosen: str | None) -> str:
    default = ", default" if account["accountId"] == chosen else ""
    return f"{account['name']} ({account['role']}{default})"
