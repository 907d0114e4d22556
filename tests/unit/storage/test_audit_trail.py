"""The audit trail as it is kept: whatever is altered in the database shows."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text, update
from tests.support.stage import AT

from tieout.kit.identifiers import new_id
from tieout.storage import audit_trail
from tieout.storage.database import Database
from tieout.storage.tables.access import ApiClient, AuditEntry, Partner

ENTRIES = 6


async def new_partner(database: Database) -> UUID:
    partner_id = new_id()
    async with database.write() as session:
        session.add(Partner(id=partner_id, name="Acme", created_at=AT, updated_at=AT))
    return partner_id


async def record(database: Database, partner_id: UUID, number: int, **details: Any) -> None:
    async with database.write() as session:
        await audit_trail.record(
            session,
            partner_id=partner_id,
            at=AT + timedelta(microseconds=number),
            actor="client:1",
            action="entity.created",
            subject_id=f"e-{number}",
            details={"number": number, **details},
        )


async def first_wrong(database: Database, partner_id: UUID) -> int | None:
    async with database.read() as session:
        return await audit_trail.verify(session, partner_id)


@pytest.fixture
async def partner_id(database: Database) -> UUID:
    """A partner with some entries, and another whose entries lie between them."""
    mine, other = await new_partner(database), await new_partner(database)
    for number in range(1, ENTRIES + 1):
        await record(database, mine, number, name="Ü€", nested={"z": [1, None, True], "a": -1}, big=2**60)
        await record(database, other, number)
    return mine


async def test_a_trail_that_nobody_touched_is_whole(
    database: Database, partner_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await first_wrong(database, partner_id) is None
    for at_once in (1, 2, ENTRIES, ENTRIES + 1):
        monkeypatch.setattr(audit_trail, "ENTRIES_READ_AT_ONCE", at_once)
        assert await first_wrong(database, partner_id) is None
    async with database.read() as session:
        numbers = await session.scalars(select(AuditEntry.number).where(AuditEntry.partner_id == partner_id))
        assert sorted(numbers) == list(range(1, ENTRIES + 1))


async def test_a_partner_without_entries_has_a_whole_trail(database: Database) -> None:
    assert await first_wrong(database, await new_partner(database)) is None


ALTERATIONS: list[dict[str, Any]] = [
    {"actor": "client:2"},
    {"action": "entity.deleted"},
    {"subject_id": "e-x"},
    {"at": AT},
    {"details": {"number": 0}},
    {"details": {}},
    {"previous_hash": "1" * 64},
    {"entry_hash": "1" * 64},
    {"number": ENTRIES + 9},
]


async def test_an_altered_or_removed_entry_shows_wherever_it_stands(
    database: Database, partner_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_trail, "ENTRIES_READ_AT_ONCE", 2)
    for number in (1, 2, 3):
        which = (AuditEntry.partner_id == partner_id, AuditEntry.number == number)
        altering = [update(AuditEntry).where(*which).values(**values) for values in ALTERATIONS]
        for change in (*altering, delete(AuditEntry).where(*which)):
            async with database.read() as session:
                await session.execute(change.execution_options(synchronize_session=False))
                assert await audit_trail.verify(session, partner_id) == number, change
    assert await first_wrong(database, partner_id) is None


async def test_entries_of_another_partner_do_not_pass_as_mine(database: Database, partner_id: UUID) -> None:
    async with database.write() as session:
        mine = (AuditEntry.partner_id == partner_id, AuditEntry.number == ENTRIES)
        await session.execute(delete(AuditEntry).where(*mine))
        theirs = (AuditEntry.partner_id != partner_id, AuditEntry.number == ENTRIES)
        await session.execute(update(AuditEntry).where(*theirs).values(partner_id=partner_id))
    assert await first_wrong(database, partner_id) == ENTRIES


async def test_an_entry_is_kept_with_the_transaction_or_not_at_all(database: Database, partner_id: UUID) -> None:
    async def record_then_fail() -> None:
        async with database.write() as session:
            await audit_trail.record(
                session, partner_id=partner_id, at=AT, actor="a", action="b", subject_id="c", details=None
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await record_then_fail()
    await record(database, partner_id, ENTRIES + 1)
    assert await first_wrong(database, partner_id) is None


async def test_entries_of_one_transaction_are_chained_too(database: Database, partner_id: UUID) -> None:
    async with database.write() as session:
        for number in range(3):
            await audit_trail.record(
                session, partner_id=partner_id, at=AT, actor="a", action="b", subject_id=str(number)
            )
    assert await first_wrong(database, partner_id) is None


async def test_transactions_that_change_something_and_record_it_never_block_each_other(database: Database) -> None:
    """A row that refers to the partner locks the partner's row a little; recording must get along with that."""
    partner_id = await new_partner(database)
    both_wrote = asyncio.Barrier(2)

    async def change_and_record(number: int) -> None:
        async with database.write() as session:
            session.add(
                ApiClient(partner_id=partner_id, secret_hash="x" * 64, name="x", secret_created_at=AT, created_at=AT)
            )
            await session.flush()
            if not database.is_sqlite:
                await both_wrote.wait()
            await audit_trail.record(
                session, partner_id=partner_id, at=AT, actor="a", action="b", subject_id=str(number)
            )

    async with asyncio.timeout(20):
        await asyncio.gather(change_and_record(1), change_and_record(2))
    assert await first_wrong(database, partner_id) is None


async def test_entries_written_at_the_same_time_get_numbers_of_their_own(database: Database) -> None:
    partner_id = await new_partner(database)
    await asyncio.gather(*(record(database, partner_id, number) for number in range(8)))

    assert await first_wrong(database, partner_id) is None
    async with database.read() as session:
        assert sorted(await session.scalars(select(AuditEntry.number))) == list(range(1, 9))


async def test_the_order_of_keys_that_a_database_keeps_does_not_matter(database: Database, partner_id: UUID) -> None:
    """PostgreSQL sorts the keys of JSON by length: what it gives back is not what it was given."""
    async with database.read() as session:
        kept = await session.scalar(
            text("SELECT details FROM audit_entries WHERE number = 1 AND partner_id = :p"),
            {"p": partner_id.hex if database.is_sqlite else partner_id},
        )
    assert kept is not None
    assert await first_wrong(database, partner_id) is None
