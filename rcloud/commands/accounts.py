"""accounts …"""

from __future__ import annotations

from typing import Annotated

import typer

from rcloud import completion, confirm, state
from rcloud.api import at
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.commands.arguments import Person, Yes
from rcloud.output import Columns, time_of

app = group("Accounts: what environments and members belong to.")
COLUMNS: Columns = {"NAME": "name", "ID": "accountId", "CREATED": time_of("createdAt"), "DEFAULT": "default"}
AccountArgument = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="name or id", autocompletion=completion.accounts)
]
NewName = Annotated[str, typer.Argument(metavar="NAME", help="lower-case letters, digits and single hyphens")]


@command(app, "list")
def list_accounts(cloud: Cloud) -> None:
    """Your accounts."""
    found = cloud.find.accounts
    chosen = state.default_account(cloud.target.url)
    shown = found if cloud.out.json else [one | {"default": one["accountId"] == chosen} for one in found]
    cloud.out.items(shown, COLUMNS, "You have no account yet. Create one: rcloud accounts create NAME")


@command(app, "create")
def create(cloud: Cloud, name: NewName) -> None:
    """Create an account; you become its owner."""
    made = cloud.api.create(at("accounts"), {"name": name})
    cloud.out.done(made, f"Created account {made['name']} ({made['accountId']}).\nNext: rcloud env create NAME")


@command(app, "use")
def use(cloud: Cloud, account: AccountArgument) -> None:
    """Make it the account that commands mean when they name none."""
    found = cloud.find.account(account)
    state.set_default_account(cloud.target.url, found["accountId"])
    cloud.out.done(found, f"Commands now mean account {found['name']} unless --account says otherwise.")


@command(app, "rename")
def rename(cloud: Cloud, account: AccountArgument, name: NewName) -> None:
    """Give an account another name. Ids, addresses and keys stay."""
    found = cloud.find.account(account)
    changed = cloud.api.change("PATCH", at("accounts", found["accountId"]), {"name": name})
    cloud.out.done(changed, f"Account {found['name']} is now called {name}.")


@command(app, "transfer")
def transfer(cloud: Cloud, account: AccountArgument, member: Person, yes: Yes = False) -> None:
    """Hand an account over to another member: they become its owner, you an admin."""
    found = cloud.find.account(account)
    heir = cloud.find.member(found, member)
    confirm.agreed(f"Make {heir['email']} the owner of {found['name']}, and yourself an admin?", yes=yes)
    standing = cloud.api.change("POST", at("accounts", found["accountId"], "transfer"), {"userId": heir["userId"]})
    cloud.out.done(standing, f"{heir['email']} owns {found['name']} now.")


@command(app, "delete")
def delete(cloud: Cloud, account: AccountArgument, yes: Yes = False) -> None:
    """Delete an account without environments. Only its owner may, after signing in lately; it cannot be undone."""
    found = cloud.find.account(account)
    confirm.typed(found["name"], f"Account {found['name']} and its members' access to it will be gone.", yes=yes)
    cloud.api.change("DELETE", at("accounts", found["accountId"]))
    if state.default_account(cloud.target.url) == found["accountId"]:
        state.set_default_account(cloud.target.url, None)
    cloud.out.done(found, f"Deleted account {found['name']}.")
