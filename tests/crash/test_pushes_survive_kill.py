"""A worker is killed at every commit and every request of a push. Nothing is lost, and nothing is there twice."""

import pytest
from tests.crash.pushes import PUSHES, Push
from tests.crash.trials import assert_survives, try_every_point
from tests.support.mortal import MortalHouse


@pytest.mark.parametrize("push", PUSHES, ids=lambda push: push.name)
def test_a_worker_killed_at_any_point_of_a_push_loses_nothing_and_doubles_nothing(
    mortal: MortalHouse, push: Push
) -> None:
    flow = push.flow()
    assert_survives(try_every_point(mortal, flow), flow)
