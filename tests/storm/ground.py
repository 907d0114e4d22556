"""The ground that every history starts from: a house with books that were connected and pulled once.

It is built once for a process. Each history runs in a forked child, which inherits the simulated platforms as they
are in memory, and works on a copy of the database's file. Nothing depends on the machine's chance: ids come from a
seeded stream, so that two runs of a seed also sort alike.
"""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from tests.support import postgresql
from tests.support.databases import copied_database
from tests.support.house import build_house
from tests.support.mortal import without_threads
from tests.support.trading import BUSY, HOME, PLATFORMS, Trade, open_trade, unhurried

from tieout.engine.distributed import DistributedEngine
from tieout.sandbox.simulator import seeded
from tieout.storage.database import Database
from tieout.storage.schema import METADATA
from tieout.storage.tables.connections import LedgerAccount

GROUND_SEED = 20_260_302
SEEDS_OF_A_KIND = 50
"""So many seeds in a row find the same pair of books: the tests need one ground for each platform."""
BOOKS = (HOME, BUSY)
COPY = "storm"
"""The database that a child works on, on PostgreSQL; the next child throws it away."""


@dataclass(frozen=True)
class Configuration:
    """Where a history takes place."""

    platform: str
    books: str
    runs_on: str = "sqlite"

    def __str__(self) -> str:
        return f"{self.platform}, {self.books!r}, {RUNS_ON[self.runs_on]}"


RUNS_ON = {
    "sqlite": "embedded engine on SQLite",
    "postgresql": "embedded engine on PostgreSQL",
    "distributed": "claims of the distributed engine on PostgreSQL",
}
"""What Tieout runs on. Workers always run their lanes until nothing is due: no job of Procrastinate's is needed."""


def configuration_of(seed: int, runs_on: str = "sqlite") -> Configuration:
    """Even seeds storm at one platform, odd ones at the other."""
    platform = PLATFORMS[seed % len(PLATFORMS)]
    return Configuration(platform, BOOKS[(seed - 1) // SEEDS_OF_A_KIND % len(BOOKS)][platform], runs_on)


@dataclass(frozen=True)
class Ground:
    """A closed house, ready to be opened in a child."""

    configuration: Configuration
    trade: Trade

    def open(self, folder: Path) -> Trade:
        """Go on here, in a child, with a copy of the database, on SQLite in `folder`."""
        house = self.trade.house
        ours = house.services.database
        if ours.is_sqlite:
            house.reopen(copied_database(Path(str(ours.url.database)), folder))
        else:
            house.reopen(Database(postgresql.server().copy(str(ours.url.database), COPY)))
        self.trade.partner.http = house.new_client()
        return self.trade


def build_ground(configuration: Configuration, folder: Path) -> Ground:
    """Connect the books, pull them, and close the house."""

    async def build() -> Ground:
        without_threads(patched)
        database = None if configuration.runs_on == "sqlite" else await _new_on_postgresql()
        house = await build_house(folder, database=database)
        if configuration.runs_on == "distributed":
            engine = DistributedEngine(house.services.database, house.clock)
            house.services = house.app.state.services = replace(house.services, engine=engine)
        unhurried(patched)
        trade = await open_trade(house, configuration.platform, name=configuration.books)
        await _choose_accounts(trade)
        await house.close_up()
        return Ground(configuration, trade)

    with pytest.MonkeyPatch.context() as patched, seeded_ids(seeded(GROUND_SEED, "ids")):
        return asyncio.run(build())


async def _new_on_postgresql() -> Database:
    server = postgresql.server()
    database = Database(server.url(server.new_database()))
    await database.run_sync(METADATA.create_all)
    return database


async def _choose_accounts(trade: Trade) -> None:
    """Without one, what the partner tells of payments stays out of the books, and so do vendors' credits."""
    async with trade.house.services.database.read() as session:
        account_id = await session.scalar(
            select(LedgerAccount.id)
            .where(
                LedgerAccount.company_id == trade.company_id,
                LedgerAccount.is_bank_account,
                LedgerAccount.status == "Active",
                LedgerAccount.currency == trade.books.currency,
            )
            .order_by(LedgerAccount.name)
            .limit(1)
        )
    chosen = {"accounting": {"ledger_account_ids": {"products": trade.income_id, "payments": str(account_id)}}}
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", chosen)
    of_bills = {"ledger_account_ids": {"bill_lines": trade.expense_id}}
    await trade.ask("PUT", f"/entities/{trade.entity_id}/accounting_defaults", of_bills)


@contextmanager
def seeded_ids(draw: Random) -> Iterator[None]:
    """Let Tieout's ids come from a seed."""

    def uuid4() -> uuid.UUID:
        return uuid.UUID(int=draw.getrandbits(128), version=4)

    with pytest.MonkeyPatch.context() as patched:
        seeded = SimpleNamespace(UUID=uuid.UUID, uuid4=uuid4, uuid5=uuid.uuid5)
        patched.setattr("tieout.kit.identifiers.uuid", seeded)
        yield
