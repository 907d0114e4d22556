"""Lists of credit notes and of their lines: what they can be narrowed and sorted by (Monite, 'Credit notes')."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, WithJsonSchema
from sqlalchemy import ColumnElement, Select, false

from tieout.api.dependencies import CallForEntity
from tieout.api.filtering import Ids, SoughtAmount, Text, conditions
from tieout.api.paging import Listing
from tieout.api.payable_credit_notes.ordering import quantity_order, within_reach
from tieout.api.schemas import Currency, Filters, Moment
from tieout.api.scope import rows_of_entity
from tieout.api.unbuilt import refuse_unbuilt
from tieout.storage.tables.payable_credit_notes import PayableCreditNote, PayableCreditNoteLine

Status = Literal["new", "draft", "applied", "approved", "rejected", "canceled", "submitted_for_approval"]
STATUSES_MAX = 20

Statuses = Annotated[list[Status], Field(max_length=STATUSES_MAX)]
Sought = Annotated[SoughtAmount, Field(ge=0)]
SoughtQuantity = Annotated[
    Decimal,
    Field(ge=0, allow_inf_nan=False),
    AfterValidator(within_reach),
    WithJsonSchema({"type": "number", "minimum": 0}),
]

NOTES = Listing(
    name="payable_credit_notes",
    id_column=PayableCreditNote.id,
    sorts={"id": PayableCreditNote.id, "created_at": PayableCreditNote.created_at},
    sort_default="created_at",
)
LINES = Listing(
    name="payable_credit_note_lines",
    id_column=PayableCreditNoteLine.id,
    sorts={
        "id": PayableCreditNoteLine.id,
        "created_at": PayableCreditNoteLine.created_at,
        "name": PayableCreditNoteLine.name,
        "total": PayableCreditNoteLine.total,
        "quantity": PayableCreditNoteLine.quantity_order,
        "unit_price": PayableCreditNoteLine.unit_price,
    },
    hidden_sorts={"position": PayableCreditNoteLine.position},
    sort_default="position",
)

_NEVER_SET = ("project_id", "project_id__in")
"""Nobody can set these on a credit note, so nothing is found by them."""
_ALIKE = {"origin": "upload", "has_file": False}
_COLUMNS = {
    name: getattr(PayableCreditNote, name)
    for name in (
        "created_at",
        "issued_at",
        "document_id",
        "total_amount",
        "subtotal",
        "based_on",
        "counterpart_id",
        "status",
        "currency",
        "created_by_entity_user_id",
    )
}
_LINES_UNBUILT = ("source", "source_id")
_LINE_COLUMNS = {
    name: getattr(PayableCreditNoteLine, name)
    for name in ("created_at", "name", "description", "total", "subtotal", "unit_price", "tax", "tax_amount", "unit")
} | {"created_by_user_id": PayableCreditNoteLine.created_by_entity_user_id}
_QUANTITY_TESTS: dict[str, tuple[Callable[[Any, str], ColumnElement[bool]], bool]] = {
    "quantity__gt": (gt, False),
    "quantity__lte": (le, False),
    "quantity__lt": (lt, True),
    "quantity__gte": (ge, True),
}
"""Each with whether a sought quantity of more places than lines have is rounded up to compare rightly."""


class CreditNoteFilters(Filters):
    """What a list of credit notes can be narrowed by."""

    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
    issued_at: date | None = None
    issued_at__gt: date | None = None
    issued_at__lt: date | None = None
    issued_at__gte: date | None = None
    issued_at__lte: date | None = None
    document_id: Text | None = None
    document_id__iexact: Text | None = None
    document_id__contains: Text | None = None
    document_id__icontains: Text | None = None
    has_file: bool | None = None
    total_amount__gt: Sought | None = None
    total_amount__lt: Sought | None = None
    total_amount__gte: Sought | None = None
    total_amount__lte: Sought | None = None
    subtotal__gt: Sought | None = None
    subtotal__lt: Sought | None = None
    subtotal__gte: Sought | None = None
    subtotal__lte: Sought | None = None
    based_on: UUID | None = None
    counterpart_id: UUID | None = None
    created_by_entity_user_id: UUID | None = None
    status: Status | None = None
    status__in: Statuses | None = None
    status__not_in: Statuses | None = None
    origin: Literal["upload", "einvoicing"] | None = None
    currency: Currency | None = None
    project_id: UUID | None = None
    project_id__in: Ids | None = None


class CreditNoteLineFilters(Filters):
    """What a list of lines can be narrowed by."""

    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
    name: Text | None = None
    name__iexact: Text | None = None
    name__contains: Text | None = None
    name__icontains: Text | None = None
    description: Text | None = None
    description__contains: Text | None = None
    description__icontains: Text | None = None
    total__gt: Sought | None = None
    total__lt: Sought | None = None
    total__gte: Sought | None = None
    total__lte: Sought | None = None
    subtotal__gt: Sought | None = None
    subtotal__lt: Sought | None = None
    subtotal__gte: Sought | None = None
    subtotal__lte: Sought | None = None
    unit_price__gt: Sought | None = None
    unit_price__lt: Sought | None = None
    unit_price__gte: Sought | None = None
    unit_price__lte: Sought | None = None
    quantity__gt: SoughtQuantity | None = None
    quantity__lt: SoughtQuantity | None = None
    quantity__gte: SoughtQuantity | None = None
    quantity__lte: SoughtQuantity | None = None
    tax__gt: Sought | None = None
    tax__lt: Sought | None = None
    tax__gte: Sought | None = None
    tax__lte: Sought | None = None
    tax_amount__gt: Sought | None = None
    tax_amount__lt: Sought | None = None
    tax_amount__gte: Sought | None = None
    tax_amount__lte: Sought | None = None
    created_by_user_id: UUID | None = None
    unit: Text | None = None
    unit__iexact: Text | None = None
    source: Text | None = None
    source_id: Text | None = None


def select_notes(call: CallForEntity, filters: CreditNoteFilters) -> Select[Any]:
    """The entity's credit notes that pass the filters.

    All of them were typed in: none has a file or came as an electronic document.
    """
    apart = frozenset((*_NEVER_SET, *_ALIKE))
    rows = rows_of_entity(call, PayableCreditNote).where(*conditions(filters, _COLUMNS, apart=apart))
    differs = any(getattr(filters, name) not in (None, value) for name, value in _ALIKE.items())
    return rows.where(false()) if differs or any(getattr(filters, name) for name in _NEVER_SET) else rows


def select_lines(call: CallForEntity, note_id: UUID, filters: CreditNoteLineFilters) -> Select[Any]:
    """The lines of a credit note that pass the filters; raises NotBuiltYet for those that are not built."""
    refuse_unbuilt(filters, _LINES_UNBUILT)
    apart = frozenset((*_LINES_UNBUILT, *_QUANTITY_TESTS))
    rows = rows_of_entity(call, PayableCreditNoteLine).where(
        PayableCreditNoteLine.credit_note_id == note_id, *conditions(filters, _LINE_COLUMNS, apart=apart)
    )
    for name, (test, rounded_up) in _QUANTITY_TESTS.items():
        sought: Decimal | None = getattr(filters, name)
        if sought is not None:
            rows = rows.where(test(PayableCreditNoteLine.quantity_order, quantity_order(sought, rounded_up=rounded_up)))
    return rows
