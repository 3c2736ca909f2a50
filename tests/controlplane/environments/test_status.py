"""The transition table is the whole truth about an environment's status."""

import itertools

import pytest

from controlplane.environments.models import Environment
from controlplane.environments.status import MOVES, ForbiddenMove, Status, move


@pytest.mark.parametrize(("start", "end"), list(itertools.product(Status, Status)))
def test_a_move_is_allowed_exactly_when_the_table_says_so(start: Status, end: Status) -> None:
    environment = Environment(status=start.value)
    if end is start or end in MOVES[start]:
        move(environment, end, "because")
        assert (environment.status, environment.status_reason) == (end.value, "because")
    else:
        with pytest.raises(ForbiddenMove):
            move(environment, end)
        assert environment.status == start.value


def test_a_new_environment_may_begin_anywhere_and_a_move_without_reason_clears_the_old_one() -> None:
    environment = Environment()
    move(environment, Status.PENDING, "starting")
    move(environment, Status.ACTIVE)
    assert environment.status_reason is None
