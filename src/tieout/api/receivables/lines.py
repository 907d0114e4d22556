"""The lines of a receivable: what callers send becomes rows, and rows become totals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from tieout.api.accounting_ids import Place, check_ledger_accounts
from tieout.api.days import today_of
from tieout.api.dependencies import CallForEntity
from tieout.api.receivables.changes import LineItemUpdate
from tieout.api.receivables.schemas import DiscountBody, LineItem, LineItemProductCreate
from tieout.api.scope import rows_of_entity
from tieout.api.unbuilt import refuse_unbuilt
from tieout.api.vat_rates.naming import load_named_rates
from tieout.books.arithmetic.rounding import half_up
from tieout.books.arithmetic.totals import (
    AMOUNT_MINOR_MAX,
    AmountTooLarge,
    DeductionTooLarge,
    DiscountTooLarge,
    Rate,
    VatMode,
    sums_of,
)
from tieout.books.statutory_rates import StatutoryRate
from tieout.kit.errors import Fault, NotFound, Unprocessable
from tieout.kit.identifiers import new_id
from tieout.storage.tables.business import MeasureUnit, Product, Receivable, ReceivableLine
from tieout.storage.tables.connections import TaxRate
from tieout.sync.connected import load_company
from tieout.sync.entity_books import load_tax_rates
from tieout.sync.totals import receivable_totals

UNBUILT = ("custom_vat_rate_id",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What lines name: the catalogue's products, their units, the tax rates of the books and those of the law."""

    products: Mapping[UUID, Product]
    units: Mapping[UUID, MeasureUnit]
    rates: Mapping[UUID, TaxRate]
    vat_rates: Mapping[UUID, StatutoryRate]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTax:
    """The tax of a line: percent × 100 as shown, and exactly where that has more digits."""

    value: int
    exact: Decimal | None
    name: str | None


async def make_lines(
    call: CallForEntity, receivable: Receivable, items: Sequence[LineItem], place: Place
) -> list[ReceivableLine]:
    """Rows for the lines of a receivable, not added to the session; raises NotFound, Unprocessable, NotBuiltYet."""
    for i, item in enumerate(items):
        refuse_unbuilt(item, UNBUILT, place=(*place[1:], i))
    vat_rates = await load_vat_rates(
        call, receivable, {(*place, i, "vat_rate_id"): item.vat_rate_id for i, item in enumerate(items)}
    )
    named = await _load_named(call, items, vat_rates)
    await check_ledger_accounts(
        call.session,
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        ids={
            (*place, i, "product", "ledger_account_id"): item.product.ledger_account_id
            for i, item in enumerate(items)
            if item.product is not None
        },
    )
    return [_line(receivable, item, named, i, (*place, i)) for i, item in enumerate(items)]


async def load_vat_rates(
    call: CallForEntity, receivable: Receivable, ids: Mapping[Place, UUID | None]
) -> dict[UUID, StatutoryRate]:
    """The rates that lines name, in force today or when the receivable is fulfilled; raises Unprocessable."""
    if not any(ids.values()):
        return {}
    days = {await today_of(call), receivable.fulfillment_date} - {None}
    return await load_named_rates(call, ids, days={day for day in days if day is not None})


async def _load_named(call: CallForEntity, items: Sequence[LineItem], vat_rates: Mapping[UUID, StatutoryRate]) -> Named:
    product_ids = {item.product_id for item in items if item.product_id is not None}
    rows = await call.session.scalars(rows_of_entity(call, Product).where(Product.id.in_(product_ids)))
    products = {row.id: row for row in rows}
    if missing := product_ids - products.keys():
        message = f"There is no product {min(missing)}."
        raise NotFound(message)
    unit_ids = {row.measure_unit_id for row in products.values() if row.measure_unit_id is not None}
    units = await call.session.scalars(rows_of_entity(call, MeasureUnit).where(MeasureUnit.id.in_(unit_ids)))
    rate_ids = [item.accounting_tax_rate_id for item in items if item.accounting_tax_rate_id is not None]
    company = await load_company(call.session, call.partner_id, call.entity_id) if rate_ids else None
    rates = await load_tax_rates(call.session, company, rate_ids)
    return Named(products=products, units={unit.id: unit for unit in units}, rates=rates, vat_rates=vat_rates)


