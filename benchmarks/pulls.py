"""The first pull of 10,000 simulated invoices: documents/s through mapping and storage, calls against the fewest."""

import asyncio
import math
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import delete, func, select

from benchmarks.connected import Connected, connected_company
from tieout.engine.lanes import EmbeddedEngine
from tieout.engine.running import LaneTurn
from tieout.platforms.port import Answer, Cause, Request
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.connections import Company, LedgerAccount, Snapshot, TaxRate
from tieout.sync.open_books import OpenBooks, RefreshingTransport, open_books
from tieout.sync.pulling import pull_pages

DOCUMENTS = 10_000
PAGE_SIZE = 1_000
PAGES_MAX = 200


LISTS: dict[str, tuple[frozenset[str], ...]] = {
    "quickbooks": tuple(
        frozenset((kind,))
        for kind in (
            *("company", "company preferences", "account", "tax_rate", "tax code", "customer", "vendor", "item"),
            *("invoice", "bill", "credit_note", "vendor_credit", "payment", "bill_payment"),
        )
    ),
    "xero": (
        *(frozenset((kind,)) for kind in ("company", "account", "tax_rate", "party", "item")),
        frozenset(("invoice", "bill")),
        frozenset(("credit_note", "vendor_credit")),
        frozenset(("payment", "bill_payment")),
    ),
}
"""The lists that each platform keeps, and the kinds of records in them: a list takes a call a page, at least one."""


class Recorder:
    """A transport that keeps every answer, and then plays them back in the same order."""

    def __init__(self, inner: RefreshingTransport) -> None:
        """Record what `inner` answers."""
        self._inner: RefreshingTransport | None = inner
        self._answers: list[Answer] = []
        self._played = 0

    async def send(self, request: Request) -> Answer:
        """Ask and keep, or play back."""
        if self._inner is not None:
            self._answers.append(await self._inner.send(request))
            return self._answers[-1]
        self._played += 1
        return self._answers[self._played - 1]

    def rewind(self) -> None:
        """From now on play back from the start."""
        self._inner, self._played = None, 0

    @property
    def calls(self) -> int:
        """How many calls were recorded."""
        return len(self._answers)

    @property
    def received_bytes(self) -> int:
        """How much came back."""
        return sum(len(answer.body) for answer in self._answers)


async def rows(folder: Path) -> list[str]:
    """Two rows for each platform."""
    made: list[str] = []
    for platform in all_platforms():
        async with connected_company(folder, platform, documents=DOCUMENTS) as connected:
            made += await _measure(connected)
    return made


async def _measure(connected: Connected) -> list[str]:
    books = await open_books(connected.house.services, connected.company_id, None)
    assert books is not None
    recorder = Recorder(books.transport(Cause.PULL))
    books._transports[Cause.PULL] = recorder  # type: ignore[assignment]  # noqa: SLF001 - the benchmark stands in between
    with_simulator_s = await _pull(books)
    kinds = await _counts(connected)
    lists = LISTS[connected.platform]
    fewest = sum(max(math.ceil(sum(kinds[kind] for kind in one) / PAGE_SIZE), 1) for one in lists)
    recorder.rewind()
    await _forget(books)
    alone_s = await _pull(books)
    records = sum(kinds.values())
    return [
        _row(
            f"{records} records in {alone_s:.2f} s of processor time for mapping and storage",
            f"= {records / alone_s:,.0f}/s",
            f"(target 3,000); with the simulator {records / with_simulator_s:,.0f}/s",
            title=connected.title,
        ),
        _row(
            f"{recorder.calls} calls, {recorder.calls / fewest:.2f} x the fewest (target 1.2):",
            f"{fewest} for pages of {PAGE_SIZE} of {len(lists)} lists; {recorder.received_bytes / 1e6:.1f} MB",
            title=connected.title,
        ),
    ]


def _row(*parts: str, title: str) -> str:
    return f"first pull, {title}: {' '.join(parts)}"


async def _pull(books: OpenBooks) -> float:
    """Pull to the end; returns the seconds of processor time it took, all threads together."""
    services = books.services
    engine = services.engine
    assert isinstance(engine, EmbeddedEngine)
    async with services.database.write() as session:
        await engine.wake(session, f"bench:{time.perf_counter_ns()}")
    [claim] = await engine.claims.claim(1, kinds=("bench",))
    turn = LaneTurn(engine, claim, asyncio.Event())
    started_s = time.process_time()
    for _ in range(PAGES_MAX):
        await pull_pages(books, turn)
        if books.company.pull_started_at is None:
            break
    return time.process_time() - started_s


async def _counts(connected: Connected) -> Counter[str]:
    async with connected.house.services.database.read() as session:
        query = select(Snapshot.kind, func.count()).where(Snapshot.company_id == connected.company_id)
        return Counter(dict((await session.execute(query.group_by(Snapshot.kind))).tuples().all()))


async def _forget(books: OpenBooks) -> None:
    """As if nothing had been pulled."""
    async with books.services.database.write() as session:
        for table in (Snapshot, LedgerAccount, TaxRate):
            await session.execute(delete(table))
        company = await session.get_one(Company, books.company.id)
        company.cursor = company.pull_started_at = company.first_pulled_at = company.tie_out_due_at = None
        company.progress = {}
    books.company = company
