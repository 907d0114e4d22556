"""Rechecking: a write that was refused by what is known of the company has that read again, for it may have changed."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.connections import Company
from tieout.sync.open_books import OpenBooks
from tieout.sync.runs import RunCause
from tieout.sync.settlements import READ_WITHIN_S

RECHECKED: Final = ("currency_not_subscribed", "not_in_plan", "not_permitted")
"""Codes of what platforms tell of a company, but not with every pull."""


async def recheck_company(session: AsyncSession, books: OpenBooks, *, now: datetime) -> None:
    """Have the next pull read it, and pull soon, in the caller's transaction."""
    company = await session.get_one(Company, books.company.id, with_for_update=True)
    if company.cursor is not None:
        company.cursor = books.platform.recheck(company.cursor)
    is_late = company.last_pulled_at is not None and now - company.last_pulled_at >= timedelta(seconds=READ_WITHIN_S)
    if is_late and company.pull_due_at is not None and company.pull_due_at > now:
        company.pull_due_at = now
        company.pull_cause = RunCause.REFUSAL.value
    books.company = company
