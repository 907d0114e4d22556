"""The lines of a bill in the books as lines of ours: to the cent, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Document, Line, Taxation
from tieout.kit.money import apportion, rounded, to_minor
from tieout.storage.tables.business import PayableLine
from tieout.storage.tables.connections import LedgerAccount, TaxRate

LINES_MAX: Final = 500
"""A bill with more lines is not taken over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLine:
    """A line of the books in our words: amounts in minor units, `rate` in percent × 100."""

    description: str | None
    quantity: Decimal
    unit_price: int
    net: int
    tax: int
    rate: int
    account_id: UUID | None
    tax_rate_id: UUID | None

    def put_into(self, line: PayableLine, *, now: datetime) -> None:
        """Let a line of ours say this. Its name stays, where the description is still the one that was written."""
        if self.description != (line.description or line.name):
            line.description = self.description
        line.name = line.name or self.description
        line.quantity, line.unit_price = self.quantity, self.unit_price
        line.subtotal, line.tax_amount, line.total = self.net, self.tax, self.net + self.tax
        line.tax = self.rate
        line.ledger_account_id, line.accounting_tax_rate_id = self.account_id, self.tax_rate_id
        line.updated_at = now


@dataclass(frozen=True, slots=True)
class KnownChart:
    """Our ids of the books' accounts and tax rates, with what a rate takes (percent)."""

    accounts: Mapping[str, UUID]
    rates: Mapping[str, tuple[UUID, Decimal]]

    @classmethod
    async def load(cls, session: AsyncSession, company_id: UUID) -> "KnownChart":
        """All of a company's."""
        accounts = await session.execute(
            select(LedgerAccount.external_id, LedgerAccount.id).where(LedgerAccount.company_id == company_id)
        )
        rates = await session.execute(
            select(TaxRate.external_id, TaxRate.id, TaxRate.effective_rate).where(TaxRate.company_id == company_id)
        )
        return cls(
            {row.external_id: row.id for row in accounts},
            {row.external_id: (row.id, row.effective_rate) for row in rates},
        )


def found_lines(document: Document, chart: KnownChart) -> list[FoundLine] | None:
    """The lines of a bill, adding up to its total; None where ours cannot say them so."""
    if document.discount or not 0 < len(document.lines) <= LINES_MAX:
        return None
    try:
        taxes = _taxes(document, chart)
        lines = [_found(document, line, tax, chart) for line, tax in zip(document.lines, taxes, strict=True)]
        total, tax = to_minor(document.total, document.currency), to_minor(document.tax, document.currency)
    except (LookupError, ValueError):
        return None
    adds_up = (sum(line.net for line in lines), sum(line.tax for line in lines)) == (total - tax, tax)
    return lines if adds_up else None


def _taxes(document: Document, chart: KnownChart) -> Sequence[int]:
    """The tax of each line: as the books say it, or else the document's in proportion to what each rate takes."""
    said = [line.tax_amount for line in document.lines]
    known = [to_minor(amount, document.currency) for amount in said if amount is not None]
    total = to_minor(document.tax, document.currency)
    if len(known) == len(said) and sum(known) == total:
        return known
    if document.taxation is Taxation.INCLUSIVE:
        raise ValueError("gross lines that do not say their taxes")
    weights = [abs(_rate(line, chart) * to_minor(line.amount, document.currency)) for line in document.lines]
    whole = [int(weight) for weight in weights]
    if total and not any(whole):
        raise ValueError("a tax that no line bears")
    return apportion(total, whole) if total else [0] * len(whole)


def _rate(line: Line, chart: KnownChart) -> Decimal:
    """In percent × 100, whole."""
    if line.tax_rate_id is None:
        return Decimal(0)
    return (chart.rates[line.tax_rate_id][1] * 100).quantize(Decimal(1), ROUND_HALF_UP)


def _found(document: Document, line: Line, tax: int, chart: KnownChart) -> FoundLine:
    currency = document.currency
    gross = to_minor(line.amount, currency)
    return FoundLine(
        description=line.description,
        quantity=line.quantity,
        unit_price=to_minor(rounded(line.unit_price, currency), currency),
        net=gross - tax if document.taxation is Taxation.INCLUSIVE else gross,
        tax=tax,
        rate=int(_rate(line, chart)),
        account_id=None if line.account_id is None else chart.accounts[line.account_id],
        tax_rate_id=None if line.tax_rate_id is None else chart.rates[line.tax_rate_id][0],
    )
