"""Manual journals: entries in home currency that somebody writes by hand. Source: manual-journals page."""

from dataclasses import replace
from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.lines import AMOUNT_TYPES, LINES_MAX, line_tax
from tieout.platforms.xero.sandbox.accounting.money.rows import JournalItem, ManualJournal
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation, ref_of
from tieout.platforms.xero.sandbox.accounting.rows import Account
from tieout.platforms.xero.sandbox.accounting.tracking import plan_tracking
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_locks
from tieout.platforms.xero.sandbox.wire import ZERO, ZERO_ID, half_up
from tieout.sandbox.ledger import Draft, debit

STATUSES = ("DRAFT", "POSTED", "DELETED", "VOIDED")
ALLOWED = {
    "DRAFT": frozenset({"DRAFT", "POSTED", "DELETED"}),
    "POSTED": frozenset({"POSTED", "VOIDED"}),
    "DELETED": frozenset[str](),
    "VOIDED": frozenset[str](),
}
WORDS = vocabulary("Narration JournalLines Date LineAmountTypes Status Url ShowOnCashBasisReports ManualJournalID")
LINE_WORDS = vocabulary("LineAmount AccountCode AccountID Description TaxType TaxAmount Tracking", "IsBlank")
NOT_MODIFIABLE = "Manual Journal not of valid status for modification"
LINES_MIN = 2
RESERVED = frozenset({"DEBTORS", "CREDITORS", "RETAINEDEARNINGS"})
"""System accounts that no manual journal may name; bank and inventory accounts neither."""


def write_manual_journal(writing: Writing, element: Element) -> Written:
    """Create or change a manual journal. Drafts do not post; a posted one can be changed or voided."""
    element.check(WORDS)
    organisation = writing.organisation
    known = _match(writing, element)
    status = _status(element, known)
    on = element.day("Date") or (known.on if known else organisation.today())
    check_locks(organisation, on, *([known.on] if known else []))
    if known is not None and status in {"DELETED", "VOIDED"}:
        known.status = status
        _post(organisation, known)
        known.touch(writing.at)
        return Written(known)
    narration = element.text("Narration")
    if not narration and (known is None or element.has("Narration")):
        raise InvalidError("Narration must be specified")
    amount_types = element.choice("LineAmountTypes", AMOUNT_TYPES) or (known.amount_types if known else "NoTax")
    items = _items(organisation, element, known, amount_types)
    url, shown = element.text("Url"), element.flag("ShowOnCashBasisReports")
    journal = known or ManualJournal(
        id=organisation.ids.uuid(),
        updated_at=writing.at,
        app_id=writing.app_id,
        narration="",
        on=on,
        status=status,
        amount_types=amount_types,
        items=[],
    )
    journal.narration = narration or journal.narration
    journal.on, journal.status, journal.amount_types, journal.items = on, status, amount_types, items
    journal.url = journal.url if url is None else url or None
    journal.on_cash_basis = journal.on_cash_basis if shown is None else shown
    organisation.manual_journals[journal.id] = journal
    _post(organisation, journal)
    journal.touch(writing.at)
    return Written(journal)


def _match(writing: Writing, element: Element) -> ManualJournal | None:
    if isinstance(writing.target, ManualJournal):
        return writing.target
    journal_id = element.text("ManualJournalID")
    if not journal_id or journal_id == ZERO_ID or not writing.may_update:
        return None
    known = writing.organisation.manual_journals.get(journal_id.lower())
    if known is None:
        raise GoneError
    return known


def _status(element: Element, known: ManualJournal | None) -> str:
    asked = element.choice("Status", STATUSES)
    if known is None:
        if asked not in {None, "DRAFT", "POSTED"}:
            raise InvalidError("Manual Journal not of valid status for creation")
        return asked or "DRAFT"
    if not ALLOWED[known.status] or (asked or known.status) not in ALLOWED[known.status]:
        raise InvalidError(NOT_MODIFIABLE)
    return asked or known.status


