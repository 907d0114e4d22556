"""Tax rates on the wire (contract: AccountingTaxRateResponse). Rates are percent x 100, whole."""

from decimal import Decimal
from uuid import UUID

from tieout.api.schemas import Page, Shown
from tieout.kit.money import rounded_minor
from tieout.storage.tables.connections import TaxRate

_HUNDRED = 100


class TaxComponentResponse(Shown):
    """A rate inside a tax rate."""

    is_compound: bool | None
    name: str
    rate: int


class AccountingTaxRateResponse(Shown):
    """A tax rate of the books. One with more than two decimals is rounded here; matching uses its exact value."""

    id: UUID
    code: str | None
    components: list[TaxComponentResponse]
    effective_tax_rate: int
    name: str
    on_purchases: bool
    on_sales: bool
    status: str
    total_tax_rate: int


class AccountingTaxRateListResponse(Page):
    """A page of tax rates."""

    data: list[AccountingTaxRateResponse]


def _whole(percent: Decimal) -> int:
    return rounded_minor(percent * _HUNDRED)


def show_tax_rate(row: TaxRate) -> AccountingTaxRateResponse:
    """A row as the API shows it."""
    return AccountingTaxRateResponse(
        id=row.id,
        code=row.code,
        components=[
            TaxComponentResponse(is_compound=part["is_compound"], name=part["name"], rate=_whole(Decimal(part["rate"])))
            for part in row.components
        ],
        effective_tax_rate=_whole(row.effective_rate),
        name=row.name,
        on_purchases=row.on_purchases,
        on_sales=row.on_sales,
        status=row.status,
        total_tax_rate=_whole(row.total_rate),
    )
