"""Ids of ledger accounts and tax rates that callers name: they must belong to books of the same entity.

Ids stay valid after a disconnect, for the books may come back; ids that nobody ever had are refused with their place.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.errors import Fault, Unprocessable
from tieout.storage.tables.connections import Connection, LedgerAccount, TaxRate

Place = tuple[str | int, ...]


async def _check(
    session: AsyncSession,
    model: type[LedgerAccount | TaxRate],
    what: str,
    *,
    partner_id: UUID,
    entity_id: UUID,
    ids: dict[Place, UUID | None],
) -> None:
    wanted = {row_id for row_id in ids.values() if row_id is not None}
    if not wanted:
        return
    books = select(Connection.company_id).where(
        Connection.entity_id == entity_id, Connection.partner_id == partner_id, Connection.company_id.is_not(None)
    )
    query = select(model.id).where(model.id.in_(wanted), model.company_id.in_(books))
    known = set((await session.scalars(query)).all())
    faults = [
        Fault(place, f"there is no {what} {row_id} in this entity's books", "value_error.unknown_id")
        for place, row_id in ids.items()
        if row_id is not None and row_id not in known
    ]
    if faults:
        raise Unprocessable(*faults)


async def check_ledger_accounts(
    session: AsyncSession, *, partner_id: UUID, entity_id: UUID, ids: dict[Place, UUID | None]
) -> None:
    """Raise Unprocessable, with the place of each, for ledger accounts that the entity's books do not have."""
    await _check(session, LedgerAccount, "ledger account", partner_id=partner_id, entity_id=entity_id, ids=ids)


async def check_tax_rates(
    session: AsyncSession, *, partner_id: UUID, entity_id: UUID, ids: dict[Place, UUID | None]
) -> None:
    """Raise Unprocessable, with the place of each, for tax rates that the entity's books do not have."""
    await _check(session, TaxRate, "tax rate", partner_id=partner_id, entity_id=entity_id, ids=ids)
