"""The stock of tracked items: purchases bring it in at their price, sales take it out at the average cost.

A customer's credit note brings goods back at the average cost, a supplier's sends them back at it: what the credit
note pays beyond or below the average cost is a cost of sales. Nothing can take more than is on hand, and a purchase
cannot be taken back when its goods are gone. Source: items page, tracked inventory.
"""

from collections.abc import Sequence
from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.elements import InvalidError
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Credit, Document, Item, Line, StockMove
from tieout.platforms.xero.sandbox.accounting.statuses import POSTED
from tieout.platforms.xero.sandbox.wire import ZERO, half_up
from tieout.sandbox.ledger import JournalLine, debit


def check_stock(
    organisation: Organisation, known: Document | None, lines: Sequence[Line], *, outward: bool, credit: bool = False
) -> None:
    """Refuse what the stock does not allow, supposing that what the document did before is undone.

    `outward`: whether it stands on the customers' side, where goods go out; a `credit` turns that round.
    """
    wanted = _wanted(organisation, lines)
    before = known.stock if known is not None else ()
    if not wanted and not before:
        return
    on_hand: dict[str, Decimal] = {}
    for item_id, change in (
        *((move.item_id, -move.quantity) for move in before),
        *((item.id, -line.quantity if outward != credit else line.quantity) for item, line in wanted),
    ):
        item = organisation.items.get(item_id)
        if item is not None and item.tracked:
            on_hand[item_id] = on_hand.get(item_id, item.quantity_on_hand) + change
    if any(line.quantity <= 0 for _, line in wanted):
        raise InvalidError("The quantity of a tracked inventory item must be greater than zero")
    for item_id, quantity in on_hand.items():
        taken_back = () if wanted else [move for move in before if move.item_id == item_id]
        if quantity < 0 or (taken_back and _costs_nonsense(organisation.items[item_id], quantity, taken_back)):
            code = organisation.items[item_id].code
            raise InvalidError(f"There is not enough stock on hand of the tracked inventory item '{code}'")


def _costs_nonsense(item: Item, quantity: Decimal, taken_back: Sequence[StockMove]) -> bool:
    """Whether what is left would cost less than nothing, or nothing left would cost something.

    It does when the goods of a purchase were sold, at an average, before the purchase is taken back.
    """
    left = item.cost_pool - sum((move.value for move in taken_back), ZERO)
    return left < 0 or (not quantity and left != 0)


def move_stock(organisation: Organisation, document: Document, before: Sequence[Line]) -> None:
    """Bring the stock in line with a document. A change that touches no item leaves the cost of its sale as it was."""
    posted = document.status in POSTED
    if not document.stock and not _wanted(organisation, document.lines):
        return
    if posted and document.stock and _signature(organisation, before) == _signature(organisation, document.lines):
        return
    for move in document.stock:
        _apply(organisation, StockMove(move.item_id, -move.quantity, -move.value))
    moves: list[StockMove] = []
    if posted:
        for item, line in _wanted(organisation, document.lines):
            move = _planned(document, item, line)
            _apply(organisation, move)
            moves.append(move)
    document.stock = tuple(moves)


def stock_lines(organisation: Organisation, document: Document) -> Sequence[JournalLine]:
    """Cost of goods sold against inventory.

    A purchase needs none: its lines stand in the inventory account already, at their price, which is what came in.
    """
    if not document.stock or (not document.receivable and not isinstance(document, Credit)):
        return ()
    lines: list[JournalLine] = []
    paired = zip(document.stock, _wanted(organisation, document.lines), strict=True)
    for move, (item, line) in paired:
        cost = organisation.account_by_code(item.purchases.account_code or "")
        inventory = organisation.account_by_code(item.inventory_account or "")
        assert cost is not None
        assert inventory is not None
        standing = ZERO if document.receivable else -_net_at_home(document, line)
        difference = move.value - standing
        lines += [debit(cost.id, -difference, item.name), debit(inventory.id, difference, item.name)]
    return lines


def adjust_stock(organisation: Organisation, item: Item, quantity: Decimal, value: Decimal) -> None:
    """Change the stock of an item by hand. Raises `InvalidError` when more would go than is there."""
    if item.quantity_on_hand + quantity < 0 or item.cost_pool + value < 0:
        raise InvalidError(f"There is not enough stock on hand of the tracked inventory item '{item.code}'")
    _apply(organisation, StockMove(item.id, quantity, value))


def cost_of(item: Item, quantity: Decimal) -> Decimal:
    """What so many pieces cost at the average; all that is left with the last of them."""
    if not item.quantity_on_hand:
        return half_up(quantity * (item.purchases.unit_price or ZERO))
    if quantity == item.quantity_on_hand:
        return item.cost_pool
    return half_up(item.cost_pool * quantity / item.quantity_on_hand)


def _wanted(organisation: Organisation, lines: Sequence[Line]) -> list[tuple[Item, Line]]:
    items = organisation.items
    return [(items[line.item_id], line) for line in lines if line.item_id in items and items[line.item_id].tracked]


def _signature(organisation: Organisation, lines: Sequence[Line]) -> list[tuple[object, ...]]:
    return [(item.id, line.quantity, line.line_amount, line.tax_amount) for item, line in _wanted(organisation, lines)]


def _net_at_home(document: Document, line: Line) -> Decimal:
    tax = line.tax_amount if document.amount_types == "Inclusive" else ZERO
    return document.home(line.line_amount - tax)


def _planned(document: Document, item: Item, line: Line) -> StockMove:
    if not document.receivable and not isinstance(document, Credit):
        return StockMove(item.id, line.quantity, _net_at_home(document, line))
    value = cost_of(item, line.quantity)
    if isinstance(document, Credit) and document.receivable:
        return StockMove(item.id, line.quantity, value)
    return StockMove(item.id, -line.quantity, -value)


def _apply(organisation: Organisation, move: StockMove) -> None:
    item = organisation.items.get(move.item_id)
    if item is not None:
        item.quantity_on_hand += move.quantity
        item.cost_pool += move.value
        item.touch(organisation.now())
