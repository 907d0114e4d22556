"""The ground that every history starts from: a house with books that were connected and pulled once.

It is built once for a process. Each history runs in a forked child, which inherits the simulated platforms as they
are in memory, and works on a copy of the database's file. Nothing depends on the machine's chance: ids come from a
seeded stream, so that two runs of a seed also sort alike.
"""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from tests.support.house import build_house
from tests.support.mortal import without_threads
from tests.support.trading import BUSY, HOME, PLATFORMS, Trade, open_trade, unhurried

from tieout.sandbox.simulator import seeded
from tieout.storage.tables.connections import LedgerAccount

GROUND_SEED = 20_260_302
SEEDS_OF_A_KIND = 50
"""So many seeds in a row find the same pair of books: the tests need one ground for each platform."""
BOOKS = (HOME, BUSY)


@dataclass(frozen=True)
class Configuration:
    """Where a history takes place."""

    platform: str
    books: str

    def __str__(self) -> str:
        return f"{self.platform}, {self.books!r}, embedded engine on SQLite"


def configuration_of(seed: int) -> Configuration:
    """Even seeds storm at one platform, odd ones at the other."""
    platform = PLATFORMS[seed % len(PLATFORMS)]
    return Configuration(platform, BOOKS[(seed - 1) // SEEDS_OF_A_KIND % len(BOOKS)][platform])


@dataclass(frozen=True)
class Ground:
    """A closed house, ready to be opened in a child."""

    configuration: Configuration
    trade: Trade
    database_file: Path

    def open(self, folder: Path) -> Trade:
        """Go on here, in a child, with a database of its own in `folder`."""
        house = self.trade.house
        house.reopen(self.database_file, folder)
        self.trade.partner.http = house.new_client()
        return self.trade


def build_ground(configuration: Configuration, folder: Path) -> Ground:
    """Connect the books, pull them, and close the house."""

    async def build() -> Ground:
        without_threads(patched)
        house = await build_house(folder)
        unhurried(patched)
        trade = await open_trade(house, configuration.platform, name=configuration.books)
        await _choose_accounts(trade)
        return Ground(configuration, trade, await house.close_up())

    with pytest.MonkeyPatch.context() as patched, seeded_ids(seeded(GROUND_SEED, "ids")):
        return asyncio.run(build())


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
