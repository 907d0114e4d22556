"""Refusing a write before it is sent, in the same words as when Xero refuses it."""

from dataclasses import replace
from datetime import date

from tieout.books.records import Account, Company, Document, DocumentStatus, Party, TaxRate
from tieout.platforms.errors import Explanation, PermissionMissing, WriteRefused
from tieout.platforms.port import Operation, Write
from tieout.platforms.xero.errors import NOT_PERMITTED
from tieout.platforms.xero.menus import ACCOUNTS
from tieout.platforms.xero.validation import (
    ACCOUNT_ARCHIVED,
    CONTACT_ARCHIVED,
    CURRENCY_NOT_SUBSCRIBED,
    HAS_PAYMENTS,
    PERIOD_CLOSED,
    STATUS_FORBIDS,
    TAX_RATE_GONE,
)


def refused(code: str, message: str, fix: str, field: str | None = None) -> WriteRefused:
    """A refusal of our own."""
    return WriteRefused(Explanation(code=code, message=message, fix=fix, field=field))


def check_period(company: Company, on: date) -> None:
    """Refuse what Xero would refuse because its period is locked."""
    if company.closed_until is not None and on <= company.closed_until:
        raise WriteRefused(PERIOD_CLOSED)


def check_allowed(write: Write) -> None:
    """Refuse to create what the person who connected may not, as the organisation's actions say."""
    if write.operation is Operation.CREATE and write.kind in write.company.not_permitted:
        raise PermissionMissing(NOT_PERMITTED)


def check_contact(contact: Party | None) -> None:
    """Refuse a contact that is known to be archived."""
    if contact is not None and not contact.active:
        raise WriteRefused(CONTACT_ARCHIVED)


def check_currency(company: Company, currency: str) -> None:
    """Refuse a currency that the organisation is known not to use."""
    if company.currencies and currency not in (*company.currencies, company.base_currency):
        message = f"These books do not use {currency}."
        raise WriteRefused(replace(CURRENCY_NOT_SUBSCRIBED, message=message))


def check_account(account: Account | None) -> None:
    """Refuse a ledger account that is known to be archived."""
    if account is not None and not account.active:
        raise WriteRefused(ACCOUNT_ARCHIVED)


def check_changeable(standing: Document) -> None:
    """Refuse a change of what is over or settled, if only in part (invoices page: edits after payment)."""
    if standing.status in (DocumentStatus.VOID, DocumentStatus.DELETED):
        raise WriteRefused(STATUS_FORBIDS)
    check_unapplied(standing)


def check_unapplied(document: Document) -> None:
    """Refuse to end what has a payment, a credit or an allocation: those are to be removed first, by whom they are."""
    if document.status is not DocumentStatus.VOID and document.balance != document.total:
        raise WriteRefused(HAS_PAYMENTS)


def check_tax_rate(tax_rate: TaxRate) -> None:
    """Refuse a tax rate that is known to be deleted or archived."""
    if not tax_rate.active:
        raise WriteRefused(TAX_RATE_GONE)


def account_without_code(account: Account) -> WriteRefused:
    """Items name their accounts by code, and this one has none."""
    return refused(
        "account_without_code",
        f"The ledger account {account.name} has no code in Xero, and products name accounts by their codes.",
        f"In Xero: {ACCOUNTS}, open the account and give it a code.",
        "account_id",
    )
