"""Renewing: connecting once more while the connection lives, where that mends or prevents something.

Else a person who follows the link of a connected entity only sees that it is connected.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.connections import Company, Connection, Grant
from tieout.sync.keeping_plans import is_foretold

MENDED_BY_RENEWING: Final = ("not_permitted", "scope_missing")
"""Troubles that go away when another person, or the same with more permissions, connects."""


async def may_renew(session: AsyncSession, connection: Connection, *, now: datetime) -> bool:
    """Whether a connected entity may connect the same books once more: its access ends soon, or does not reach far."""
    if connection.status != "connected" or connection.company_id is None:
        return False
    if any(error.get("code") in MENDED_BY_RENEWING for error in connection.errors or ()):
        return True
    company = await session.get_one(Company, connection.company_id)
    grant = None if company.grant_id is None else await session.get_one(Grant, company.grant_id)
    return grant is not None and is_foretold(grant.ends_at, now)
