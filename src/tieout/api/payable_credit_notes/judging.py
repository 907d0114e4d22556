"""Judging a credit note: loads what `validating` decides by, adds up, and moves drafts that are complete."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from tieout.api.completeness import Problem
from tieout.api.dependencies import CallForEntity
from tieout.api.payable_credit_notes.states import OPEN
from tieout.api.payable_credit_notes.validating import DEFAULTS, GONE, Bill, RequiredField, Subject, problems_of
from tieout.api.required_fields import RequiredFields
from tieout.api.scope import rows_in_entity, rows_of_entity
from tieout.books.stated_totals import AMOUNTS, STATED, LineAmounts, StatedTotals, fits, stated_totals
from tieout.kit.errors import Conflict, Fault, Unprocessable
from tieout.storage.tables.business import Payable
from tieout.storage.tables.connections import Company
from tieout.storage.tables.payable_credit_notes import PayableCreditNote, PayableCreditNoteLine
from tieout.sync.connected import load_company
from tieout.sync.entity_books import load_tax_values

REQUIRED = RequiredFields(setting="payable_credit_notes_required_fields", words=RequiredField, defaults=DEFAULTS)
"""What credit notes of vendors must have."""

_NOT_IN_FORCE = ("canceled", "rejected")
_COLUMNS = (
    "currency",
    "document_id",
    "issued_at",
    "based_on",
    "tax_amount",
    "total_amount",
    "subtotal",
    "description",
    "tax",
    "counterpart_id",
    "counterpart_address_id",
)
_LINE = ("quantity", "unit_price", "tax", "unit", "name", "description", "subtotal", "total", "tax_amount")


async def load_note_lines(call: CallForEntity, note_id: UUID) -> list[PayableCreditNoteLine]:
    """The lines of a credit note, in order."""
    found = await call.session.scalars(
        rows_of_entity(call, PayableCreditNoteLine)
        .where(PayableCreditNoteLine.credit_note_id == note_id)
        .order_by(PayableCreditNoteLine.position, PayableCreditNoteLine.id)
    )
    return list(found)


def amounts_of(line: PayableCreditNoteLine) -> LineAmounts:
    """A line's amounts, as they are kept."""
    return LineAmounts(subtotal=line.subtotal, tax_amount=line.tax_amount, total=line.total)


def add_up(row: PayableCreditNote, lines: Sequence[PayableCreditNoteLine]) -> StatedTotals:
    """The totals: as stated, or as the lines say."""
    return stated_totals(row.content.get(STATED) or {}, [amounts_of(line) for line in lines], None, tax=row.tax)


async def judge(call: CallForEntity, row: PayableCreditNote, lines: Sequence[PayableCreditNoteLine]) -> list[Problem]:
    """Why the credit note is not complete; empty when it is."""
    company = await load_company(call.session, call.partner_id, call.entity_id)
    fields = {name: getattr(row, name) for name in _COLUMNS}
    subject = Subject(
        fields=fields | {"counterpart_vat_id_id": row.content.get("counterpart_vat_id_id")},
        lines=[{name: getattr(line, name) for name in _LINE} for line in lines],
        totals=add_up(row, lines),
        amounts=[amounts_of(line) for line in lines],
        bill=await _load_bill(call, row.based_on),
        has_books=company is not None,
        tax_values=await _load_tax_values(call, company),
    )
    return problems_of(subject, await REQUIRED.load(call))


async def _load_tax_values(call: CallForEntity, company: Company | None) -> frozenset[Decimal] | None:
    """The taxes that the books know on purchases; None without books, and for those that have no such taxes."""
    if company is None or not (company.facts or {}).get("taxes_purchases", True):
        return None
    return await load_tax_values(call.session, company, call.entity_id, on_sales=False)


async def _load_bill(call: CallForEntity, payable_id: UUID | None) -> Bill | None:
    if payable_id is None:
        return None
    payable = await call.session.scalar(rows_in_entity(call, Payable).where(Payable.id == payable_id))
    if payable is None:
        return GONE
    return Bill(
        is_in_force=payable.status not in _NOT_IN_FORCE,
        counterpart_id=payable.counterpart_id,
        currency=payable.currency,
        issued_at=payable.issued_at,
    )


async def refresh(call: CallForEntity, row: PayableCreditNote) -> None:
    """After a change: the totals, and whether the credit note is a draft or `new`.

    Raises Unprocessable for totals beyond the contract's integers, Conflict for a second draft on the same payable.
    """
    lines = await load_note_lines(call, row.id)
    totals = add_up(row, lines)
    row.subtotal, row.tax_amount, row.total_amount = totals.subtotal, totals.tax_amount, totals.total_amount
    if not all(fits(getattr(row, name)) for name in AMOUNTS):
        raise Unprocessable(Fault(("body", "total_amount"), "an amount is larger than the API can show"))
    if row.status in OPEN:
        row.status = "draft" if await judge(call, row, lines) else "new"
    if row.status == "draft" and row.based_on is not None:
        await _check_only_draft(call, row, row.based_on)


async def _check_only_draft(call: CallForEntity, row: PayableCreditNote, payable_id: UUID) -> None:
    """A payable has one draft at a time, as the contract's documentation says: two are one credit entered twice.

    The payable is locked, so that two drafts cannot come at once.
    """
    await call.session.execute(
        select(Payable.id).where(Payable.id == payable_id, Payable.partner_id == call.partner_id).with_for_update()
    )
    other = await call.session.scalar(
        rows_in_entity(call, PayableCreditNote)
        .where(
            PayableCreditNote.based_on == payable_id,
            PayableCreditNote.status == "draft",
            PayableCreditNote.id != row.id,
        )
        .limit(1)
    )
    if other is not None:
        message = (
            f"The payable {payable_id} has a draft of a credit note already ({other.id}): "
            "complete, cancel or delete that one first."
        )
        raise Conflict(message)
