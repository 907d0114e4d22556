"""Lists of receivables: what they can be narrowed and sorted by (Monite, 'Receivables')."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import ColumnElement, Select, String, and_, case, cast, false, func, literal, null, or_, select

from tieout.api.days import today_of
from tieout.api.dependencies import CallForEntity
from tieout.api.filtering import Ids, SoughtAmount, Text, conditions
from tieout.api.paging import TOKEN_LENGTH_MAX, Asked, ListAnswer, Listing, Order, page_of
from tieout.api.schemas import Filters, Moment, StrictWhole
from tieout.api.scope import rows_of_entity
from tieout.kit.paging import ACCOUNTING_PAGE_SIZE_MAX, PAGE_SIZE_MAX
from tieout.storage.tables.business import Receivable, ReceivableLine

Status = Literal[
    "draft",
    "issuing",
    "issued",
    "failed",
    "accepted",
    "expired",
    "declined",
    "recurring",
    "partially_paid",
    "paid",
    "overdue",
    "uncollectible",
    "canceled",
]
SearchSort = Literal[
    "counterpart_name",
    "counterpart_id",
    "amount",
    "total_amount",
    "status",
    "due_date",
    "issue_date",
    "document_id",
    "created_at",
    "project_id",
]
STATUSES_MAX = 20
_AMOUNT_FILTERS = tuple(
    f"{name}{test}"
    for name in ("total_amount", "discounted_subtotal")
    for test in ("", "__gt", "__lt", "__gte", "__lte")
)

_NEVER_SET = ("tag_ids", "tag_ids__in", "project_id", "project_id__in")
_APART = frozenset(("status", "status__in", "product_ids", "product_ids__in", *_NEVER_SET))
_COLUMNS = {
    "entity_user_id": Receivable.created_by_entity_user_id,
    **{
        name: getattr(Receivable, name)
        for name in (
            "id",
            "type",
            "document_id",
            "issue_date",
            "created_at",
            "counterpart_id",
            "counterpart_name",
            "total_amount",
            "discounted_subtotal",
            "based_on",
            "due_date",
        )
    },
}

_LISTING = Listing(
    name="receivables",
    id_column=Receivable.id,
    sorts={
        "counterpart_name": Receivable.counterpart_name,
        "counterpart_id": Receivable.counterpart_id,
        "amount": Receivable.total_amount,
        "total_amount": Receivable.total_amount,
        "discounted_subtotal": Receivable.discounted_subtotal,
        "status": Receivable.status,  # as it is stored; `_listing_on` puts in what is shown
        "due_date": Receivable.due_date,
        "issue_date": Receivable.issue_date,
        "document_id": Receivable.document_id,
        "created_at": Receivable.created_at,
        "project_id": cast(null(), String),  # no receivable has a project
    },
    sort_default="created_at",
)


def _asked(
    limit: Annotated[int, Query(ge=1, le=ACCOUNTING_PAGE_SIZE_MAX)] = PAGE_SIZE_MAX,
    order: Order = Order.ASC,
    sort: str | None = None,
    pagination_token: Annotated[str | None, Query(max_length=TOKEN_LENGTH_MAX)] = None,
) -> Asked:
    return Asked(limit=limit, order=order, sort=sort, token=pagination_token)


ReceivablePaging = Annotated[Asked, Depends(_asked)]


class ReceivableFilters(Filters):
    """What a list of receivables can be narrowed by."""

    id__in: Ids | None = None
    status: Status | None = None
    status__in: Annotated[list[Status], Field(max_length=STATUSES_MAX)] | None = None
    entity_user_id: UUID | None = None
    entity_user_id__in: Ids | None = None
    tag_ids: Ids | None = None
    tag_ids__in: Ids | None = None
    product_ids: Ids | None = None
    product_ids__in: Ids | None = None
    project_id: UUID | None = None
    project_id__in: Ids | None = None
    type: Literal["quote", "invoice", "credit_note"] | None = None
    document_id: Text | None = None
    document_id__contains: Text | None = None
    document_id__icontains: Text | None = None
    issue_date__gt: Moment | None = None
    issue_date__lt: Moment | None = None
    issue_date__gte: Moment | None = None
    issue_date__lte: Moment | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
    counterpart_id: UUID | None = None
    counterpart_name: Text | None = None
    counterpart_name__contains: Text | None = None
    counterpart_name__icontains: Text | None = None
    total_amount: SoughtAmount | None = None
    total_amount__gt: SoughtAmount | None = None
    total_amount__lt: SoughtAmount | None = None
    total_amount__gte: SoughtAmount | None = None
    total_amount__lte: SoughtAmount | None = None
    discounted_subtotal: SoughtAmount | None = None
    discounted_subtotal__gt: SoughtAmount | None = None
    discounted_subtotal__lt: SoughtAmount | None = None
    discounted_subtotal__gte: SoughtAmount | None = None
    discounted_subtotal__lte: SoughtAmount | None = None
    based_on: UUID | None = None
    due_date__gt: date | None = None
    due_date__lt: date | None = None
    due_date__gte: date | None = None
    due_date__lte: date | None = None


class ReceivablesSearchRequest(ReceivableFilters):
    """The same filters in a body, with what a list is asked for."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[StrictWhole, Field(ge=1, le=ACCOUNTING_PAGE_SIZE_MAX)] = PAGE_SIZE_MAX
    order: Order = Order.ASC
    sort: SearchSort | None = None
    pagination_token: Annotated[str, Field(max_length=TOKEN_LENGTH_MAX)] | None = None

    @field_validator(*_AMOUNT_FILTERS, mode="before")
    @classmethod
    def _is_whole(cls, value: object) -> object:
        if value is not None and type(value) is not int:
            raise PydanticCustomError("int_type", "Input should be a valid integer")
        return value

    def asked(self) -> Asked:
        """What is asked for about paging."""
        return Asked(limit=self.limit, order=self.order, sort=self.sort, token=self.pagination_token)

    def filters(self) -> ReceivableFilters:
        """What the list is narrowed by."""
        apart = {"limit", "order", "sort", "pagination_token"}
        return ReceivableFilters.model_validate(self.model_dump(exclude_unset=True, exclude=apart))


