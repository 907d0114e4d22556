"""In which order links are locked, so that a partner's call and a company's lane never wait for one another."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from tests.support.databases import empty_database
from tests.support.stage import AT

from tieout.storage.database import Database
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.business import Entity
from tieout.storage.tables.connections import Company, Link
from tieout.sync.parts import load_locked

pytestmark = pytest.mark.postgresql
PARTNER, ENTITY, APP, COMPANY, PART, BILL, OTHER = (UUID(int=number) for number in range(1, 8))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A bill with a file on it, and another bill."""
    async with empty_database("postgresql", tmp_path) as opened:
        dated = {"created_at": AT, "updated_at": AT}
        owned = {"partner_id": PARTNER, "platform": "ledgerly", "environment": "simulated", **dated}
        async with opened.write() as session:
            session.add(Partner(id=PARTNER, name="Payables Inc", **dated))
            await session.flush()
            session.add(PlatformApp(id=APP, client_id="c", client_secret=b"s", **owned))
            session.add(Entity(id=ENTITY, partner_id=PARTNER, type="organization", address={}, details={}, **dated))
            await session.flush()
            session.add(Company(id=COMPANY, app_id=APP, external_id="1", name="Books", **owned))
            await session.flush()
            for link_id, object_type in ((PART, "attachment"), (BILL, "bill"), (OTHER, "bill")):
                link = Link(
                    id=link_id, partner_id=PARTNER, entity_id=ENTITY, company_id=COMPANY, last_pulled_at=AT, **dated
                )
                link.object_type, link.object_id = object_type, link_id
                link.last_pulled_at = AT
                link.part_of = BILL if link_id == PART else None
                session.add(link)
        yield opened


async def test_who_locks_a_part_has_locked_its_document_before(database: Database) -> None:
    """Whoever pushes a document again locks it first, and then the part, which the lane would hold."""
    async with database.write() as session:
        locked = await load_locked(session, {PART})
        assert list(locked) == [BILL, PART]
        with pytest.raises(DBAPIError, match="could not obtain lock"):
            await lock_at_once(database, BILL)
        await lock_at_once(database, OTHER)


async def lock_at_once(database: Database, link_id: UUID) -> None:
    async with database.write() as session:
        await session.execute(select(Link.id).where(Link.id == link_id).with_for_update(nowait=True))
