"""Both databases, a partner with an entity, and an endpoint that is a list."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.databases import BACKENDS, empty_database
from tests.support.listed import Listed, listed


@pytest.fixture(params=BACKENDS)
async def stand(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Listed]:
    async with empty_database(request.param, tmp_path) as database:
        yield await listed(database)
