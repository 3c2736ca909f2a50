from pydantic import Field

from controlplane.core.schema import Schema, Timestamp
from controlplane.operations.kinds import Kind, OperationStatus


class StepView(Schema):
    name: str = Field(examples=["start_engine"])
    status: OperationStatus
    started_at: Timestamp | None
    ended_at: Timestamp | None


class OperationView(Schema):
    """`error` says in words what went wrong and what to do, when `status` is FAILED or CANCELLED."""

    operation_id: str
    account_id: str
    environment_id: str
    kind: Kind
    status: OperationStatus
    steps: list[StepView]
    error: str | None
    created_at: Timestamp
    ended_at: Timestamp | None
