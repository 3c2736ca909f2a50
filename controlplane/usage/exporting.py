"""Items as CSV (RFC 4180), one row each, with the names they have in JSON."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from pydantic.alias_generators import to_camel

from controlplane.core.schema import Schema


def rendered(kind: type[Schema], items: Sequence[Schema]) -> str:
    """A heading, then a row for each item; nothing for null."""
    names = [to_camel(name) for name in kind.model_fields]
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(_row(item) for item in items)
    return text.getvalue()


def _row(item: Schema) -> dict[str, Any]:
    document = item.model_dump(mode="json", by_alias=True)
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in document.items()}
