"""Making the changes, one after the other; each can be repeated by running the command again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rcloud import additions, files, follow, toml_edit
from rcloud.api import at
from rcloud.apply.plan import Change, Present
from rcloud.cloud import Cloud
from rcloud.errors import Failure, Usage
from rcloud.restrictions import restrictions
from rcloud.text import duration, stamp

_PATIENCE_SECONDS = 120.0
Thing = dict[str, Any]


class Run:
    """`secrets` is the file that new API keys are written to."""

    def __init__(self, cloud: Cloud, there: Present, secrets: Path | None) -> None:
        self._cloud, self._api = cloud, cloud.api
        self._account = there.account
        self._environments = {one["name"]: one for one in there.environments}
        self._secrets = secrets

    def all(self, changes: list[Change]) -> None:
        """Raises `Failure` at the first that is refused; those before it are made."""
        if any(change.kind == "key" and change.action == "create" for change in changes):
            self._keep_secret(None)
        acts = {"account": self._on_account, "environment": self._on_environment, "key": self._on_key}
        acts |= {"outbound": self._on_outbound, "member": self._on_member, "invitation": self._on_invitation}
        for change in changes:
            acts[change.kind](change)
            done = {"create": "created", "change": "changed", "delete": "deleted"}[change.action]
            self._cloud.out.note(f"  ✓ {change.kind} {change.name} {done}", "green")

    def _on_account(self, change: Change) -> None:
        self._account = self._api.create(at("accounts"), {"name": change.name})

    def _on_environment(self, change: Change) -> None:
        if change.action == "delete":
            made = self._api.change("DELETE", self._cloud.find.path(change.found))
        else:
            body = {"name": change.name} | ({"region": change.detail} if change.detail else {})
            made = self._api.create(self._path("environments"), body)
            self._environments[change.name] = made
        follow.operation(self._api, self._cloud.out, made["operationId"], _PATIENCE_SECONDS)

    def _on_key(self, change: Change) -> None:
        path = f"{self._cloud.find.path(self._environments[change.environment or ''])}/api-keys"
        if change.key is None:
            self._api.change("DELETE", f"{path}/{change.found['keyId']}")
            return
        body = {"description": change.name, "role": change.key.role} | restrictions(**change.key.restrictions)
        if change.key.expires_in:
            body["expiresAt"] = stamp(datetime.now(UTC) + duration(change.key.expires_in))
        made = self._api.create(path, body)
        try:
            self._keep_secret((str(change.environment), change.name, made["secret"]))
        except Failure:
            # Nobody has its secret: it must neither work nor look as if the file were fulfilled.
            self._api.change("DELETE", f"{path}/{made['keyId']}")
            raise

    def _on_outbound(self, change: Change) -> None:
        path = f"{self._cloud.find.path(self._environments[change.environment or ''])}/outbound-policy"
        now, meant = additions.of(self._api.get(path)), additions.parsed([change.name])
        self._api.change("PUT", path, (now - meant if change.action == "delete" else now | meant).body)

    def _on_member(self, change: Change) -> None:
        path = self._path("members", change.found["userId"])
        if change.action == "delete":
            self._api.change("DELETE", path)
        else:
            self._api.change("PATCH", path, {"role": change.detail})

    def _on_invitation(self, change: Change) -> None:
        # An invitation's role is in the mail that was sent: another role is another invitation.
        if change.found:
            self._api.change("DELETE", self._path("invitations", change.found["invitationId"]))
        if change.action != "delete":
            self._api.create(self._path("invitations"), {"email": change.name, "role": change.detail})

    def _path(self, *segments: str) -> str:
        return at("accounts", self._account["accountId"], *segments)

    def _keep_secret(self, made: tuple[str, str, str] | None) -> None:
        """Write one secret; with None, see that it can be done before there is anything to lose."""
        if self._secrets is None:
            raise Usage("The file asks for new API keys, whose secrets are shown only once.", "Add --secrets-out FILE.")
        with files.writing(self._secrets) as real:
            text = files.read(real)
            try:
                toml_edit.parsed(text)
                if made:
                    text = toml_edit.edited(text, (made[0],), {made[1]: made[2]})
            except toml_edit.NotToml as error:
                raise Failure(f"{self._secrets} {error.message}", error.advice) from error
            files.replace(real, text)
