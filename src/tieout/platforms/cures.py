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


_TIME = _remedy(Cure.TIME)
_CONNECT = _remedy(Cure.RECONNECT)
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
            "credit_note_incomplete",
            "cannot_be_changed",
            "code_too_long",
            "date_refused",
            "description_missing",
            "discount_refused",
            "email_invalid",
            "email_missing",
            "exchange_rate_refused",
            "figure_refused",
            "file_empty",
            "file_name_not_accepted",
            "file_not_accepted",
            "file_too_large",
            "file_type_not_accepted",
            "lines_missing",
            "name_missing",
            "name_too_long",
            "negative_total",
            "not_issued",
            "number_not_printable",
            "number_too_long",
            "payment_terms_refused",
            "required_field_missing",
            "several_tax_codes",
            "text_not_accepted",
            "text_too_long",
            "time_entry_refused",
            "too_many_lines",
            "totals_disagree",
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
    "parent_not_possible": _here_or_there(*_PARTIES, Kind.ITEM, Kind.ACCOUNT),
    "currency_differs": _here_or_there(*_PARTIES, Kind.ACCOUNT),
    "sales_tax_off": _here_or_there(Kind.COMPANY, Kind.TAX_RATE),
    "too_many_entries": _here_or_there(*_PARTIES),
    "tracking_unknown": _here_or_there(),
    "multicurrency_off": _here_or_there(Kind.COMPANY),
    "currency_not_subscribed": _here_or_there(Kind.COMPANY),
    "too_many_files": _remedy(Cure.RECORD_CHANGE, Cure.BOOKS_CHANGE, kinds=_DOCUMENTS),
    **dict.fromkeys(
        (
            "allocation_exceeds_balance",
            "allocation_not_possible",
            "batch_payment_refused",
            "credit_exceeded",
            "document_has_payments",
            "document_not_authorised",
            "in_use",
            "lines_changed",
            "linked_elsewhere",
            "locked_by_bank",
            "payment_exceeds_balance",
            "payment_in_batch",
            "status_forbids_change",
        ),
        _here_or_there(*_SETTLING),
    ),
    # What the mapping chooses.
    **dict.fromkeys(
        (
            "account_missing",
            "account_takes_no_payments",
            "account_type_wrong",
            "account_unknown",
            "account_without_code",
            "ledger_account_inactive",
            "ledger_account_missing",
            "payment_account_missing",
            "payments_account_missing",
        ),
        _mapped_or_there(Kind.ACCOUNT),
    ),
    **dict.fromkeys(
        (
            "tax_code_missing",
            "tax_code_refused",
            "tax_code_unfit",
            "tax_differs",
            "tax_not_taken",
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
    **dict.fromkeys(
        ("item_missing", "item_unknown", "item_without_account", "product_missing", "stock_item_refused"),
        _mapped_or_there(Kind.ITEM),
    ),
    "party_missing": _mapped_or_there(*_PARTIES),
    **dict.fromkeys(
        ("reference_inactive", "reference_unknown"),
        _mapped_or_there(*_PARTIES, Kind.ITEM, Kind.ACCOUNT, Kind.TAX_RATE, *_DOCUMENTS),
    ),
    "belongs_to_another_company": _remedy(Cure.SETTINGS_CHANGE, Cure.RECORD_CHANGE),
    "linked_to_another": _RECORD,
    "not_taken_back": _RECORD,  # it stands in the books still: writing it again by itself would make two
    "being_written": _TIME,
    "written_by_tieout": _here_or_there(*_SETTLING),
    "parts_in_the_books": _here_or_there(*_SETTLING),
    "changed_in_books": _here_or_there(),
    "gone_from_books": _here_or_there(),
    "match_undecided": _remedy(Cure.SETTINGS_CHANGE, Cure.RECORD_CHANGE),  # a decision wants it by itself
    "company_unknown": _remedy(Cure.BOOKS_CHANGE, kinds=(Kind.COMPANY,)),
    # What the company or the person may do.
    **dict.fromkeys(("scope_missing", "subscription_ended"), _ACCESS),
    **dict.fromkeys(
        ("not_in_plan", "not_permitted"),
        _remedy(Cure.ACCESS_CHANGE, Cure.RECONNECT, Cure.BOOKS_CHANGE, kinds=(Kind.COMPANY,)),
    ),
    "access_refused": _remedy(Cure.TIME, Cure.ACCESS_CHANGE, Cure.RECONNECT),
    **dict.fromkeys(
        (
            "company_disconnected",
            "company_missing",
            "company_not_authorized",
            "connecting_user_lost_access",
            "grant_ended",
            "grant_lapsed",
            "grant_reached_its_end",
        ),
        _CONNECT,
    ),
    # What passes.
    **dict.fromkeys(
        (
            "access_not_renewed",
            "answer_unreadable",
            "app_budget_used_up",
            "app_credentials_refused",
            "budget_used_up",
            "company_offline",
            "company_shut_for_now",
            "fault_of_ours",
            "held_up",
            "mail_limit_reached",
            "no_answer",
            "not_sent",
            "parked_by_fault",
            "platform_unavailable",
            "quota_used_up",
            "rate_limit_appminute",
            "rate_limit_concurrent",
            "rate_limit_day",
            "rate_limit_minute",
            "refresh_under_way",
            "report_unreadable",
            "stale",
            "stale_version",
            "throttled",
            "token_answer_unreadable",
            "token_expired",
            "token_request_refused",
            "unexpected_answer",
            "unexpected_redirect",
        ),
        _TIME,
    ),
    "keeps_changing": _here_or_there(),
    # What we did wrong, or did not build.
    **dict.fromkeys(
        (
            "amount_not_price_times_quantity",
            "answer_too_large",
            "choice_refused",
            "form_not_accepted",
            "idempotency_key_reused",
            "not_on_this_platform",
            "push_not_built",
            "push_not_planned",
            "query_refused",
            "request_refused",
        ),
        _RELEASE,
    ),
}
"""The remedy of every code, but for those that may mean many things."""

_BY_NEXT: Final = {
    Next.RETRIES_BY_ITSELF: _remedy(Cure.TIME),
    Next.RECONNECT: _remedy(Cure.RECONNECT),
    Next.SOMEBODY_MUST_ACT: _mapped_or_there(),
    Next.REPORT_A_FAULT: _RELEASE,
}
"""What helps where the code is not known: whatever could."""


OF_OTHERS: Final = ("_refused", "_not_in_books")
"""What the codes end in by which a record is refused for another one: it goes on with that."""


def remedy_of(refusal: PlatformRefusal) -> Remedy:
    """What must change after this refusal."""
    return remedy_of_code(refusal.explanation.code, refusal.next_step)


def remedy_of_code(code: str, next_step: Next = Next.SOMEBODY_MUST_ACT) -> Remedy:
    """What must change, by what is kept of a refusal: its code, and what was to happen next."""
    if next_step in (Next.RETRIES_BY_ITSELF, Next.RECONNECT):
        return _BY_NEXT[next_step]
    return REMEDIES.get(code, _BY_NEXT[next_step])
