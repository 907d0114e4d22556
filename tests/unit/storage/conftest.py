from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.databases import BACKENDS, blank_database, empty_database

from tieout.storage.database import Database


@pytest.fixture(params=BACKENDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """Every table, no row."""
    async with empty_database(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture(params=BACKENDS)
async def blank(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """No table."""
    async with blank_database(request.param, tmp_path) as opened:
        yield opened
