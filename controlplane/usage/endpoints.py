from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, status
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from controlplane.auth import Permission, Principal, require
from controlplane.core import clock
from controlplane.core.database import DbSession
from controlplane.core.moments import Moment
from controlplane.core.openapi import Responses
from controlplane.provisioning.endpoints import authenticated_runner
from controlplane.runners.models import Runner
from controlplane.usage import service
from controlplane.usage.exporting import rendered
from controlplane.usage.schemas import (
    AccountUsage,
    EnvironmentDay,
    Format,
    RecentUsages,
    Step,
    ToldMinutes,
    UsagePoint,
    UsageSeries,
)

router = APIRouter(prefix="/accounts/{account_id}", tags=["usage"])
internal_router = APIRouter(prefix="/internal/v1/usage", tags=["runners"])

Reader = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_READ))]
Since = Annotated[
    Moment | None, Query(description="taken back to the beginning of its step: RFC 3339, or how long ago, such as 2h")
]
Until = Annotated[Moment | None, Query(description="before this time; now when absent")]
InSteps = Annotated[Step, Query(description="in UTC")]
Month = Annotated[
    str | None, Query(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$", examples=["2027-01"], description="instead of `since`")
]
Wanted = Annotated[Format | None, Query(alias="format", description="`csv` as well by `Accept: text/csv`")]
Accept = Annotated[str, Header(include_in_schema=False)]
Window = tuple[datetime, datetime]
_CSV: Responses = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get("/environments/{environment_id}/usage", operation_id="getEnvironmentUsage", responses=_CSV)
def get_environment_usage(
    account_id: str,
    environment_id: str,
    session: DbSession,
    principal: Reader,
    since: Since = None,
    until: Until = None,
    step: InSteps = Step.MINUTE,
    form: Wanted = None,
    accept: Accept = "",
) -> UsageSeries:
    """What the environment did over time."""
    start, end = _window(step, since, until)
    rows = service.of_environment(session, principal, account_id, environment_id, step, start, end)
    items = [UsagePoint.model_validate(row) for row in rows]
    if _as_csv(form, accept):
        return _csv(UsagePoint, items, f"usage-{environment_id}.csv")  # type: ignore[return-value]
    return UsageSeries(since=start, until=end, step=step, items=items)


@router.get("/usage", operation_id="getAccountUsage", responses=_CSV)
def get_account_usage(
    account_id: str,
    session: DbSession,
    principal: Reader,
    month: Month = None,
    since: Since = None,
    until: Until = None,
    form: Wanted = None,
    accept: Accept = "",
) -> AccountUsage:
    """What each environment did, day by day in UTC: of this month, of another `month`, or of a window of time."""
    start, end = _days(month, since, until)
    rows = service.of_account(session, principal, account_id, start, end)
    items = [EnvironmentDay.model_validate(row) for row in rows]
    if _as_csv(form, accept):
        return _csv(EnvironmentDay, items, f"usage-{account_id}.csv")  # type: ignore[return-value]
    return AccountUsage(since=start, until=end, items=items)


@router.get("/usage/recent", operation_id="getRecentUsage")
def get_recent_usage(account_id: str, session: DbSession, principal: Reader) -> RecentUsages:
    """The last hour of every environment by the minute, for small plots."""
    since, items = service.recent(session, principal, account_id)
    return RecentUsages(since=since, step_seconds=60, items=items)


@internal_router.post("", status_code=status.HTTP_204_NO_CONTENT)
def take(body: ToldMinutes, session: DbSession, runner: Annotated[Runner, Depends(authenticated_runner)]) -> None:
    """What the runner's engines did in these minutes so far."""
    service.take(session, runner.runner_id, body.items)


def _days(month: str | None, since: datetime | None, until: datetime | None) -> Window:
    if month is None and since is not None:
        return _window(Step.DAY, since, until)
    if month is not None and (since or until):
        raise _wrong("month", "Give either `month`, or `since` and `until`.")
    if month is None:
        return _window(Step.DAY, (until or clock.now()).replace(day=1), until)
    first = datetime.fromisoformat(f"{month}-01T00:00:00+00:00")
    # The 28th and four days are in the next month, whichever it is.
    return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def _window(step: Step, since: datetime | None, until: datetime | None) -> Window:
    end = until or clock.now()
    start = service.begin(step, since or end - service.past(step))
    if start >= end:
        raise _wrong("since", "`since` comes before `until`.")
    if end - start > service.MOST + timedelta(days=1):
        raise _wrong("since", f"At most {service.MOST.days} days are answered at once. Give a later `since`.")
    return start, end


def _wrong(field: str, message: str) -> RequestValidationError:
    rule = ValueError(message)
    fault: dict[str, Any] = {"type": "value_error", "loc": ("query", field), "msg": message, "ctx": {"error": rule}}
    return RequestValidationError([fault])


def _as_csv(form: Format | None, accept: str) -> bool:
    return form is Format.CSV or (form is None and "text/csv" in accept.lower())


def _csv(kind: type[UsagePoint], items: list[Any], name: str) -> Response:
    disposition = {"content-disposition": f'attachment; filename="{name}"', "vary": "accept"}
    return Response(rendered(kind, items), media_type="text/csv", headers=disposition)
