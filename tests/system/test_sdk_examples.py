"""The three examples of the seed documents, in TypeScript, behave as the documents say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support import services
from tests.support.tenants import Caller
from tests.support.waiting import until
from tests.system.conftest import Examples

pytestmark = pytest.mark.system


def test_each_role_update_step_happens_once_although_the_service_crashes(examples: Examples) -> None:
    user = uuid4().hex
    service = examples.typescript
    service.crash_file.write_text(f"permission {user} write")
    update = {"userId": user, "role": "editor", "permissions": ["read", "write", "publish"]}
    invocation = examples.caller.send("/roleUpdate/applyRoleUpdate/send", update)

    assert service.wait_for_crash() == 1
    assert service.effects(user) == [f"role {user} editor", f"permission {user} read"]
    service.start()

    until(lambda: examples.caller.status_of(invocation) == "completed", 60)
    assert service.effects(user) == [
        f"role {user} editor",
        f"permission {user} read",
        f"permission {user} write",
        f"permission {user} publish",
    ]


def test_role_update_ends_when_the_role_is_refused(examples: Examples) -> None:
    user = uuid4().hex
    examples.caller.invoke("/roleUpdate/applyRoleUpdate", {"userId": user, "role": "unknown", "permissions": ["read"]})
    assert examples.typescript.effects(user) == [f"role {user} unknown"]


def test_greeter_counts_for_every_key_apart(examples: Examples) -> None:
    ada, bob = uuid4().hex, uuid4().hex
    call = examples.caller.invoke
    assert call(f"/greeter/{ada}/greet", "Hello") == f"Hello {ada} for the 1-th time."
    assert call(f"/greeter/{ada}/greet", "Hi") == f"Hi {ada} for the 2-th time."
    assert call(f"/greeter/{bob}/greet", "Hi") == f"Hi {bob} for the 1-th time."
    assert call(f"/greeter/{ada}/ungreet") == f"Dear {ada}, taking one greeting back: 1."


@pytest.mark.parametrize(
    ("path", "body", "counted"),
    [
        ("/greeter/{key}/greet", "Hello", "select value_utf8 from state where service_key = '{key}'"),
        ("/Visitors/{key}/arrive", None, "select value_utf8 from state where service_key = '{key}'"),
    ],
    ids=["typescript", "python"],
)
def test_200_parallel_increments_of_one_key_count_200(
    examples: Examples, path: str, body: str | None, counted: str
) -> None:
    key = uuid4().hex
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: examples.caller.invoke(path.format(key=key), body), range(200)))
    assert len(set(answers)) == 200
    assert examples.caller.sql(counted.format(key=key)) == [{"value_utf8": "200"}]


def _payment(amount: int) -> dict[str, object]:
    return {"account": "acme", "amount": amount, "email": f"{uuid4().hex}@example.com"}


def _start_payment(caller: Caller, examples: Examples) -> tuple[str, dict[str, object]]:
    """A payment that has charged and waits for its webhook: workflow id and request."""
    workflow, request = uuid4().hex, _payment(30)
    caller.send(f"/payment/{workflow}/run/send", request)
    until(lambda: examples.typescript.effects(f"charge {workflow}"))
    return workflow, request


def test_the_webhook_lets_a_payment_finish(examples: Examples) -> None:
    caller = examples.caller
    workflow, request = _start_payment(caller, examples)
    not_yet = caller.ingress("GET", f"/restate/workflow/payment/{workflow}/output")
    assert not_yet.status_code == 470, not_yet.text
    assert caller.invoke(f"/payment/{workflow}/status") is None

    caller.invoke(f"/payment/{workflow}/paymentWebhook", "acme")

    attached = caller.ingress("GET", f"/restate/workflow/payment/{workflow}/attach")
    assert (attached.status_code, attached.json()) == (200, "success")
    output = caller.ingress("GET", f"/restate/workflow/payment/{workflow}/output")
    assert (output.status_code, output.json()) == (200, "success")
    assert caller.invoke(f"/payment/{workflow}/status") == "User notified of payment success"
    assert examples.typescript.effects(f"charge {workflow}") == [f"charge {workflow} acme 30"]
    assert examples.typescript.effects(str(request["email"])) == [f"mail {request['email']}"]


def test_a_workflow_runs_once_for_its_id(examples: Examples) -> None:
    caller = examples.caller
    workflow, request = _start_payment(caller, examples)

    again = caller.post(f"/payment/{workflow}/run", request)
    assert again.status_code == 409, again.text
    sent_again = caller.post(f"/payment/{workflow}/run/send", request)
    assert sent_again.json()["status"] == "PreviouslyAccepted", sent_again.text

    caller.invoke(f"/payment/{workflow}/paymentWebhook", "acme")
    caller.ingress("GET", f"/restate/workflow/payment/{workflow}/attach")
    assert caller.post(f"/payment/{workflow}/run", request).status_code == 409
    assert len(examples.typescript.effects(f"charge {workflow}")) == 1


def test_a_negative_payment_is_refused_for_good(examples: Examples) -> None:
    workflow = uuid4().hex
    answer = examples.caller.post(f"/payment/{workflow}/run", _payment(-1))
    assert answer.status_code == 500
    assert answer.json()["message"] == "Payment refused: negative amount"
    query = f"select status, completion_result from sys_invocation where target_service_key = '{workflow}'"
    until(lambda: examples.caller.sql(query) == [{"status": "completed", "completion_result": "failure"}])
    assert examples.typescript.effects(workflow) == []


def test_only_run_writes_the_state_of_a_workflow(examples: Examples, tmp_path: Path) -> None:
    caller, workflow = examples.caller, uuid4().hex
    with services.meddler(tmp_path, [examples.environment.signing_public_key]) as service:
        assert caller.register(service.url).status_code == 201
        caller.send(f"/meddler/{workflow}/run/send", "mine")
        state = f"select value_utf8 from state where service_key = '{workflow}'"
        until(lambda: caller.sql(state) == [{"value_utf8": '"mine"'}])

        meddling = caller.send(f"/meddler/{workflow}/write/send", "theirs")
        assert "this handler type cannot write state" in caller.wait_for_failure(meddling)
        caller.admin("PATCH", f"/invocations/{meddling}/kill")

        caller.invoke(f"/meddler/{workflow}/finish")
        finished = caller.ingress("GET", f"/restate/workflow/meddler/{workflow}/attach")
        assert (finished.status_code, finished.json()) == (200, "mine")
