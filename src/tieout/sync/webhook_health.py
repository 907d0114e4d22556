"""Whether a platform's webhooks can be counted on: what they should have told of and did not, and what follows.

They are expected where the partner's app has a key for them. A pull of everything that finds a document which changed a
while ago, which we do not hold in that version, and of which no webhook has told, shows that they are silent, or that
not all of them come: polling goes on more often, and the timeline says what to look at.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, Tombstone
from tieout.books.records import Kind
from tieout.platforms.port import Platform
from tieout.platforms.webhooks import SOMETHING
from tieout.storage.tables.connections import Company, Connection, Snapshot
from tieout.storage.tables.hints import WebhookHint
from tieout.sync.open_books import OpenBooks
from tieout.sync.scheduling import WebhookFacts, Webhooks, judge_webhooks, may_have_been_missed
from tieout.sync.timeline import TIEOUT, Happened, note

SHOWN_MAX: Final = 5
"""How many of the records that no webhook told of the timeline names."""
IDS_PER_QUERY_MAX: Final = 500

_SILENT: Final = "Records changed in the books and no webhook of the platform told of it. Tieout reads more often now."
_FIX: Final = (
    "Look at the webhook's page in the platform's developer portal: its address, whether it is switched on, and whether"
    " it covers invoices, bills and credit notes. `tieout platform show` prints the address."
)
_BACK: Final = "Webhooks of the platform have told of every change for a day."


def webhook_facts(company: Company, app_last_at: datetime | None) -> WebhookFacts:
    """What the rows of a company and its app say of webhooks."""
    return WebhookFacts(
        expected_at=company.webhooks_expected_at,
        last_at=company.last_webhook_at,
        missed_at=company.webhook_missed_at,
        app_last_at=app_last_at,
    )


async def note_missed(
    session: AsyncSession,
    books: OpenBooks,
    company: Company,
    changes: Iterable[Change | Tombstone],
    *,
    read_at: datetime,
    now: datetime,
) -> None:
    """Note what webhooks should have told of and did not, before a page is written over what was known."""
    if not books.expects_webhooks or company.first_pulled_at is None:
        return
    facts = webhook_facts(company, books.app_last_webhook_at)
    suspects = {
        (change.ref.kind.value, change.ref.external_id): changed_at
        for change in changes
        if may_have_been_missed(change.ref.kind, changed_at := _changed_at(change), facts, read_at=read_at)
        and changed_at is not None
    }
    held = await _load_held(session, company.id, suspects)
    news = [key for key, changed_at in suspects.items() if not is_held(held.get(key), changed_at)]
    missed = await _untold(session, company.id, books.platform, news) if news else []
    if missed:
        await _note(session, books, company, missed, now=now)


def _changed_at(change: Change | Tombstone) -> datetime | None:
    return change.version.updated_at if isinstance(change, Change) else change.at


def is_held(held_at: datetime | None, changed_at: datetime) -> bool:
    """Whether the version of a change is known: from a webhook, or because we wrote it."""
    return held_at is not None and held_at >= changed_at


async def _load_held(
    session: AsyncSession, company_id: UUID, suspects: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], datetime | None]:
    """The times of change of the versions that we hold; of what is gone, when it went."""
    keys, held = sorted(suspects), dict[tuple[str, str], datetime | None]()
    for start in range(0, len(keys), IDS_PER_QUERY_MAX):
        rows = await session.execute(
            select(Snapshot.kind, Snapshot.external_id, Snapshot.changed_at, Snapshot.gone_at).where(
                Snapshot.company_id == company_id,
                tuple_(Snapshot.kind, Snapshot.external_id).in_(keys[start : start + IDS_PER_QUERY_MAX]),
            )
        )
        held |= {(row.kind, row.external_id): row.gone_at or row.changed_at for row in rows}
    return held


async def _untold(
    session: AsyncSession, company_id: UUID, platform: Platform, news: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Those of which no webhook waits that told of them, or of more than was kept."""
    hints = await session.execute(
        select(WebhookHint.subject, WebhookHint.external_id).where(WebhookHint.company_id == company_id)
    )
    told: set[tuple[str, str]] = set()
    for subject, external_id in hints:
        kinds = platform.webhooks.kinds_of(subject) if subject != SOMETHING else frozenset(Kind)
        told |= {(kind.value, external_id) for kind in kinds}
    return [(kind, name) for kind, name in news if told.isdisjoint({(kind, name), (kind, SOMETHING)})]


async def _note(
    session: AsyncSession, books: OpenBooks, company: Company, missed: list[tuple[str, str]], *, now: datetime
) -> None:
    """A webhook was missed. The timeline says it once, until they have worked again."""
    company.webhook_missed_at = now
    if company.webhooks_doubted_at is not None:
        return
    company.webhooks_doubted_at = now
    note(
        session,
        await session.get_one(Connection, books.connection.id),
        Happened.WEBHOOKS_MISSED,
        now=now,
        actor=TIEOUT,
        reason="webhooks_silent",
        message=f"{_SILENT} {_FIX}",
        details={
            "last_webhook_at": company.last_webhook_at.isoformat() if company.last_webhook_at else None,
            "records": [{"kind": kind, "external_id": name} for kind, name in missed[:SHOWN_MAX]],
            "count": len(missed),
        },
    )


async def note_health(session: AsyncSession, books: OpenBooks, company: Company, *, now: datetime) -> None:
    """A pull of everything has ended: from when on webhooks are expected, and whether they can be counted on again."""
    if not books.expects_webhooks:
        company.webhooks_expected_at = company.webhook_missed_at = company.webhooks_doubted_at = None
        return
    company.webhooks_expected_at = company.webhooks_expected_at or now
    verdict = judge_webhooks(webhook_facts(company, books.app_last_webhook_at), now)
    if company.webhooks_doubted_at is not None and verdict is Webhooks.HEALTHY:
        company.webhooks_doubted_at = None
        connection = await session.get_one(Connection, books.connection.id)
        note(session, connection, Happened.WEBHOOKS_WORK_AGAIN, now=now, actor=TIEOUT, message=_BACK)
