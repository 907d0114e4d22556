"""Workers are killed at every commit and every request of every flow. Nothing is lost, and nothing is there twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.crash.flows import FLOWS
from tests.crash.trials import Flow, try_every_point
from tests.support.mortal import MortalHouse, SqliteFile, build_mortal_house, without_threads
from tests.support.trading import PLATFORMS


@pytest.fixture(scope="module", params=PLATFORMS)
def mortal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalHouse]:
    folder: Path = tmp_path_factory.mktemp("books")
    with pytest.MonkeyPatch.context() as patched:
        without_threads(patched)
        yield build_mortal_house(SqliteFile(folder), request.param, patched)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_worker_killed_at_any_point_loses_nothing_and_doubles_nothing(mortal: MortalHouse, flow: Flow) -> None:
    verdict = try_every_point(mortal, flow)
    assert not verdict.problems, str(verdict)
    assert len(verdict.points) >= flow.points_min, str(verdict)
