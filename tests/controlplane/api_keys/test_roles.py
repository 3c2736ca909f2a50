"""A role is known under its own and its stock name, and refused with the rule otherwise."""

import pytest
from pydantic import TypeAdapter, ValidationError

from controlplane.api_keys.roles import RULE, STOCK_NAMES, KeyRole, Role

adapter: TypeAdapter[KeyRole] = TypeAdapter(Role)


@pytest.mark.parametrize("role", list(KeyRole))
def test_own_names(role: KeyRole) -> None:
    assert adapter.validate_python(role.value) is role


@pytest.mark.parametrize(("stock", "role"), STOCK_NAMES.items())
def test_stock_names(stock: str, role: KeyRole) -> None:
    assert adapter.validate_python(stock) is role


@pytest.mark.parametrize("wrong", ["", "FULL", "owner", "rst:role::Everything", None, 1, ["full"]])
def test_anything_else_is_refused_with_the_rule(wrong: object) -> None:
    with pytest.raises(ValidationError, match="An API key's role is one of full"):
        adapter.validate_python(wrong)
    assert "complete_awakeable" in RULE
