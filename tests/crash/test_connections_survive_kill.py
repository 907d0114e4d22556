"""Connecting, pulling, refreshing and disconnecting are killed everywhere: nothing is lost, and nothing is there twice.

Access that was given is kept or ended, never forgotten.
"""

import pytest
from tests.crash.flows import FLOWS
from tests.crash.trials import Flow, assert_survives, try_every_point
from tests.support.mortal import MortalHouse


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_process_that_is_killed_at_any_point_leaves_nothing_undone_and_nothing_doubled(
    mortal: MortalHouse, flow: Flow
) -> None:
    assert_survives(try_every_point(mortal, flow), flow)
