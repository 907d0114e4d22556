"""Receivable and payable lines outside invoices and bills: whom they have to name, and what they open with them.

A journal entry, an expense or a deposit may stand on accounts receivable or payable. Such a line changes what its
customer owes or what is owed to its vendor, and a payment may settle it like an invoice or use it like a credit memo.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import party_currency
from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import Exchange
from tieout.platforms.quickbooks.sandbox.accounting.records import Opening, Record, Shaped
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.sandbox.ledger import DocumentRef

_CONTROL = {
    "Accounts Receivable": ("Customer", 1, "When you use Accounts Receivable, you must choose a customer"),
    "Accounts Payable": ("Vendor", -1, "When you use Accounts Payable, you must choose a vendor"),
}
"""By type of account: who has to be named, what a debit does to their balance, and what is said without them."""
_WORDS = {"customer": "Customer", "job": "Customer", "vendor": "Vendor", "employee": "Employee"}
_ANYBODY = ("Vendor", "Customer", "Employee")


def named_party(books: Books, reference: Mapping[str, Any], word: str | None, *, inactive_too: bool) -> Record:
    """Who a line or a document names. `word` says which list, in any spelling; without it, whoever has the id.

    Raises `Refusal`: 2170 for another word, 2500 and 610 for the reference.
    """
    if word is None:
        return books.resolve(reference, *_ANYBODY, inactive_too=inactive_too)
    kind = _WORDS.get(word.lower())
    if kind is None:
        raise refusals.invalid_choice("type", word)
    return books.resolve(reference, kind, inactive_too=inactive_too)


def opened(books: Books, exchange: Exchange, account: Record, party: Record | None, debited: Decimal) -> Opening | None:
    """What a line that debits an account by so much opens.

    Raises `Refusal` 6000 when it does not name whom it has to, or the account or party is of another currency.
    """
    control = _CONTROL.get(account.content["AccountType"])
    if control is None:
        return None
    kind, sign, words = control
    if party is None or party.kind.name != kind:
        raise refusals.business(f"{words} in the Name field.")
    if {party_currency(books, account), party_currency(books, party)} != {exchange.code}:
        raise refusals.business("The currency of a transaction has to be that of its customer or vendor")
    return Opening(party.ref, sign * debited, account.id)


def summed(openings: Iterable[Opening | None]) -> tuple[Opening, ...]:
    """One for each party, without those that come to nothing.

    Raises `NotSimulatedError` when the lines of one party stand on different control accounts.
    """
    told: dict[DocumentRef, Opening] = {}
    for one in openings:
        if one is None:
            continue
        known = told.get(one.party, Opening(one.party, ZERO, one.account_id))
        if known.account_id != one.account_id:
            raise refusals.NotSimulatedError("lines of one party on several control accounts")
        told[one.party] = Opening(one.party, known.amount + one.amount, one.account_id)
    return tuple(one for one in told.values() if one.amount)


def applied_with(books: Books, record: Record, party: DocumentRef) -> Decimal:
    """How much of what a document opened with a party is settled or used."""
    payments = (books.record(ref) for ref in record.settlements)
    return sum(
        (
            one.amount
            for payment in payments
            for one in payment.shaped.applications
            if one.target == record.ref and one.part == party
        ),
        ZERO,
    )


def counts(books: Books, record: Record) -> dict[DocumentRef, Decimal]:
    """What an object adds to balances, by party: what is open of it, or of a payment what is not applied."""
    shaped = record.shaped
    told = {shaped.party: record.counts} if shaped.party is not None else {}
    for one in shaped.openings:
        applied = applied_with(books, record, one.party) if record.settlements else ZERO
        told[one.party] = told.get(one.party, ZERO) + one.amount - applied.copy_sign(one.amount)
    return told


def check_openings_stay(books: Books, record: Record, shaped: Shaped) -> None:
    """6000 when a change would leave a payment with less than it settles, or turn a charge into a credit."""
    if not record.settlements:
        return
    after = {one.party: one.amount for one in shaped.openings}
    for one in record.shaped.openings:
        applied = applied_with(books, record, one.party)
        amount = after.get(one.party, ZERO)
        if applied and (amount * one.amount <= 0 or abs(amount) < applied):
            raise refusals.business("The amount cannot be less than the payments that are applied")
