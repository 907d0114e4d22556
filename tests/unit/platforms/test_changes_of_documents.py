"""Which lines of a changed document are standing ones, and whether the books show what was sent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.records import Invoice, Line
from tieout.platforms.showing import decoded, shows
from tieout.platforms.standing_lines import with_line_ids


def invoice(*lines: Line) -> Invoice:
    zero = Decimal(0)
    return Invoice(
        party_id="1",
        currency="USD",
        issued_on=date(2026, 1, 1),
        lines=lines,
        subtotal=zero,
        tax=zero,
        total=zero,
        balance=zero,
    )


def line(words: str, line_id: str | None = None) -> Line:
    return Line(external_id=line_id, description=words, unit_price=Decimal(1), amount=Decimal(1))


def ids(wanted: list[str], standing: list[str]) -> list[str | None]:
    there = invoice(*(line(words, str(place)) for place, words in enumerate(standing)))
    return [each.external_id for each in with_line_ids(invoice(*map(line, wanted)), there).lines]


@pytest.mark.parametrize(
    ("wanted", "standing", "expected"),
    [
        (["a", "b"], ["a", "b"], ["0", "1"]),
        (["b", "a"], ["a", "b"], ["1", "0"]),
        (["new", "b"], ["a", "b"], ["0", "1"]),
        (["a"], ["a", "b"], ["0"]),
        (["a", "b", "c"], ["c"], [None, None, "0"]),
        (["a", "a"], ["a", "x"], ["0", "1"]),
    ],
)
def test_lines_that_stay_keep_their_ids_and_others_take_over_what_is_left(
    wanted: list[str], standing: list[str], expected: list[str | None]
) -> None:
    assert ids(wanted, standing) == expected


@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_no_id_is_given_twice_and_none_is_made_up(wanted: list[str], standing: list[str]) -> None:
    given_ids = [one for one in ids(wanted, standing) if one is not None]
    assert len(set(given_ids)) == len(given_ids) == min(len(wanted), len(standing))
    assert set(given_ids) <= {str(place) for place in range(len(standing))}


def test_lines_without_ids_of_their_own_are_left_alone() -> None:
    wanted = invoice(line("a"))
    assert with_line_ids(wanted, invoice(line("a", "1"), line("b", "1"))) == wanted
    assert with_line_ids(wanted, invoice(line("a"))) == wanted
    assert with_line_ids(replace(wanted, lines=()), invoice(line("a", "1"))).lines == ()


RAW = decoded(b'{"A":1.50,"B":{"value":"1","name":"One"},"L":[{"Id":"1","Amount":100}],"N":null,"T":true,"U":"x"}')


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, True),
        ({"A": Decimal("1.5"), "B": {"value": "1"}, "L": [{"Amount": Decimal("100.00")}], "U": "x"}, True),
        ({"A": None, "N": "", "T": True}, True),
        ({"A": Decimal("1.51")}, False),
        ({"B": {"value": "2"}}, False),
        ({"L": []}, False),
        ({"L": [{"Amount": 100}, {"Amount": 100}]}, False),
        ({"M": "x"}, False),
    ],
)
def test_the_books_show_a_change_if_all_that_was_sent_is_there(sent: Any, expected: bool) -> None:
    assert shows(RAW, sent) is expected
