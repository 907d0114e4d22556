"""What a receivable's rows add up to: the one place that turns them into `books.arithmetic` and back."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tieout.books.arithmetic.rounding import half_up
from tieout.books.arithmetic.totals import PERCENT_100, Discount, DiscountType, PricedLine, Totals, VatMode, add_up
from tieout.storage.tables.business import Receivable, ReceivableLine

DEDUCTION = "deduction_amount"
DISCOUNT_MODE = "vat_inclusive_discount_mode"
WITHHOLDING = "withholding_tax_rate"


def withholding_of(receivable: Receivable) -> int | None:
    """What the customer keeps back of the net amount for the tax office; None without such a rate.

    It is paid by the customer in the entity's name, so it lowers neither the total nor what is in the books.
    """
    rate = receivable.content.get(WITHHOLDING)
    return None if rate is None else half_up(Fraction(receivable.discounted_subtotal * int(rate), PERCENT_100))


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
