from pydantic import Field

from controlplane.core.schema import Schema, Timestamp
from controlplane.runners import service
from controlplane.runners.models import Runner


class RunnerView(Schema):
    """A node that runs engines. `alive`: it was heard of within the last minute."""

    runner_id: str
    region: str
    version: str | None
    alive: bool
    draining: bool
    engines: int
    capacity: int
    engine_versions: list[str] = Field(description="those it could start")
    egress_active: bool | None
    egress_reason: str | None
    heartbeat_at: Timestamp | None
    created_at: Timestamp

    @classmethod
    def of(cls, runner: Runner) -> "RunnerView":
        columns = {name: getattr(runner, name) for name in cls.model_fields if name != "alive"}
        return cls(**columns, alive=service.is_alive(runner))


class RegionView(Schema):
    """Where environments can be. `isDefault`: taken when a new environment names none."""

    region: str = Field(examples=["local"])
    is_default: bool


class RegionList(Schema):
    items: list[RegionView]


class RunnerUpdate(Schema):
    draining: bool = Field(strict=True, examples=[True], description="takes no new environments; those it has stay")
