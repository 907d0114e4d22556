"""Taking over what the books say of a document, as far as its state and our record allow.

An issued invoice keeps its number, customer and amounts, for its customer has it: only its dates and memo follow. A
bill is the vendor's, so it follows in all but the vendor. How lines are described and booked is the bookkeeper's
affair: where they come to the same, ours takes over what it has room for, and the rest stays different.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Document
from tieout.books.stated_totals import AMOUNTS, STATED
from tieout.kit.identifiers import new_id
from tieout.storage.tables.business import Payable, PayableLine, Receivable
from tieout.storage.tables.connections import Company, Link
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.sync.bill_lines import FoundLine, KnownChart, found_lines
from tieout.sync.entity_books import zone_of
from tieout.sync.events import record_event
from tieout.sync.faces import EXISTENCE, LINES, comes_to_the_same
from tieout.sync.payable_history import HistoryEvent as PayableEvent
from tieout.sync.payable_history import record_history, record_status
from tieout.sync.receivable_history import BOOKS, HistoryEvent, enter_history, enter_status_change
from tieout.sync.settling import credited_amount, record_document_event, settle
from tieout.sync.taking_over import LEFT, NO_ROOM, TAKEN, Ruling
from tieout.sync.three_way import Field, Outcome, Why

_TEXT_MAX = 255
_IN_USE: Ruling = (Outcome.HELD, Why.IN_USE)
_IMMUTABLE: Ruling = (Outcome.HELD, Why.IMMUTABLE)
CANCELED = "canceled"


@dataclass(slots=True)
class OurReceivable:
    """An issued invoice or credit note."""

    row: Receivable
    company: Company
    credited: int

    def rule(self, field: Field) -> Ruling:
        """See `taking_over.Ours`."""
        match field.name:
            case "memo" | "due_on":
                return TAKEN
            case "issued_on":
                return TAKEN if field.theirs else NO_ROOM
            case "lines" if comes_to_the_same(field.base, field.theirs):
                return LEFT
            case "existence":
                return self._rule_of_end()
            case _:
                return _IMMUTABLE

    def _rule_of_end(self) -> Ruling:
        row = self.row
        if row.status == "uncollectible":
            return LEFT
        is_free = row.type == "invoice" and row.status == "issued" and not row.amount_paid and not self.credited
        return TAKEN if is_free else _IN_USE

    async def put(self, session: AsyncSession, fields: Mapping[str, Field], *, now: datetime) -> None:
        """See `taking_over.Ours`."""
        row = self.row
        if EXISTENCE in fields:
            old_status, row.status = row.status, CANCELED
            _count(row, now)
            await enter_status_change(session, row, old_status, at=now, entity_user_id=None, source=BOOKS)
            record_document_event(session, row, CANCELED, at=now)
            return
        if "memo" in fields:
            row.memo = fields["memo"].theirs
        if "due_on" in fields:
            row.due_date = _day(fields["due_on"].theirs)
        if "issued_on" in fields:
            row.issued_on = _day(fields["issued_on"].theirs)
            row.issue_date = _noon(row.issued_on, self.company)
        _count(row, now)
        enter_history(session, row, HistoryEvent.UPDATED, at=now, entity_user_id=None, source=BOOKS)
        record_document_event(session, row, "updated", at=now)


@dataclass(slots=True)
class OurPayable:
    """An approved bill with its lines; `found` is what the books' lines would make of them, None if they cannot."""

    row: Payable
    lines: Sequence[PayableLine]
    credited: int
    found: Sequence[FoundLine] | None

    def rule(self, field: Field) -> Ruling:
        """See `taking_over.Ours`."""
        match field.name:
            case "number" | "memo" | "issued_on" | "due_on":
                return TAKEN if _has_room(field) else NO_ROOM
            case "lines":
                if self.found is not None and not self.row.discount:
                    return TAKEN
                return LEFT if comes_to_the_same(field.base, field.theirs) else NO_ROOM
            case "existence":
                is_free = self.row.status == "waiting_to_be_paid" and not self.row.amount_paid and not self.credited
                return TAKEN if is_free else _IN_USE
            case _:
                return NO_ROOM

    async def put(self, session: AsyncSession, fields: Mapping[str, Field], *, now: datetime) -> None:
        """See `taking_over.Ours`."""
        row = self.row
        if EXISTENCE in fields:
            old_status, row.status = row.status, CANCELED
            _count(row, now)
            await record_status(session, row, old_status, at=now, source=BOOKS)
            record_document_event(session, row, CANCELED, at=now)
            return
        for name, column in (("number", "document_id"), ("memo", "description")):
            if name in fields:
                setattr(row, column, fields[name].theirs)
        for name, column in (("issued_on", "issued_at"), ("due_on", "due_date")):
            if name in fields:
                setattr(row, column, _day(fields[name].theirs))
        if LINES in fields:
            await self._put_lines(session, now)
        _count(row, now)
        await record_history(session, row, PayableEvent.UPDATED, at=now, source=BOOKS)
        record_document_event(session, row, "updated", at=now)
        if LINES in fields:
            await settle(session, row, now=now, is_of_books=True)

    async def _put_lines(self, session: AsyncSession, now: datetime) -> None:
        """Line by line in their order, so that those which stand keep their ids."""
        assert self.found is not None, "lines that cannot be told are not taken over"
        row = self.row
        for position, found in enumerate(self.found):
            if position < len(self.lines):
                line = self.lines[position]
            else:
                line = PayableLine(id=new_id(), partner_id=row.partner_id, entity_id=row.entity_id, payable_id=row.id)
                line.position, line.created_at = position, now
                session.add(line)
            found.put_into(line, now=now)
        for line in self.lines[len(self.found) :]:
            await session.delete(line)
        net, tax = sum(one.net for one in self.found), sum(one.tax for one in self.found)
        row.subtotal, row.tax_amount, row.total_amount = net, tax, net + tax
        stated = row.content.get(STATED) or {}
        row.content = {**row.content, STATED: {name: getattr(row, name) for name in AMOUNTS if name in stated}}


