"""Which payables are complete (Monite, 'Payables' and 'Payable validations'). Pure.

A complete draft becomes `new`. With connected books more is asked: an account and a known tax on every line, and a
vendor, because the books take no bill without them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from tieout.api.completeness import Problem, missing_fields, problem
from tieout.books.stated_totals import LineAmounts, StatedTotals, disagreements


class RequiredField(StrEnum):
    """What a partner may require, in the contract's words."""

    CURRENCY = "currency"
    DOCUMENT_ID = "document_id"
    DUE_DATE = "due_date"
    ISSUED_AT = "issued_at"
    TAX_AMOUNT = "tax_amount"
    TOTAL_AMOUNT = "total_amount"
    SUBTOTAL = "subtotal"
    DESCRIPTION = "description"
    SUGGESTED_PAYMENT_TERM = "suggested_payment_term"
    PAYMENT_TERMS = "payment_terms"
    TAX = "tax"
    SENDER = "sender"
    FILE_ID = "file_id"
    COUNTERPART_ID = "counterpart_id"
    COUNTERPART_BANK_ACCOUNT_ID = "counterpart_bank_account_id"
    COUNTERPART_ADDRESS_ID = "counterpart_address_id"
    COUNTERPART_VAT_ID_ID = "counterpart_vat_id_id"
    LINE_ITEMS = "line_items"
    LINE_QUANTITY = "line_items.quantity"
    LINE_UNIT_PRICE = "line_items.unit_price"
    LINE_TAX = "line_items.tax"
    LINE_LEDGER_ACCOUNT_ID = "line_items.ledger_account_id"
    LINE_ACCOUNTING_TAX_RATE_ID = "line_items.accounting_tax_rate_id"
    LINE_UNIT = "line_items.unit"
    LINE_NAME = "line_items.name"
    LINE_DESCRIPTION = "line_items.description"
    LINE_SUBTOTAL = "line_items.subtotal"
    LINE_TOTAL = "line_items.total"
    LINE_TAX_AMOUNT = "line_items.tax_amount"


DEFAULTS = (
    RequiredField.CURRENCY,
    RequiredField.DOCUMENT_ID,
    RequiredField.DUE_DATE,
    RequiredField.ISSUED_AT,
    RequiredField.TOTAL_AMOUNT,
    RequiredField.LINE_ITEMS,
)
_BY_THE_BOOKS = (
    RequiredField.CURRENCY,
    RequiredField.ISSUED_AT,
    RequiredField.COUNTERPART_ID,
    RequiredField.LINE_ITEMS,
    RequiredField.LINE_SUBTOTAL,
    RequiredField.LINE_LEDGER_ACCOUNT_ID,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksRules:
    """What the connected books take: the accounts and tax rates in use there, and the values of these rates.

    `default_account_id` is the account of lines that name none, if the entity has chosen one. Where the books know no
    taxes on purchases (`takes_any_tax`), a line's tax needs no rate there.
    """

    account_ids: Collection[UUID]
    tax_rate_ids: Collection[UUID]
    tax_values: Collection[Decimal]
    default_account_id: UUID | None = None
    takes_any_tax: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A payable as it is judged: its fields by the contract's names, and those of its lines."""

    fields: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    totals: StatedTotals
    amounts: Sequence[LineAmounts]
    discount: int | None


def problems_of(subject: Subject, required: Collection[RequiredField], books: BooksRules | None) -> list[Problem]:
    """Why the payable is not complete; empty when it is."""
    found = missing_fields(subject.fields, subject.lines, (*required, *(_asked_by(books) if books else ())))
    found += [
        problem((each.field,), each.message, "value_error.inconsistent")
        for each in disagreements(subject.totals, subject.amounts, subject.discount)
    ]
    if books is not None:
        found += [each for i, line in enumerate(subject.lines) for each in _unknown(i, line, books)]
    return found


def _asked_by(books: BooksRules) -> list[RequiredField]:
    """What the books must be told. An account by default tells them as well, if they have it."""
    is_told = books.default_account_id is not None and books.default_account_id in books.account_ids
    return [field for field in _BY_THE_BOOKS if field is not RequiredField.LINE_LEDGER_ACCOUNT_ID or not is_told]


def _unknown(index: int, line: Mapping[str, Any], books: BooksRules) -> list[Problem]:
    found: list[Problem] = []
    account_id, rate_id = line.get("ledger_account_id"), line.get("accounting_tax_rate_id")
    if account_id is not None and account_id not in books.account_ids:
        message = "the ledger account does not exist in the connected books, or is archived there"
        found.append(problem(("line_items", index, "ledger_account_id"), message, "value_error.unknown_id"))
    if rate_id is not None and rate_id not in books.tax_rate_ids:
        message = "the tax rate does not exist in the connected books, or is not in use for purchases there"
        found.append(problem(("line_items", index, "accounting_tax_rate_id"), message, "value_error.unknown_id"))
    value = line.get("tax")
    if rate_id is None and value and not books.takes_any_tax and Decimal(value) not in books.tax_values:
        message = "no active tax rate of the connected books has this value"
        found.append(problem(("line_items", index, "tax"), message, "value_error.unknown_tax"))
    return found
