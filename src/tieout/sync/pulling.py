"""Pulling: pages of the books, saved with the cursor after them in one commit, so that a pull goes on where it was."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, Page, Tombstone, joined
from tieout.books.records import Company as CompanyFacts
from tieout.books.records import Kind
from tieout.engine.port import Turn
from tieout.platforms.port import Cause
from tieout.storage.tables.connections import Company, Connection
from tieout.sync.arriving import apply_arrivals
from tieout.sync.curing import note_changes, note_pulled
from tieout.sync.drift import note_drift
from tieout.sync.following_merges import follow_merges, load_before, plan_merges
from tieout.sync.heeding import Heed, forget_heeded, is_hint_due, load_heed, note_heed
from tieout.sync.linking import match_pulled
from tieout.sync.open_books import OpenBooks, load_company_again, stored_facts
from tieout.sync.run_counts import Counts
from tieout.sync.runs import RunCause, note_calls, note_records, run_of
from tieout.sync.scheduling import Intervals, drawn, plan_next_pull
from tieout.sync.sides import sides_of
from tieout.sync.snapshots import list_absent, save_changes
from tieout.sync.timeline import TIEOUT, Happened, note
from tieout.sync.trouble import note_recovery
from tieout.sync.webhook_health import note_health, note_missed, webhook_facts

PAGES_TOGETHER_MAX: Final = 6
"""A process that dies before it saves them has made so many calls that nobody counted."""
RECORDS_TOGETHER: Final = 500
"""A commit takes pages until they hold so many records: empty ones, the most by far, need none of their own."""
SAVE_EVERY: Final = timedelta(seconds=1)
"""Pages that come slowly are saved when so much time has passed, for people watch the first pull."""


def is_pull_due(company: Company, now: datetime) -> bool:
    """Whether a page should be fetched: a pull is under way, or one is due, or webhooks have told of something."""
    under_way = company.pull_started_at is not None
    return under_way or _is_routine_due(company, now) or is_hint_due(company, now)


def next_pull_of(company: Company, now: datetime) -> datetime | None:
    """When the next page is to be fetched: now while a pull is under way, None when nothing is ever due."""
    if company.pull_started_at is not None:
        return now
    return min((at for at in (company.pull_due_at, company.hints_due_at) if at is not None), default=None)


def _is_routine_due(company: Company, now: datetime) -> bool:
    return company.pull_due_at is not None and company.pull_due_at <= now


async def pull_pages(books: OpenBooks, turn: Turn, *, is_wanted: bool = False) -> None:
    """Fetch a page, and more while they are small, and commit them with the cursor after the last.

    A finished pull sets the time of the next. What fails after the first page is raised when the others are saved.
    `is_wanted` says that everything is to be read although nothing else made a pull due.
    """
    began_at = books.services.clock.now()
    heed = await load_heed(books, is_routine=is_wanted or _is_routine_due(books.company, began_at))
    if heed is not None and heed.is_moot:
        await _pass_over(books, turn, heed, began_at=began_at)
        return
    pages, failure = await _fetch_pages(books, turn, books.company.cursor if heed is None else heed.cursor)
    now = books.services.clock.now()
    async with turn.commit() as session:
        company = await load_company_again(session, books)
        if heed is not None:
            note_heed(company, heed, began_at=began_at)
        await run_of(session, books, now=now)  # while it is known what made the pull due: its end forgets that
        await save_page(session, books, company, joined(pages), began_at=began_at, now=now)
        await note_calls(session, books, now=now)
    books.company = company
    if failure is not None:
        raise failure


async def _pass_over(books: OpenBooks, turn: Turn, heed: Heed, *, began_at: datetime) -> None:
    """Webhooks told only of what we hold already: nothing is read."""
    async with turn.commit() as session:
        company = await load_company_again(session, books)
        cause = company.pull_cause
        note_heed(company, heed, began_at=began_at)
        company.pull_cause = cause
        await forget_heeded(session, company)
    books.company = company


async def _fetch_pages(books: OpenBooks, turn: Turn, cursor: str | None) -> tuple[list[Page], Exception | None]:
    """Pages from the cursor on that are worth a commit together, one at least, and what kept the next from coming."""
    cause = Cause.PERSON if books.company.pull_cause == RunCause.REQUEST.value else Cause.PULL
    clock, transport = books.services.clock, books.transport(cause)
    save_at = clock.uptime() + SAVE_EVERY
    pages: list[Page] = []
    while not pages or not (turn.is_over() or clock.uptime() >= save_at or _fill_commit(pages)):
        try:
            page = await books.platform.fetch_page(transport, books.company.external_id, cursor, now=clock.now())
        except Exception as error:
            if not pages:
                raise
            return pages, error
        pages.append(page)
        cursor = page.cursor
    return pages, None


def _fill_commit(pages: Sequence[Page]) -> bool:
    return (
        pages[-1].finished
        or len(pages) >= PAGES_TOGETHER_MAX
        or sum(len(page.changes) for page in pages) >= RECORDS_TOGETHER
    )


async def save_page(
    session: AsyncSession, books: OpenBooks, company: Company, page: Page, *, began_at: datetime, now: datetime
) -> None:
    """Write a page and everything that follows from it, in the caller's transaction.

    The pull counts from before its first page was fetched: who asks for one while that comes gets another.
    """
    _learn_facts(company, page.changes)
    currency = str((company.facts or {}).get("base_currency", ""))
    pull_began_at = company.pull_started_at or began_at
    absent = await list_absent(session, company.id, page, now, pull_began_at=pull_began_at)
    changes = [*page.changes, *absent]
    counts: Counts = {}
    if changes:
        if not page.is_partial:
            await note_missed(session, books, company, changes, read_at=began_at, now=now)
        counts = await note_records(session, books, changes, now=now)
        await note_changes(session, company, changes, now=now)
        merges = plan_merges(changes, await load_before(session, company.id, changes))
        await save_changes(session, company.id, changes, base_currency=currency, now=now)
        await note_drift(session, books, company, changes, now=now)
        await follow_merges(session, books, merges, now=now)
        await apply_arrivals(session, sides_of(books), changes, now=now)
    if page.is_partial:
        await _note_untranslated(session, books, company, untranslated_of(counts), now=now)
    else:
        progress = company.progress if company.pull_started_at else {}
        company.progress = plan_progress(progress, page, now, counts=counts)
    company.pull_started_at = pull_began_at
    company.cursor = page.cursor
    company.updated_at = now
    if page.finished:
        await _finish(session, books, company, now, is_partial=page.is_partial)


async def _finish(
    session: AsyncSession, books: OpenBooks, company: Company, now: datetime, *, is_partial: bool
) -> None:
    """A pull has ended. One that read only what webhooks told of puts nothing off."""
    began_at = company.pull_started_at or now
    asked_meanwhile = company.pull_due_at is not None and began_at < company.pull_due_at <= now
    is_first = _is_first_since_connected(books, company)
    company.pull_started_at = None
    company.troubles_in_row = 0
    if not asked_meanwhile:
        company.pull_cause = None
    await forget_heeded(session, company)
    matched = await match_pulled(session, books, is_partial=is_partial, now=now)
    connection = await session.get_one(Connection, books.connection.id)
    note_recovery(session, connection, now=now)
    if is_partial:
        return
    await _note_untranslated(session, books, company, company.progress["untranslated"], now=now)
    await note_pulled(session, company, now=now)
    await note_health(session, books, company, now=now)
    company.last_pulled_at = now
    if not asked_meanwhile:
        company.pull_due_at = next_pull_at(books, company, now)
    company.first_pulled_at = company.first_pulled_at or now
    company.tie_out_due_at = company.tie_out_due_at or now
    if is_first:
        kinds = {kind: entry["count"] for kind, entry in company.progress["kinds"].items()}
        note(
            session,
            connection,
            Happened.FIRST_SYNC_FINISHED,
            now=now,
            actor=TIEOUT,
            message="The books were read for the first time since they were connected.",
            details={"company_id": str(company.id), "records": kinds, **matched},
        )


async def _note_untranslated(
    session: AsyncSession, books: OpenBooks, company: Company, untranslated: dict[str, int], *, now: datetime
) -> None:
    """What the pull brought that is new and has no meaning here stands in the timeline: nobody would look otherwise."""
    if untranslated:
        note(
            session,
            await session.get_one(Connection, books.connection.id),
            Happened.RECORDS_NOT_UNDERSTOOD,
            now=now,
            actor=TIEOUT,
            message="Some records of the books have no meaning here. They are kept as they were sent.",
            details={"company_id": str(company.id), "records": untranslated},
        )


def next_pull_at(books: OpenBooks, company: Company, now: datetime) -> datetime:
    """When the company's next routine pull is due after one that ended now."""
    settings = books.services.settings
    intervals = Intervals(usual_s=settings.sync_interval_s, with_webhooks_s=settings.sync_interval_with_webhooks_s)
    draw = drawn("pull", company.platform, company.external_id, now.isoformat())
    return plan_next_pull(intervals, webhook_facts(company, books.app_last_webhook_at), now=now, draw=draw)


