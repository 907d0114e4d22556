"""Rows of receivables as callers see them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from tieout.api.announcing import announce
from tieout.api.days import today_of
from tieout.api.dependencies import CallForEntity
from tieout.api.receivables.answers import CreditNoteResponsePayload, InvoiceResponsePayload
from tieout.api.receivables.lines import price_after_vat
from tieout.api.receivables.parties import entity_language, entity_on_document
from tieout.api.receivables.related import load_credit_notes, receivables_of_all
from tieout.api.receivables.taxes import show_rate, show_totals
from tieout.api.scope import rows_of_entity
from tieout.books.arithmetic.rounding import half_up
from tieout.books.arithmetic.totals import VatMode
from tieout.storage.tables.business import Entity, Receivable, ReceivableLine
from tieout.sync.receivable_history import shown_status
from tieout.sync.totals import DISCOUNT_MODE, WITHHOLDING, receivable_totals, withholding_of

Shown = InvoiceResponsePayload | CreditNoteResponsePayload

_OVER = frozenset(("paid", "canceled"))
_STORED_ONLY = (
    "commercial_condition_description",
    "counterpart_billing_address",
    "counterpart_business_type",
    "counterpart_contact",
    "counterpart_external_reference",
    "counterpart_shipping_address",
    "counterpart_tax_id",
    "counterpart_type",
    "counterpart_vat_id",
    "deduction_amount",
    "deduction_memo",
    "document_rendering",
    "entity_vat_id",
    "footer",
    "partner_metadata",
    "purchase_order",
    "trade_name",
    "vat_exempt",
    "vat_exemption_rationale",
    WITHHOLDING,
)
_COLUMNS = (
    "id",
    "created_at",
    "updated_at",
    "based_on",
    "counterpart_id",
    "counterpart_name",
    "currency",
    "discounted_subtotal",
    "document_id",
    "due_date",
    "issue_date",
    "memo",
    "subtotal",
    "total_amount",
    "total_vat_amount",
    "vat_mode",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What an answer needs beside the rows: the issuing entity, the day there, and the related documents."""

    entity: Entity
    today: date
    lines: dict[UUID, list[ReceivableLine]]
    credits: dict[UUID, list[Receivable]] = field(default_factory=dict)
    bases: dict[UUID, str | None] = field(default_factory=dict)


async def load_lines(call: CallForEntity, receivable_id: UUID) -> list[ReceivableLine]:
    """The lines of a receivable, in order."""
    found = await call.session.scalars(
        rows_of_entity(call, ReceivableLine)
        .where(ReceivableLine.receivable_id == receivable_id)
        .order_by(ReceivableLine.position)
    )
    return list(found)


async def load_around(call: CallForEntity, rows: Sequence[Receivable]) -> Around:
    """Everything that the answers for these rows need, in four statements."""
    ids = [row.id for row in rows]
    lines: dict[UUID, list[ReceivableLine]] = defaultdict(list)
    for line in await call.session.scalars(
        rows_of_entity(call, ReceivableLine)
        .where(ReceivableLine.receivable_id.in_(ids))
        .order_by(ReceivableLine.position)
    ):
        lines[line.receivable_id].append(line)
    credit_notes: dict[UUID, list[Receivable]] = defaultdict(list)
    for note in await load_credit_notes(call, ids):
        if note.based_on is not None:
            credit_notes[note.based_on].append(note)
    base_ids = [row.based_on for row in rows if row.based_on is not None]
    found = await call.session.scalars(receivables_of_all(call).where(Receivable.id.in_(base_ids)))
    bases = {base.id: base.document_id for base in found}
    return Around(
        entity=await call.load_entity(), today=await today_of(call), lines=lines, credits=credit_notes, bases=bases
    )


async def show_all(call: CallForEntity, rows: Sequence[Receivable]) -> list[Shown]:
    """The rows as callers see them."""
    await call.session.flush()
    around = await load_around(call, rows)
    return [show(row, around) for row in rows]


async def show_one(call: CallForEntity, row: Receivable) -> Shown:
    """One row as callers see it."""
    return (await show_all(call, [row]))[0]


