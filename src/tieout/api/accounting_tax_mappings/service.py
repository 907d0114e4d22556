"""The rules of tax mappings: one for each tax, side and country, to a rate of the books that can be used there."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from tieout.api.accounting_ids import check_tax_rates
from tieout.api.accounting_tax_mappings.schemas import TaxMappingPayload, TaxMappingResponse, TaxMappingUpdate
from tieout.api.dependencies import CallForEntity
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.books.statutory_rates import RATES_BY_ID
from tieout.kit.errors import Conflict, Fault, Unprocessable
from tieout.storage import audit_trail
from tieout.storage.tables.connections import Company, TaxRate
from tieout.storage.tables.tax_mappings import TaxMapping
from tieout.sync.connected import load_company
from tieout.sync.curing import leave_news_of_settings
from tieout.sync.entity_books import load_tax_rates
from tieout.sync.tax_mappings import MAPPINGS_MAX, SALES, Side, subject_of


async def list_all(call: CallForEntity) -> list[TaxMappingResponse]:
    """The entity's mappings, the oldest first."""
    query = rows_of_entity(call, TaxMapping).order_by(TaxMapping.created_at, TaxMapping.id).limit(MAPPINGS_MAX)
    return await _shown(call, list(await call.session.scalars(query)))


async def get(call: CallForEntity, mapping_id: UUID) -> TaxMappingResponse:
    """One of them; raises NotFound."""
    return await _one(call, await _load(call, mapping_id))


async def create(call: CallForEntity, body: TaxMappingPayload) -> TaxMappingResponse:
    """Map a tax; raises Unprocessable for a rate that cannot be used, Conflict for a tax that is mapped already."""
    await _check_rate(call, body.accounting_tax_rate_id, body.side)
    if (body.tax_rate_value is None) == (body.vat_rate_id is None):
        message = "either tax_rate_value or vat_rate_id says which tax is meant"
        raise Unprocessable(Fault(("body",), message, "value_error.one_of"))
    if body.vat_rate_id is not None and body.vat_rate_id not in RATES_BY_ID:
        message = f"there is no VAT rate {body.vat_rate_id}"
        raise Unprocessable(Fault(("body", "vat_rate_id"), message, "value_error.unknown_id"))
    subject = subject_of(body.side, body.exact_value, body.vat_rate_id, body.country)
    same = rows_of_entity(call, TaxMapping).where(TaxMapping.subject == subject)
    if (known := await call.session.scalar(same)) is not None:
        message = f"This tax is mapped already: PATCH /v1/accounting_tax_mappings/{known.id} changes its rate."
        raise Conflict(message)
    mine = select(func.count()).select_from(rows_of_entity(call, TaxMapping).subquery())
    if (await call.session.scalar(mine) or 0) >= MAPPINGS_MAX:
        raise Unprocessable(Fault(("body",), f"an entity maps at most {MAPPINGS_MAX} taxes"))
    row = TaxMapping(
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        subject=subject,
        side=body.side,
        tax_rate_value=body.exact_value,
        vat_rate_id=body.vat_rate_id,
        country=body.country,
        accounting_tax_rate_id=body.accounting_tax_rate_id,
        created_at=call.now,
        updated_at=call.now,
    )
    call.session.add(row)
    await call.session.flush()
    return await _told(call, row, "created")


async def change(call: CallForEntity, mapping_id: UUID, body: TaxMappingUpdate) -> TaxMappingResponse:
    """Map the same tax to another rate; raises NotFound and Unprocessable."""
    row = await _load(call, mapping_id, for_update=True)
    side: Side = "sales" if row.side == SALES else "purchases"
    await _check_rate(call, body.accounting_tax_rate_id, side)
    row.accounting_tax_rate_id = body.accounting_tax_rate_id
    row.updated_at = call.now
    return await _told(call, row, "changed")


async def remove(call: CallForEntity, mapping_id: UUID) -> None:
    """Forget a mapping; raises NotFound."""
    row = await _load(call, mapping_id, for_update=True)
    await _told(call, row, "deleted")
    await call.session.delete(row)


async def _load(call: CallForEntity, mapping_id: UUID, *, for_update: bool = False) -> TaxMapping:
    return await load_of_entity(call, TaxMapping, mapping_id, "tax mapping", for_update=for_update)


async def _check_rate(call: CallForEntity, rate_id: UUID, side: Side) -> None:
    """Raise Unprocessable for a rate that the entity never had, or that cannot be used in its books now."""
    place = ("body", "accounting_tax_rate_id")
    await check_tax_rates(call.session, partner_id=call.partner_id, entity_id=call.entity_id, ids={place: rate_id})
    company = await load_company(call.session, call.partner_id, call.entity_id)
    problem = await _problem_of(call, company, rate_id, side) if company else None
    if problem is not None:
        message = f"this tax rate cannot be used for {side} in the connected books"
        raise Unprocessable(Fault(place, message, f"value_error.{problem}"))


async def _problem_of(call: CallForEntity, company: Company, rate_id: UUID, side: str) -> str | None:
    return _problem((await load_tax_rates(call.session, company, [rate_id])).get(rate_id), side)


def _problem(rate: TaxRate | None, side: str) -> str | None:
    """The code by which a push would be refused; by the ledger account more may be."""
    if rate is None:
        return "belongs_to_another_company"
    serves = (rate.on_sales if side == SALES else rate.on_purchases) or rate.applies_to is not None
    return None if rate.status == "Active" and serves else "tax_rate_not_usable"


async def _shown(call: CallForEntity, rows: Sequence[TaxMapping]) -> list[TaxMappingResponse]:
    company = await load_company(call.session, call.partner_id, call.entity_id)
    rates = await load_tax_rates(call.session, company, [row.accounting_tax_rate_id for row in rows])
    problems = [_problem(rates.get(row.accounting_tax_rate_id), row.side) if company else None for row in rows]
    return [_show(row, problem) for row, problem in zip(rows, problems, strict=True)]


async def _one(call: CallForEntity, row: TaxMapping) -> TaxMappingResponse:
    return (await _shown(call, [row]))[0]


def _show(row: TaxMapping, problem: str | None) -> TaxMappingResponse:
    return TaxMappingResponse(
        id=row.id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        side="sales" if row.side == SALES else "purchases",
        tax_rate_value=None if row.tax_rate_value is None else float(row.tax_rate_value),
        vat_rate_id=row.vat_rate_id,
        country=row.country,
        accounting_tax_rate_id=row.accounting_tax_rate_id,
        problem=problem,
    )


async def _told(call: CallForEntity, row: TaxMapping, verb: str) -> TaxMappingResponse:
    """What was refused for its taxes is tried again, and the audit trail says who changed what."""
    shown = await _one(call, row)
    await leave_news_of_settings(
        call.session, call.services.engine, partner_id=call.partner_id, entity_id=call.entity_id, now=call.now
    )
    await audit_trail.record(
        call.session,
        partner_id=call.partner_id,
        at=call.now,
        actor=call.actor,
        action=f"entity.tax_mapping_{verb}",
        subject_id=str(row.id),
        details={"subject": row.subject, "accounting_tax_rate_id": str(row.accounting_tax_rate_id)},
    )
    return shown
