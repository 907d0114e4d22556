"""GET /accounting_matches and one of them: pairs that may be the same (additions of Tieout)."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Select, select

from tieout.api.accounting_matches.schemas import MatchFilters, MatchList, MatchResponse, show_match
from tieout.api.dependencies import CallForEntity, EntityCall
from tieout.api.filtering import conditions
from tieout.api.paging import AccountingPaging, Listing, page_of
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.storage.tables.connections import Company
from tieout.storage.tables.matching import MatchProposal

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


async def _companies(call: CallForEntity, ids: set[UUID]) -> dict[UUID, Company]:
    rows = await call.session.scalars(select(Company).where(Company.partner_id == call.partner_id, Company.id.in_(ids)))
    return {company.id: company for company in rows}
