"""Lists of payables: what they can be narrowed and sorted by (Monite, 'Payables')."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Select, false, or_, select

from tieout.api.dependencies import CallForEntity
from tieout.api.filtering import Ids, SoughtAmount, Text, conditions
from tieout.api.paging import Asked, ListAnswer, Listing, page_of
from tieout.api.payables.states import Status
from tieout.api.payables.writing import OBJECT_TYPE
from tieout.api.schemas import Currency, Filters, Moment
from tieout.api.scope import rows_of_entity
from tieout.api.tags.service import tagged
from tieout.storage.tables.business import Counterpart, Payable, PayableLine

STATUSES_MAX = 20

_NEVER_SET = ("purchase_order_id", "project_id", "project_id__in")
"""Nobody can set these on a payable, so nothing is found by them, as the contract has it for unknown ids."""
_OF_COUNTERPART = ("counterpart_name", "counterpart_name__contains", "counterpart_name__icontains")
_ALIKE = {"source_of_payable_data": "user_specified", "origin": "upload"}
_APART = frozenset(
    (
        *_NEVER_SET,
        *_OF_COUNTERPART,
        *_ALIKE,
        "search_text",
        "line_item_id",
        "ocr_status",
        "has_file",
        "tag_ids",
        "tag_ids__not_in",
        "has_tags",
    )
)
_COLUMNS = {
    "amount": Payable.total_amount,
    "was_created_by_user_id": Payable.created_by_entity_user_id,
    **{
        name: getattr(Payable, name)
        for name in (
            "id",
            "status",
            "created_at",
            "total_amount",
            "currency",
            "due_date",
            "issued_at",
            "document_id",
            "counterpart_id",
        )
    },
}

_LISTING = Listing(
    name="payables",
    id_column=Payable.id,
    sorts={"id": Payable.id, "created_at": Payable.created_at, "issued_at": Payable.issued_at},
    sort_default="created_at",
)


class PayableFilters(Filters):
    """What a list of payables can be narrowed by."""

    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
    status: Status | None = None
    status__in: Annotated[list[Status], Field(max_length=STATUSES_MAX)] | None = None
    id__in: Ids | None = None
    total_amount: SoughtAmount | None = None
    total_amount__gt: SoughtAmount | None = None
    total_amount__lt: SoughtAmount | None = None
    total_amount__gte: SoughtAmount | None = None
    total_amount__lte: SoughtAmount | None = None
    amount: SoughtAmount | None = None
    amount__gt: SoughtAmount | None = None
    amount__lt: SoughtAmount | None = None
    amount__gte: SoughtAmount | None = None
    amount__lte: SoughtAmount | None = None
    currency: Currency | None = None
    counterpart_name: Text | None = None
    counterpart_name__contains: Text | None = None
    counterpart_name__icontains: Text | None = None
    search_text: Text | None = None
    due_date: date | None = None
    due_date__gt: date | None = None
    due_date__lt: date | None = None
    due_date__gte: date | None = None
    due_date__lte: date | None = None
    issued_at: date | None = None
    issued_at__gt: date | None = None
    issued_at__lt: date | None = None
    issued_at__gte: date | None = None
    issued_at__lte: date | None = None
    document_id: Text | None = None
    document_id__contains: Text | None = None
    document_id__icontains: Text | None = None
    was_created_by_user_id: UUID | None = None
    counterpart_id: UUID | None = None
    source_of_payable_data: Literal["ocr", "user_specified", "einvoicing"] | None = None
    ocr_status: Literal["processing", "error", "success", "canceled"] | None = None
    line_item_id: UUID | None = None
    purchase_order_id: UUID | None = None
    project_id: UUID | None = None
    project_id__in: Ids | None = None
    tag_ids: Ids | None = None
    tag_ids__not_in: Ids | None = None
    has_tags: bool | None = None
    origin: Literal["upload", "email", "einvoicing"] | None = None
    has_file: bool | None = None


def _named(call: CallForEntity, *where: ColumnElement[bool]) -> Any:
    """The ids of counterparts, deleted ones as well."""
    return select(Counterpart.id).where(
        Counterpart.partner_id == call.partner_id, Counterpart.entity_id == call.entity_id, *where
    )


def _by_counterpart(call: CallForEntity, filters: PayableFilters) -> list[ColumnElement[bool]]:
    apart = frozenset(PayableFilters.model_fields) - set(_OF_COUNTERPART)
    where = conditions(filters, {"counterpart_name": Counterpart.name}, apart=apart)
    return [Payable.counterpart_id.in_(_named(call, *where))] if where else []


def _by_text(call: CallForEntity, text: str) -> ColumnElement[bool]:
    found = Counterpart.name.icontains(text, autoescape=True)
    return or_(Payable.document_id.icontains(text, autoescape=True), Payable.counterpart_id.in_(_named(call, found)))


def _by_tags(call: CallForEntity, filters: PayableFilters) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if filters.tag_ids is not None:
        where.append(Payable.id.in_(tagged(call, OBJECT_TYPE, filters.tag_ids)))
    if filters.tag_ids__not_in is not None:
        where.append(Payable.id.not_in(tagged(call, OBJECT_TYPE, filters.tag_ids__not_in)))
    if filters.has_tags is not None:
        any_tag = tagged(call, OBJECT_TYPE)
        where.append(Payable.id.in_(any_tag) if filters.has_tags else Payable.id.not_in(any_tag))
    return where


def select_payables(call: CallForEntity, filters: PayableFilters) -> Select[Any]:
    """The entity's payables that pass the filters."""
    rows = rows_of_entity(call, Payable).where(*conditions(filters, _COLUMNS, apart=_APART))
    rows = rows.where(*_by_counterpart(call, filters))
    if filters.search_text is not None:
        rows = rows.where(_by_text(call, filters.search_text))
    if filters.line_item_id is not None:
        line = select(PayableLine.payable_id).where(
            PayableLine.id == filters.line_item_id, PayableLine.partner_id == call.partner_id
        )
        rows = rows.where(Payable.id.in_(line))
    rows = rows.where(*_by_tags(call, filters))
    if filters.has_file is not None:
        rows = rows.where(Payable.file_id.is_not(None) if filters.has_file else Payable.file_id.is_(None))
    differs = any(getattr(filters, name) not in (None, value) for name, value in _ALIKE.items())
    asks_in_vain = any(getattr(filters, name) for name in (*_NEVER_SET, "ocr_status"))
    return rows.where(false()) if differs or asks_in_vain else rows


async def read_list(call: CallForEntity, asked: Asked, filters: PayableFilters) -> ListAnswer:
    """A page of the entity's payables. All of them came by a call: none by mail, and none was read by machine."""
    return await page_of(
        call,
        _LISTING,
        owner_id=call.entity_id,
        asked=asked,
        filters=filters,
        query=lambda applied: select_payables(call, applied),
    )
