"""Heeding what webhooks told: it decides what a pull reads, and is forgotten in the commit that has read all of it.

What is told while a pull is under way has a higher number than what that pull reads, and waits for the next one. The
echo of our own writes costs no call: the answer of a write is the version that the webhook tells of.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Kind
from tieout.platforms.port import Platform
from tieout.platforms.webhooks import Hint
from tieout.storage.tables.connections import Company, Snapshot
from tieout.storage.tables.hints import WebhookHint
from tieout.sync.hinting import APART_S
from tieout.sync.open_books import OpenBooks
from tieout.sync.runs import RunCause

IDS_PER_QUERY_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Heed:
    """What a pull that begins now reads of what webhooks told: all up to `number`, beginning at `cursor`.

    `is_led` says that nothing else made the pull due; then `is_moot` may say that there is nothing to read.
    """

    number: int
    cursor: str | None
    is_led: bool
    is_moot: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A record as we hold it: when it last changed by the platform's word, and when we got it by our own clock."""

    changed_at: datetime | None
    got_at: datetime
    is_gone: bool


def is_hint_due(company: Company, now: datetime) -> bool:
    """Whether something that webhooks told of is to be read."""
    return company.hints_due_at is not None and company.hints_due_at <= now


async def load_heed(books: OpenBooks, *, is_routine: bool) -> Heed | None:
    """What a pull that begins now has to heed, or None. `is_routine` says that it is due whatever webhooks told."""
    company = books.company
    if company.pull_started_at is not None or company.hints_due_at is None:
        return None
    async with books.services.database.read() as session:
        hints = await _load_hints(session, company, up_to=company.hints_told)
        held = await _load_held(session, company.id, books.platform, hints)
    news = plan_news(books.platform, hints, held)
    cursor = books.platform.webhooks.begin(company.cursor, news, is_routine=is_routine)
    return Heed(company.hints_told, cursor, is_led=not is_routine, is_moot=not is_routine and not news)


def plan_news(platform: Platform, hints: Iterable[Hint], held: Mapping[tuple[Kind, str], Held]) -> tuple[Hint, ...]:
    """The hints that tell of another version than the one we hold."""
    return tuple(
        hint
        for hint in hints
        if not any(
            is_known(hint, held[kind, hint.external_id], exact_to=platform.webhooks.times_exact_to)
            for kind in platform.webhooks.kinds_of(hint.subject)
            if (kind, hint.external_id) in held
        )
    )


def is_known(hint: Hint, held: Held, *, exact_to: timedelta) -> bool:
    """Whether what a hint tells of is surely in the version that we hold.

    Records may tell whole seconds only as their times of change (`exact_to`). So what happened has to have happened
    before we got that version, too: what somebody changed within the second of our own write is read.
    """
    if hint.is_gone or held.is_gone:
        return hint.is_gone and held.is_gone
    if hint.at is None or held.changed_at is None:
        return False
    return hint.at < held.got_at and hint.at < held.changed_at + exact_to


async def _load_hints(session: AsyncSession, company: Company, *, up_to: int) -> Sequence[Hint]:
    rows = await session.scalars(
        select(WebhookHint).where(WebhookHint.company_id == company.id, WebhookHint.number <= up_to)
    )
    return [Hint(company.external_id, row.subject, row.external_id, row.happened_at, row.is_gone) for row in rows]


async def _load_held(
    session: AsyncSession, company_id: UUID, platform: Platform, hints: Iterable[Hint]
) -> dict[tuple[Kind, str], Held]:
    ids: dict[Kind, list[str]] = {}
    for hint in hints:
        for kind in platform.webhooks.kinds_of(hint.subject):
            ids.setdefault(kind, []).append(hint.external_id)
    held: dict[tuple[Kind, str], Held] = {}
    for kind, of_kind in ids.items():
        for start in range(0, len(of_kind), IDS_PER_QUERY_MAX):
            rows = await session.execute(
                select(Snapshot.external_id, Snapshot.changed_at, Snapshot.seen_at, Snapshot.gone_at).where(
                    Snapshot.company_id == company_id,
                    Snapshot.kind == kind.value,
                    Snapshot.external_id.in_(of_kind[start : start + IDS_PER_QUERY_MAX]),
                )
            )
            held |= {
                (kind, row.external_id): Held(row.changed_at, row.seen_at, row.gone_at is not None) for row in rows
            }
    return held


def note_heed(company: Company, heed: Heed, *, began_at: datetime) -> None:
    """The pull has begun, in the caller's transaction: its cursor goes on with whatever it has not read yet."""
    company.hints_read_to = heed.number
    has_more = company.hints_told > heed.number
    company.hints_due_at = began_at + timedelta(seconds=APART_S) if has_more else None
    if heed.is_led:
        company.hinted_at = began_at
        is_asked = company.pull_due_at is not None and company.pull_due_at <= began_at
        company.pull_cause = company.pull_cause if is_asked else RunCause.WEBHOOK.value


async def forget_heeded(session: AsyncSession, company: Company) -> None:
    """The pull has read what was told before it began, in the caller's transaction."""
    if company.hints_read_to is None:
        return
    read = (WebhookHint.company_id == company.id, WebhookHint.number <= company.hints_read_to)
    await session.execute(delete(WebhookHint).where(*read).execution_options(synchronize_session=False))
    company.hints_read_to = None
