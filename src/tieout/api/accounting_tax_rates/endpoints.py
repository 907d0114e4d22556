"""GET /accounting_tax_rates and GET /accounting_tax_rates/{tax_rate_id}: the rates as they were last pulled."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Select, false, select

from tieout.api.accounting_tax_rates.schemas import (
    AccountingTaxRateListResponse,
    AccountingTaxRateResponse,
    show_tax_rate,
)
from tieout.api.dependencies import EntityCall
from tieout.api.paging import AccountingPaging, Listing, page_of
from tieout.api.schemas import Filters
from tieout.kit.errors import NotFound
from tieout.storage.tables.connections import Company, TaxRate
from tieout.sync.connected import load_company

router = APIRouter(prefix="/accounting_tax_rates", tags=["Accounting tax rates"])

_LISTING = Listing(
    name="accounting_tax_rates",
    id_column=TaxRate.id,
    sorts={"name": TaxRate.name},
    sort_default="name",
    is_limit_resent=True,
)


def _rates_of(company: Company | None) -> Select[TaxRate]:
    query = select(TaxRate)
    return query.where(false()) if company is None else query.where(TaxRate.company_id == company.id)


@router.get("")
async def list_tax_rates(call: EntityCall, paging: AccountingPaging) -> AccountingTaxRateListResponse:
    """The tax rates of the connected books; empty while none are connected."""
    company = await load_company(call.session, call.partner_id, call.entity_id)
    answer = await page_of(
        call,
        _LISTING,
        owner_id=call.entity_id,
        asked=paging,
        filters=Filters(),
        query=lambda _: _rates_of(company),
    )
    return AccountingTaxRateListResponse(
        data=[show_tax_rate(row) for row in answer.rows],
        next_pagination_token=answer.next_pagination_token,
        prev_pagination_token=answer.prev_pagination_token,
    )


@router.get("/{tax_rate_id}")
async def get_tax_rate(call: EntityCall, tax_rate_id: UUID) -> AccountingTaxRateResponse:
    """One tax rate of the connected books."""
    company = await load_company(call.session, call.partner_id, call.entity_id)
    rate = await call.session.scalar(_rates_of(company).where(TaxRate.id == tax_rate_id))
    if rate is None:
        message = f"There is no tax rate {tax_rate_id}."
        raise NotFound(message)
    return show_tax_rate(rate)