def _is_late(today: date) -> ColumnElement[bool]:
    """Issued and past its due date, which only invoices have.

    Found by status, of which few are open, and not by due date, which is past for almost all that were ever paid.
    """
    return and_(Receivable.status == "issued", func.coalesce(Receivable.due_date, date.max) < today)


def has_status(status: str, today: date) -> ColumnElement[bool]:
    """The rows that callers see in this status: an issued invoice past its due date is overdue."""
    match status:
        case "overdue":
            return _is_late(today)
        case "issued":
            return and_(Receivable.status == "issued", func.coalesce(Receivable.due_date, date.max) >= today)
        case other:
            return Receivable.status == other


def _with_products(filters: ReceivableFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    lines = select(ReceivableLine.receivable_id)
    if filters.product_ids__in is not None:
        found.append(Receivable.id.in_(lines.where(ReceivableLine.product_id.in_(filters.product_ids__in))))
    if filters.product_ids is not None:
        wanted = set(filters.product_ids)
        all_of_them = (
            lines.where(ReceivableLine.product_id.in_(wanted))
            .group_by(ReceivableLine.receivable_id)
            .having(func.count(ReceivableLine.product_id.distinct()) == len(wanted))
        )
        found.append(Receivable.id.in_(all_of_them))
    return found


def select_receivables(call: CallForEntity, filters: ReceivableFilters, today: date) -> Select[Any]:
    """The entity's receivables that pass the filters.

    Nothing has a tag or belongs to a project, so that none is found by them.
    """
    rows = rows_of_entity(call, Receivable).where(*conditions(filters, _COLUMNS, apart=_APART))
    rows = rows.where(*_with_products(filters))
    if any(getattr(filters, name) is not None for name in _NEVER_SET):
        rows = rows.where(false())
    if filters.status is not None:
        rows = rows.where(has_status(filters.status, today))
    if filters.status__in is not None:
        rows = rows.where(or_(false(), *(has_status(status, today) for status in filters.status__in)))
    return rows


def _listing_on(today: date) -> Listing:
    """The list as it can be sorted today: by the status that is shown, not by the one that is stored."""
    shown = case((_is_late(today), literal("overdue")), else_=Receivable.status)
    return replace(_LISTING, sorts={**_LISTING.sorts, "status": shown})


async def read_list(call: CallForEntity, asked: Asked, filters: ReceivableFilters) -> ListAnswer:
    """A page of the entity's receivables."""
    today = await today_of(call)
    return await page_of(
        call,
        _listing_on(today),
        owner_id=call.entity_id,
        asked=asked,
        filters=filters,
        query=lambda applied: select_receivables(call, applied, today),
    )
