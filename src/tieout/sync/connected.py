"""Which books an entity is connected to."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.connections import Company, Connection

LIVE = ("connected", "deauthorized")


async def load_company(session: AsyncSession, partner_id: UUID, entity_id: UUID) -> Company | None:
    """The company of the entity's live connection; None when it has none, or has not authorised it yet."""
    company: Company | None = await session.scalar(
        select(Company)
        .join(Connection, Connection.company_id == Company.id)
        .where(Connection.partner_id == partner_id, Connection.entity_id == entity_id, Connection.status.in_(LIVE))
    )
    return company
