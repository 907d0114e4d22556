"""Curing: refused writes are wanted again when what refused them may have gone away.

Whoever brings news (a page of the books, a change of settings, a new connection) leaves them with the company in the
same commit. Its lane then wants what they may cure, some at a time; what was refused after the news is left alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, Tombstone
from tieout.engine.port import Engine, Turn
from tieout.platforms.errors import Cure, PlatformRefusal
from tieout.platforms.port import Write
from tieout.storage.tables.connections import Company, Connection, Link, Snapshot
from tieout.sync.connected import LIVE
from tieout.sync.cures import DAILY, words_of_changes, words_of_refusal
from tieout.sync.dependents import want_again
from tieout.sync.open_books import OpenBooks, load_company_again
from tieout.sync.parts import load_locked, tell_whole
from tieout.sync.wanting import company_lane

TRIES_MAX: Final = 20
"""How often a refused write is tried by itself before somebody must change or push the record."""
WANTED_AT_ONCE_MAX: Final = 200
"""Refused writes that one commit wants again."""
REMEMBERED_MAX: Final = 10_000
"""Refused writes of a company whose causes are compared with news."""
TRIED_DAILY: Final = timedelta(days=1)
"""How often is tried what no news tell of, such as a plan that was upgraded."""
IDS_PER_QUERY_MAX: Final = 500


def remember_cure(link: Link, refusal: PlatformRefusal, write: Write | None, *, now: datetime) -> None:
    """Keep with a refused record what may cure it, and how often it was tried by itself since somebody wanted it."""
    before = link.cure or {}
    tries = before.get("tries", 0) if before.get("wishes") == link.wishes else 0
    link.cure = {
        "words": words_of_refusal(refusal, write),
        "since": now.isoformat(),
        "tries": tries,
        "wishes": link.wishes,
    }


async def note_changes(
    session: AsyncSession, company: Company, changes: Sequence[Change | Tombstone], *, now: datetime
) -> None:
    """Leave with the company what a page brings that may cure something, before the page is written over it."""
    remembered = await _load_refused(session, company.id)
    if not remembered:
        return
    known = await _load_known(session, company.id, changes)
    leave_news(company, words_of_changes(changes, known) & _words(remembered), now=now)


async def note_pulled(session: AsyncSession, company: Company, *, now: datetime) -> None:
    """A pull has ended: what nothing but time cures is tried, and once a day what nothing tells of."""
    remembered = await _load_refused(session, company.id)
    words = _words(remembered) & {Cure.TIME.value}
    oldest = now - TRIED_DAILY
    if any(DAILY in cure["words"] and datetime.fromisoformat(cure["since"]) <= oldest for cure in remembered.values()):
        words |= {DAILY}
    leave_news(company, words, now=now)


def leave_news(company: Company, words: Iterable[str], *, now: datetime) -> None:
    """Have the company's lane want what these words may cure, in the caller's transaction, which wakes it."""
    left = set((company.news or {}).get("words", ())) | set(words)
    if left:
        company.news = {"words": sorted(left), "since": now.isoformat()}


async def leave_news_of_settings(
    session: AsyncSession, engine: Engine, *, partner_id: UUID, entity_id: UUID, now: datetime
) -> None:
    """The entity's accounting settings have changed: what was refused for them is tried again."""
    company = await session.scalar(
        select(Company)
        .join(Connection, Connection.company_id == Company.id)
        .where(Connection.partner_id == partner_id, Connection.entity_id == entity_id, Connection.status.in_(LIVE))
        .with_for_update(of=Company)
    )
    if company is not None:
        leave_news(company, {Cure.SETTINGS_CHANGE.value}, now=now)
        await engine.wake(session, company_lane(company.id), partner_id=company.partner_id)


async def want_cured(books: OpenBooks, turn: Turn) -> bool:
    """Want some of what the company's news may cure; False when there are none. One commit."""
    if books.company.news is None:
        return False
    now = books.services.clock.now()
    async with turn.commit() as session:
        company = await load_company_again(session, books)
        news = company.news or {"words": [], "since": now.isoformat()}
        refused = await _load_refused(session, company.id)
        chosen = [link_id for link_id, cure in refused.items() if _is_cured(cure, news)][:WANTED_AT_ONCE_MAX]
        locked = await load_locked(session, chosen)
        for link in [locked[link_id] for link_id in chosen if link_id in locked]:
            tries = (link.cure or {}).get("tries", 0) + 1
            await want_again(session, link, now=now)
            link.cure = {**(link.cure or {}), "tries": tries, "wishes": link.wishes}
            await tell_whole(session, link, now=now)
        if len(chosen) < WANTED_AT_ONCE_MAX:
            company.news = None
    books.company = company
    return True


def _is_cured(cure: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether it was refused before the news, for something that they tell of, and not tried too often."""
    return (
        datetime.fromisoformat(cure["since"]) <= datetime.fromisoformat(news["since"])
        and cure["tries"] < TRIES_MAX
        and not set(cure["words"]).isdisjoint(news["words"])
    )


async def _load_refused(session: AsyncSession, company_id: UUID) -> dict[UUID, dict[str, Any]]:
    """What is refused in these books, with what may cure it; the oldest first."""
    rows = await session.execute(
        select(Link.id, Link.cure)
        .where(
            Link.company_id == company_id,
            Link.sync_status == "error",
            Link.push_wanted_at.is_(None),
            Link.cure.is_not(None),
        )
        .order_by(Link.updated_at)
        .limit(REMEMBERED_MAX)
    )
    return {link_id: cure for link_id, cure in rows if cure}


def _words(remembered: Mapping[UUID, Mapping[str, Any]]) -> set[str]:
    return {word for cure in remembered.values() for word in cure["words"]}


async def _load_known(
    session: AsyncSession, company_id: UUID, changes: Sequence[Change | Tombstone]
) -> dict[tuple[str, str], bytes | None]:
    """The canonical form of those records on a page that are known and not gone."""
    keys = sorted({(change.ref.kind.value, change.ref.external_id) for change in changes})
    known: dict[tuple[str, str], bytes | None] = {}
    for start in range(0, len(keys), IDS_PER_QUERY_MAX):
        rows = await session.execute(
            select(Snapshot.kind, Snapshot.external_id, Snapshot.canonical).where(
                Snapshot.company_id == company_id,
                Snapshot.gone_at.is_(None),
                tuple_(Snapshot.kind, Snapshot.external_id).in_(keys[start : start + IDS_PER_QUERY_MAX]),
            )
        )
        known |= {(kind, external_id): canonical for kind, external_id, canonical in rows}
    return known
