"""The journal that a document is expected to make in the books, always balanced.

Shown with every intent before it is sent, and compared with what the books made of it. An entry names an account where
the document does, and else the part an account plays (`receivable`, `tax`, …), because which account that is, is the
platform's own choice. Amounts are in the document's currency: exchange gains are the books' business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tieout.books.records import (
    Bill,
    CreditNote,
    Document,
    DocumentStatus,
    Invoice,
    Kind,
    Line,
    Payment,
    Taxation,
    VendorCredit,
)
from tieout.kit.money import apportion, exponent, from_minor, to_minor


class Role(StrEnum):
    """The part an account plays, where the document does not name it."""

    RECEIVABLE = "receivable"
    PAYABLE = "payable"
    INCOME = "income"
    EXPENSE = "expense"
    TAX = "tax"
    DISCOUNT = "discount"
    BANK = "bank"
    ROUNDING = "rounding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One side of a journal entry: exactly one of `role` and `account_id`, and of `debit` and `credit`, is set.

    `detail` says which item or tax rate the role stands for, if one is known.
    """

    role: Role | None = None
    account_id: str | None = None
    detail: str | None = None
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)


class DoesNotAddUp(ValueError):  # noqa: N818 - reads as a sentence
    """A document's lines, taxes and total contradict one another by more than rounding explains."""

    def __init__(self, difference: Decimal) -> None:
        """Name the difference, in the document's currency."""
        self.difference = difference
        super().__init__(f"lines and total differ by {difference}")


_Key = tuple[Role | None, str | None, str | None]
_POSTED = (DocumentStatus.OPEN, DocumentStatus.PARTIALLY_PAID, DocumentStatus.PAID)


def expected_postings(record: Invoice | Bill | CreditNote | VendorCredit | Payment) -> tuple[Posting, ...]:
    """The journal of a document or payment; empty for a draft and for one that is void or deleted.

    Raises DoesNotAddUp.
    """
    if isinstance(record, Payment):
        return _payment(record)
    if record.status not in _POSTED:
        return ()
    match record:
        case Invoice():
            return _document(record, Role.RECEIVABLE, Role.INCOME, owed_on=1)
        case CreditNote():
            return _document(record, Role.RECEIVABLE, Role.INCOME, owed_on=-1)
        case Bill():
            return _document(record, Role.PAYABLE, Role.EXPENSE, owed_on=-1)
        case VendorCredit():
            return _document(record, Role.PAYABLE, Role.EXPENSE, owed_on=1)


def _document(record: Document, control: Role, kind: Role, *, owed_on: int) -> tuple[Posting, ...]:
    """Entries in minor units, debit positive; `owed_on` is 1 where the control account is debited."""
    total, tax, discount = (to_minor(x, record.currency) for x in (record.total, record.tax, record.discount))
    nets = _nets(record, tax)
    entries: dict[_Key, int] = {(control, None, None): total}
    for line, net in zip(record.lines, nets, strict=True):
        key: _Key = (None, line.account_id, None) if line.account_id else (kind, None, line.item_id)
        entries[key] = entries.get(key, 0) - net
    for tax_key, amount in _taxes(record, tax):
        entries[tax_key] = entries.get(tax_key, 0) - amount
    if discount:
        entries[(Role.DISCOUNT, None, None)] = discount
    difference = sum(entries.values())
    if difference:
        if abs(difference) > len(record.lines) + len(record.tax_lines):
            raise DoesNotAddUp(from_minor(difference, record.currency))
        entries[(Role.ROUNDING, None, None)] = -difference
    return _postings(((key, owed_on * amount) for key, amount in entries.items()), record.currency)


def _nets(record: Document, tax: int) -> list[int]:
    """Net amount of every line; where only the document knows its tax, it is shared out over the taxed lines."""
    amounts = [to_minor(line.amount, record.currency) for line in record.lines]
    if record.taxation is not Taxation.INCLUSIVE:
        return amounts
    known = [None if x.tax_amount is None else to_minor(x.tax_amount, record.currency) for x in record.lines]
    rest = tax - sum(x for x in known if x is not None)
    weights = [
        abs(amount) if share is None and _is_taxed(line, record) else 0
        for amount, share, line in zip(amounts, known, record.lines, strict=True)
    ]
    shares = _split(rest, weights)
    return [amount - (shares[i] if known[i] is None else known[i] or 0) for i, amount in enumerate(amounts)]


def _is_taxed(line: Line, record: Document) -> bool:
    return line.tax_rate_id is not None or all(other.tax_rate_id is None for other in record.lines)


def _split(amount: int, weights: list[int]) -> list[int]:
    if not any(weights):
        return [0] * len(weights)
    sign = -1 if amount < 0 else 1
    return [sign * part for part in apportion(abs(amount), weights)]


def _taxes(record: Document, tax: int) -> list[tuple[_Key, int]]:
    """The tax by rate, when the rates account for all of it; else as one amount."""
    by_rate = [((Role.TAX, None, x.rate_id), to_minor(x.amount, record.currency)) for x in record.tax_lines]
    if by_rate and sum(amount for _, amount in by_rate) == tax:
        return list(by_rate)
    return [((Role.TAX, None, None), tax)]


def _payment(record: Payment) -> tuple[Posting, ...]:
    if record.is_void or record.is_allocation_only:
        return ()
    amount = to_minor(record.amount, record.currency)
    bank: _Key = (None, record.account_id, None) if record.account_id else (Role.BANK, None, None)
    control = Role.PAYABLE if record.kind is Kind.BILL_PAYMENT else Role.RECEIVABLE
    sign = -1 if record.kind is Kind.BILL_PAYMENT else 1
    return _postings([(bank, sign * amount), ((control, None, None), -sign * amount)], record.currency)


def _postings(entries: Iterable[tuple[_Key, int]], currency: str) -> tuple[Posting, ...]:
    return tuple(
        Posting(
            role=role,
            account_id=account_id,
            detail=detail,
            debit=from_minor(max(amount, 0), currency),
            credit=from_minor(max(-amount, 0), currency),
        )
        for (role, account_id, detail), amount in entries
        if amount
    )


def as_json(postings: Iterable[Posting], currency: str) -> list[dict[str, str | None]]:
    """The form in which an intent keeps them: plain digits with the currency's decimal places."""
    places = Decimal(1).scaleb(-exponent(currency))
    return [
        {
            "role": posting.role,
            "account_id": posting.account_id,
            "detail": posting.detail,
            "debit": format(posting.debit.quantize(places), "f"),
            "credit": format(posting.credit.quantize(places), "f"),
        }
        for posting in postings
    ]
