"""Mapping what the partner's records name (ids of ours, tax values) to what the books name: pure.

Everything that cannot be mapped is refused before anything is sent, with what to do about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from tieout.books.arithmetic.rounding import half_up
from tieout.platforms.errors import Candidate, Explanation, WriteRefused

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """A ledger account that our API shows under `id`; its type as the API has it, None where it is not known."""

    id: UUID
    external_id: str
    name: str
    active: bool
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTaxRate:
    """A tax rate that our API shows under `id`; `effective_rate` in percent.

    `applies_to` are the types of ledger accounts that its lines may name; None for all.
    """

    id: UUID
    external_id: str
    name: str
    effective_rate: Decimal
    active: bool
    on_sales: bool
    on_purchases: bool
    applies_to: frozenset[str] | None = None

    def serves(self, *, on_sales: bool) -> bool:
        """Whether it is meant for sales, or for purchases."""
        return self.on_sales if on_sales else self.on_purchases

    def fits(self, account: KnownAccount | None) -> bool:
        """Whether a line of this ledger account may have it."""
        return not self.is_held_to_accounts(account) or str(account and account.type) in (self.applies_to or ())

    def is_held_to_accounts(self, account: KnownAccount | None) -> bool:
        """Whether the books go by the type of the ledger account, and it is known."""
        return self.applies_to is not None and account is not None and account.type not in (None, "Unknown")


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


def refused(
    code: str, message: str, fix: str, field: str | None = None, candidates: tuple[Candidate, ...] = ()
) -> WriteRefused:
    """A refusal of ours, before anything is sent."""
    return WriteRefused(Explanation(code=code, message=message, fix=fix, field=field, candidates=candidates))


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
    chart: Chart,
    rate_id: UUID | None,
    value: int | Decimal,
    *,
    on_sales: bool,
    field: str,
    account: KnownAccount | None = None,
) -> KnownTaxRate | None:
    """The tax rate for a line: the one it names, else the only one of the same value (percent x 100).

    Where the contract has room for whole numbers only, 14.975 % is told as 1498: so a rate that is exact goes before
    one that is so by rounding.

    `account` is the line's: some books allow a rate only with some types of accounts. Returns None for a line without
    tax in books that have no rate of zero, and for an unnamed rate where the books need none. Raises WriteRefused.
    """
    if rate_id is None and value and chart.needs_no_rate(on_sales=on_sales):
        return None
    if rate_id is not None:
        return _named(chart, rate_id, account, on_sales=on_sales, field=field)
    usable = [rate for rate in chart.tax_rates if rate.active and rate.serves(on_sales=on_sales) and rate.fits(account)]
    exact = [rate for rate in usable if rate.effective_rate * _HUNDRED == value]
    fitting = exact or [rate for rate in usable if half_up(rate.effective_rate * _HUNDRED) == value]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and value == 0:
        return None
    if not fitting:
        raise _missing(value, account, on_sales=on_sales, field=field)
    raise _ambiguous(fitting, value, on_sales=on_sales, field=field)


def _missing(value: int | Decimal, account: KnownAccount | None, *, on_sales: bool, field: str) -> WriteRefused:
    beside = "" if account is None else f" and the ledger account “{account.name}”"
    return refused(
        "tax_rate_missing",
        f"Tax rate does not exist: no active rate of {_percent(value)} % for {_side(on_sales)}{beside} is in the "
        "books.",
        "Add such a tax rate in the books and synchronise, or set accounting_tax_rate_id on the line.",
        field,
    )


def _ambiguous(rates: Sequence[KnownTaxRate], value: int | Decimal, *, on_sales: bool, field: str) -> WriteRefused:
    candidates = tuple(Candidate(str(rate.id), rate.name) for rate in sorted(rates, key=lambda rate: rate.name))
    names = ", ".join(f"“{each.name}” ({each.id})" for each in candidates)
    return refused(
        "tax_rate_ambiguous",
        f"Several tax rates of {_percent(value)} % for {_side(on_sales)} are in the books: {names}.",
        "Set accounting_tax_rate_id on the line, before the document is issued; or leave one of the rates active in "
        "the books and synchronise. A document that is issued already can be cancelled and made anew.",
        field,
        candidates,
    )


def _percent(value: int | Decimal) -> str:
    return format((Decimal(value) / _HUNDRED).normalize(), "f")


def _side(on_sales: bool) -> str:
    return "sales" if on_sales else "purchases"


def _named(chart: Chart, rate_id: UUID, account: KnownAccount | None, *, on_sales: bool, field: str) -> KnownTaxRate:
    """A rate that was chosen. Books that hold rates to types of accounts know no other sides."""
    known = next((rate for rate in chart.tax_rates if rate.id == rate_id), None)
    if known is None:
        raise refused(
            "belongs_to_another_company",
            "The tax rate of a line does not exist in the connected books.",
            "Choose a tax rate of the connected company: GET /v1/accounting_tax_rates lists them.",
            field,
        )
    if known.active and account is not None and known.is_held_to_accounts(account):
        if known.fits(account):
            return known
        raise refused(
            "tax_rate_not_allowed",
            f"The tax rate “{known.name}” may not be used with the ledger account “{account.name}”.",
            "Choose another tax rate or ledger account for the line.",
            field,
        )
    if known.active and known.serves(on_sales=on_sales):
        return known
    raise refused(
        "tax_rate_not_usable",
        f"The tax rate “{known.name}” is archived or not meant for this side of the books.",
        "Choose another tax rate for the line.",
        field,
    )
