"""Hints from outside: that a company's access may have ended, and that something changed in its books.

The first are unauthenticated, so they only make a check due. A check is a pull, at most once a minute and company:
whoever invents hints gains nothing and costs little. The others are webhooks whose signature was verified: only these
say that a company's webhooks work, and so slow its polling down. What they told is kept until a pull has read it.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.platforms.webhooks import SOMETHING, Hint, Told
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Company, Connection
from tieout.storage.tables.hints import WebhookHint
from tieout.storage.upserts import upserting
from tieout.sync.runs import RunCause
from tieout.sync.services import Services
from tieout.sync.wanting import company_lane

CHECK_EVERY_S: Final = 60
GATHERED_S: Final = 0.5
"""So long after the first of a burst of webhooks one pull reads what all of them told of; platforms gather, too."""
APART_S: Final = 10
"""So long after one pull that webhooks led to the next one begins at the earliest."""
NOTED_EVERY_S: Final = 60
"""How exactly it is kept when an app's last webhook came: many companies' webhooks shall not want its row at once."""
HINTS_OF_SUBJECT_MAX: Final = 200
"""Of how many records of one kind, in one company, it is kept that they changed; more are kept as all of that kind."""
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


async def note_webhooks(services: Services, app: PlatformApp, told: Told) -> int:
    """Keep what a verified webhook of an app told, and wake the lanes; returns how many companies it was news of.

    What it says of companies that are not known here, or not connected, is nobody's. The first of a burst makes a pull
    due soon, which reads what all of it told of; while webhooks keep coming, one pull follows another at a distance.
    """
    now = services.clock.now()
    is_noted = app.last_webhook_at is not None and now - app.last_webhook_at < timedelta(seconds=NOTED_EVERY_S)
    if is_noted and not told.companies:
        return 0
    async with services.database.write() as session:
        if not is_noted:
            await session.execute(update(PlatformApp).where(PlatformApp.id == app.id).values(last_webhook_at=now))
        found = await session.scalars(
            select(Company)
            .join(Connection, Connection.company_id == Company.id)
            .where(
                Company.app_id == app.id,
                Company.external_id.in_(told.companies),
                Connection.status == "connected",
            )
            .order_by(Company.id)
            .with_for_update(of=Company)
        )
        companies = {company.external_id: company for company in found}
        for company in companies.values():
            company.last_webhook_at = now
            company.webhooks_expected_at = company.webhooks_expected_at or now
        news = {name: [hint for hint in told.hints if hint.company_id == name] for name in companies}
        for name, hints in news.items():
            if hints:
                await _keep(session, companies[name], hints, now=now)
                await _wake(session, services, companies[name], now=now)
    woken = sum(bool(hints) for hints in news.values())
    if woken:  # so that nobody has to wait for the next poll of the lanes
        asyncio.get_running_loop().call_later(GATHERED_S, services.engine.nudge)
    return woken


async def _wake(session: AsyncSession, services: Services, company: Company, *, now: datetime) -> None:
    """Make the pull due that reads what is kept, unless it is already."""
    soon = now + timedelta(seconds=GATHERED_S)
    if company.hinted_at is not None:
        soon = max(soon, company.hinted_at + timedelta(seconds=APART_S))
    if company.hints_due_at is None or company.hints_due_at > soon:
        company.hints_due_at = soon
    await services.engine.wake(session, company_lane(company.id), at=company.hints_due_at)


async def _keep(session: AsyncSession, company: Company, hints: Sequence[Hint], *, now: datetime) -> None:
    """Add hints to those that wait, one for each record, and of too many records of one kind one for all of them."""
    company.hints_told += 1
    records = {(hint.subject, hint.external_id): hint for hint in _latest(hints)}
    waiting = await _count_waiting(session, company.id)
    named = Counter(subject for subject, _ in records)
    full = {subject for subject, count in named.items() if waiting.get(subject, 0) + count > HINTS_OF_SUBJECT_MAX}
    if full:
        mine = (WebhookHint.company_id == company.id, WebhookHint.subject.in_(full))
        await session.execute(delete(WebhookHint).where(*mine).execution_options(synchronize_session=False))
        records = {key: hint for key, hint in records.items() if key[0] not in full}
        records |= {(subject, SOMETHING): Hint(company.external_id, subject, SOMETHING) for subject in full}
    rows = [
        {
            "company_id": company.id,
            "subject": subject,
            "external_id": external_id,
            "number": company.hints_told,
            "happened_at": hint.at,
            "is_gone": hint.is_gone,
            "told_at": now,
        }
        for (subject, external_id), hint in records.items()
    ]
    await session.execute(_upserting(session), rows)


def _latest(hints: Iterable[Hint]) -> list[Hint]:
    """Hints so that the last of those about one record says the most: the latest time, or none if one has none."""
    kept: dict[tuple[str, str], Hint] = {}
    for hint in hints:
        key = (hint.subject, hint.external_id)
        known = kept.get(key)
        if known is not None:
            at = None if known.at is None or hint.at is None else max(known.at, hint.at)
            hint = replace(hint, at=at, is_gone=known.is_gone or hint.is_gone)  # noqa: PLW2901 - both in one
        kept[key] = hint
    return list(kept.values())


async def _count_waiting(session: AsyncSession, company_id: UUID) -> dict[str, int]:
    rows = await session.execute(
        select(WebhookHint.subject, func.count())
        .where(WebhookHint.company_id == company_id)
        .group_by(WebhookHint.subject)
    )
    return {subject: count for subject, count in rows}  # noqa: C416 - rows are no pairs to the type checker


def _upserting(session: AsyncSession) -> Any:
    """Deliveries may come in any order and more than once: the latest time counts, and what is gone stays gone."""
    statement = upserting(session, WebhookHint)
    new, known = statement.excluded, WebhookHint
    is_vague = new.happened_at.is_(None) | known.happened_at.is_(None)
    is_later = new.happened_at > known.happened_at
    return statement.on_conflict_do_update(
        index_elements=["company_id", "subject", "external_id"],
        set_={
            "number": new.number,
            "happened_at": case((is_vague, None), (is_later, new.happened_at), else_=known.happened_at),
            "is_gone": new.is_gone | known.is_gone,
            "told_at": new.told_at,
        },
    )
