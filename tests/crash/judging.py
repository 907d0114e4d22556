"""What must be true after every trial, whatever was killed: facts from Tieout's rows and from the simulated books."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from tests.support.mortal import MortalHouse
from tests.support.trading import TOKENS

from tieout.books.encoding import decode_record
from tieout.books.records import Document, Kind
from tieout.sandbox.companies import Company as SimulatedCompany
from tieout.sandbox.simulator import Simulator
from tieout.storage.tables.business import Payable, PaymentRecord, Receivable
from tieout.storage.tables.connections import Company, Connection, Grant, Link, Snapshot
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.storage.tables.sync_history import SyncRun
from tieout.storage.tables.work import Event, Intent, Lane

Facts = dict[str, Counter[Any]]

REVOCATIONS = {"quickbooks": "/v2/oauth2/tokens/revoke", "xero": "/connect/revocation"}
RUN_EVENTS = "accounting_sync_run"
"""Events of runs, which a death makes more: the run of the dead is over, and another one goes on."""
SETTLED = ("confirmed", "refused", "cancelled")


@dataclass
class Seen:
    """Facts, which must be those of an undisturbed run; and faults, which must not be there in any run."""

    facts: Facts = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def differences(undisturbed: Seen, seen: Seen) -> list[str]:
    """What is more or less often there than without the death."""
    return [
        f"{name}: {fact} is there {after[fact]} times, and without the death {before[fact]} times"
        for name in sorted(undisturbed.facts.keys() | seen.facts.keys())
        for before, after in [(undisturbed.facts.get(name, Counter()), seen.facts.get(name, Counter()))]
        for fact in sorted({*before, *after}, key=repr)
        if before[fact] != after[fact]
    ]


async def look(mortal: MortalHouse) -> Seen:
    """Look at everything: Tieout's rows, and every simulated company."""
    seen = Seen()
    async with mortal.house.services.database.read() as session:
        names = await _look_at_documents(session, seen)
        await _look_at_writes(session, seen, names)
        await _look_at_snapshots(session, seen, mortal)
        await _look_at_access(session, seen)
        await _look_at_work(session, seen)
    simulator = mortal.house.simulator(mortal.trade.platform)
    for company in simulator.companies.values():
        _look_at_books(seen, company)
    seen.facts["parties and items in the books"] = Counter(_lists(mortal))
    seen.faults += _refused_tokens(simulator, mortal.trade.platform)
    return seen


def _refused_tokens(simulator: Simulator, platform: str) -> Iterable[str]:
    """What was refused to whom had a grant. Who died of ending one finds out by asking once more."""
    for one in sorted(simulator.requests.listed(limit=10_000), key=lambda one: one.at):
        if one.path == REVOCATIONS[platform] and one.status < 400:
            return
        if one.path == TOKENS[platform] and one.status >= 400:
            yield f"the platform refused a token: {one.status} at {one.at}"


async def _look_at_documents(session: AsyncSession, seen: Seen) -> dict[UUID, str]:
    """The partner's documents with their states and payments; answers names for what a trial may have made."""
    documents: Counter[Any] = Counter()
    tables: tuple[Any, ...] = (Receivable, Payable, PayableCreditNote)
    for table in tables:
        for row in await session.scalars(select(table)):
            paid = getattr(row, "amount_paid", 0)
            documents[table.__tablename__, str(row.id), row.status, paid, getattr(row, "paid_at", None) is None] += 1
    seen.facts["documents"] = documents
    names: dict[UUID, str] = {}
    payments: Counter[Any] = Counter()
    for payment in await session.scalars(select(PaymentRecord)):
        payments[str(payment.object_id), payment.amount, payment.status] += 1
        names[payment.id] = f"payment of {payment.amount} for {payment.object_id}"
    seen.facts["payments"] = payments
    return names


async def _look_at_writes(session: AsyncSession, seen: Seen, names: dict[UUID, str]) -> None:
    links = {link.id: link for link in await session.scalars(select(Link))}

    def named(object_type: str, object_id: UUID) -> str:
        return f"{object_type} {names.get(object_id, object_id)}"

    names |= {link.id: f"record of {named(link.object_type, link.object_id)}" for link in links.values()}
    seen.facts["links"] = Counter(
        (
            named(link.object_type, link.object_id),
            link.sync_status,
            (link.errors or {}).get("code"),
            link.push_wanted_at is not None,
            link.external_id is not None,
        )
        for link in links.values()
    )
    intents = (await session.scalars(select(Intent))).all()
    seen.facts["intents"] = Counter(
        (named(one.object_type, one.object_id), one.operation, one.object_version, one.state) for one in intents
    )
    seen.faults += [f"an intent is {one.state}: {one.object_type}" for one in intents if one.state not in SETTLED]
    claimed = Counter(
        (link.company_id, link.object_type, link.external_id) for link in links.values() if link.external_id is not None
    )
    seen.faults += [f"two of ours are {one} in the books" for one, times in claimed.items() if times > 1]
    events = Counter(
        (one.action, names.get(one.object_id, str(one.object_id))) for one in await session.scalars(select(Event))
    )
    runs = {one: times for one, times in events.items() if one[0].startswith(RUN_EVENTS)}
    seen.faults += [f"a run has ended {times} times: {one}" for one, times in runs.items() if times > 1]
    seen.facts["events"] = Counter({one: times for one, times in events.items() if one not in runs})


