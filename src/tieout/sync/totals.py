"""What a receivable's rows add up to: the one place that turns them into `books.arithmetic` and back."""

from collections.abc import Sequence
from typing import Any

from tieout.books.arithmetic import Discount, DiscountType, PricedLine, Totals, VatMode, add_up
from tieout.storage.tables.business import Receivable, ReceivableLine

DEDUCTION = "deduction_amount"
DISCOUNT_MODE = "vat_inclusive_discount_mode"


def discount_of(stored: dict[str, Any] | None) -> Discount | None:
    """A discount as a row keeps it."""
    return Discount(type=DiscountType(stored["type"]), amount=int(stored["amount"])) if stored else None


def receivable_totals(receivable: Receivable, lines: Sequence[ReceivableLine]) -> Totals:
    """The totals of a receivable, line by line in the given order; raises DiscountTooLarge and AmountTooLarge."""
    return add_up(
        [
            PricedLine(
                quantity=line.quantity,
                price_minor=line.price_minor,
                discount=discount_of(line.discount),
                rate=line.tax_rate_value if line.exact_rate is None else line.exact_rate,
            )
            for line in lines
        ],
        vat_mode=VatMode(receivable.vat_mode),
        discount=discount_of(receivable.discount),
        discount_mode=VatMode(receivable.content.get(DISCOUNT_MODE, VatMode.EXCLUSIVE.value)),
        deduction=int(receivable.content.get(DEDUCTION) or 0),
    )
