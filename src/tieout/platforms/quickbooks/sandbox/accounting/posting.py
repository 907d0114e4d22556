"""What an object stands in the journal as: what it was shaped to, and what follows from others.

Two things follow from others, so that an entry is made anew whenever those change. A payment relieves the control
account by what the documents that it settles are worth at their own rates, and the difference to its own rate is a
realised gain or loss. A document that moves stock is charged what the units cost by the order in which they came.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Role
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import account_currency
from tieout.platforms.quickbooks.sandbox.accounting.documents import day_of, grouped
from tieout.platforms.quickbooks.sandbox.accounting.own_accounts import own_account
from tieout.platforms.quickbooks.sandbox.accounting.records import (
    ADJUSTMENT,
    Adjustment,
    Application,
    Record,
    Shaped,
    StockMove,
)
from tieout.platforms.quickbooks.sandbox.accounting.stock import Stock
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.sandbox.ledger import DocumentRef, Draft, JournalLine, credit, debit

_SIDES = {"Payment": 1, "BillPayment": -1}
"""Which way the money of a payment goes."""
COST_MEMO, GAIN_MEMO = "Cost of goods", "Exchange gain or loss"


def post(books: Books, record: Record) -> None:
    """Make the standing entry of an object what it ought to be; an object without lines has none."""
    shaped = record.shaped
    lines = shaped.lines
    if record.kind.name in _SIDES:
        lines = grouped((*lines, *_settlement(books, record)))
    if shaped.stock:
        lines += cost_lines(books, record.ref, shaped.stock)
    standing = books.ledger.standing(record.ref)
    if not lines and standing is None:
        return
    on = standing.date if standing is not None else books.today()
    if "TxnDate" in shaped.content:
        on = day_of(shaped.content)
    elif "InvStartDate" in shaped.content:
        on = date.fromisoformat(shaped.content["InvStartDate"])
    number = str(shaped.content.get("DocNumber", ""))
    books.ledger.repost(Draft(record.ref, on, lines, number, record.kind.name), at=books.now())


def post_again(books: Books, refs: Iterable[DocumentRef]) -> None:
    """Post documents whose entries follow from something that changed."""
    for ref in refs:
        if ref.kind == ADJUSTMENT:
            _post_adjustment(books, books.adjustments[ref])
        else:
            post(books, books.record(ref))


def _post_adjustment(books: Books, adjustment: Adjustment) -> None:
    lines = cost_lines(books, adjustment.ref, (adjustment.move,))
    books.ledger.repost(Draft(adjustment.ref, adjustment.on, lines, memo=ADJUSTMENT), at=books.now())


def cost_lines(books: Books, ref: DocumentRef, moves: tuple[StockMove, ...]) -> tuple[JournalLine, ...]:
    """What the units that a document moves take from the asset accounts, against what they cost."""
    lines = []
    for place, move in enumerate(moves):
        cost = books.stocks[move.item_id or ref.id].costs.get((ref, place), ZERO)
        if cost:
            lines += [debit(move.cost_account, cost, COST_MEMO), credit(move.asset_account, cost, COST_MEMO)]
    return grouped(lines)


def move_stock(books: Books, record: Record, before: Shaped) -> list[DocumentRef]:
    """Bring the stocks to what the object says now. Answers the other documents whose costs that changed."""
    shaped, changed = record.shaped, []
    if before.stock != shaped.stock or (shaped.stock and _stock_day(before) != _stock_day(shaped)):
        serial = int(record.id) if record.kind.is_transaction else -1
        changed += _replace(books, record.ref, (_stock_day(shaped), serial), before.stock, shaped.stock)
    for adjustment in shaped.adjustments[len(before.adjustments) :]:
        books.adjustments[adjustment.ref] = adjustment
        move, serial = (adjustment.move,), int(adjustment.ref.id)
        changed += [adjustment.ref, *_replace(books, adjustment.ref, (adjustment.on, serial), (), move)]
    return changed


def _stock_day(shaped: Shaped) -> date:
    day = shaped.content.get("TxnDate") or shaped.content.get("InvStartDate")
    return date.fromisoformat(day) if day else date.min


def _replace(
    books: Books,
    ref: DocumentRef,
    when: tuple[date, int],
    before: tuple[StockMove, ...],
    after: tuple[StockMove, ...],
) -> list[DocumentRef]:
    """Give every item's stock its movements of a document: its day and serial, what moved before, what moves now.

    An item's own opening stock names no item.
    """
    changed: list[DocumentRef] = []
    for item_id in dict.fromkeys(move.item_id for move in (*before, *after)):
        item = books.shelf("Item").records[item_id or ref.id]
        moves = [(place, move) for place, move in enumerate(after) if move.item_id == item_id]
        stock = books.stocks.setdefault(item.id, Stock())
        changed += stock.replace(ref, *when, moves)
        by = sum((move.quantity for _, move in moves), ZERO)
        by -= sum((move.quantity for move in before if move.item_id == item_id), ZERO)
        if by:
            item.balance += by
            item.touch(books.now(), token=False)
    return changed


def _settlement(books: Books, payment: Record) -> list[JournalLine]:
    """The control accounts' side of a payment, and the gain or loss that balances it."""
    shaped, sign = payment.shaped, _SIDES[payment.kind.name]
    taken: dict[str, tuple[Decimal, Decimal]] = {}
    parts = [(shaped.control, shaped.exchange.home(payment.unapplied), payment.unapplied)]
    for one in shaped.applications:
        target = books.record(one.target)
        way = -1 if one.is_credit else 1
        control = _control_of(target, one) or shaped.control
        parts.append((control, way * relief(target, payment.ref, one), way * one.amount))
    for control, home, foreign in parts:
        known = taken.get(control, (ZERO, ZERO))
        taken[control] = (known[0] + home, known[1] + foreign)
    lines = [_control_line(books, control, -sign * home, -sign * own) for control, (home, own) in taken.items()]
    over = sum((line.net for line in (*shaped.lines, *lines)), ZERO)
    if over:
        lines.append(credit(own_account(books, Role.EXCHANGE), over, GAIN_MEMO))
    return lines


def _control_of(target: Record, one: Application) -> str:
    """The control account that a settled document stands on."""
    openings = {opening.party: opening.account_id for opening in target.shaped.openings}
    return openings.get(one.part, target.shaped.control) if one.part is not None else target.shaped.control


def _control_line(books: Books, account_id: str, home: Decimal, foreign: Decimal) -> JournalLine:
    line = debit(account_id, home)
    is_foreign = account_id and account_currency(books, account_id) != books.profile.currency
    return replace(line, foreign=foreign) if is_foreign else line


def relief(target: Record, payment: DocumentRef, one: Application) -> Decimal:
    """What a payment takes off a document's worth in home units: its part, at the document's own rate.

    The parts are taken one after the other, so that together they come to what the document is worth, to the cent.
    """
    exchange, left = target.shaped.exchange, target.shaped.total
    if exchange.rate == 1 or one.part is not None:
        return exchange.home(one.amount)
    for ref, amount in target.settlements.items():
        if ref == payment:
            return exchange.home(left) - exchange.home(left - amount)
        left -= amount
    raise KeyError(payment)