async def _look_at_snapshots(session: AsyncSession, seen: Seen, mortal: MortalHouse) -> None:
    """Every snapshot; and whether those of ours are what the books say of them."""
    kept: Counter[Any] = Counter()
    shown: dict[tuple[str, str], tuple[str, Any]] = {}
    rows = select(Snapshot.kind, Snapshot.external_id, Snapshot.canonical, Snapshot.gone_at)
    for kind, external_id, canonical, gone_at in await session.execute(rows):
        record = None if canonical is None else decode_record(Kind(kind), canonical)
        name = getattr(record, "name", None) or getattr(record, "number", None) or type(record).__name__
        amounts = tuple(str(getattr(record, field, "")) for field in ("total", "balance", "amount", "unapplied"))
        kept[kind, name, amounts, gone_at is not None] += 1
        if gone_at is None and isinstance(record, Document):
            shown[kind, external_id] = (record.number or "", record.total)
    seen.facts["snapshots"] = kept
    _, views = mortal.trade.books.documents(offset=0, limit=100_000)
    there = {view.ref.id: view for view in views}
    links = select(Link.external_kind, Link.external_id).where(Link.company_id == mortal.trade.company_id)
    for linked in await session.execute(links):
        ours = shown.get((linked.external_kind or "", linked.external_id or ""))
        view = there.get(linked.external_id or "")
        if ours is not None and (view is None or ours != (view.number, view.total)):
            seen.faults.append(f"the books say {view}, and Tieout {ours}")


async def _look_at_access(session: AsyncSession, seen: Seen) -> None:
    companies = {row.id: row for row in await session.scalars(select(Company))}
    seen.facts["connections"] = Counter(
        (str(row.id), row.status, companies[row.company_id].name if row.company_id else None, bool(row.errors))
        for row in await session.scalars(select(Connection))
    )
    used = {company.grant_id for company in companies.values()}
    for grant in await session.scalars(select(Grant)):
        if (grant.ended_at is None) is not (grant.id in used):
            seen.faults.append(f"a grant is in use: {grant.id in used}, and ended: {grant.end_reason}")
        if grant.refresh_owner is not None and grant.ended_at is None:
            seen.faults.append("somebody still owns the refreshing of a grant")


async def _look_at_work(session: AsyncSession, seen: Seen) -> None:
    lanes = (await session.scalars(select(Lane))).all()
    seen.faults += [f"the lane {lane.key} belongs to somebody dead" for lane in lanes if lane.owner is not None]
    seen.faults += [f"the lane {lane.key} failed: {lane.last_error}" for lane in lanes if lane.last_error is not None]
    running = (await session.scalars(select(SyncRun.cause).where(SyncRun.status == "running"))).all()
    seen.faults += [f"a run goes on for ever: {cause}" for cause in running]


def _look_at_books(seen: Seen, company: SimulatedCompany) -> None:
    """Every document and balance of a company; its debits are its credits."""
    company.ledger.assert_balanced()
    _, documents = company.documents(offset=0, limit=100_000)
    seen.facts[f"documents of {company.name}"] = Counter(
        (one.kind, one.number, one.party, str(one.total), str(one.balance), one.status) for one in documents
    )
    seen.facts[f"balances of {company.name}"] = Counter(
        (row.account.name, str(row.debit), str(row.credit)) for row in company.ledger.trial_balance()
    )


def _lists(mortal: MortalHouse) -> Iterable[tuple[str, str]]:
    """Parties and items in the books, with how they are named there."""
    trade = mortal.trade
    if trade.platform == "xero":
        organisation = mortal.house.simulators["xero"].state.xero.organisations[trade.books.id]
        yield from (("Contact", one.name) for one in organisation.contacts.values())
        yield from (("Item", one.code) for one in organisation.items.values())
        return
    for shelf in ("Customer", "Vendor", "Item"):
        for record in trade.quickbooks.shelf(shelf):
            yield shelf, record.content.get("DisplayName") or record.content["Name"]