def _line(receivable: Receivable, item: LineItem, named: Named, position: int, place: Place) -> ReceivableLine:
    product = _inline(item.product) if item.product is not None else _of_catalogue(item, named, place)
    if item.product is not None and item.product_id is not None:
        raise Unprocessable(Fault((*place, "product"), "a line has either product or product_id, not both"))
    price, currency = product.pop("price"), product.pop("currency")
    if currency != receivable.currency:
        where = (*place, "product_id" if item.product is None else "product")
        message = f"the product is priced in {currency}, the document is in {receivable.currency}"
        raise Unprocessable(Fault(where, message, "value_error.currency"))
    smallest = product.get("smallest_amount")
    if smallest is not None and item.quantity < Decimal(smallest):
        raise Unprocessable(Fault((*place, "quantity"), f"the smallest amount of this product is {smallest}"))
    tax = plan_tax(item, named, is_exempt=bool(receivable.content.get("vat_exempt")), place=place)
    return ReceivableLine(
        id=new_id(),
        partner_id=receivable.partner_id,
        entity_id=receivable.entity_id,
        receivable_id=receivable.id,
        position=position,
        product_id=item.product_id,
        product=product,
        quantity=item.quantity,
        price_minor=price,
        discount=stored_discount(item.discount),
        tax_rate_value=tax.value,
        exact_rate=tax.exact,
        tax_rate_name=tax.name,
        accounting_tax_rate_id=item.accounting_tax_rate_id,
        vat_rate_id=item.vat_rate_id,
        total_before_vat=0,
        total_after_vat=0,
    )


def stored_discount(discount: DiscountBody | None) -> dict[str, Any] | None:
    """A discount as rows keep it."""
    return None if discount is None else discount.model_dump(mode="json")


def _of_catalogue(item: LineItem, named: Named, place: Place) -> dict[str, Any]:
    if item.product_id is None:
        raise Unprocessable(Fault((*place, "product_id"), "a line needs product_id or product", "missing"))
    row = named.products[item.product_id]
    if row.price_minor is None or row.currency is None:
        raise Unprocessable(Fault((*place, "product_id"), "the product has no price"))
    unit = named.units.get(row.measure_unit_id) if row.measure_unit_id else None
    return {
        "id": str(row.id),
        "name": row.name,
        "description": row.description,
        "type": row.type,
        "external_reference": row.external_reference,
        "ledger_account_id": str(row.ledger_account_id) if row.ledger_account_id else None,
        "measure_unit": {"id": str(unit.id), "name": unit.name, "description": unit.description} if unit else None,
        "smallest_amount": None if row.smallest_amount is None else format(row.smallest_amount, "f"),
        "is_inline": False,
        "price": row.price_minor,
        "currency": row.currency,
    }


def _inline(product: LineItemProductCreate) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "name": product.name,
        "description": product.description,
        "type": product.type.value,
        "external_reference": product.external_reference,
        "ledger_account_id": str(product.ledger_account_id) if product.ledger_account_id else None,
        "measure_unit": product.measure_unit.model_dump(mode="json") if product.measure_unit else None,
        "smallest_amount": None if product.smallest_amount is None else format(product.smallest_amount, "f"),
        "is_inline": True,
        "price": product.price.value,
        "currency": product.price.currency,
    }