def _items(
    organisation: Organisation, element: Element, known: ManualJournal | None, amount_types: str
) -> list[JournalItem]:
    """The lines after a write, which replaces them all unless it sends none. Debits have to equal credits."""
    sent = element.inners("JournalLines")
    if sent:
        if not LINES_MIN <= len(sent) <= LINES_MAX:
            raise InvalidError(f"A manual journal needs from {LINES_MIN} to {LINES_MAX} journal lines")
        items = [_item(organisation, one, amount_types) for one in sent]
    elif known is not None:
        items = [_retaxed(organisation, one, amount_types) for one in known.items]
    else:
        raise InvalidError(f"A manual journal needs from {LINES_MIN} to {LINES_MAX} journal lines")
    gross = [one.amount + (one.tax_amount if amount_types == "Exclusive" else ZERO) for one in items]
    debits, credits_ = sum((one for one in gross if one > 0), ZERO), sum((one for one in gross if one < 0), ZERO)
    if debits + credits_:
        raise InvalidError(f"The total debits ({debits}) must equal total credits ({credits_})")
    return items


def _item(organisation: Organisation, element: Element, amount_types: str) -> JournalItem:
    element.check(LINE_WORDS)
    amount = element.decimal("LineAmount")
    if amount is None:
        raise InvalidError("LineAmount must be specified")
    account = _account(organisation, element)
    tax_type = (element.text("TaxType") or account.tax_type).upper()
    if amount_types == "NoTax":
        tax_type = "NONE" if "NONE" in organisation.tax_rates else "BASEXCLUDED"
    rate = organisation.tax_rates.get(tax_type)
    if rate is None or rate.status != "ACTIVE":
        raise InvalidError(
            f"The TaxType code '{tax_type}' does not exist or cannot be used for this type of transaction."
        )
    if account.class_ not in rate.classes:
        raise InvalidError(f"The TaxType code '{rate.id}' cannot be used with account code '{account.code}'.")
    item = _retaxed(
        organisation,
        JournalItem(
            half_up(amount),
            ZERO,
            account.id,
            tax_type,
            element.text("Description"),
            plan_tracking(organisation, element, None),
        ),
        amount_types,
    )
    stated = element.decimal("TaxAmount")
    if stated is not None and half_up(stated) != item.tax_amount:
        raise InvalidError(f"The tax amount {half_up(stated)} does not match the expected tax amount {item.tax_amount}")
    return item


def _account(organisation: Organisation, element: Element) -> Account:
    code, account_id = element.text("AccountCode"), element.text("AccountID")
    if not code and not account_id:
        raise InvalidError("Account code must be specified")
    account = organisation.accounts.get(account_id.lower()) if account_id else organisation.account_by_code(code or "")
    if account is None or account.type in {"BANK", "INVENTORY"} or account.system in RESERVED:
        raise InvalidError(f"Account code '{code or account_id}' is not a valid code for this document.")
    if account.status != "ACTIVE":
        raise InvalidError(
            f"Account code '{code or account_id}' has been archived, or has been deleted. Each line item must reference"
            " a valid account."
        )
    return account


def _retaxed(organisation: Organisation, item: JournalItem, amount_types: str) -> JournalItem:
    percent = organisation.tax_rates[item.tax_type].effective if item.tax_type else Decimal(0)
    return replace(item, tax_amount=line_tax(item.amount, percent, amount_types))


def _post(organisation: Organisation, journal: ManualJournal) -> None:
    reference, at = ref_of(journal), organisation.now()
    if journal.status != "POSTED":
        organisation.ledger.reverse(reference, at=at, memo=journal.status.lower())
        return
    inclusive = journal.amount_types == "Inclusive"
    lines = [
        debit(item.account_id, item.amount - (item.tax_amount if inclusive else ZERO), item.description or "")
        for item in journal.items
    ]
    tax = sum((item.tax_amount for item in journal.items), ZERO)
    lines.append(debit(organisation.system_account("GST").id, tax))
    organisation.ledger.repost(Draft(reference, journal.on, lines, memo=journal.narration), at=at)
