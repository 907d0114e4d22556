"""Checking lines before they are pushed: by the very rules that a push is planned by, so that both say the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from tieout.platforms.errors import Explanation, WriteRefused
from tieout.sync.mapping import Chart, map_account, map_tax_rate

_DECIDED_BY_THE_LINE: Final = "tax_rate_ambiguous"
"""Several rates of one value: the value is there, and the line itself names the one that is meant."""


@dataclass(frozen=True, slots=True)
class LineToCheck:
    """What of a line the books must know; the tax value is percent x 100, None for one that is not stated."""

    account_id: UUID | None
    tax_value: Decimal | None


@dataclass(frozen=True, slots=True)
class LineFault:
    """What the books lack for one line: `field` is `account` or `tax`."""

    index: int
    field: str
    explanation: Explanation


def line_faults(chart: Chart, lines: Sequence[LineToCheck], *, on_sales: bool) -> Iterator[LineFault]:
    """Why lines could not be pushed, in their order; nothing when all could."""
    default_id = chart.default_sales_account_id if on_sales else None
    for index, line in enumerate(lines):
        try:
            map_account(chart, line.account_id or default_id, field="account")
        except WriteRefused as refusal:
            yield LineFault(index, "account", refusal.explanation)
        if line.tax_value is None:
            continue
        try:
            map_tax_rate(chart, None, line.tax_value, on_sales=on_sales, field="tax")
        except WriteRefused as refusal:
            if refusal.explanation.code != _DECIDED_BY_THE_LINE:
                yield LineFault(index, "tax", refusal.explanation)
