"""An API, a partner with an entity, and another partner with another."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.partner import Api, Partner, start_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    started = await start_api(tmp_path)
    yield started
    await started.close()


@pytest.fixture
async def partner(api: Api) -> Partner:
    return await api.new_partner("Payables Inc")


@pytest.fixture
async def other_partner(api: Api) -> Partner:
    return await api.new_partner("Somebody Else Inc")
