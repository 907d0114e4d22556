"""What a platform says is kept whole, however long: a page of the books must not fail on a name."""

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.support.stage import AT

from tieout.books.changes import Change, ExternalRef, Version
from tieout.books.records import Account, AccountType, Kind, Record, TaxComponent, TaxRate
from tieout.kit.identifiers import new_id
from tieout.storage.database import Database
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.connections import Company, LedgerAccount
from tieout.storage.tables.connections import TaxRate as TaxRateRow
from tieout.sync.snapshots import load_records, save_changes

DEEP = ":".join(["A sub-account under a sub-account, named as long as the books allow it".ljust(100, "!")] * 5)


@pytest.fixture
async def company_id(database: Database) -> UUID:
    partner_id, app_id, company_id = new_id(), new_id(), new_id()
    dated = {"created_at": AT, "updated_at": AT}
    owned = {"partner_id": partner_id, "platform": "ledgerly", "environment": "simulated", **dated}
    async with database.write() as session:
        session.add(Partner(id=partner_id, name="Payables Inc", **dated))
        await session.flush()
        session.add(PlatformApp(id=app_id, client_id="c", client_secret=b"s", **owned))
        await session.flush()
        session.add(Company(id=company_id, app_id=app_id, external_id="1", name=DEEP, **owned))
    return company_id


def change(kind: Kind, record: Record) -> Change:
    return Change(ref=ExternalRef(kind, "1"), version=Version("0", AT), record=record, raw=b"{}")


async def test_the_longest_account_and_rate_are_kept_whole(database: Database, company_id: UUID) -> None:
    account = Account(
        external_id="1",
        name=DEEP,
        code=DEEP,
        type=AccountType.EXPENSE,
        subtype=DEEP,
        description=DEEP,
        current_balance=Decimal("123456789012.34"),
    )
    rate = TaxRate(
        external_id="1",
        name=DEEP,
        code=DEEP,
        effective_rate=Decimal("8.8751234567"),
        total_rate=Decimal("8.875"),
        components=(TaxComponent(name=DEEP, rate=Decimal("8.875")),),
    )
    changes = [change(Kind.ACCOUNT, account), change(Kind.TAX_RATE, rate)]
    async with database.write() as session:
        await save_changes(session, company_id, changes, base_currency="EUR", now=AT)

    async with database.read() as session:
        row = (await session.scalars(select(LedgerAccount))).one()
        assert (row.name, row.nominal_code, row.subtype) == (DEEP, DEEP, DEEP)
        assert (await session.scalars(select(TaxRateRow.effective_rate))).one() == rate.effective_rate
        assert await load_records(session, company_id, Kind.ACCOUNT) == {"1": account}
        assert await load_records(session, company_id, Kind.TAX_RATE) == {"1": rate}
