"""Mapping what the partner's records name (ids of ours, tax values) to what the books name: pure.

Everything that cannot be mapped is refused before anything is sent, with what to do about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from tieout.platforms.errors import Explanation, WriteRefused

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """A ledger account that our API shows under `id`."""

    id: UUID
    external_id: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTaxRate:
    """A tax rate that our API shows under `id`; `effective_rate` in percent."""

    id: UUID
    external_id: str
    name: str
    effective_rate: Decimal
    active: bool
    on_sales: bool
    on_purchases: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The chart of accounts and the tax rates of one company, and the entity's defaults among them.

    `tax_is_computed_there` and `taxes_purchases` are the company's: where a side of the books has no rates of its own,
    a taxed line needs none.
    """

    accounts: Mapping[UUID, KnownAccount]
    tax_rates: Sequence[KnownTaxRate]
    default_sales_account_id: UUID | None = None
    default_bill_account_id: UUID | None = None
    payments_account_id: UUID | None = None
    deductions_tax_id: UUID | None = None
    tax_is_computed_there: bool = False
    taxes_purchases: bool = True

    def needs_no_rate(self, *, on_sales: bool) -> bool:
        """Whether the books take a taxed line of this side without a rate."""
        return self.tax_is_computed_there if on_sales else not self.taxes_purchases


def refused(code: str, message: str, fix: str, field: str | None = None) -> WriteRefused:
    """A refusal of ours, before anything is sent."""
    return WriteRefused(Explanation(code=code, message=message, fix=fix, field=field))


def map_account(chart: Chart, account_id: UUID | None, *, field: str) -> KnownAccount:
    """The ledger account that a line names; raises WriteRefused."""
    if account_id is None:
        raise refused(
            "ledger_account_missing",
            "A line has no ledger account, and the entity has no default one.",
            "Set ledger_account_id on the product or line, or the entity's default: in its accounting settings for "
            "sales, in its accounting defaults for bills.",
            field,
        )
    account = chart.accounts.get(account_id)
    if account is None:
        raise refused(
            "belongs_to_another_company",
            "The ledger account of a line does not exist in the connected books.",
            "Choose a ledger account of the connected company: GET /v1/ledger_accounts lists them.",
            field,
        )
    if not account.active:
        raise refused(
            "ledger_account_inactive",
            f"The ledger account “{account.name}” is archived in the books.",
            "Restore the account in the books, or choose another one.",
            field,
        )
    return account


def map_tax_rate(
    chart: Chart, rate_id: UUID | None, value: int | Decimal, *, on_sales: bool, field: str
) -> KnownTaxRate | None:
    """The tax rate for a line: the one it names, else the only one of the same value (percent x 100).

    Returns None for a line without tax in books that have no rate of zero, and for an unnamed rate where the books need
    none. Raises WriteRefused.
    """
    if rate_id is None and value and chart.needs_no_rate(on_sales=on_sales):
        return None
    usable = [rate for rate in chart.tax_rates if rate.active and (rate.on_sales if on_sales else rate.on_purchases)]
    if rate_id is not None:
        return _named(chart, rate_id, usable, field)
    fitting = [rate for rate in usable if rate.effective_rate * _HUNDRED == value]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and value == 0:
        return None
    percent = format((Decimal(value) / _HUNDRED).normalize(), "f")
    if not fitting:
        raise refused(
            "tax_rate_missing",
            f"Tax rate does not exist: no active rate of {percent} % for "
            f"{'sales' if on_sales else 'purchases'} is in the books.",
            "Add such a tax rate in the books and synchronise, or set accounting_tax_rate_id on the line.",
            field,
        )
    names = ", ".join(sorted(f"“{rate.name}” ({rate.id})" for rate in fitting))
    raise refused(
        "tax_rate_ambiguous",
        f"Several tax rates of {percent} % are in the books: {names}.",
        "Leave one of them active in the books and synchronise; or set accounting_tax_rate_id on the line before the "
        "document is issued. One that is issued already can be cancelled and made anew.",
        field,
    )


def _named(chart: Chart, rate_id: UUID, usable: Sequence[KnownTaxRate], field: str) -> KnownTaxRate:
    for rate in usable:
        if rate.id == rate_id:
            return rate
    known = next((rate for rate in chart.tax_rates if rate.id == rate_id), None)
    if known is None:
        raise refused(
            "belongs_to_another_company",
            "The tax rate of a line does not exist in the connected books.",
            "Choose a tax rate of the connected company: GET /v1/accounting_tax_rates lists them.",
            field,
        )
    raise refused(
        "tax_rate_not_usable",
        f"The tax rate “{known.name}” is archived or not meant for this side of the books.",
        "Choose another tax rate for the line.",
        field,
    )
