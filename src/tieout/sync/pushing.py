"""Pushing.

A wanted record becomes an intent, the intent is sent, the outcome is kept. Three commits, none open while waiting.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.postings import as_json, expected_postings
from tieout.books.records import Account, Bill, Invoice, Item, Kind, Record, TaxRate
from tieout.engine.port import Turn
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import Explanation, Misuse, PlatformRefusal, WriteRefused
from tieout.platforms.port import Operation, Request, Write
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import Intent
from tieout.sync.drafting import load_draft, load_whole_chart
from tieout.sync.drafts import DocumentDraft, Draft, ItemDraft
from tieout.sync.intents import KEY_PREFIX, OPEN_STATES, intent_for, put_request
from tieout.sync.linking import OBJECT_TYPES, link_matches
from tieout.sync.mapping import refused
from tieout.sync.open_books import OpenBooks
from tieout.sync.planning import Needed, Present, needed_first, plan_document, plan_item, plan_party
from tieout.sync.runs import note_calls, note_push
from tieout.sync.settlements import refuse_link
from tieout.sync.snapshots import load_records
from tieout.sync.stand_ins import with_stand_ins
from tieout.sync.synced_records import tell_link

Named = TypeVar("Named", Account, Item, TaxRate)

log = structlog.get_logger(__name__)

PUSH_ORDER: Final = ("customer", "vendor", "product", "receivable", "bill", "payment_record")
_NOT_PLANNED: Final = Explanation(
    code="push_not_planned",
    message="Tieout could not prepare the record for the books.",
    fix="Report this to whoever runs Tieout: its log says more under the time of this record's last change.",
)


@dataclass(frozen=True, slots=True)
class Planned:
    """A write that is ready to become an intent."""

    draft: Draft
    write: Write
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has to be in the books before."""

    needed: tuple[Needed, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why it cannot be written as it is."""

    refusal: PlatformRefusal


async def plan_next(books: OpenBooks, turn: Turn, looked_at: set[UUID]) -> bool:
    """Plan the next wanted record that has no open intent; False when there is none. One commit."""
    async with books.services.database.read() as session:
        wanted = await _next_wanted(session, books, looked_at)
        if wanted is None:
            return False
        looked_at.add(wanted.id)
        plan = await _plan_or_refuse(session, books, wanted)
    now = books.services.clock.now()
    async with turn.commit() as session:
        link = await session.get(Link, wanted.id, with_for_update=True)
        if link is None or _as_wanted(link) != _as_wanted(wanted):
            looked_at.discard(wanted.id)
        else:
            match plan:
                case Planned():
                    await _save_plan(session, books, link, plan, now)
                case Waiting():
                    if await _want_first(session, books, link, plan, now=now):
                        looked_at.discard(link.id)
                case Refused():
                    await refuse_link(session, link, plan.refusal, now=now)
                    await note_push(session, books, link.object_type, "refused", now=now)
                    if link.object_type in OBJECT_TYPES:
                        looked_at.clear()  # documents that wait for it are refused with it
        await note_calls(session, books, now=now)
    return True


def _as_wanted(link: Link) -> tuple[datetime | None, datetime | None]:
    """What tells that a wish was taken back, or that the record was changed, while its push was planned."""
    return link.push_wanted_at, link.object_updated_at


async def _plan_or_refuse(session: AsyncSession, books: OpenBooks, link: Link) -> Planned | Waiting | Refused:
    """The plan. A record that cannot even be planned is refused, so that it holds up nothing else of the company."""
    try:
        plan = await _plan(session, books, link)
        if isinstance(plan, Planned):
            return replace(plan, request=books.platform.plan_write(books.company.external_id, plan.write))
    except WriteRefused as refusal:
        return Refused(refusal)
    except NotImplementedError as error:
        return Refused(refused("push_not_built", str(error), "Enter it in the books by hand."))
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        log.exception("push_not_planned", link=str(link.id), object_type=link.object_type)
        return Refused(Misuse(replace(_NOT_PLANNED, message=f"{_NOT_PLANNED.message} ({type(error).__name__})")))
    return plan


async def _next_wanted(session: AsyncSession, books: OpenBooks, looked_at: set[UUID]) -> Link | None:
    in_order = case({name: place for place, name in enumerate(PUSH_ORDER)}, value=Link.object_type, else_=99)
    has_open_intent = select(Intent.id).where(Intent.link_id == Link.id, Intent.state.in_(OPEN_STATES)).exists()
    found: Link | None = await session.scalar(
        select(Link)
        .where(
            Link.company_id == books.company.id,
            Link.entity_id == books.connection.entity_id,
            Link.push_wanted_at.is_not(None),
            Link.id.not_in(looked_at),
            ~has_open_intent,
        )
        .order_by(in_order, Link.push_wanted_at)
        .limit(1)
    )
    return found


async def _plan(session: AsyncSession, books: OpenBooks, link: Link) -> Planned | Waiting:
    facts = books.facts
    if facts is None:
        raise refused("company_unknown", "The company's own facts were not pulled yet.", "Synchronise once.")
    chart = await load_whole_chart(session, books.company, books.connection.entity_id)
    draft = await load_draft(session, link, chart)
    kind = books.platform.kind_of(link.object_type)
    if kind is None:
        raise refused(
            "not_on_this_platform",
            f"{books.platform.title} has no place for a {link.object_type.replace('_', ' ')}.",
            "Nothing can be done about it in these books.",
        )
    if not isinstance(draft, DocumentDraft):
        item_or_party: Record = (
            plan_item(draft, chart, base_currency=facts.base_currency)
            if isinstance(draft, ItemDraft)
            else plan_party(draft, base_currency=facts.base_currency)
        )
        return Planned(draft, await _as_write(session, books, kind, item_or_party))
    if draft.is_sale and books.platform.sales_lines_need_items:
        draft = with_stand_ins(draft, chart, books.company.id)
    present = await _load_present(session, books, draft)
    if needed := needed_first(draft, present, lines_need_items=books.platform.sales_lines_need_items):
        await _refuse_if_hopeless(session, books, link, needed)
        return Waiting(needed)
    return Planned(draft, await _as_write(session, books, kind, plan_document(draft, present, chart)))


async def _load_present(session: AsyncSession, books: OpenBooks, draft: DocumentDraft) -> Present:
    """What of the document's counterpart and products is in the books already."""
    named = {draft.counterpart_id, *(line.product_id for line in draft.lines if line.product_id is not None)}
    rows = await session.execute(
        select(Link.object_type, Link.object_id, Link.external_id).where(
            Link.company_id == books.company.id,
            Link.entity_id == books.connection.entity_id,
            Link.object_type.in_(("customer", "vendor", "product")),
            Link.object_id.in_(named),
            Link.external_id.is_not(None),
        )
    )
    there: dict[str, dict[UUID, str]] = {"customer": {}, "vendor": {}, "product": {}}
    for object_type, object_id, external_id in rows:
        there[object_type][object_id] = str(external_id)
    return Present(customers=there["customer"], vendors=there["vendor"], products=there["product"])


async def _refuse_if_hopeless(session: AsyncSession, books: OpenBooks, link: Link, needed: tuple[Needed, ...]) -> None:
    """A document whose counterpart or product was refused says so itself, instead of waiting for ever.

    A refusal from before the document was wanted counts no more: what was wrong may be mended, and is tried anew.
    """
    for need in needed:
        found = await _link_of(session, books, need)
        if found is None or not _is_refused(found):
            continue
        if link.push_wanted_at is None or found.updated_at >= link.push_wanted_at:
            errors = found.errors or {}
            raise refused(
                f"{need.object_type}_refused",
                f"Its {need.object_type} could not be put into the books: {errors.get('message', '')}",
                str(errors.get("fix", "Mend the record, then push it again.")),
                need.object_type,
            )


def _is_refused(link: Link) -> bool:
    return link.sync_status == "error" and link.push_wanted_at is None


async def _link_of(session: AsyncSession, books: OpenBooks, need: Needed) -> Link | None:
    link: Link | None = await session.scalar(
        select(Link).where(
            Link.company_id == books.company.id,
            Link.entity_id == books.connection.entity_id,
            Link.object_type == need.object_type,
            Link.object_id == need.object_id,
        )
    )
    return link


async def _as_write(session: AsyncSession, books: OpenBooks, kind: Kind, record: Record) -> Write:
    """The write with everything that its lines name, under a key of its own."""
    facts = books.facts
    assert facts is not None
    lines = record.lines if isinstance(record, Invoice | Bill) else ()
    account_ids = {line.account_id for line in lines if line.account_id}
    if isinstance(record, Item):
        account_ids |= {x for x in (record.income_account_id, record.expense_account_id) if x}
    rate_ids = {line.tax_rate_id for line in lines if line.tax_rate_id}
    item_ids = {line.item_id for line in lines if line.item_id}
    company_id = books.company.id
    return Write(
        operation=Operation.CREATE,
        kind=kind,
        record=record,
        key=KEY_PREFIX + new_id().hex,
        company=facts,
        tax_rates=_only(await load_records(session, company_id, Kind.TAX_RATE, rate_ids), TaxRate),
        accounts=_only(await load_records(session, company_id, Kind.ACCOUNT, account_ids), Account),
        items=_only(await load_records(session, company_id, Kind.ITEM, item_ids), Item),
    )


def _only(records: Mapping[str, Record], type_: type[Named]) -> dict[str, Named]:
    return {key: record for key, record in records.items() if isinstance(record, type_)}


async def _save_plan(session: AsyncSession, books: OpenBooks, link: Link, plan: Planned, now: datetime) -> None:
    """Record the intent as ready; one that was refused earlier for the same version gets the new request.

    What is in the books already, entered there by somebody since we last looked, is linked instead of written.
    """
    if link.object_type in OBJECT_TYPES:
        await link_matches(session, books, now=now, of=(link.object_type,))
        if link.external_id is not None:
            return
    assert plan.request is not None, "a plan that was not refused has its request"
    intent = await intent_for(session, link, plan.write.operation, plan.draft.version, now=now)
    put_request(intent, plan.write, plan.request)
    intent.expected_postings = _postings(plan.write.record)
    link.external_kind = plan.write.kind.value


def _postings(record: Record) -> list[dict[str, str | None]]:
    return as_json(expected_postings(record), record.currency) if isinstance(record, Invoice | Bill) else []


async def _want_first(session: AsyncSession, books: OpenBooks, link: Link, plan: Waiting, *, now: datetime) -> bool:
    """Want what the document needs: link it if it is surely in the books already, else push it first.

    Returns whether all of it turned out to be there.
    """
    await link_matches(session, books, now=now)
    all_there = True
    for need in plan.needed:
        needed = await _link_of(session, books, need)
        if needed is not None and needed.external_id is not None:
            continue
        all_there = False
        if needed is None:
            first = Link(
                id=new_id(),
                partner_id=link.partner_id,
                entity_id=link.entity_id,
                company_id=link.company_id,
                object_type=need.object_type,
                object_id=need.object_id,
                sync_status="pending",
                push_wanted_at=now,
                object_updated_at=now,
                last_pulled_at=now,
                created_at=now,
                updated_at=now,
            )
            session.add(first)
            await tell_link(session, first, "created", now=now)
        elif needed.push_wanted_at is None:
            needed.push_wanted_at = needed.updated_at = now
            needed.sync_status = "pending"
            needed.errors = None
            await tell_link(session, needed, "updated", now=now)
    return all_there
