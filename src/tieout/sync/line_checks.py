"""Checking lines before they are pushed: by the very rules that a push is planned by, so that both say the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from tieout.platforms.errors import Explanation, WriteRefused
from tieout.sync.mapping import Chart, TaxToMap, map_account, map_tax_rate


@dataclass(frozen=True, slots=True)
class LineToCheck:
    """What of a line the books must know; the tax value is percent x 100, None for one that is not stated."""

    account_id: UUID | None
    tax_value: Decimal | None
    tax_rate_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LineFault:
    """What the books lack for one line: `field` is `account` or `tax`."""

    index: int
    field: str
    explanation: Explanation


def line_faults(chart: Chart, lines: Sequence[LineToCheck], *, on_sales: bool) -> Iterator[LineFault]:
    """Why lines could not be pushed, in their order; nothing when all could."""
    default_id = chart.default_sales_account_id if on_sales else chart.default_bill_account_id
    for index, line in enumerate(lines):
        account = None
        try:
            account = map_account(chart, line.account_id or default_id, field="account")
        except WriteRefused as refusal:
            yield LineFault(index, "account", refusal.explanation)
        if line.tax_value is None and line.tax_rate_id is None:
            continue
        try:
            value = line.tax_value or Decimal()
            tax = TaxToMap(on_sales=on_sales, value=value, rate_id=line.tax_rate_id, account=account)
            map_tax_rate(chart, tax, field="tax")
        except WriteRefused as refusal:
            yield LineFault(index, "tax", refusal.explanation)
