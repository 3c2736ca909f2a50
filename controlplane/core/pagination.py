"""Cursor pages: `after` (the last identifier seen), `limit` ≤ 100, `{items, next}`."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from controlplane.core.schema import Schema

T = TypeVar("T")
Item = TypeVar("Item")

After = Annotated[str | None, Query(description="`next` of the previous page", max_length=64)]
Limit = Annotated[int, Query(ge=1, le=100, description="how many items at most")]


class Page(Schema, Generic[Item]):
    """`next` is null on the last page."""

    items: list[Item]
    next: str | None


def page(
    session: Session,
    query: Select[T],
    key: InstrumentedAttribute[str],
    after: str | None,
    limit: int,
    *,
    newest_first: bool = False,
) -> tuple[Sequence[T], str | None]:
    """One page ordered by `key` (an identifier column) and the cursor of the next page."""
    if after:
        query = query.where(key < after if newest_first else key > after)
    order = key.desc() if newest_first else key.asc()
    rows = list(session.scalars(query.order_by(order).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    following: str | None = getattr(rows[-1], key.key) if more else None
    return rows, following
