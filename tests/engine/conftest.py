from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.trials import CONFIGURATIONS, Trial, begun_trial


@pytest.fixture
async def distributed_trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with begun_trial("distributed", "postgresql", tmp_path) as begun:
        yield begun


@pytest.fixture(params=CONFIGURATIONS)
async def trial(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trial]:
    engine_name, backend = request.param
    async with begun_trial(engine_name, backend, tmp_path) as begun:
        yield begun
