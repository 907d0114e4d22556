from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from tieout.platforms.quickbooks.sandbox.accounting.ordering import Grouping, Order


@dataclass
class Thing:
    id: str
    ordinal: int
    key: int | None


moves = st.lists(st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(0, 5)), st.booleans()), max_size=60)


@given(moves)
def test_moving_things_one_by_one_leaves_them_as_sorting_all_would(moves: list[tuple[int, int | None, bool]]) -> None:
    order: Order[Thing] = Order(lambda thing: thing.key)
    groups: Grouping[Thing] = Grouping(lambda thing: thing.key)
    things: dict[int, Thing] = {}
    for number, key, gone in moves:
        thing = things.setdefault(number, Thing(str(number), number, key))
        thing.key = key
        order.move(thing, gone=gone)
        groups.move(thing, gone=gone)
        if gone:
            del things[number]
    wanted = sorted((one for one in things.values() if one.key is not None), key=lambda one: (one.key, one.ordinal))
    assert order.page(0, 100) == wanted
    assert order.page(0, 100, descending=True) == wanted[::-1]
    assert order.page(2, 5, descending=True) == wanted[::-1][2:5]
    assert order.since(3) == [one for one in wanted if one.key is not None and one.key >= 3]
    assert {one.id for one in groups.having(2)} == {one.id for one in wanted if one.key == 2}
    rebuilt: Order[Thing] = Order(lambda thing: thing.key)
    rebuilt.rebuild(things.values())
    assert rebuilt.page(0, 100) == wanted
