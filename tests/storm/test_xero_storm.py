"""Storms over Xero: whatever happens when, every document is in the books exactly once, or says why not."""

from pathlib import Path

import pytest
from tests.storm.ground import Ground, build_ground, configuration_of
from tests.storm.running import run_seed

SEEDS = range(1, 51, 2)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder: Path = tmp_path_factory.mktemp("storm")
    return build_ground(configuration_of(SEEDS[0]), folder)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_books_and_tieout_agree_after_a_storm(ground: Ground, seed: int) -> None:
    assert configuration_of(seed) == ground.configuration
    outcome = run_seed(ground, seed)
    assert not outcome.wrong, outcome.report()
