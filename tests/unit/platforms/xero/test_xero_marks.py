"""The marks on what was written."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.platforms.xero.marks import (
    ITEM_CODE_MAX,
    REFERENCE_MAX,
    item_code,
    marker_of_code,
    read_stamp,
    stamped,
)

MARKER = "8e3c7d1e-1f9a-4b5e-9c62-0d5a5f6f7a10"


@given(st.uuids())
def test_a_mark_can_be_read_from_the_code_that_it_became(marker: UUID) -> None:
    code = item_code(str(marker))
    assert len(code) <= ITEM_CODE_MAX
    assert marker_of_code(code) == str(marker)


@pytest.mark.parametrize("code", ["BOOK", "TO-SHORT", "TO-", "TO-!!!!!!!!!!!!!!!!!!!!!!!!!!", ""])
def test_a_code_of_the_items_own_carries_no_mark(code: str) -> None:
    assert marker_of_code(code) is None


def test_a_short_mark_that_is_no_uuid_is_its_own_code() -> None:
    assert item_code("product-7") == "product-7"


def test_a_long_mark_that_is_no_uuid_has_no_code() -> None:
    with pytest.raises(ValueError, match="UUID"):
        item_code("x" * (ITEM_CODE_MAX + 1))


@given(st.one_of(st.none(), st.text(min_size=1, max_size=400)))
def test_words_and_mark_stand_in_one_reference(words: str | None) -> None:
    reference = stamped(words, MARKER)
    assert reference is not None
    assert len(reference) <= REFERENCE_MAX
    assert read_stamp(reference)[1] == MARKER


def test_words_come_back_as_they_went() -> None:
    assert read_stamp(stamped("Order 7", MARKER)) == ("Order 7", MARKER)
    assert read_stamp(stamped("Order 7", None)) == ("Order 7", None)
    assert read_stamp(stamped(None, MARKER)) == (None, MARKER)


@pytest.mark.parametrize("reference", ["Order [Tieout]", "[Tieout a b]", "Tieout 7", None, ""])
def test_a_persons_words_are_no_mark(reference: str | None) -> None:
    assert read_stamp(reference) == (reference or None, None)


@pytest.mark.parametrize("marker", ["", "a b", "x" * 65, "a]"])
def test_an_unfit_mark_is_refused(marker: str) -> None:
    with pytest.raises(ValueError, match="marker"):
        stamped("words", marker)
