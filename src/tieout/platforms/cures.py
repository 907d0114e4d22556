"""What must change before a refused write is worth sending again, by the refusal's code. Pure.

One table for all platforms: a code means the same everywhere, and is all that is kept of a refusal. A code that stands
in neither table is judged by what happens next after its refusal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tieout.books.records import Kind
from tieout.platforms.errors import Cure, Next, PlatformRefusal

_PARTIES: Final = (Kind.CUSTOMER, Kind.VENDOR, Kind.PARTY)
_DOCUMENTS: Final = (Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT)
_SETTLING: Final = (*_DOCUMENTS, Kind.PAYMENT, Kind.BILL_PAYMENT)


@dataclass(frozen=True, slots=True)
class Remedy:
    """The changes of which any one may help. A change in the books is one of a record of `kinds`: of any, if empty."""

    cures: frozenset[Cure]
    kinds: frozenset[Kind] = frozenset()

    def helps(self, cure: Cure, kinds: Iterable[Kind] = ()) -> bool:
        """Whether this change may help; `kinds` are those of the records of the books that changed."""
        if cure not in self.cures:
            return False
        return cure is not Cure.BOOKS_CHANGE or not self.kinds or not self.kinds.isdisjoint(kinds)


def _remedy(*cures: Cure, kinds: Iterable[Kind] = ()) -> Remedy:
    return Remedy(frozenset(cures), frozenset(kinds))


def _here_or_there(*kinds: Kind) -> Remedy:
    """Mended in the record or in the books."""
    return _remedy(Cure.RECORD_CHANGE, Cure.BOOKS_CHANGE, kinds=kinds)


def _mapped_or_there(*kinds: Kind) -> Remedy:
    """Mended in the mapping, in the record, or in the books."""
    return _remedy(Cure.SETTINGS_CHANGE, Cure.RECORD_CHANGE, Cure.BOOKS_CHANGE, kinds=kinds)


_RECORD = _remedy(Cure.RECORD_CHANGE)
_ACCESS = _remedy(Cure.ACCESS_CHANGE, Cure.RECONNECT)
_RELEASE = _remedy(Cure.RELEASE)

REMEDIES: Final[dict[str, Remedy]] = {
    # The record as it is.
    **dict.fromkeys(
        (
            "amount_not_positive",
            "amount_too_large",
            "amount_too_precise",
            "bill_incomplete",
            "code_too_long",
            "description_missing",
            "discount_refused",
            "email_invalid",
            "exchange_rate_refused",
            "file_empty",
            "file_name_not_accepted",
            "file_not_accepted",
            "file_too_large",
            "file_type_not_accepted",
            "lines_missing",
            "name_too_long",
            "negative_total",
            "number_not_printable",
            "number_too_long",
            "several_tax_codes",
            "text_not_accepted",
            "text_too_long",
            "too_many_lines",
            "totals_disagree",
            "value_refused",
        ),
        _RECORD,
    ),
    # What the record names, or what stands in its way.
    "period_closed": _here_or_there(Kind.COMPANY),
    "number_taken": _here_or_there(*_DOCUMENTS),
    "name_taken": _here_or_there(*_PARTIES, Kind.ITEM),
    "contact_number_taken": _here_or_there(*_PARTIES),
    "contact_archived": _here_or_there(*_PARTIES),
    "item_code_taken": _here_or_there(Kind.ITEM),
    "before_stock_start": _here_or_there(Kind.ITEM),
    "stock_too_low": _here_or_there(Kind.ITEM, *_DOCUMENTS),
    "too_many_levels": _here_or_there(*_PARTIES, Kind.ITEM, Kind.ACCOUNT),
    "multicurrency_off": _here_or_there(Kind.COMPANY),
    "currency_not_subscribed": _here_or_there(Kind.COMPANY),
    "too_many_files": _remedy(Cure.RECORD_CHANGE, Cure.BOOKS_CHANGE, kinds=_DOCUMENTS),
    **dict.fromkeys(
        (
            "allocation_exceeds_balance",
            "allocation_not_possible",
            "credit_exceeded",
            "document_has_payments",
            "document_not_authorised",
            "in_use",
            "lines_changed",
            "linked_elsewhere",
            "locked_by_bank",
            "payment_exceeds_balance",
            "payment_in_batch",
            "payments_applied",
            "status_forbids_change",
        ),
        _here_or_there(*_SETTLING),
    ),
    # What the mapping chooses.
    **dict.fromkeys(
        (
            "account_archived",
            "account_missing",
            "account_takes_no_payments",
            "account_type_wrong",
            "account_unknown",
            "account_without_code",
            "ledger_account_inactive",
            "ledger_account_missing",
            "payment_account_missing",
        ),
        _mapped_or_there(Kind.ACCOUNT),
    ),
    **dict.fromkeys(
        (
            "tax_code_missing",
            "tax_code_refused",
            "tax_code_unfit",
            "tax_differs",
            "tax_rate_ambiguous",
            "tax_rate_gone",
            "tax_rate_missing",
            "tax_rate_not_allowed",
            "tax_rate_not_usable",
            "tax_rate_unknown",
            "total_differs",
            "total_would_differ",
        ),
        _mapped_or_there(Kind.TAX_RATE, Kind.ACCOUNT),
    ),
    **dict.fromkeys(("item_missing", "item_unknown"), _mapped_or_there(Kind.ITEM)),
    "party_missing": _mapped_or_there(*_PARTIES),
    **dict.fromkeys(
        ("reference_inactive", "reference_unknown"),
        _mapped_or_there(*_PARTIES, Kind.ITEM, Kind.ACCOUNT, Kind.TAX_RATE, *_DOCUMENTS),
    ),
    "belongs_to_another_company": _remedy(Cure.SETTINGS_CHANGE, Cure.RECORD_CHANGE),
    "linked_to_another": _RECORD,
    "not_taken_back": _RECORD,  # it stands in the books still: writing it again by itself would make two
    "changed_in_books": _here_or_there(),
    "gone_from_books": _here_or_there(),
    "company_unknown": _remedy(Cure.BOOKS_CHANGE, kinds=(Kind.COMPANY,)),
    # What the company or the person may do.
    **dict.fromkeys(("not_in_plan", "not_permitted", "scope_missing", "subscription_ended"), _ACCESS),
    "access_refused": _remedy(Cure.TIME, Cure.ACCESS_CHANGE, Cure.RECONNECT),
    # What we did wrong, or did not build.
    **dict.fromkeys(
        (
            "amount_not_price_times_quantity",
            "idempotency_key_reused",
            "not_on_this_platform",
            "push_not_built",
            "push_not_planned",
            "request_refused",
        ),
        _RELEASE,
    ),
}
"""The remedy of every code by which a write is refused."""

_BY_NEXT: Final = {
    Next.RETRIES_BY_ITSELF: _remedy(Cure.TIME),
    Next.RECONNECT: _remedy(Cure.RECONNECT),
    Next.SOMEBODY_MUST_ACT: _mapped_or_there(),
    Next.REPORT_A_FAULT: _RELEASE,
}
"""What helps where the code is not known: whatever could."""


def remedy_of(refusal: PlatformRefusal) -> Remedy:
    """What must change after this refusal."""
    return remedy_of_code(refusal.explanation.code, refusal.next_step)


def remedy_of_code(code: str, next_step: Next = Next.SOMEBODY_MUST_ACT) -> Remedy:
    """What must change, by what is kept of a refusal: its code, and what was to happen next."""
    if next_step in (Next.RETRIES_BY_ITSELF, Next.RECONNECT):
        return _BY_NEXT[next_step]
    return REMEDIES.get(code, _BY_NEXT[next_step])