def plan_tax(item: LineItem, named: Named, *, is_exempt: bool, place: Place) -> LineTax:
    """The tax of a line: told, read from the named rate of the law or the books, or none because it is exempt.

    Raises Unprocessable when nothing says it, when two things contradict, or when the rate is unknown.
    """
    if item.tax_rate_name is not None and item.tax_rate_value is None:
        raise Unprocessable(Fault((*place, "tax_rate_name"), "a tax rate's name is told only with its value"))
    if item.vat_rate_id is not None:
        tax = tax_of_the_law(item, named.vat_rates[item.vat_rate_id], place)
        if item.accounting_tax_rate_id is not None:
            _check_same(tax, _tax_of_the_books(item, named.rates.get(item.accounting_tax_rate_id), place), place)
    elif item.accounting_tax_rate_id is None:
        if item.tax_rate_value is None and not is_exempt:
            message = "a line needs vat_rate_id, tax_rate_value or accounting_tax_rate_id"
            raise Unprocessable(Fault((*place, "tax_rate_value"), message, "missing"))
        tax = LineTax(value=item.tax_rate_value or 0, exact=None, name=item.tax_rate_name)
    else:
        tax = _tax_of_the_books(item, named.rates.get(item.accounting_tax_rate_id), place)
    if is_exempt and tax.value:
        raise Unprocessable(Fault((*place, "tax_rate_value"), "an exempt document has no tax"))
    return tax


def tax_of_the_law(item: LineItem | LineItemUpdate, rate: StatutoryRate, place: Place) -> LineTax:
    """The tax of a line that names a VAT rate; raises Unprocessable when it also tells another value."""
    if item.tax_rate_value not in (None, rate.value):
        message = f"the VAT rate {rate.name} has the value {rate.value}"
        raise Unprocessable(Fault((*place, "tax_rate_value"), message))
    exact = rate.exact_value
    return LineTax(
        value=rate.value, exact=None if exact == rate.value else exact, name=item.tax_rate_name or rate.name[:64]
    )


def _check_same(of_the_law: LineTax, of_the_books: LineTax, place: Place) -> None:
    if (of_the_law.value, of_the_law.exact) != (of_the_books.value, of_the_books.exact):
        message = f"the rate of the books has the value {of_the_books.value}, the VAT rate {of_the_law.value}"
        raise Unprocessable(Fault((*place, "accounting_tax_rate_id"), message))


def _tax_of_the_books(item: LineItem, rate: TaxRate | None, place: Place) -> LineTax:
    if rate is None:
        message = f"there is no tax rate {item.accounting_tax_rate_id} in the connected books"
        raise Unprocessable(Fault((*place, "accounting_tax_rate_id"), message, "value_error.unknown_id"))
    exact = rate.effective_rate * 100
    value = half_up(exact)
    if item.tax_rate_value not in (None, value):
        message = f"the tax rate {rate.name} of the books has the value {value}"
        raise Unprocessable(Fault((*place, "tax_rate_value"), message))
    return LineTax(value=value, exact=None if exact == value else exact, name=item.tax_rate_name or rate.name[:64])


def exact_rate(line: ReceivableLine) -> Rate:
    """The tax rate of a line with all its digits, percent × 100."""
    return line.tax_rate_value if line.exact_rate is None else line.exact_rate


def price_after_vat(receivable: Receivable, line: ReceivableLine) -> int:
    """What one unit costs with tax."""
    return sums_of(line.price_minor, exact_rate(line), VatMode(receivable.vat_mode)).gross


def apply_totals(receivable: Receivable, lines: Sequence[ReceivableLine], place: Place = ("body",)) -> None:
    """Compute all totals of the receivable and its lines; raises Unprocessable where a discount is too large."""
    try:
        totals = receivable_totals(receivable, lines)
    except DiscountTooLarge as error:
        where = ("discount",) if error.line is None else ("line_items", error.line, "discount")
        raise Unprocessable(Fault((*place, *where), str(error))) from error
    except DeductionTooLarge as error:
        raise Unprocessable(Fault((*place, "deduction_amount"), str(error))) from error
    except AmountTooLarge as error:
        raise Unprocessable(Fault((*place, "line_items"), str(error))) from error
    for i, (line, made) in enumerate(zip(lines, totals.lines, strict=True)):
        if price_after_vat(receivable, line) > AMOUNT_MINOR_MAX:
            raise Unprocessable(Fault((*place, "line_items", i), str(AmountTooLarge())))
        line.total_before_vat = made.own.net
        line.total_after_vat = made.own.gross
    receivable.subtotal = totals.subtotal
    receivable.discounted_subtotal = totals.discounted_subtotal
    receivable.total_vat_amount = totals.total_vat
    receivable.total_amount = totals.total
