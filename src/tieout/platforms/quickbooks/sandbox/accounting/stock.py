"""The stock of an item, first in first out. Pure: it knows quantities and values, and nothing of documents.

Movements stand in the order of their days; on one day what comes in is before what goes out. Units that are sold before
they were bought count for the last known cost until units come in, and then for what those cost. Units that come back
count for what the last ones left for, and are the next to leave.
"""

from bisect import insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tieout.platforms.quickbooks.sandbox.accounting.records import Record, StockMove
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents
from tieout.sandbox.ledger import DocumentRef

Key = tuple[DocumentRef, int]
"""A movement: its document, and its place among the document's movements."""
_Order = tuple[date, bool, int, int]


@dataclass(slots=True)
class _Layer:
    """Units that came in together, with what they are worth."""

    quantity: Decimal
    value: Decimal

    def take(self, quantity: Decimal) -> Decimal:
        """The worth of units that leave; the last ones take what is left of it."""
        part = self.value if quantity == self.quantity else cents(self.value * quantity / self.quantity)
        self.quantity -= quantity
        self.value -= part
        return part


@dataclass(slots=True)
class _Owed:
    """Units that left before they came in, with what they count for until then."""

    key: Key
    layer: _Layer


@dataclass(slots=True)
class Stock:
    """The stock of one item."""

    costs: dict[Key, Decimal] = field(default_factory=dict)
    """What each movement takes from the asset account besides what its document posts there itself."""
    _moves: list[tuple[_Order, Key, StockMove]] = field(default_factory=list)
    _documents: dict[DocumentRef, int] = field(default_factory=dict)
    """How many movements each document has."""
    _layers: deque[_Layer] = field(default_factory=deque)
    _owed: deque[_Owed] = field(default_factory=deque)
    _last_in: Decimal | None = None
    _last_out: Decimal | None = None
    """What a unit last came in, or left, for."""

    @property
    def value(self) -> Decimal:
        """What the asset account holds for the item."""
        return sum((one.value for one in self._layers), ZERO) - sum((one.layer.value for one in self._owed), ZERO)

    @property
    def quantity(self) -> Decimal:
        """Units on hand; below zero when more left than came in."""
        here = sum((one.quantity for one in self._layers), ZERO)
        return here - sum((one.layer.quantity for one in self._owed), ZERO)

    def first_moved_on(self, opening: DocumentRef) -> date | None:
        """The first day that anything but the opening stock moved."""
        return next((order[0] for order, key, _ in self._moves if key[0] != opening), None)

    def replace(
        self, document: DocumentRef, on: date, serial: int, moves: Iterable[tuple[int, StockMove]]
    ) -> list[DocumentRef]:
        """Let these be the movements of a document. Answers the other documents whose costs changed by it.

        `moves` are with their places among the document's movements; `serial` orders the documents of one day.
        """
        rows = [
            ((on, move.quantity < 0, serial, place), (document, place), move) for place, move in moves if move.quantity
        ]
        rows.sort(key=_order_of)
        stood = self._documents.pop(document, 0)
        if rows:
            self._documents[document] = len(rows)
        if not stood and (not rows or not self._moves or rows[0][0] > self._moves[-1][0]):
            changed: dict[DocumentRef, None] = {}
            for row in rows:
                self._moves.append(row)
                changed.update(dict.fromkeys(self._apply(row[1], row[2])))
            changed.pop(document, None)
            return list(changed)
        if stood:
            self._moves = [row for row in self._moves if row[1][0] != document]
        for row in rows:
            insort(self._moves, row, key=_order_of)
        return self._again(document)

    def _again(self, document: DocumentRef) -> list[DocumentRef]:
        """Go through all movements from the first."""
        before, self.costs = self.costs, {}
        self._layers.clear()
        self._owed.clear()
        self._last_in = self._last_out = None
        for _, key, move in self._moves:
            self._apply(key, move)
        changed = dict.fromkeys(key[0] for key, cost in self.costs.items() if before.get(key) != cost)
        changed.pop(document, None)
        return list(changed)

    def _apply(self, key: Key, move: StockMove) -> list[DocumentRef]:
        """One movement. Answers the documents whose costs it changed after the fact."""
        return self._come_in(key, move) if move.quantity > 0 else self._go_out(key, move)

    def _come_in(self, key: Key, move: StockMove) -> list[DocumentRef]:
        returned = move.value is None
        value = cents(move.quantity * self._known(move, self._last_out, self._last_in)) if returned else move.value
        assert value is not None
        self.costs[key] = -value if returned else ZERO
        if not returned:
            self._last_in = value / move.quantity
        layer, changed = _Layer(move.quantity, value), []
        while self._owed and layer.quantity:
            owed = self._owed[0]
            quantity = min(owed.layer.quantity, layer.quantity)
            difference = layer.take(quantity) - owed.layer.take(quantity)
            if difference:
                self.costs[owed.key] += difference
                changed.append(owed.key[0])
            if not owed.layer.quantity:
                self._owed.popleft()
        if layer.quantity:
            (self._layers.appendleft if returned else self._layers.append)(layer)
        return changed

    def _go_out(self, key: Key, move: StockMove) -> list[DocumentRef]:
        wanted, cost = -move.quantity, ZERO
        while wanted and self._layers:
            layer = self._layers[0]
            quantity = min(wanted, layer.quantity)
            cost += layer.take(quantity)
            wanted -= quantity
            if not layer.quantity:
                self._layers.popleft()
        if wanted:
            missing = cents(wanted * self._known(move, self._last_in, self._last_out))
            self._owed.append(_Owed(key, _Layer(wanted, missing)))
            cost += missing
        self._last_out = cost / -move.quantity
        self.costs[key] = cost + (move.value or ZERO)
        return []

    @staticmethod
    def _known(move: StockMove, *costs: Decimal | None) -> Decimal:
        return next((cost for cost in costs if cost is not None), move.unit_cost)


def _order_of(row: tuple[_Order, Key, StockMove]) -> _Order:
    return row[0]


def stock_move(item: Record, quantity: Decimal, value: Decimal | None = None) -> StockMove:
    """The movement of an inventory item by a document; see `StockMove` for `value`."""
    return StockMove(
        item.id,
        quantity,
        item.content["AssetAccountRef"]["value"],
        item.content["ExpenseAccountRef"]["value"],
        Decimal(item.content["PurchaseCost"]),
        value,
    )


def is_stocked(item: Record | None) -> bool:
    """Whether a stock is kept of an item."""
    return item is not None and bool(item.content["Type"] == "Inventory")
