from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.contract.quickbooks.answers import answer_faults
from tests.contract.quickbooks.program import NOON, ORIGIN, Connected, Platform
from tests.support.witness import Witness

from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.application import build_simulator
from tieout.platforms.quickbooks.sandbox.seeds.gb_sample import GB_REALM
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import EMPTY_REALM


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    clock = ManualClock(NOON)
    app = build_simulator(clock=clock, seed=1, origin=ORIGIN)
    witness = Witness(app, answer_faults)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=witness), base_url=ORIGIN) as http:
        yield Platform(app, clock, http)


@pytest.fixture
async def connected(platform: Platform) -> Connected:
    return await platform.connect()


@pytest.fixture
async def british(platform: Platform) -> Connected:
    return await platform.connect(GB_REALM)


@pytest.fixture
async def empty(platform: Platform) -> Connected:
    return await platform.connect(EMPTY_REALM)
