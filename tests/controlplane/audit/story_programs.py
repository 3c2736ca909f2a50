"""Programs are let in, do things in their user's name by the stock CLI's RPC, and give their token back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.controlplane.audit.story import Story
from tests.controlplane.oauth.programs import Program, decide, query
from tests.controlplane.people import Person

Steps = Iterator[tuple[str, list[str]]]


def tell(story: Story) -> Steps:
    pia, cli = story.signs_up("pia"), Program(story.client)
    yield from _let_in(story, pia, cli)
    asked = cli.ask()
    yield "(a device asks)", []
    story.asked(pia, "POST", f"/auth/device/{asked['user_code']}", {"decision": "approve"})
    yield "decideDeviceRequest", ["program.approved"]
    token = cli.poll(asked["device_code"]).json()["access_token"]
    story.secrets += [token, asked["device_code"], asked["user_code"]]
    yield "(the device gets its token)", ["auth.program_admitted"]
    yield from _rpc(story, Person(story.client, pia.user_id, pia.email, token, ""))
    assert cli.post("/oauth2/revoke", token=token).status_code == 200
    yield "(the token is given back)", ["auth.logout"]


def _let_in(story: Story, pia: Person, cli: Program) -> Steps:
    assert decide(pia, query(), "deny")["error"]
    yield "decideAuthorization, no", ["program.denied"]
    code = decide(pia, query())["code"]
    yield "decideAuthorization", ["program.approved"]
    story.secrets += [code, cli.redeem(code).json()["access_token"]]
    yield "(the code is redeemed)", ["auth.program_admitted"]
    assert cli.redeem(code).status_code == 400
    yield "(and once more)", ["auth.code_reused"]


def _rpc(story: Story, pia: Person) -> Steps:
    def call(path: str, **body: object) -> dict[str, Any]:
        answer = story.client.post(f"/cloud/{path}", json=body, headers=pia.headers)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    account = call("CreateAccount", name="rpc")["accountId"]
    yield "cliCreateAccount", ["account.create"]
    call("UpdateAccount", accountId=account, name="rpc2")
    yield "cliUpdateAccount", ["account.rename"]
    environment = call(f"{account}/CreateEnvironment", name="dev")["environmentId"]
    yield "cliCreateEnvironment", ["environment.create"]
    made = call(f"{account}/CreateApiKey", environmentId=environment, roleId="rst:role::FullAccess")
    story.secrets.append(made["apiKey"])
    yield "cliCreateApiKey", ["api_key.create"]
    call(f"{account}/DeleteApiKey", environmentId=environment, keyId=made["keyId"])
    yield "cliDeleteApiKey", ["api_key.revoke"]
    call(f"{account}/DestroyEnvironment", environmentId=environment)
    yield "cliDestroyEnvironment", ["environment.purge"]
