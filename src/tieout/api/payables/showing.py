"""Rows of payables as callers see them, and their events."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from tieout.api.announcing import announce
from tieout.api.days import today_of
from tieout.api.dependencies import CallForEntity
from tieout.api.files.schemas import FileSchema
from tieout.api.files.service import load_files, show_file
from tieout.api.payables.answers import CreditNoteOfPayable, LineItemResponse, PayableResponseSchema
from tieout.api.scope import rows_in_entity
from tieout.api.tags.schemas import TagReadSchema
from tieout.api.tags.service import load_tags
from tieout.books.arithmetic.rounding import half_up
from tieout.storage.tables.business import Payable, PayableLine
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.sync.settling import CREDITING

PERCENT_100 = 10_000

_COLUMNS = (
    "id",
    "created_at",
    "updated_at",
    "amount_paid",
    "counterpart_address_id",
    "counterpart_id",
    "currency",
    "description",
    "discount",
    "document_id",
    "due_date",
    "entity_id",
    "file_id",
    "issued_at",
    "paid_at",
    "status",
    "subtotal",
    "tax",
    "tax_amount",
    "total_amount",
)
_STORED_ONLY = (
    "counterpart",
    "counterpart_raw_data",
    "counterpart_vat_id_id",
    "created_by_role_id",
    "marked_as_paid_by_entity_user_id",
    "marked_as_paid_with_comment",
    "partner_metadata",
    "payment_terms",
    "sender",
    "suggested_payment_term",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is shown with payables and stands elsewhere: the date in the entity's books, files, credit notes and tags.

    Files stand by their ids, the others by the id of the payable.
    """

    today: date
    files: Mapping[UUID, FileSchema]
    credits: Mapping[UUID, Sequence[PayableCreditNote]]
    tags: Mapping[UUID, Sequence[TagReadSchema]]


async def load_around(call: CallForEntity, rows: Sequence[Payable]) -> Around:
    """What is to be shown with these payables, however many, in one read for each kind."""
    files = await load_files(call, (row.file_id for row in rows))
    return Around(
        today=await today_of(call),
        files={file_id: show_file(call, file) for file_id, file in files.items()},
        credits=await _load_credits(call, rows),
        tags=await load_tags(call, [row.id for row in rows]),
    )


async def _load_credits(call: CallForEntity, rows: Sequence[Payable]) -> Mapping[UUID, Sequence[PayableCreditNote]]:
    found: dict[UUID, list[PayableCreditNote]] = defaultdict(list)
    for note in await call.session.scalars(
        rows_in_entity(call, PayableCreditNote)
        .where(PayableCreditNote.based_on.in_([row.id for row in rows]))
        .order_by(PayableCreditNote.created_at, PayableCreditNote.id)
    ):
        if note.based_on is not None:
            found[note.based_on].append(note)
    return found


def show(row: Payable, around: Around) -> PayableResponseSchema:
    """A row as callers see it. Pure."""
    notes = around.credits.get(row.id, ())
    credited = sum(note.total_amount or 0 for note in notes if note.status in CREDITING)
    with_credits = None if row.total_amount is None else row.total_amount - credited
    due = None if with_credits is None else max(with_credits - row.amount_paid, 0)
    shown: dict[str, Any] = {name: getattr(row, name) for name in _COLUMNS}
    shown |= {name: row.content.get(name) for name in _STORED_ONLY}
    return PayableResponseSchema(
        **shown,
        amount_due=due,
        amount_to_pay=None if due is None else due - early_discount(due, row, around.today),
        credit_notes=[CreditNoteOfPayable.model_validate(note) for note in notes],
        tags=list(around.tags.get(row.id, ())),
        was_created_by_user_id=row.created_by_entity_user_id,
        file=None if row.file_id is None else around.files.get(row.file_id),
        total_amount_with_credit_notes=with_credits,
    )


def early_discount(due: int, row: Payable, today: date) -> int:
    """What paying today saves by the vendor's payment terms."""
    terms = row.content.get("payment_terms") or {}
    if row.issued_at is None:
        return 0
    for term in (terms.get("term_1"), terms.get("term_2")):
        if term and (today - row.issued_at).days <= int(term["number_of_days"]):
            return half_up(Fraction(due * int(term["discount"]), PERCENT_100))
    return 0


async def show_one(call: CallForEntity, row: Payable) -> PayableResponseSchema:
    """One row as callers see it."""
    return show(row, await load_around(call, (row,)))


def show_line(line: PayableLine) -> LineItemResponse:
    """A line as callers see it."""
    shown: LineItemResponse = LineItemResponse.model_validate(line)
    return shown.model_copy(update={"was_created_by_user_id": line.created_by_entity_user_id})


async def tell(call: CallForEntity, row: Payable, verb: str) -> PayableResponseSchema:
    """Write the event of a change; returns the payable as callers see it."""
    shown = await show_one(call, row)
    announce(call, "payable", row.id, verb, shown)
    return shown


def tell_of_line(call: CallForEntity, line: PayableLine, verb: str) -> None:
    """Write the event of a change to a line."""
    announce(call, "payable.line_item", line.id, verb, show_line(line))
