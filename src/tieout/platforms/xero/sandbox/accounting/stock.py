"""The stock of tracked items: bills bring it in at their price, sales take it out at the average cost.

A sale cannot take more than is on hand, and a bill cannot be taken back when its goods are gone. Source: items page,
tracked inventory.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tieout.platforms.xero.sandbox.accounting.elements import InvalidError
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Invoice, Line, StockMove
from tieout.platforms.xero.sandbox.accounting.statuses import POSTED
from tieout.platforms.xero.sandbox.wire import ZERO, half_up
from tieout.sandbox.ledger import JournalLine, debit


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a line does to the stock of an item; the value of a sale is only known when it happens."""

    item_id: str
    line: Line


def check_stock(organisation: Organisation, known: Invoice | None, lines: Sequence[Line], *, sale: bool) -> None:
    """Refuse what the stock does not allow, supposing that what the document did before is undone."""
    on_hand = {item.id: item.quantity_on_hand for item in organisation.items.values() if item.tracked}
    for move in known.stock if known else ():
        if move.item_id in on_hand:
            on_hand[move.item_id] -= move.quantity
    for wanted in _wanted(organisation, lines):
        quantity = wanted.line.quantity
        if quantity <= 0:
            raise InvalidError("The quantity of a tracked inventory item must be greater than zero")
        on_hand[wanted.item_id] += -quantity if sale else quantity
    for item_id, quantity in on_hand.items():
        if quantity < 0:
            code = organisation.items[item_id].code
            raise InvalidError(f"There is not enough stock on hand of the tracked inventory item '{code}'")


def move_stock(organisation: Organisation, invoice: Invoice, before: Sequence[Line]) -> None:
    """Bring the stock in line with a document. A change that touches no item leaves the cost of its sale as it was."""
    posted = invoice.status in POSTED
    if posted and invoice.stock and _signature(organisation, before) == _signature(organisation, invoice.lines):
        return
    for move in invoice.stock:
        _apply(organisation, StockMove(move.item_id, -move.quantity, -move.value))
    invoice.stock = []
    if not posted:
        return
    for wanted in _wanted(organisation, invoice.lines):
        move = _planned(organisation, invoice, wanted)
        _apply(organisation, move)
        invoice.stock.append(move)


def stock_lines(organisation: Organisation, invoice: Invoice) -> tuple[JournalLine, ...]:
    """Cost of goods sold against inventory. A bill needs none: its lines stand in the inventory account already."""
    if invoice.type != "ACCREC":
        return ()
    lines: list[JournalLine] = []
    for move in invoice.stock:
        item = organisation.items[move.item_id]
        cost = organisation.account_by_code(item.purchases.account_code or "")
        inventory = organisation.account_by_code(item.inventory_account or "")
        assert cost is not None
        assert inventory is not None
        lines += [debit(cost.id, -move.value, item.name), debit(inventory.id, move.value, item.name)]
    return tuple(lines)


def _wanted(organisation: Organisation, lines: Sequence[Line]) -> list[_Wanted]:
    return [
        _Wanted(line.item_id, line)
        for line in lines
        if line.item_id in organisation.items and organisation.items[line.item_id].tracked
    ]


def _signature(organisation: Organisation, lines: Sequence[Line]) -> list[tuple[object, ...]]:
    return [
        (wanted.item_id, wanted.line.quantity, wanted.line.line_amount, wanted.line.tax_amount)
        for wanted in _wanted(organisation, lines)
    ]


def _planned(organisation: Organisation, invoice: Invoice, wanted: _Wanted) -> StockMove:
    item, line = organisation.items[wanted.item_id], wanted.line
    if invoice.type == "ACCPAY":
        tax = line.tax_amount if invoice.amount_types == "Inclusive" else ZERO
        return StockMove(item.id, line.quantity, invoice.home(line.line_amount - tax))
    whole = line.quantity == item.quantity_on_hand
    value = item.cost_pool if whole else half_up(item.cost_pool * line.quantity / item.quantity_on_hand)
    return StockMove(item.id, -line.quantity, -value)


def _apply(organisation: Organisation, move: StockMove) -> None:
    item = organisation.items.get(move.item_id)
    if item is not None:
        item.quantity_on_hand += move.quantity
        item.cost_pool += move.value
        item.touch(organisation.now())
