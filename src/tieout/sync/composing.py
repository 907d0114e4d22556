"""Composing: from a wanted record to the write that brings the books in step, or to the reason why there is none.

Loads what is known of both sides, lets `operations` and `planning` decide, and sends nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.encoding import decode_record
from tieout.books.records import (
    Account,
    CreditNote,
    Document,
    DocumentStatus,
    Invoice,
    Item,
    Kind,
    Party,
    Payment,
    Record,
    TaxRate,
)
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import Explanation, WriteRefused
from tieout.platforms.port import Operation, Write
from tieout.storage.tables.connections import Link, Snapshot
from tieout.sync.applied import refuse_while_applied
from tieout.sync.differences import LEFT_BEHIND, left_behind
from tieout.sync.drafting import Lists, load_draft, load_lists, load_whole_chart
from tieout.sync.drafts import (
    AllocationDraft,
    AttachmentDraft,
    DocumentDraft,
    Draft,
    Ended,
    ItemDraft,
    Living,
    PartyDraft,
    PaymentDraft,
    agreed_but,
    as_told,
    changed_since,
    kind_of_draft,
)
from tieout.sync.faces import EXISTENCE
from tieout.sync.intents import KEY_PREFIX
from tieout.sync.mapping import Chart, refused
from tieout.sync.marking import base_of
from tieout.sync.meeting import must_meet, would_lose
from tieout.sync.needs import documents_needed, load_needed, load_present, refuse_if_hopeless
from tieout.sync.open_books import OpenBooks
from tieout.sync.operations import Ours, Step, compare, emptied, merged, plan_operation, taking_out
from tieout.sync.planning import (
    Needed,
    needed_first,
    plan_allocation,
    plan_attachment,
    plan_document,
    plan_item,
    plan_party,
    plan_payment,
)
from tieout.sync.snapshots import load_records
from tieout.sync.stand_ins import with_stand_ins
from tieout.sync.standing import LEFT_STANDING, MET_TYPES, held_fields, is_met, left_fields

Named = TypeVar("Named", Account, Item, TaxRate)

_LISTS: Final = "lists"
_GONE: Final = Explanation(
    code="gone_from_books",
    message="The record was deleted or voided in the books, so it cannot be changed there.",
    fix="Restore it in the books, then push again; or cancel it on your side too.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A write, and what it makes of its link.

    `version` numbers it among the writes of its operation; `agreed` is what our side says once it is confirmed.
    """

    write: Write
    version: int
    agreed: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has to be in the books before."""

    needed: tuple[Needed, ...]


@dataclass(frozen=True, slots=True)
class Unmet:
    """The books changed the record, which is compared with ours first (`taking_in`)."""


@dataclass(frozen=True, slots=True)
class _There:
    """A record in the books as we last saw it."""

    version_token: str | None
    record: Record | None


@dataclass(slots=True)
class _Write:
    """A record with all that its write has to name."""

    kind: Kind
    record: Record
    content: bytes = b""
    operation: Operation = Operation.CREATE
    external_id: str | None = None
    version_token: str | None = None
    standing: Record | None = None
    emptied: frozenset[str] = frozenset()


async def load_sides(session: AsyncSession, books: OpenBooks, link: Link) -> tuple[Draft, Chart]:
    """The record as it stands here, and the chart that it is mapped to; raises WriteRefused."""
    if books.facts is None:
        raise refused("company_unknown", "The company's own facts were not pulled yet.", "Synchronise once.")
    chart = await load_whole_chart(session, books.company, books.connection.entity_id, await _lists(session, books))
    return await load_draft(session, link, books.company, chart), chart


async def compose(
    session: AsyncSession, books: OpenBooks, link: Link, draft: Draft, chart: Chart
) -> Composed | Waiting | Unmet | None:
    """The write that a wanted record needs next; None when nothing is to be done.

    Raises WriteRefused, and NotImplementedError for what these books have no place for.
    """
    if link.external_id is None:
        await _refuse_beside_left(session, books, link)
    if isinstance(draft, Ended):
        return await _take_out(session, books, link, draft)
    if link.external_id is not None:
        return await _follow(session, books, link, draft, chart)
    planned = await _plan(session, books, link, draft, chart)
    if isinstance(planned, Waiting):
        return planned
    return Composed(
        write=await _as_write(session, books, planned), version=draft.version, agreed=as_told(draft) or None
    )


async def _refuse_beside_left(session: AsyncSession, books: OpenBooks, link: Link) -> None:
    """Raise WriteRefused while a document of the record that could not be taken out stands in the books."""
    left = (link.evidence or {}).get(LEFT_BEHIND)
    if left is None:
        return
    row = await session.get(Snapshot, (books.company.id, left["kind"], left["external_id"]))
    if row is None or row.gone_at is not None or row.canonical is None:
        return
    there = decode_record(Kind(row.kind), row.canonical)
    if isinstance(there, Document) and there.status not in (DocumentStatus.VOID, DocumentStatus.DELETED):
        raise WriteRefused(left_behind(left["external_id"]))


async def _lists(session: AsyncSession, books: OpenBooks) -> Lists:
    """Accounts and tax rates, read once until the next page of a pull."""
    known = books.reference.get(_LISTS)
    if not isinstance(known, Lists):
        known = books.reference[_LISTS] = await load_lists(session, books.company.id)
    return known


def _kind(books: OpenBooks, link: Link, draft: Living) -> Kind:
    kind = kind_of_draft(draft) or books.platform.kind_of(link.object_type)
    if kind is None:
        raise refused(
            "not_on_this_platform",
            f"{books.platform.title} has no place for a {link.object_type.replace('_', ' ')}.",
            "Nothing can be done about it in these books.",
        )
    return kind


async def _plan(session: AsyncSession, books: OpenBooks, link: Link, draft: Living, chart: Chart) -> _Write | Waiting:
    """The record as it is to be in the books."""
    kind = _kind(books, link, draft)
    currency = books.facts.base_currency if books.facts else None
    match draft:
        case ItemDraft():
            return _Write(kind, plan_item(draft, chart, base_currency=currency))
        case PartyDraft():
            return _Write(kind, plan_party(draft, base_currency=currency))
        case DocumentDraft():
            return await _plan_document(session, books, link, draft, chart)
        case _:
            return await _plan_part(session, books, link, draft, chart)


async def _plan_document(
    session: AsyncSession, books: OpenBooks, link: Link, draft: DocumentDraft, chart: Chart
) -> _Write | Waiting:
    needs_items = books.platform.sales_lines_need_items
    if draft.is_sale and needs_items:
        draft = with_stand_ins(draft, chart, books.company.id)
    present = await load_present(session, books, draft)
    if needed := needed_first(draft, present, lines_need_items=needs_items):
        await refuse_if_hopeless(session, books, link, needed)
        return Waiting(needed)
    return _Write(_kind(books, link, draft), plan_document(draft, present, chart))


async def _plan_part(
    session: AsyncSession,
    books: OpenBooks,
    link: Link,
    draft: PaymentDraft | AllocationDraft | AttachmentDraft,
    chart: Chart,
) -> _Write | Waiting:
    """A payment, the use of a credit, or a file: each of a document that is in the books."""
    needed = documents_needed(draft)
    known = await load_needed(session, books, needed)
    if missing := tuple(need for need in needed if need not in known or known[need].external_id is None):
        await refuse_if_hopeless(session, books, link, missing)
        return Waiting(missing)
    documents = [await _document(session, books, known[need]) for need in needed]
    kinds = [Kind(str(known[need].external_kind)) for need in needed]
    kind = _kind(books, link, draft)
    match draft:
        case PaymentDraft():
            return _Write(kind, plan_payment(draft, documents[-1], kinds[-1], chart))
        case AllocationDraft():
            return _Write(kind, plan_allocation(draft, documents[-1], documents[0], kinds[0]))
        case AttachmentDraft():
            return _Write(kind, plan_attachment(draft, documents[-1], kinds[-1]), content=draft.content)


async def _document(session: AsyncSession, books: OpenBooks, link: Link) -> Document:
    """The document of a link as the books last showed it."""
    there = await _there(session, books, link)
    if not isinstance(there.record, Document):
        raise WriteRefused(replace(_GONE, message="The document that it belongs to is no longer in the books."))
    return replace(there.record, external_id=str(link.external_id))


async def _there(session: AsyncSession, books: OpenBooks, link: Link) -> _There:
    """What the books have under a link, as we last saw it; without a record where it is gone."""
    row = await session.get(Snapshot, (books.company.id, link.external_kind, link.external_id))
    if row is None or row.gone_at is not None or row.canonical is None:
        return _There(None if row is None else row.version_token, None)
    return _There(row.version_token, decode_record(Kind(row.kind), row.canonical))


async def _take_out(session: AsyncSession, books: OpenBooks, link: Link, draft: Ended) -> Composed | Unmet | None:
    """What does not count any more is voided or deleted, if the books have it and nobody wants it to stand."""
    if link.external_id is None or draft.is_let_go or (link.evidence or {}).get(LEFT_STANDING):
        return None
    there = await _there(session, books, link)
    step = plan_operation(Ours.ENDED, compare(there.record, None, frozenset()))
    if step is Step.NOTHING:
        return None
    if not is_met(link) or (EXISTENCE not in held_fields(link) and would_lose(base_of(link), there.record)):
        return Unmet()
    if EXISTENCE in held_fields(link):
        return None
    return await _removal(session, books, link, there, draft.version)


async def _removal(session: AsyncSession, books: OpenBooks, link: Link, there: _There, version: int) -> Composed:
    assert there.record is not None, "what is gone is not taken out"
    await refuse_while_applied(session, link, there.record)
    kind = Kind(str(link.external_kind))
    wish = _Write(
        kind,
        there.record,
        operation=taking_out(kind),
        external_id=link.external_id,
        version_token=there.version_token,
    )
    return Composed(write=await _as_write(session, books, wish), version=version)


async def _follow(
    session: AsyncSession, books: OpenBooks, link: Link, draft: Living, chart: Chart
) -> Composed | Waiting | Unmet | None:
    """Bring what the books have in step with what was changed here since, but for what awaits a decision."""
    held = held_fields(link)
    there = await _there(session, books, link)
    if link.object_type in MET_TYPES and (
        not is_met(link) or (link.evidence or {}).get(LEFT_STANDING) or must_meet(base_of(link), there.record, held)
    ):
        return Unmet()
    changed = changed_since(link.agreed, draft) - held
    if not changed or EXISTENCE in held:
        return None
    planned = await _plan(session, books, link, draft, chart)
    if isinstance(planned, Waiting):
        return planned
    step = plan_operation(Ours.IN_FORCE, compare(there.record, planned.record, changed))
    if step is Step.REFUSE_GONE:
        raise WriteRefused(_GONE)
    if step is Step.NOTHING or there.record is None:
        return None
    planned.record = merged(there.record, planned.record, changed, held | (left_fields(link) - changed))
    planned.operation = Operation.UPDATE
    planned.external_id, planned.version_token = link.external_id, there.version_token
    planned.standing = there.record
    planned.emptied = emptied(planned.record, changed)
    agreed = agreed_but(as_told(draft), link.agreed, held)
    return Composed(write=await _as_write(session, books, planned), version=link.wishes, agreed=agreed)


async def _as_write(session: AsyncSession, books: OpenBooks, wish: _Write) -> Write:
    """The write with everything that its record names, under a key of its own."""
    facts = books.facts
    assert facts is not None
    accounts, rates, items = _named_by(wish.record)
    return Write(
        operation=wish.operation,
        kind=wish.kind,
        record=wish.record,
        key=KEY_PREFIX + new_id().hex,
        company=facts,
        tax_rates=_only(await _listed(session, books, Kind.TAX_RATE, rates), TaxRate),
        accounts=_only(await _listed(session, books, Kind.ACCOUNT, accounts), Account),
        items=_only(await load_records(session, books.company.id, Kind.ITEM, items) if items else {}, Item),
        external_id=wish.external_id,
        version_token=wish.version_token,
        content=wish.content,
        standing=wish.standing,
        party=await _party(session, books, wish),
        emptied=wish.emptied,
    )


async def _party(session: AsyncSession, books: OpenBooks, wish: _Write) -> Party | None:
    """Whom a document names that is to be written, as the books last showed them."""
    record = wish.record
    if not isinstance(record, Document) or wish.operation not in (Operation.CREATE, Operation.UPDATE):
        return None
    kind = books.platform.kind_of("customer" if isinstance(record, Invoice | CreditNote) else "vendor")
    if kind is None or not record.party_id:
        return None
    found = (await load_records(session, books.company.id, kind, [record.party_id])).get(record.party_id)
    return found if isinstance(found, Party) else None


def _named_by(record: Record) -> tuple[set[str], set[str], set[str]]:
    """Accounts, tax rates and items that a record names."""
    match record:
        case Document():
            lines = record.lines
            return (
                {line.account_id for line in lines if line.account_id},
                {line.tax_rate_id for line in lines if line.tax_rate_id},
                {line.item_id for line in lines if line.item_id},
            )
        case Item():
            return {x for x in (record.income_account_id, record.expense_account_id) if x}, set(), set()
        case Payment():
            return {record.account_id} if record.account_id else set(), set(), set()
        case _:
            return set(), set(), set()


async def _listed(
    session: AsyncSession, books: OpenBooks, kind: Kind, external_ids: Iterable[str]
) -> dict[str, Record]:
    """Accounts or tax rates by their id, each read once until the next page of a pull."""
    known = books.reference.setdefault(kind.value, {})
    assert isinstance(known, dict)
    wanted = set(external_ids)
    if missing := wanted - known.keys():
        known.update(dict.fromkeys(missing))
        known.update(await load_records(session, books.company.id, kind, missing))
    return {key: known[key] for key in wanted if known[key] is not None}


def _only(records: Mapping[str, Record], type_: type[Named]) -> dict[str, Named]:
    return {key: record for key, record in records.items() if isinstance(record, type_)}
