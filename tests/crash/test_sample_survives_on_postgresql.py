"""The same deaths, sampled, where the rows are in PostgreSQL: under the embedded and under the distributed engine.

`make crash` tries many more (CONTRIBUTING.md).
"""

from collections.abc import Iterator

import pytest
from tests.crash.flows import FLOWS
from tests.crash.pushes import PUSHES
from tests.crash.trials import Choice, Flow, assert_survives, try_every_point
from tests.support.mortal import ENGINES, MortalHouse, mortal_house
from tests.support.stores import PostgresqlDatabase
from tests.support.trading import PLATFORMS

pytestmark = pytest.mark.postgresql

SEED = 1
TRIALS = 3
"""For each flow, of which each engine on each platform gets some."""


@pytest.fixture(scope="module", params=PLATFORMS)
def mortal(request: pytest.FixtureRequest) -> Iterator[MortalHouse]:
    with mortal_house(PostgresqlDatabase(), request.param) as house:
        yield house


def dealt(engine: str, platform: str) -> list[Flow]:
    """Two flows for this engine and platform; every kind of flow is dealt to somebody."""
    flows = [*FLOWS, *(push.flow() for push in PUSHES)]
    place = [*ENGINES].index(engine) + len(ENGINES) * PLATFORMS.index(platform)
    hands = len(ENGINES) * len(PLATFORMS)
    return [flows[place], flows[place + hands]]


@pytest.mark.parametrize("engine", ENGINES)
def test_deaths_lose_nothing_and_double_nothing_on_postgresql(mortal: MortalHouse, engine: str) -> None:
    mortal.build_engine = ENGINES[engine]
    for flow in dealt(engine, mortal.trade.platform):
        assert_survives(try_every_point(mortal, flow, Choice(points_max=TRIALS, seed=SEED)), flow)
