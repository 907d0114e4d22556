"""Proposed matches on the wire (additions of Tieout)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from tieout.api.accounting_synced_records.schemas import ObjectType, SoughtObjectType
from tieout.api.filtering import Ids
from tieout.api.schemas import Body, Dated, Filters, Moment, Page, Shown, StrictBool
from tieout.storage.tables.connections import Company
from tieout.storage.tables.matching import MatchProposal
from tieout.sync.matching.sides import SCORE_MAX, Reason
from tieout.sync.proposing import Ended, Status
from tieout.sync.synced_records import platform_shown

Score = Annotated[int, Field(ge=0, le=SCORE_MAX)]


class MatchFilters(Filters):
    """What proposed matches can be narrowed by."""

    status: Status | None = None
    object_type: SoughtObjectType | None = None
    object_id: UUID | None = None
    object_id__in: Ids | None = None
    reason: Reason | None = None
    score__gte: Score | None = None
    score__lte: Score | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
    updated_at__gt: Moment | None = None
    updated_at__lt: Moment | None = None
    updated_at__gte: Moment | None = None
    updated_at__lte: Moment | None = None


class RejectPayload(Body):
    """What is to become of the record: with `create` it is written as a new one, and none of those proposed is it."""

    create: StrictBool = False


class EvidenceShown(Shown):
    """One field of both sides, and whether it agrees; `likeness` is in percent, of names."""

    field: str
    ours: str | None
    theirs: str | None
    agrees: bool
    likeness: int | None


class MatchResponse(Dated):
    """A record of the partner's and one of the books that may be the same, and why."""

    object_type: ObjectType
    object_id: UUID
    object_name: str
    platform: str
    platform_object_type: str
    platform_object_id: str
    platform_object_name: str
    status: Status
    reason: Reason
    score: int
    evidence: list[EvidenceShown]
    suggested_name: str | None
    decided_at: datetime | None
    decided_by: str | None
    ended_because: Ended | None


class MatchList(Page):
    """A page of proposed matches."""

    data: list[MatchResponse]


def show_match(row: MatchProposal, company: Company) -> MatchResponse:
    """A proposed match as the API shows it."""
    return MatchResponse.model_validate(
        {
            "id": row.id,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "object_type": row.object_type,
            "object_id": row.object_id,
            "object_name": row.object_name,
            "platform": platform_shown(company),
            "platform_object_type": row.external_kind,
            "platform_object_id": row.external_id,
            "platform_object_name": row.external_name,
            "status": row.status,
            "reason": row.reason,
            "score": row.score,
            "evidence": row.evidence,
            "suggested_name": row.suggested_name,
            "decided_at": row.decided_at,
            "decided_by": row.decided_by,
            "ended_because": row.ended_because,
        }
    )
