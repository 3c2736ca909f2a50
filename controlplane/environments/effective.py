"""The limits that hold for an environment: its account's own where they are lower, else the operator's ceilings."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from pydantic.alias_generators import to_camel

from controlplane.environments.models import Environment

WORDS: Mapping[str, str] = {
    "requests_per_second": "Requests per second",
    "requests_in_flight": "Requests in flight",
    "request_size_limit_bytes": "The largest request body in bytes",
    "query_seconds": "The longest SQL query in seconds",
}


@dataclass(frozen=True)
class Limits:
    """0 is no limit."""

    requests_per_second: int
    requests_in_flight: int
    request_size_limit_bytes: int
    query_seconds: int

    @classmethod
    def of(cls, values: Mapping[str, int]) -> Self:
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    def document(self) -> dict[str, int]:
        """As the wire has it."""
        return {to_camel(field.name): getattr(self, field.name) for field in fields(self)}


def ceilings(environment: Environment) -> Limits:
    return Limits.of({name: getattr(environment, name) for name in WORDS})


def effective(environment: Environment) -> Limits:
    own = environment.own_limits or {}
    return Limits.of({name: _lower(own.get(name), getattr(environment, name)) for name in WORDS})


def _lower(own: int | None, ceiling: int) -> int:
    return ceiling if own is None or 0 < ceiling < own else own
