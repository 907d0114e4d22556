"""GET /accounting_conflicts, one of them, and deciding it (additions of Tieout)."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Select

from tieout.api.accounting_conflicts.schemas import (
    ConflictFilters,
    ConflictList,
    ConflictResponse,
    ResolvePayload,
    show_conflict,
)
from tieout.api.dependencies import EntityCall
from tieout.api.filtering import conditions
from tieout.api.paging import AccountingPaging, Listing, page_of
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.kit.errors import Conflict as Refusal
from tieout.kit.errors import Fault, Unprocessable
from tieout.storage import audit_trail
from tieout.storage.tables.conflicts import Conflict
from tieout.storage.tables.connections import Link
from tieout.sync.connected import load_company
from tieout.sync.deciding import Refused, UnknownField, decide, plan_decision

router = APIRouter(prefix="/accounting_conflicts", tags=["Accounting conflicts"])

_LISTING = Listing(
    name="accounting_conflicts",
    id_column=Conflict.id,
    sorts={"created_at": Conflict.created_at, "updated_at": Conflict.updated_at},
    sort_default="created_at",
    is_limit_resent=True,
)
_FILTERED: Final = {
    "status": Conflict.status,
    "object_type": Conflict.object_type,
    "object_id": Conflict.object_id,
    "created_at": Conflict.created_at,
    "updated_at": Conflict.updated_at,
}


@router.get("")
async def list_conflicts(
    call: EntityCall, paging: AccountingPaging, filters: Annotated[ConflictFilters, Query()]
) -> ConflictList:
    """What both sides say differently, and what became of it."""

    def query(filters: ConflictFilters) -> Select[Any]:
        return rows_of_entity(call, Conflict).where(*conditions(filters, _FILTERED))

    page = await page_of(call, _LISTING, owner_id=call.entity_id, asked=paging, filters=filters, query=query)
    return ConflictList(data=[show_conflict(row) for row in page.rows], **page.tokens())


@router.get("/{conflict_id}")
async def get_conflict(call: EntityCall, conflict_id: UUID) -> ConflictResponse:
    """One of them."""
    return show_conflict(await load_of_entity(call, Conflict, conflict_id, "conflict"))


@router.post("/{conflict_id}/resolve")
async def resolve_conflict(call: EntityCall, conflict_id: UUID, body: ResolvePayload) -> ConflictResponse:
    """Decide which side is right. It is done by the books' lane at once; saying the same again changes nothing."""
    seen = await load_of_entity(call, Conflict, conflict_id, "conflict")
    if (body.resolution is None) == (not body.fields):
        raise Unprocessable(Fault(("body",), "say either `resolution` or `fields`"))
    link = await call.session.get_one(Link, seen.link_id, with_for_update=True)
    row = await load_of_entity(call, Conflict, conflict_id, "conflict", for_update=True)
    await call.session.refresh(row)
    try:
        decisions = plan_decision(row, whole=body.resolution, fields=body.fields, version=body.version)
    except UnknownField as error:
        raise Unprocessable(Fault(("body", "fields", str(error)), "the conflict has no such field")) from error
    except Refused as error:
        raise Refusal(str(error)) from error
    if decisions is None:
        return show_conflict(row)
    company = await load_company(call.session, call.partner_id, call.entity_id)
    if company is None or company.id != row.company_id:
        message = "The books of this conflict are not connected."
        raise Refusal(message)
    await decide(call.session, call.services.engine, row, link, decisions, by=call.actor, now=call.now)
    await audit_trail.record(
        call.session,
        partner_id=call.partner_id,
        at=call.now,
        actor=call.actor,
        action="accounting_conflict.decided",
        subject_id=str(row.id),
        details={name: side.value for name, side in decisions.items()},
    )
    return show_conflict(row)
