from controlplane.core.schema import Schema, Timestamp


class StepView(Schema):
    """`status` is PENDING, RUNNING, SUCCEEDED, FAILED or CANCELLED."""

    name: str
    status: str
    started_at: Timestamp | None
    ended_at: Timestamp | None


class OperationView(Schema):
    """`error` says in words what went wrong and what to do, when `status` is FAILED or CANCELLED."""

    operation_id: str
    account_id: str
    environment_id: str
    kind: str
    status: str
    steps: list[StepView]
    error: str | None
    created_at: Timestamp
    ended_at: Timestamp | None
