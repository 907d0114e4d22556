"""Which credit notes of vendors are complete (Monite, 'Credit notes' and 'Credit note validations'). Pure.

A complete draft becomes `new`. A credit note that names its bill must fit it; connected books also ask for a vendor and
for taxes that they know, because they take no credit without them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from tieout.api.completeness import Problem, missing, missing_fields, problem
from tieout.books.stated_totals import LineAmounts, StatedTotals, disagreements


class RequiredField(StrEnum):
    """What a partner may require, in the contract's words."""

    CURRENCY = "currency"
    DOCUMENT_ID = "document_id"
    ISSUED_AT = "issued_at"
    TAX_AMOUNT = "tax_amount"
    BASED_ON = "based_on"
    TOTAL_AMOUNT = "total_amount"
    SUBTOTAL = "subtotal"
    DESCRIPTION = "description"
    TAX = "tax"
    FILE_ID = "file_id"
    COUNTERPART_ID = "counterpart_id"
    COUNTERPART_BANK_ACCOUNT_ID = "counterpart_bank_account_id"
    COUNTERPART_ADDRESS_ID = "counterpart_address_id"
    COUNTERPART_VAT_ID_ID = "counterpart_vat_id_id"
    LINE_ITEMS = "line_items"
    LINE_QUANTITY = "line_items.quantity"
    LINE_UNIT_PRICE = "line_items.unit_price"
    LINE_TAX = "line_items.tax"
    LINE_UNIT = "line_items.unit"
    LINE_NAME = "line_items.name"
    LINE_DESCRIPTION = "line_items.description"
    LINE_SUBTOTAL = "line_items.subtotal"
    LINE_TOTAL = "line_items.total"
    LINE_TAX_AMOUNT = "line_items.tax_amount"


DEFAULTS = (
    RequiredField.CURRENCY,
    RequiredField.DOCUMENT_ID,
    RequiredField.ISSUED_AT,
    RequiredField.BASED_ON,
    RequiredField.TAX_AMOUNT,
    RequiredField.TOTAL_AMOUNT,
    RequiredField.SUBTOTAL,
)
_BY_THE_BOOKS = (
    RequiredField.CURRENCY,
    RequiredField.DOCUMENT_ID,
    RequiredField.ISSUED_AT,
    RequiredField.TAX_AMOUNT,
    RequiredField.TOTAL_AMOUNT,
    RequiredField.SUBTOTAL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """The payable that is credited, as far as a credit note must fit it."""

    is_in_force: bool
    counterpart_id: UUID | None
    currency: str | None
    issued_at: date | None


GONE = Bill(is_in_force=False, counterpart_id=None, currency=None, issued_at=None)
"""The payable was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A credit note as it is judged: its fields by the contract's names, and those of its lines.

    `bill` is None where none is named; `tax_values` (percent × 100) is None where any tax will do.
    """

    fields: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    totals: StatedTotals
    amounts: Sequence[LineAmounts]
    bill: Bill | None = None
    has_books: bool = False
    tax_values: Collection[Decimal] | None = None


def problems_of(subject: Subject, required: Collection[RequiredField]) -> list[Problem]:
    """Why the credit note is not complete; empty when it is."""
    by_the_books = _BY_THE_BOOKS if subject.has_books else ()
    found = missing_fields(subject.fields, subject.lines, (*required, *by_the_books))
    found += [
        problem((each.field,), each.message, "value_error.inconsistent")
        for each in disagreements(subject.totals, subject.amounts, None)
    ]
    if subject.bill is not None:
        found += _misfits(subject.fields, subject.bill)
    if subject.has_books:
        found += [each for each in _unknown_to_the_books(subject) if each not in found]
    return found


def _misfits(fields: Mapping[str, Any], bill: Bill) -> list[Problem]:
    if not bill.is_in_force:
        return [problem(("based_on",), "the payable is canceled, rejected or deleted", "value_error.state")]
    found: list[Problem] = []
    for name, ours, theirs in (
        ("currency", fields.get("currency"), bill.currency),
        ("counterpart_id", fields.get("counterpart_id"), bill.counterpart_id),
    ):
        if None not in (ours, theirs) and ours != theirs:
            found.append(problem((name,), "is another than that of the payable", "value_error.inconsistent"))
    issued_at: date | None = fields.get("issued_at")
    if issued_at is not None and bill.issued_at is not None and issued_at < bill.issued_at:
        message = f"is before {bill.issued_at}, when the payable was issued"
        found.append(problem(("issued_at",), message, "value_error.inconsistent"))
    return found


def _unknown_to_the_books(subject: Subject) -> list[Problem]:
    found: list[Problem] = []
    if subject.fields.get("counterpart_id") is None and (subject.bill is None or subject.bill.counterpart_id is None):
        found.append(missing("counterpart_id"))
    if subject.tax_values is None:
        return found
    message = "no active tax rate of the connected books has this value"
    taxes: list[tuple[tuple[str | int, ...], int | None]] = [
        (("line_items", i, "tax"), line.get("tax")) for i, line in enumerate(subject.lines)
    ]
    for place, value in taxes or [(("tax",), subject.fields.get("tax"))]:
        if value and Decimal(value) not in subject.tax_values:
            found.append(problem(place, message, "value_error.unknown_tax"))
    return found
