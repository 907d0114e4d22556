"""GET /accounting_matches, one of them, and the decisions on them (additions of Tieout)."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Select, select

from tieout.api.accounting_matches.schemas import MatchFilters, MatchList, MatchResponse, RejectPayload, show_match
from tieout.api.accounting_matches.telling import connected_sides, decider, tell
from tieout.api.dependencies import CallForEntity, EntityCall
from tieout.api.filtering import conditions
from tieout.api.paging import AccountingPaging, Listing, page_of
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.kit.errors import Conflict
from tieout.storage.tables.connections import Company
from tieout.storage.tables.matching import MatchProposal
from tieout.sync.match_decisions import accept, reject
from tieout.sync.proposing import Status
from tieout.sync.sides import Sides
from tieout.sync.timeline import Happened

router = APIRouter(prefix="/accounting_matches", tags=["Accounting matches"])

_LISTING = Listing(
    name="accounting_matches",
    id_column=MatchProposal.id,
    sorts={
        "created_at": MatchProposal.created_at,
        "updated_at": MatchProposal.updated_at,
        "score": MatchProposal.score,
    },
    sort_default="created_at",
    is_limit_resent=True,
)
_FILTERED: Final = {
    "status": MatchProposal.status,
    "object_type": MatchProposal.object_type,
    "object_id": MatchProposal.object_id,
    "reason": MatchProposal.reason,
    "score": MatchProposal.score,
    "created_at": MatchProposal.created_at,
    "updated_at": MatchProposal.updated_at,
}


@router.get("")
async def list_matches(
    call: EntityCall, paging: AccountingPaging, filters: Annotated[MatchFilters, Query()]
) -> MatchList:
    """Records of the partner's and of the books that may be the same, with the decisions on them."""

    def query(filters: MatchFilters) -> Select[Any]:
        return rows_of_entity(call, MatchProposal).where(*conditions(filters, _FILTERED))

    page = await page_of(call, _LISTING, owner_id=call.entity_id, asked=paging, filters=filters, query=query)
    companies = await _companies(call, {row.company_id for row in page.rows})
    return MatchList(data=[show_match(row, companies[row.company_id]) for row in page.rows], **page.tokens())


@router.get("/{match_id}")
async def get_match(call: EntityCall, match_id: UUID) -> MatchResponse:
    """One of them."""
    row = await load_of_entity(call, MatchProposal, match_id, "match")
    return show_match(row, (await _companies(call, {row.company_id}))[row.company_id])


@router.post("/{match_id}/accept")
async def accept_match(call: EntityCall, match_id: UUID) -> MatchResponse:
    """The two are the same: they are linked, and nothing is written twice. Accepting again changes nothing."""
    row, sides = await _load(call, match_id)
    if row.status != Status.ACCEPTED:
        link = await accept(call.session, call.services.engine, sides, row, decider(call))
        details = {"synced_record_id": str(link.id), **_told(row)}
        await tell(call, Happened.MATCH_DECIDED, "accounting_match.accepted", subject_id=str(row.id), details=details)
    return show_match(row, sides.company)


@router.post("/{match_id}/reject")
async def reject_match(call: EntityCall, match_id: UUID, body: RejectPayload | None = None) -> MatchResponse:
    """The two are not the same: they are never proposed again. What waited for this decision goes on.

    With `create`, none of those proposed is the record, and it is written to the books as a new one.
    """
    row, sides = await _load(call, match_id)
    creates = body is not None and body.create
    if row.status != Status.REJECTED or creates:
        await reject(call.session, call.services.engine, sides, row, decider(call), creates=creates)
        details = {"create": creates, **_told(row)}
        await tell(call, Happened.MATCH_DECIDED, "accounting_match.rejected", subject_id=str(row.id), details=details)
    return show_match(row, sides.company)


async def _load(call: CallForEntity, match_id: UUID) -> tuple[MatchProposal, Sides]:
    """A match of the books that are connected; raises NotFound and Conflict."""
    row = await load_of_entity(call, MatchProposal, match_id, "match", for_update=True)
    sides = await connected_sides(call)
    if sides.company.id != row.company_id:
        message = "The books of this match are not connected."
        raise Conflict(message)
    return row, sides


def _told(row: MatchProposal) -> dict[str, Any]:
    return {
        "object_type": row.object_type,
        "object_id": str(row.object_id),
        "platform_object_id": row.external_id,
        "decision": row.status,
    }


async def _companies(call: CallForEntity, ids: set[UUID]) -> dict[UUID, Company]:
    rows = await call.session.scalars(select(Company).where(Company.partner_id == call.partner_id, Company.id.in_(ids)))
    return {company.id: company for company in rows}
