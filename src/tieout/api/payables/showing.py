"""Rows of payables as callers see them, and their events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from tieout.api.announcing import announce
from tieout.api.dependencies import CallForEntity
from tieout.api.files.schemas import FileSchema
from tieout.api.files.service import load_files, show_file
from tieout.api.payables.answers import LineItemResponse, PayableResponseSchema
from tieout.books.arithmetic import half_up
from tieout.storage.tables.business import Payable, PayableLine
from tieout.sync.connected import load_company
from tieout.sync.entity_books import day_at

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
    "marked_as_paid_with_comment",
    "partner_metadata",
    "payment_terms",
    "sender",
    "suggested_payment_term",
)


async def today_of(call: CallForEntity) -> date:
    """The calendar date in the entity's books."""
    return day_at(await load_company(call.session, call.partner_id, call.entity_id), call.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is shown with payables and stands elsewhere: the date in the entity's books, and files by their ids."""

    today: date
    files: Mapping[UUID, FileSchema]


async def load_around(call: CallForEntity, rows: Sequence[Payable]) -> Around:
    """What is to be shown with these payables, however many, in one read for each kind."""
    files = await load_files(call, (row.file_id for row in rows))
    return Around(today=await today_of(call), files={file_id: show_file(call, file) for file_id, file in files.items()})


def show(row: Payable, around: Around) -> PayableResponseSchema:
    """A row as callers see it. Pure."""
    due = None if row.total_amount is None else max(row.total_amount - row.amount_paid, 0)
    shown: dict[str, Any] = {name: getattr(row, name) for name in _COLUMNS}
    shown |= {name: row.content.get(name) for name in _STORED_ONLY}
    return PayableResponseSchema(
        **shown,
        amount_due=due,
        amount_to_pay=None if due is None else due - early_discount(due, row, around.today),
        file=None if row.file_id is None else around.files.get(row.file_id),
        total_amount_with_credit_notes=row.total_amount,
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
    return LineItemResponse.model_validate(line)


async def tell(call: CallForEntity, row: Payable, verb: str) -> PayableResponseSchema:
    """Write the event of a change; returns the payable as callers see it."""
    shown = await show_one(call, row)
    announce(call, "payable", row.id, verb, shown)
    return shown


def tell_of_line(call: CallForEntity, line: PayableLine, verb: str) -> None:
    """Write the event of a change to a line."""
    announce(call, "payable.line_item", line.id, verb, show_line(line))
