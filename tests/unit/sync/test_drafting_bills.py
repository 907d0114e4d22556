"""Bills become drafts that make their vendor's own total, or say why they do not."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tieout.platforms.errors import WriteRefused
from tieout.storage.tables.business import Payable, PayableLine
from tieout.sync.drafting_documents import payable_draft

PAPER, INK = UUID(int=1), UUID(int=2)


def bill(total: int, *, tax: int | None = None, discount: int | None = None) -> Payable:
    return Payable(
        id=UUID(int=9),
        version=1,
        document_id="V-1",
        currency="GBP",
        counterpart_id=UUID(int=8),
        issued_at=date(2026, 3, 1),
        total_amount=total,
        tax_amount=tax,
        discount=discount,
    )


def line(net: int, tax: int, account_id: UUID = PAPER, **more: Any) -> PayableLine:
    amounts = {"quantity": Decimal(1), "unit_price": net, "subtotal": net, "tax_amount": tax, "total": net + tax}
    return PayableLine(name="Paper", tax=2_000, ledger_account_id=account_id, **(amounts | more))


def test_tax_that_the_vendor_rounded_otherwise_is_the_largest_lines() -> None:
    draft = payable_draft(bill(1_201, tax=201), [line(333, 67), line(667, 133)])
    assert [(each.net, each.tax) for each in draft.lines] == [(333, 67), (667, 134)]
    assert draft.total == 1_201


def test_a_discount_becomes_a_line_without_tax_where_most_is_booked() -> None:
    draft = payable_draft(bill(1_050, tax=200, discount=150), [line(333, 67), line(667, 133, INK)])
    taken_off = draft.lines[-1]
    assert (taken_off.net, taken_off.tax, taken_off.tax_value, taken_off.account_id) == (-150, 0, 0, INK)
    assert taken_off.stands_for == "discount"
    assert sum(each.net + each.tax for each in draft.lines) == draft.total


@pytest.mark.parametrize(
    ("total", "tax", "discount"),
    [(1_203, 203, None), (1_100, None, None), (1_100, 200, 99), (1_203, 203, 3)],
)
def test_what_no_rounding_explains_is_not_made_to_fit(total: int, tax: int | None, discount: int | None) -> None:
    lines = [line(333, 67), line(667, 133)]
    if total - (tax or 200) + (discount or 0) == 1_000:
        assert abs((tax or 200) - 200) > len(lines)
    with pytest.raises(WriteRefused) as refused:
        payable_draft(bill(total, tax=tax, discount=discount), lines)
    assert refused.value.explanation.code == "totals_disagree"
    assert refused.value.explanation.field == "total_amount"


def test_a_bill_without_lines_is_not_made_of_its_discount_alone() -> None:
    with pytest.raises(WriteRefused) as refused:
        payable_draft(bill(1_000, discount=10), [])
    assert refused.value.explanation.code == "totals_disagree"
