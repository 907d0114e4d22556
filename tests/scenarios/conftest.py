"""A whole Tieout for each scenario."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.house import House, build_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    built = await build_house(tmp_path)
    yield built
    await built.close()
