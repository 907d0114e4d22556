from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.contract.xero.answers import answer_faults
from tests.contract.xero.world import ORIGIN, STARTED_AT, World
from tests.support.witness import Witness

from tieout.kit.clock import ManualClock
from tieout.platforms.xero.sandbox.application import build_simulator


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A simulator without any app."""
    clock = ManualClock(STARTED_AT)
    app = build_simulator(clock=clock, seed=7, origin=ORIGIN)
    witness = Witness(app, answer_faults)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=witness), base_url=ORIGIN) as http:
        yield World(app, clock, http)


@pytest.fixture
async def demo(world: World) -> World:
    """An app that is connected to the demo organisation, without limits."""
    world.xero.api.limits.enforced = False
    await world.connect("Demo Company (Global)")
    return world


@pytest.fixture
async def harbour(world: World) -> World:
    """An app that is connected to the Australian organisation, without limits."""
    world.xero.api.limits.enforced = False
    await world.connect("Harbour Bridge Consulting")
    return world
