"""The stock of an item, first in first out. Pure: it knows quantities and values, and nothing of documents.

Movements stand in the order of their days; on one day what comes in is before what goes out. Units that are sold before
they were bought count for the last known cost until units come in, and then for what those cost. Units that come back
count for what the last ones left for, and are the next to leave.
"""

from bisect import bisect_left
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


@dataclass(frozen=True, slots=True)
class _Mark:
    """How the stock stood after so many movements, so that a change need not go back to the first of them."""

    moves: int
    layers: tuple[tuple[Decimal, Decimal], ...]
    owed: tuple[tuple[Key, Decimal, Decimal, Decimal], ...]
    """Quantity, value, and what the movement cost by then."""
    last_in: Decimal | None
    last_out: Decimal | None


_START = _Mark(0, (), (), None, None)
MOVES_PER_MARK, MARKED_MAX = 32, 256
"""How often the standing is marked, and how much of it at most."""


@dataclass(slots=True)
class Stock:
    """The stock of one item."""

    costs: dict[Key, Decimal] = field(default_factory=dict)
    """What each movement takes from the asset account besides what its document posts there itself."""
    _moves: list[tuple[_Order, Key, StockMove]] = field(default_factory=list)
    _documents: dict[DocumentRef, tuple[_Order, ...]] = field(default_factory=dict)
    """Where the movements of each document stand."""
    _marks: list[_Mark] = field(default_factory=lambda: [_START])
    _layers: deque[_Layer] = field(default_factory=deque)
    _owed: deque[_Owed] = field(default_factory=deque)
    _done: int = 0
    """How many movements the layers have seen."""
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
        gone = self._documents.pop(document, ())
        if rows:
            self._documents[document] = tuple(row[0] for row in rows)
        first = len(self._moves)
        for order in gone:
            place = bisect_left(self._moves, order, key=_order_of)
            del self._moves[place]
            first = min(first, place)
        for row in rows:
            place = bisect_left(self._moves, row[0], key=_order_of)
            self._moves.insert(place, row)
            first = min(first, place)
        changed = self._again(first, [(document, place) for *_, place in gone])
        changed.pop(document, None)
        return list(changed)

    def _again(self, first: int, gone: Iterable[Key]) -> dict[DocumentRef, None]:
        """Go through the movements from a place on. Answers the documents whose costs are others than before."""
        if first == self._done:
            fills = any(move.quantity > 0 for _, _, move in self._moves[first:])
            before: dict[Key, Decimal | None] = {one.key: self.costs[one.key] for one in self._owed if fills}
        else:
            while self._marks[-1].moves > first:
                self._marks.pop()
            mark = self._marks[-1]
            before = {key: self.costs.pop(key, None) for key in (*gone, *(row[1] for row in self._moves[mark.moves :]))}
            before |= {key: self.costs[key] for key, *_ in mark.owed}
            self._go_back(mark)
        for _, key, move in self._moves[self._done :]:
            (self._come_in if move.quantity > 0 else self._go_out)(key, move)
            self._done += 1
            if self._done % MOVES_PER_MARK == 0 and len(self._layers) + len(self._owed) <= MARKED_MAX:
                self._marks.append(self._mark())
        return dict.fromkeys(key[0] for key, cost in before.items() if self.costs.get(key) != cost)

    def _mark(self) -> _Mark:
        layers = tuple((one.quantity, one.value) for one in self._layers)
        owed = tuple((one.key, one.layer.quantity, one.layer.value, self.costs[one.key]) for one in self._owed)
        return _Mark(self._done, layers, owed, self._last_in, self._last_out)

    def _go_back(self, mark: _Mark) -> None:
        self._layers = deque(_Layer(*one) for one in mark.layers)
        self._owed = deque(_Owed(key, _Layer(quantity, value)) for key, quantity, value, _ in mark.owed)
        self.costs.update({key: cost for key, _, _, cost in mark.owed})
        self._last_in, self._last_out, self._done = mark.last_in, mark.last_out, mark.moves

    def _come_in(self, key: Key, move: StockMove) -> None:
        returned = move.value is None
        value = cents(move.quantity * self._known(move, self._last_out, self._last_in)) if returned else move.value
        assert value is not None
        self.costs[key] = -value if returned else ZERO
        if not returned:
            self._last_in = value / move.quantity
        layer = _Layer(move.quantity, value)
        while self._owed and layer.quantity:
            owed = self._owed[0]
            quantity = min(owed.layer.quantity, layer.quantity)
            self.costs[owed.key] += layer.take(quantity) - owed.layer.take(quantity)
            if not owed.layer.quantity:
                self._owed.popleft()
        if layer.quantity:
            (self._layers.appendleft if returned else self._layers.append)(layer)

    def _go_out(self, key: Key, move: StockMove) -> None:
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
