"""Hints from outside: that a company's access may have ended, and that something changed in its books.

The first are unauthenticated, so they only make a check due. A check is a pull, at most once a minute and company:
whoever invents hints gains nothing and costs little. The others are webhooks whose signature was verified: only these
say that a company's webhooks work, and so slow its polling down.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from tieout.storage.tables.connections import Company, Connection
from tieout.sync.runs import RunCause
from tieout.sync.services import Services
from tieout.sync.wanting import company_lane

CHECK_EVERY_S: Final = 60
GATHERED_S: Final = 10
"""So long after the first of a burst of webhooks one pull fetches what all of them told of."""
COMPANIES_MAX: Final = 20
"""Companies that one hint can wake: the same books, connected through the apps of several partners."""


async def note_hint(services: Services, platform: str, external_ids: Collection[str]) -> int:
    """Make a pull of these companies due, unless one is due already or was just made; returns how many were woken."""
    now = services.clock.now()
    before = now - timedelta(seconds=CHECK_EVERY_S)
    async with services.database.write() as session:
        companies = await session.scalars(
            select(Company)
            .join(Connection, Connection.company_id == Company.id)
            .where(
                Company.platform == platform,
                Company.external_id.in_(external_ids),
                Connection.status == "connected",
                Company.pull_due_at > now,
                or_(Company.last_pulled_at.is_(None), Company.last_pulled_at <= before),
            )
            .limit(COMPANIES_MAX)
        )
        woken = list(companies)
        for company in woken:
            company.pull_due_at = now
            company.pull_cause = RunCause.HINT.value
            await services.engine.wake(session, company_lane(company.id))
    if woken:
        services.engine.nudge()
    return len(woken)


async def note_webhooks(services: Services, platform: str, app_id: UUID, external_ids: Collection[str]) -> int:
    """Verified webhooks of an app told of changes in these companies; returns how many are known here and connected.

    A burst makes one pull due, soon and not at once. Nothing else of a webhook is believed: the pull reads the books.
    """
    now = services.clock.now()
    soon = now + timedelta(seconds=GATHERED_S)
    async with services.database.write() as session:
        companies = await session.scalars(
            select(Company)
            .join(Connection, Connection.company_id == Company.id)
            .where(
                Company.platform == platform,
                Company.app_id == app_id,
                Company.external_id.in_(external_ids),
                Connection.status == "connected",
            )
        )
        told = list(companies)
        for company in told:
            company.last_webhook_at = now
            company.webhooks_expected_at = company.webhooks_expected_at or now
            if company.pull_due_at is None or company.pull_due_at > soon:
                company.pull_due_at = soon
                company.pull_cause = RunCause.HINT.value
                await services.engine.wake(session, company_lane(company.id), at=soon)
    return len(told)