def _is_first_since_connected(books: OpenBooks, company: Company) -> bool:
    connected_at = books.connection.connected_at
    return company.last_pulled_at is None or (connected_at is not None and company.last_pulled_at < connected_at)


def _learn_facts(company: Company, changes: Sequence[Change | Tombstone]) -> None:
    for change in changes:
        if isinstance(change, Change) and isinstance(change.record, CompanyFacts):
            company.facts = stored_facts(change.record)
            company.name = change.record.name


def plan_progress(
    progress: dict[str, Any], page: Page, now: datetime, *, counts: Counts | None = None
) -> dict[str, Any]:
    """What the connected page shows of a pull: counts by kind, which kinds are complete, and whether all is done.

    `counts` are those of the page against what was known: what of it is new and has no meaning here is added up.
    """
    kinds: dict[str, dict[str, Any]] = {name: dict(entry) for name, entry in progress.get("kinds", {}).items()}
    for change in page.changes:
        if isinstance(change, Change):
            entry = kinds.setdefault(_shown_as(change), {"count": 0, "complete": False})
            entry["count"] += 1
    for kind in page.complete:
        kinds.setdefault(kind.value, {"count": 0, "complete": False})["complete"] = True
    untranslated = dict(progress.get("untranslated", {}))
    for name, number in untranslated_of(counts or {}).items():
        untranslated[name] = untranslated.get(name, 0) + number
    return {
        "kinds": kinds,
        "untranslated": untranslated,
        "started_at": progress.get("started_at") or now.isoformat(),
        "finished_at": now.isoformat() if page.finished else None,
    }


def untranslated_of(counts: Counts) -> dict[str, int]:
    """How many records of each kind a page brought that are new and have no meaning here."""
    return {name: entry["untranslated"] for name, entry in counts.items() if entry["untranslated"]}


def _shown_as(change: Change) -> str:
    return change.ref.kind.value if change.ref.kind is not Kind.OTHER else "other"
