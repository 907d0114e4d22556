"""The worker is killed wherever it waits for anything, on every configuration: `make crash` (CONTRIBUTING.md)."""

import os
from collections.abc import Iterator

import pytest
from tests.crash.flows import FLOWS
from tests.crash.pushes import PUSHES
from tests.crash.trials import Choice, Flow, assert_survives, try_every_point
from tests.support.mortal import ENGINES, MortalHouse, mortal_house
from tests.support.stores import PostgresqlDatabase, SqliteFile
from tests.support.trading import PLATFORMS

POINTS = os.environ.get("TIEOUT_CRASH_POINTS", "")
SEED = int(os.environ.get("TIEOUT_CRASH_SEED", "1"))
CONFIGURATIONS = ("embedded-sqlite", "embedded-postgresql", "distributed-postgresql")
ALL = "all"

pytestmark = pytest.mark.skipif(not POINTS, reason="takes hours: `make crash`")


@pytest.fixture(scope="module", params=[f"{where}-{platform}" for where in CONFIGURATIONS for platform in PLATFORMS])
def mortal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalHouse]:
    """On SQLite with its threads, which most suspensions wait for."""
    engine, database, platform = request.param.split("-")
    storage = SqliteFile(tmp_path_factory.mktemp("books")) if database == "sqlite" else PostgresqlDatabase()
    with mortal_house(storage, platform) as house:
        house.build_engine = ENGINES[engine]
        yield house


@pytest.mark.parametrize("flow", [*(push.flow() for push in PUSHES), *FLOWS], ids=lambda flow: flow.name)
def test_a_death_at_any_suspension_loses_nothing_and_doubles_nothing(mortal: MortalHouse, flow: Flow) -> None:
    points_max = None if POINTS == ALL else int(POINTS)
    verdict = try_every_point(mortal, flow, Choice(points_max=points_max, seed=SEED, at_suspensions=True))
    print(f"seed {SEED}: {verdict}")  # noqa: T201 - what the command is run for
    assert_survives(verdict, flow)
