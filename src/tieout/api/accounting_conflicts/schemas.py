"""Conflicts on the wire (additions of Tieout)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from tieout.api.filtering import Ids
from tieout.api.schemas import Body, Dated, Filters, Moment, Page, Shown, StrictWhole
from tieout.storage.tables.conflicts import Conflict
from tieout.sync.conflicts import IfBooks, Status, conflict_fields
from tieout.sync.rules import FieldGroup, MetType
from tieout.sync.three_way import Side, Why

FIELDS_MAX = 20
FIELD_LENGTH_MAX = 40


class ConflictFilters(Filters):
    """What conflicts can be narrowed by."""

    status: Status | None = None
    object_type: MetType | None = None
    object_id: UUID | None = None
    object_id__in: Ids | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
    updated_at__gt: Moment | None = None
    updated_at__lt: Moment | None = None
    updated_at__gte: Moment | None = None
    updated_at__lte: Moment | None = None


class HeldField(Shown):
    """A field; `values` are `base` (what both sides last agreed on), `ours` and `theirs` (what each says now)."""

    name: str
    group: FieldGroup
    why: Why
    values: dict[str, Any]
    choices: list[Side]
    if_books: IfBooks


class ConflictResponse(Dated):
    """A record that both sides say something else of."""

    synced_record_id: UUID
    object_type: MetType
    object_id: UUID
    status: Status
    version: int
    fields: list[HeldField]
    decisions: dict[str, Side]
    decided_by: str | None
    ended_at: datetime | None


class ConflictList(Page):
    """A page of conflicts."""

    data: list[ConflictResponse]


class ResolvePayload(Body):
    """Which side is right: in all fields, or in each that is named. `version` is the conflict's as it was seen."""

    resolution: Side | None = None
    fields: (
        Annotated[dict[Annotated[str, Field(max_length=FIELD_LENGTH_MAX)], Side], Field(max_length=FIELDS_MAX)] | None
    ) = None
    version: StrictWhole | None = None


def show_conflict(row: Conflict) -> ConflictResponse:
    """A conflict as the API shows it."""
    return ConflictResponse.model_validate(conflict_fields(row))