async def tell(call: CallForEntity, row: Receivable, verb: str) -> Shown:
    """Write the event of a change; returns the receivable as callers see it."""
    shown = await show_one(call, row)
    announce(call, "receivable", row.id, verb, shown)
    return shown


def show(row: Receivable, around: Around) -> Shown:
    """A row as callers see it. Pure."""
    if row.type == "credit_note":
        return CreditNoteResponsePayload.model_validate({**_common(row, around), "type": "credit_note"})
    issued = [note for note in around.credits.get(row.id, []) if note.status == "issued"]
    with_credits = row.total_amount - sum(note.total_amount for note in issued)
    due = 0 if row.status in _OVER else max(with_credits - row.amount_paid, 0)
    stored = ("comment", "payment_page_url", "payment_terms")
    return InvoiceResponsePayload.model_validate(
        {
            **_common(row, around),
            **{name: row.content.get(name) for name in stored},
            "type": "invoice",
            "amount_due": due,
            "amount_paid": row.amount_paid,
            "amount_to_pay": due - early_discount(due, row, around.today),
            "fulfillment_date": row.fulfillment_date,
            "paid_at": row.paid_at,
            "related_documents": {"credit_note_ids": [note.id for note in around.credits.get(row.id, [])]},
            "total_amount_with_credit_notes": with_credits,
        }
    )


def early_discount(due: int, row: Receivable, today: date) -> int:
    """What paying today saves by the payment terms."""
    terms = row.content.get("payment_terms") or {}
    if row.issued_on is None or row.status in _OVER:
        return 0
    for term in (terms.get("term_1"), terms.get("term_2")):
        if not term:
            continue
        until, days = term.get("end_date"), term.get("number_of_days")
        is_early = today <= date.fromisoformat(until) if until else (today - row.issued_on).days <= (days or 0)
        if is_early:
            return half_up(Fraction(due * int(term["discount"]), 10_000))
    return 0


def _common(row: Receivable, around: Around) -> dict[str, Any]:
    lines = around.lines.get(row.id, [])
    totals = receivable_totals(row, lines)
    frozen = row.content.get("issued_by") or {}
    country = str((frozen.get("address") or around.entity.address).get("country", ""))
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        **{name: row.content.get(name) for name in _STORED_ONLY},
        "based_on_document_id": around.bases.get(row.based_on) if row.based_on else None,
        "discount": {**row.discount, "value": totals.discount_value} if row.discount else None,
        "entity_user_id": row.created_by_entity_user_id,
        "entity": {
            **(frozen.get("entity") or entity_on_document(around.entity, row.content.get("entity"))),
            "vat_id": (row.content.get("entity_vat_id") or {}).get("value"),
        },
        "entity_address": frozen.get("address") or around.entity.address,
        "file_language": row.content.get("counterpart_language") or entity_language(around.entity),
        "original_file_language": entity_language(around.entity),
        "line_items": [show_line(row, line, country) for line in lines],
        "status": shown_status(row.type, row.status, row.due_date, around.today),
        "subtotal_after_vat": totals.subtotal_after_vat,
        "total_vat_amounts": show_totals(totals.rates, lines),
        "total_withholding_tax": withholding_of(row),
        "vat_inclusive_discount_mode": row.content.get(DISCOUNT_MODE, VatMode.EXCLUSIVE.value),
    }


def show_line(row: Receivable, line: ReceivableLine, country: str) -> dict[str, Any]:
    """A line as callers see it; `country` is where its tax is owed."""
    return {
        "quantity": line.quantity,
        "discount": line.discount,
        "total_before_vat": line.total_before_vat,
        "total_after_vat": line.total_after_vat,
        "product": {
            **line.product,
            "accounting_tax_rate_id": line.accounting_tax_rate_id,
            "price": {"currency": row.currency, "value": line.price_minor},
            "price_after_vat": {"currency": row.currency, "value": price_after_vat(row, line)},
            "vat_rate": show_rate(line, country),
        },
    }