@dataclass(slots=True)
class OurPayableCreditNote:
    """A vendor's credit note that was approved."""

    row: PayableCreditNote

    def rule(self, field: Field) -> Ruling:
        """See `taking_over.Ours`."""
        match field.name:
            case "number" | "memo" | "issued_on":
                return TAKEN if _has_room(field) else NO_ROOM
            case "lines" if comes_to_the_same(field.base, field.theirs):
                return LEFT
            case "due_on":
                return LEFT
            case "existence":
                return _IN_USE
            case _:
                return NO_ROOM

    async def put(self, session: AsyncSession, fields: Mapping[str, Field], *, now: datetime) -> None:
        """See `taking_over.Ours`."""
        row = self.row
        for name, column in (("number", "document_id"), ("memo", "description")):
            if name in fields:
                setattr(row, column, fields[name].theirs)
        if "issued_on" in fields:
            row.issued_at = _day(fields["issued_on"].theirs)
        _count(row, now)
        record_event(
            session,
            partner_id=row.partner_id,
            entity_id=row.entity_id,
            object_type="payables_credit_note",
            object_id=row.id,
            action="payables_credit_note.updated",
            at=now,
        )


OurDocument = OurReceivable | OurPayable | OurPayableCreditNote


async def load_our_document(
    session: AsyncSession, company: Company, link: Link, there: Document | None
) -> OurDocument | None:
    """The document of a link, locked, with all that its rules look at."""
    model = {"receivable": Receivable, "bill": Payable, "payable_credit_note": PayableCreditNote}[link.object_type]
    row = await session.get(model, link.object_id, with_for_update=True, populate_existing=True)
    if isinstance(row, Receivable):
        return OurReceivable(row, company, await credited_amount(session, row))
    if isinstance(row, PayableCreditNote):
        return OurPayableCreditNote(row)
    if not isinstance(row, Payable):
        return None
    lines = await session.scalars(
        select(PayableLine)
        .where(PayableLine.payable_id == row.id)
        .order_by(PayableLine.position, PayableLine.id)
        .execution_options(populate_existing=True)
    )
    found = None if there is None else found_lines(there, await KnownChart.load(session, company.id))
    return OurPayable(row, list(lines), await credited_amount(session, row), found)


def _has_room(field: Field) -> bool:
    """Whether a vendor's document can say what the books say: only its memo may be empty."""
    return bool(field.theirs or field.name == "memo") and len(field.theirs or "") <= _TEXT_MAX


def _count(row: Receivable | Payable | PayableCreditNote, now: datetime) -> None:
    row.version += 1
    row.updated_at = now


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _noon(day: date | None, company: Company) -> datetime | None:
    """A moment of the day where the books are: the books know days only."""
    if day is None:
        return None
    zone = zone_of((company.facts or {}).get("time_zone"))
    return datetime.combine(day, time(12), zone).astimezone(UTC)
