"""A call that is under way ends with the right to make it; what it started goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import uuid4

import httpx2
import pytest

from tests.support.tenants import Person, sign_up
from tests.support.waiting import until
from tests.system.conftest import Examples

pytestmark = pytest.mark.system


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


@pytest.fixture
def colleague(examples: Examples) -> Person:
    """A developer in the account of the examples, who came by invitation."""
    owner, account = examples.environment.owner, examples.environment.account_id
    person = sign_up(owner.api_url)
    made = owner.created(f"/accounts/{account}/invitations", email=person.email, role="developer")
    person.created("/invitations/accept", invitationId=made["invitationId"])
    caller = examples.environment.using(person.token)
    until(lambda: caller.admin("GET", "/version").status_code == 200)
    return person


def waiting_call(examples: Examples, person: Person, pool: ThreadPoolExecutor) -> tuple[str, Future[httpx2.Response]]:
    """A call that waits for a workflow's end, which nobody brings about: the workflow's id and the call."""
    workflow = uuid4().hex
    request = {"account": "acme", "amount": 30}
    caller = examples.environment.using(person.token)
    call = pool.submit(lambda: caller.ingress("POST", f"/payment/{workflow}/run", json=request))
    until(lambda: _running(examples, workflow))
    return workflow, call


def _running(examples: Examples, workflow: str) -> bool:
    return bool(examples.caller.sql(f"SELECT id FROM sys_invocation WHERE target = 'payment/{workflow}/run'"))


def log_out(_examples: Examples, person: Person) -> None:
    assert person.call("POST", "/auth/logout").status_code == 204


def remove(examples: Examples, person: Person) -> None:
    user_id = person.call("GET", "/auth/me").json()["user"]["userId"]
    path = f"/accounts/{examples.environment.account_id}/members/{user_id}"
    assert examples.environment.owner.call("DELETE", path).status_code == 204


@pytest.mark.parametrize(("ending", "status"), [(log_out, 401), (remove, 403)])
def test_it_ends_and_the_work_goes_on(
    examples: Examples,
    colleague: Person,
    pool: ThreadPoolExecutor,
    ending: Callable[[Examples, Person], None],
    status: int,
) -> None:
    workflow, call = waiting_call(examples, colleague, pool)
    bystanders, theirs = waiting_call(examples, examples.environment.owner, pool)

    ending(examples, colleague)

    answer = call.result(timeout=30)
    assert answer.status_code == status, answer.text
    assert "while this call was under way" in answer.json()["message"]
    assert not theirs.done()
    for one in (workflow, bystanders):
        assert _running(examples, one)
        examples.caller.invoke(f"/payment/{one}/paymentWebhook", "acme")
    assert theirs.result(timeout=60).status_code == 200
    done = examples.caller.ingress("GET", f"/restate/workflow/payment/{workflow}/attach")
    assert done.status_code == 200
