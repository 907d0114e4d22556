"""The lines of a payable: added, replaced, changed and removed until it is submitted."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from tieout.api.accounting_ids import Place, check_ledger_accounts
from tieout.api.dependencies import CallForEntity
from tieout.api.payables.judging import load_payable_lines
from tieout.api.payables.schemas import LINES_MAX, LineItemInternalRequest, LineItemRequest
from tieout.api.payables.showing import tell_of_line
from tieout.api.payables.writing import changed, load_changeable
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity
from tieout.books.arithmetic.rounding import half_up
from tieout.books.arithmetic.totals import Rate
from tieout.books.stated_totals import fits, line_amounts
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.kit.identifiers import new_id
from tieout.storage.tables.business import Payable, PayableLine
from tieout.storage.tables.connections import TaxRate
from tieout.sync.connected import load_company
from tieout.sync.entity_books import load_tax_rates

_FIELDS = (
    "accounting_tax_rate_id",
    "description",
    "ledger_account_id",
    "name",
    "quantity",
    "tax",
    "unit",
    "unit_price",
)


async def load_line(call: CallForEntity, payable_id: UUID, line_id: UUID) -> PayableLine:
    """A line of a payable; raises NotFound."""
    await load_of_entity(call, Payable, payable_id, "payable")
    line = await load_of_entity(call, PayableLine, line_id, "line item")
    if line.payable_id != payable_id:
        message = f"There is no line item {line_id}."
        raise NotFound(message)
    return line


async def add(call: CallForEntity, payable_id: UUID, body: LineItemRequest) -> PayableLine:
    """A new last line; raises NotFound, Conflict and Unprocessable."""
    row = await load_changeable(call, payable_id)
    count, last = (
        await call.session.execute(
            select(func.count(), func.max(PayableLine.position)).where(
                PayableLine.payable_id == row.id, PayableLine.partner_id == call.partner_id
            )
        )
    ).one()
    if count >= LINES_MAX:
        message = f"A payable has at most {LINES_MAX} lines."
        raise Conflict(message)
    line = _new_line(row, -1 if last is None else last, call)
    line.position += 1
    await _put_in(call, [line], [body], [("body",)])
    call.session.add(line)
    tell_of_line(call, line, "created")
    await changed(call, row)
    return line


async def replace(call: CallForEntity, payable_id: UUID, items: Sequence[LineItemInternalRequest]) -> list[PayableLine]:
    """Other lines in the place of all; raises NotFound, Conflict and Unprocessable."""
    row = await load_changeable(call, payable_id)
    lines = [_new_line(row, position, call) for position in range(len(items))]
    await _put_in(call, lines, items, [("body", "data", i) for i in range(len(items))])
    for old in await load_payable_lines(call, row.id):
        tell_of_line(call, old, "deleted")
        await call.session.delete(old)
    await call.session.flush()
    call.session.add_all(lines)
    for line in lines:
        tell_of_line(call, line, "created")
    await changed(call, row)
    return lines


async def change(call: CallForEntity, payable_id: UUID, line_id: UUID, body: LineItemRequest) -> PayableLine:
    """Change a line; raises NotFound, Conflict and Unprocessable."""
    row = await load_changeable(call, payable_id)
    line = await load_line(call, payable_id, line_id)
    await _put_in(call, [line], [body], [("body",)])
    line.updated_at = call.now
    tell_of_line(call, line, "updated")
    await changed(call, row)
    return line


async def remove(call: CallForEntity, payable_id: UUID, line_id: UUID) -> None:
    """Remove a line; raises NotFound and Conflict."""
    row = await load_changeable(call, payable_id)
    line = await load_line(call, payable_id, line_id)
    tell_of_line(call, line, "deleted")
    await call.session.delete(line)
    await changed(call, row)


def _new_line(row: Payable, position: int, call: CallForEntity) -> PayableLine:
    return PayableLine(
        id=new_id(),
        partner_id=row.partner_id,
        entity_id=row.entity_id,
        payable_id=row.id,
        position=position,
        created_by_entity_user_id=call.entity_user_id,
        created_at=call.now,
        updated_at=call.now,
    )


async def _put_in(
    call: CallForEntity, lines: Sequence[PayableLine], bodies: Sequence[LineItemRequest], places: Sequence[Place]
) -> None:
    """Put what was sent into the lines, and compute their amounts; raises Unprocessable."""
    await check_ledger_accounts(
        call.session,
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        ids={(*place, "ledger_account_id"): body.ledger_account_id for place, body in zip(places, bodies, strict=True)},
    )
    for line, body in zip(lines, bodies, strict=True):
        named = given(body)
        for name in _FIELDS:
            if name in named:
                setattr(line, name, named[name])
        if named.get("accounting_tax_rate_id") is not None and named.get("tax") is None:
            line.tax = None
    rates = await _load_rates(call, lines)
    for line, body, place in zip(lines, bodies, places, strict=True):
        _compute(line, body, rates, place)


async def _load_rates(call: CallForEntity, lines: Sequence[PayableLine]) -> Mapping[UUID, TaxRate]:
    wanted = [line.accounting_tax_rate_id for line in lines if line.accounting_tax_rate_id is not None]
    company = await load_company(call.session, call.partner_id, call.entity_id) if wanted else None
    return await load_tax_rates(call.session, company, wanted)


def _compute(line: PayableLine, body: LineItemRequest, rates: Mapping[UUID, TaxRate], place: Place) -> None:
    stated = body.subtotal if isinstance(body, LineItemInternalRequest) else None
    is_repriced = bool(body.model_fields_set & {"unit_price", "quantity"})
    kept = None if is_repriced else line.subtotal
    rate = _tax_of(line, rates, place)
    amounts = line_amounts(line.quantity, line.unit_price, rate, stated_subtotal=kept if stated is None else stated)
    if not all(fits(amount) for amount in (amounts.subtotal, amounts.tax_amount, amounts.total)):
        raise Unprocessable(Fault((*place, "unit_price"), "an amount is larger than the API can show"))
    line.subtotal, line.tax_amount, line.total = amounts.subtotal, amounts.tax_amount, amounts.total
    if isinstance(body, LineItemInternalRequest):
        _check_stated({"subtotal": body.subtotal, "total": body.total}, line, place)


def _check_stated(stated: Mapping[str, Any], line: PayableLine, place: Place) -> None:
    for name, amount in stated.items():
        computed = getattr(line, name)
        if amount is not None and amount != computed:
            message = f"price, quantity and tax make {computed}"
            raise Unprocessable(Fault((*place, name), message, "value_error.inconsistent"))


def _tax_of(line: PayableLine, rates: Mapping[UUID, TaxRate], place: Place) -> Rate | None:
    """The exact rate of a line; the rate of the books that it names says which, if the line does not."""
    if line.accounting_tax_rate_id is None:
        return line.tax
    rate = rates.get(line.accounting_tax_rate_id)
    if rate is None:
        message = f"there is no tax rate {line.accounting_tax_rate_id} in the connected books"
        raise Unprocessable(Fault((*place, "accounting_tax_rate_id"), message, "value_error.unknown_id"))
    exact: Decimal = rate.effective_rate * 100
    value = half_up(exact)
    if line.tax not in (None, value):
        message = f"the tax rate {rate.name} of the books has the value {value}"
        raise Unprocessable(Fault((*place, "tax"), message))
    line.tax = value
    return exact
