"""What an app may ask for and what each part of the API asks of it. Source: scopes page and granular-scopes FAQ."""

from collections.abc import Iterable
from dataclasses import dataclass

IDENTITY = frozenset({"openid", "profile", "email", "offline_access"})
_WITH_READ = (
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    "accounting.manualjournals",
    "accounting.settings",
    "accounting.contacts",
    "accounting.attachments",
)
_REPORTS = (
    "aged", "balancesheet", "banksummary", "budgetsummary", "executivesummary", "profitandloss", "trialbalance",
    "taxreports", "tenninetynine",
)  # fmt: skip
GRANULAR = (
    IDENTITY
    | {scope + end for scope in _WITH_READ for end in ("", ".read")}
    | {f"accounting.reports.{report}.read" for report in _REPORTS}
    | {"accounting.budgets.read", "accounting.journals.read"}
)
"""All that an app created since 2 March 2026 may ask for."""
BROAD = frozenset({"accounting.transactions", "accounting.transactions.read", "accounting.reports.read"})
"""Retiring: only apps created before then may ask for these, until September 2027."""


@dataclass(frozen=True, slots=True)
class ScopeRefusal:
    """Why the authorize endpoint turns an app away, in OAuth's words."""

    error: str
    description: str


@dataclass(frozen=True, slots=True)
class Access:
    """What a resource asks for: any one of `read` to read (a write scope reads too), any one of `write` to write."""

    read: frozenset[str]
    write: frozenset[str]


def access(*scopes: str, broad: str = "") -> Access:
    """The access of a resource under scopes that have a `.read` twin, and under a broad scope for older apps."""
    write = frozenset(scopes) | ({broad} if broad else frozenset())
    return Access(write | {f"{scope}.read" for scope in write}, write)


def report(name: str) -> Access:
    """The access of one family of reports, which only has a reading scope."""
    return Access(frozenset({f"accounting.reports.{name}.read", "accounting.reports.read"}), frozenset())


ANY_REPORT = Access(
    frozenset({f"accounting.reports.{report}.read" for report in _REPORTS} | {"accounting.reports.read"}), frozenset()
)
"""The list of reports, which no family has to itself."""
ATTACHMENTS = access("accounting.attachments")
SETTINGS = access("accounting.settings")
CONTACTS = access("accounting.contacts")
INVOICES = access("accounting.invoices", broad="accounting.transactions")
ITEMS = access("accounting.settings", "accounting.invoices", broad="accounting.transactions")
PAYMENTS = access("accounting.payments", broad="accounting.transactions")
BANKING = access("accounting.banktransactions", broad="accounting.transactions")
MANUAL_JOURNALS = access("accounting.manualjournals", broad="accounting.transactions")
BUDGETS = Access(frozenset({"accounting.budgets.read"}), frozenset())
CLASSIC_EXPENSES = access(broad="accounting.transactions")


def refuse_scopes(scopes: Iterable[str], *, granular_only: bool) -> ScopeRefusal | None:
    """Whether an app may ask for these at all."""
    asked = set(scopes)
    if not asked or asked - GRANULAR - BROAD:
        return ScopeRefusal("invalid_scope", "The requested scope is invalid, unknown, or malformed")
    if granular_only and asked & BROAD:
        return ScopeRefusal("unauthorized_client", "Invalid scope for client")
    return None
