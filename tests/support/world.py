"""A database with one of everything, for tests that call every operation: made once, copied for each test.

Two partners; the first has two entities. Each of the three is connected to books and has objects of every kind.
"""

import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest
from tests.contract.served import nameless, our_routes
from tests.support.databases import copied_database
from tests.support.endpoint import client_to_partners
from tests.support.house import PUBLIC_URL, House, build_house
from tests.support.makers import MAKERS, NO_IDS
from tests.support.partner import Partner
from tests.support.people import sign_in_user
from tests.support.trading import Trade, open_trade, unhurried

from tieout.api.limits import Limiter
from tieout.engine.lanes import EmbeddedEngine
from tieout.platforms.transport import HttpxClient
from tieout.storage.database import Database

Ids = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """An entity of a partner, and the ids of what it has: by path without names, as they stand in it."""

    partner: Partner
    entity_id: str
    ids: dict[str, list[Ids]]
    users_token: str
    """Of a user of the entity, who may do everything there."""

    def user(self, http: httpx2.AsyncClient) -> Partner:
        """The program of a user of the entity."""
        return replace(self.caller(http), token=self.users_token)

    def caller(self, http: httpx2.AsyncClient) -> Partner:
        """The partner's program, for this entity."""
        return replace(self.partner, http=http, entity_id=self.entity_id)

    def own_ids(self) -> set[str]:
        """The ids of everything that only this entity may see."""
        owned = {path: ids for path, ids in self.ids.items() if path.removesuffix("/{}") not in NO_IDS}
        return {ids[-1] for values in owned.values() for ids in values}


@dataclass(frozen=True, slots=True)
class Seed:
    """What was made, and where the database with it is kept."""

    house: House
    file: Path
    mine: Side
    beside: Side
    """The same partner's other entity."""
    others: Side
    """Another partner's entity."""


@dataclass(frozen=True, slots=True)
class World:
    """A copy of the seed with an application on it."""

    seed: Seed
    database: Database
    file: Path
    http: httpx2.AsyncClient


_seeds: list[Seed] = []
_failures: list[Exception] = []
"""What went wrong with the seed, which is not tried again for every test of the process."""


def prefix_of(path: str) -> str:
    """The part of a path that names an object, without names."""
    return nameless(path[: path.rindex("}") + 1])


def served_collections() -> dict[str, str]:
    """Every path that is followed by a parameter in a served path, without names; and the parameter's name."""
    found: dict[str, str] = {}
    for path, _ in our_routes():
        parts = path.split("/")
        for place, part in enumerate(parts):
            if part.startswith("{"):
                found.setdefault(nameless("/".join(parts[:place])), part)
    return found


async def _fill(trade: Trade) -> Side:
    ids: dict[str, list[Ids]] = {}
    served = served_collections()
    for collection, make in MAKERS.items():
        if collection not in served:
            continue
        of = collection if collection.endswith("{}") else collection.rpartition("/")[0]
        parents = ids.get(of, []) if "{}" in collection else [()]
        ids[f"{collection}/{{}}"] = [(*above, one) for above in parents for one in await make(trade, above)]
    user = await sign_in_user(trade.partner, ids["/entity_users/{}"][0][-1])
    return Side(trade.partner, trade.entity_id, ids, user.token)


async def _make_seed() -> Seed:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    house = await build_house(folder)
    taking = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(200)))
    house.services = replace(house.services, http_to_partners=client_to_partners(taking))
    house.app.state.services = house.services
    with pytest.MonkeyPatch.context() as patched:
        unhurried(patched)
        first = await open_trade(house, "xero")
        mine = await _fill(first)
        await first.partner.make_entity("Beside Ltd")
        beside = await _fill(await open_trade(house, "quickbooks", partner=first.partner))
        others = await _fill(await open_trade(house, "quickbooks"))
        await house.settle()
    await house.close()
    return Seed(house, folder / "tieout.db", mine, beside, others)


async def _seed() -> Seed:
    if _failures:
        message = "the seed could not be made: see the first test that wanted it"
        raise RuntimeError(message) from _failures[0]
    if not _seeds:
        try:
            _seeds.append(await _make_seed())
        except Exception as error:
            _failures.append(error)
            raise
    return _seeds[0]


def _out_of_reach(request: httpx2.Request) -> httpx2.Response:
    message = "nothing outside can be reached"
    raise httpx2.ConnectError(message, request=request)


@asynccontextmanager
async def open_world(folder: Path) -> AsyncIterator[World]:
    """A copy of the seed in the folder. Its lanes do not run, and nothing outside can be reached."""
    seed = await _seed()
    database = copied_database(seed.file, folder)
    house, services = seed.house, seed.house.services
    nobody = HttpxClient(httpx2.AsyncClient(transport=httpx2.MockTransport(_out_of_reach)))
    engine = EmbeddedEngine(database, house.clock)
    house.app.state.services = replace(services, database=database, engine=engine, http=nobody)
    house.app.state.limiter = Limiter(services.settings.requests_per_s)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(house.app), base_url=PUBLIC_URL) as http:
        yield World(seed, database, folder / "tieout.db", http)
    await database.close()
