"""Mapping what the partner's records name (ids of ours, tax values) to what the books name: pure.

Everything that cannot be mapped is refused before anything is sent, with what to do about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
class KnownTaxMapping:
    """What the entity says that a tax is in its books: by value (percent x 100) or VAT rate, for a side and country."""

    on_sales: bool
    value: Decimal | None
    vat_rate_id: UUID | None
    country: str | None
    tax_rate_id: UUID

    def is_for(self, tax: "TaxToMap") -> bool:
        """Whether it says something of this tax."""
        return (
            self.on_sales == tax.on_sales
            and (self.vat_rate_id is None or self.vat_rate_id == tax.vat_rate_id)
            and (self.value is None or self.value == tax.value)
            and (self.country is None or self.country == tax.country)
        )

    @property
    def narrowness(self) -> tuple[bool, bool]:
        """The narrower one counts: a VAT rate says more than a value, and a country more than none."""
        return self.vat_rate_id is not None, self.country is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxToMap:
    """The tax of a line: what it names in the books, if anything, its value (percent x 100) and where it is from.

    `account` is the line's ledger account, for some books allow a rate only with some types of accounts.
    """

    on_sales: bool
    value: int | Decimal
    rate_id: UUID | None = None
    vat_rate_id: UUID | None = None
    country: str | None = None
    account: KnownAccount | None = None


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
    tax_mappings: Sequence[KnownTaxMapping] = ()

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


def map_tax_rate(chart: Chart, tax: TaxToMap, *, field: str) -> KnownTaxRate | None:
    """The tax rate for a line: the one it names, else what the tax is mapped to, else the only one of its value.

    Where the contract has room for whole numbers only, 14.975 % is told as 1498: a rate that is exact goes before one
    that is so by rounding.

    Returns None for a line without tax in books that have no rate of zero, and for an unnamed rate where the books need
    none. Raises WriteRefused.
    """
    if tax.rate_id is not None:
        return _named(chart, tax.rate_id, tax, field=field)
    mapped = [mapping for mapping in chart.tax_mappings if mapping.is_for(tax)]
    if mapped:
        return _mapped(chart, max(mapped, key=lambda mapping: mapping.narrowness), tax, field=field)
    if tax.value and chart.needs_no_rate(on_sales=tax.on_sales):
        return None
    usable = [
        rate
        for rate in chart.tax_rates
        if rate.active and rate.serves(on_sales=tax.on_sales) and rate.fits(tax.account)
    ]
    exact = [rate for rate in usable if rate.effective_rate * _HUNDRED == tax.value]
    fitting = exact or [rate for rate in usable if half_up(rate.effective_rate * _HUNDRED) == tax.value]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and tax.value == 0:
        return None
    raise _ambiguous(fitting, tax, field=field) if fitting else _missing(tax, field=field)


def _missing(tax: TaxToMap, *, field: str) -> WriteRefused:
    beside = "" if tax.account is None else f" and the ledger account “{tax.account.name}”"
    return refused(
        "tax_rate_missing",
        f"Tax rate does not exist: no active rate of {_percent(tax)} % for {_side(tax)}{beside} is in the books.",
        "Add such a tax rate in the books and synchronise; or map it: POST /v1/accounting_tax_mappings; or set "
        "accounting_tax_rate_id on the line.",
        field,
    )


def _ambiguous(rates: Sequence[KnownTaxRate], tax: TaxToMap, *, field: str) -> WriteRefused:
    candidates = tuple(Candidate(str(rate.id), rate.name) for rate in sorted(rates, key=lambda rate: rate.name))
    names = ", ".join(f"“{each.name}” ({each.id})" for each in candidates)
    return refused(
        "tax_rate_ambiguous",
        f"Several tax rates of {_percent(tax)} % for {_side(tax)} are in the books: {names}.",
        "Say once which one is meant: POST /v1/accounting_tax_mappings; or set accounting_tax_rate_id on the line, "
        "before the document is issued; or leave one of the rates active in the books and synchronise.",
        field,
        candidates,
    )


def _percent(tax: TaxToMap) -> str:
    return format((Decimal(tax.value) / _HUNDRED).normalize(), "f")


def _side(tax: TaxToMap) -> str:
    return "sales" if tax.on_sales else "purchases"


def _mapped(chart: Chart, mapping: KnownTaxMapping, tax: TaxToMap, *, field: str) -> KnownTaxRate:
    """What the entity's mapping says; one that cannot be used any more is refused, and never guessed around."""
    try:
        return _named(chart, mapping.tax_rate_id, tax, field=field)
    except WriteRefused as refusal:
        fix = (
            f"Change the mapping of {_percent(tax)} % for {_side(tax)}: GET /v1/accounting_tax_mappings lists them. Or "
            "set accounting_tax_rate_id on the line."
        )
        raise WriteRefused(replace(refusal.explanation, fix=fix)) from refusal


def _named(chart: Chart, rate_id: UUID, tax: TaxToMap, *, field: str) -> KnownTaxRate:
    """A rate that was chosen. Books that hold rates to types of accounts know no other sides."""
    known = next((rate for rate in chart.tax_rates if rate.id == rate_id), None)
    if known is None:
        raise refused(
            "belongs_to_another_company",
            "The tax rate of a line does not exist in the connected books.",
            "Choose a tax rate of the connected company: GET /v1/accounting_tax_rates lists them.",
            field,
        )
    if known.active and tax.account is not None and known.is_held_to_accounts(tax.account):
        if known.fits(tax.account):
            return known
        raise refused(
            "tax_rate_not_allowed",
            f"The tax rate “{known.name}” may not be used with the ledger account “{tax.account.name}”.",
            "Choose another tax rate or ledger account for the line.",
            field,
        )
    if known.active and known.serves(on_sales=tax.on_sales):
        return known
    raise refused(
        "tax_rate_not_usable",
        f"The tax rate “{known.name}” is archived or not meant for this side of the books.",
        "Choose another tax rate for the line.",
        field,
    )
