"""Deposits: money taken to the bank, out of undeposited funds and from elsewhere, less what is kept in cash."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Role
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import (
    account_exchange,
    check_account,
    home_line,
    in_home,
)
from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import Exchange
from tieout.platforms.quickbooks.sandbox.accounting.documents import (
    SALES_SIDE,
    DocumentTax,
    Line,
    charges_tax_by_document,
    document_content,
    grouped,
    identified,
    line_amount,
    shown_detail,
    tax_account,
    tax_by_line,
)
from tieout.platforms.quickbooks.sandbox.accounting.money.openings import named_party, opened, summed
from tieout.platforms.quickbooks.sandbox.accounting.own_accounts import promised_account
from tieout.platforms.quickbooks.sandbox.accounting.records import Application, Opening, Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.taxes.arithmetic import Outcome
from tieout.platforms.quickbooks.sandbox.accounting.wishes import LINES_MAX, Wish, check_lengths, pointer
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents, money
from tieout.sandbox.ledger import JournalLine, credit, debit

_DETAIL = "DepositLineDetail"
_BANKS = ("Bank", "Other Current Asset")
_FUNDS = frozenset({"Payment", "SalesReceipt", "RefundReceipt", "JournalEntry", "Transfer"})
"""What can have brought money into undeposited funds, or taken it from there."""
_WHOLE = frozenset({"Payment", "SalesReceipt", "RefundReceipt"})
"""Those whose total is what went through undeposited funds."""
_ONLY_LINE = "0"
"""The line of every transaction that has no line of its own for its money."""
_NO_BANK = "Select a bank account for this deposit"
_MADE_BY_THE_BOOKS = ("DepositEx", "TotalAmt")


@dataclass(frozen=True, slots=True)
class _Linked:
    """A line that takes money out of undeposited funds."""

    content: dict[str, Any]
    target: Record
    amount: Decimal


@dataclass(frozen=True, slots=True)
class _Direct:
    """A line of other money, with what it opens with its party when it stands on a control account."""

    line: Line
    opening: Opening | None


def shape_deposit(wish: Wish) -> Shaped:
    """A deposit. Raises `Refusal`: 2020, 620 for money that is not there to be deposited, 6430, 6000."""
    bank = _bank(wish)
    exchange = account_exchange(wish, bank)
    content = document_content(wish, exchange)
    for field in _MADE_BY_THE_BOOKS:
        content.pop(field, None)
    lines = [_read_line(wish, dict(line), exchange) for line in _sent(wish)]
    linked = [one for one in lines if isinstance(one, _Linked)]
    direct = [one for one in lines if isinstance(one, _Direct)]
    _check_once(linked)
    tax = _tax(wish, content, [one.line for one in direct])
    kept_account, kept = _cash_back(wish, content)
    gross = sum((one.amount for one in linked), ZERO) + sum(tax.outcome.nets, ZERO) + tax.outcome.total
    if gross < kept or gross < 0:
        raise refusals.business("Transaction amount must be 0 or greater")
    content["Line"], line_ids = _shown_lines(wish, lines, tax)
    content |= {"DepositToAccountRef": pointer(bank), "TotalAmt": money(gross - kept)}
    if tax.shown:  # recorded deposits without tax do not tell of it
        content["TxnTaxDetail"] = tax.shown
    posted = _direct_postings(wish.books, direct, tax)
    if kept_account is not None:
        posted.append(debit(kept_account, kept))
    return Shaped(
        content,
        total=gross - kept,
        openings=summed(one.opening for one in direct),
        lines=grouped(_in_home(wish.books, exchange, debit(bank.id, gross - kept), posted, linked)),
        exchange=exchange,
        applications=tuple(Application(one.target.ref, one.amount, is_credit=False) for one in linked),
        stated_tax=tax.stated,
        line_ids=line_ids,
    )


def undeposited_amount(books: Books, record: Record) -> Decimal:
    """What a transaction put into undeposited funds, in home units; negative when it took money out."""
    account = books.role(Role.UNDEPOSITED)
    return sum((line.net for line in record.shaped.lines if line.account_id == account), ZERO)


def _own_amount(books: Books, record: Record) -> Decimal:
    """The same in the transaction's own currency."""
    amount = undeposited_amount(books, record)
    if record.shaped.exchange.rate == 1:
        return amount
    if record.kind.name not in _WHOLE:
        raise refusals.NotSimulatedError(f"depositing a {record.kind.name} in another currency")
    return record.shaped.total.copy_sign(amount)


def _in_home(
    books: Books, exchange: Exchange, bank: JournalLine, others: list[JournalLine], linked: list[_Linked]
) -> tuple[JournalLine, ...]:
    """The lines as they are posted. Money leaves undeposited funds for what it came in for.

    What that differs from its worth on the day of the deposit is a gain or a loss.
    """
    undeposited = books.role(Role.UNDEPOSITED)
    if not linked or exchange.rate == 1:
        return in_home(books, exchange, bank, [*(credit(undeposited, one.amount) for one in linked), *others])
    posted = [home_line(books, exchange, line) for line in (bank, *others)]
    posted += [credit(undeposited, undeposited_amount(books, one.target)) for one in linked]
    over = sum((line.net for line in posted), ZERO)
    return (*posted, credit(promised_account(books, Role.EXCHANGE), over)) if over else tuple(posted)


def _bank(wish: Wish) -> Record:
    account = wish.resolve("DepositToAccountRef", "Account")
    if account is None:
        raise refusals.missing("DepositToAccountRef")
    if account.content["AccountType"] not in _BANKS:
        raise refusals.wrong_account("DepositToAccountRef", " or ".join(_BANKS))
    if account.id == wish.books.role(Role.UNDEPOSITED):
        raise refusals.business(_NO_BANK)
    return account


def _sent(wish: Wish) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = wish.body.get("Line") or []
    if not lines:
        raise refusals.missing("Line")
    if len(lines) > LINES_MAX:
        raise refusals.business(f"A transaction can have at most {LINES_MAX} lines")
    return lines


def _read_line(wish: Wish, line: dict[str, Any], exchange: Exchange) -> _Linked | _Direct:
    check_lengths(line, {"Description": 4000})
    if not line.get("LinkedTxn"):
        return _read_direct(wish, line, exchange)
    linked = _read_linked(wish, line)
    if linked.target.shaped.exchange.code != exchange.code:
        raise refusals.business("A deposit can only take money in its own currency")
    return linked


def _read_linked(wish: Wish, line: dict[str, Any]) -> _Linked:
    """A line that names a transaction, which has no account beside it."""
    if line.get("DetailType") is not None:
        if (line.get(_DETAIL) or {}).get("AccountRef") is None:
            raise refusals.missing(f"Line.{_DETAIL}.AccountRef")
        raise refusals.business(_NO_BANK)
    link = line["LinkedTxn"][0]
    for field in ("TxnId", "TxnType", "TxnLineId"):
        if link.get(field) is None:
            raise refusals.missing(f"LinkedTxn.{field}")
    target = _funds(wish, link)
    amount = line_amount(line)
    if len(line["LinkedTxn"]) > 1 or amount != _own_amount(wish.books, target):
        raise refusals.business("A line has to deposit the whole amount of one transaction")
    told: dict[str, Any] = {"Amount": money(amount), "LinkedTxn": [link]}
    method = target.content.get("PaymentMethodRef")
    if method is not None:
        number = target.content.get("PaymentRefNum")
        told[_DETAIL] = {"PaymentMethodRef": method} | ({"CheckNum": number} if number else {})
    return _Linked(told, target, amount)


def _funds(wish: Wish, link: dict[str, Any]) -> Record:
    """The transaction that a line names, if its money lies in undeposited funds. Raises `Refusal`: 610, 620."""
    kind, record_id = str(link["TxnType"]), str(link["TxnId"])
    if kind not in _FUNDS:
        raise refusals.cannot_link(record_id)
    target = wish.books.shelf(kind).get(record_id)
    if target is None:
        gone = wish.books.shelf(kind).was_deleted(record_id)
        raise refusals.deleted() if gone else refusals.cannot_link(record_id)
    own = wish.standing.ref if wish.standing is not None else None
    elsewhere = any(ref.kind == "Deposit" and ref != own for ref in target.settlements)
    if elsewhere or not undeposited_amount(wish.books, target) or link["TxnLineId"] not in _lines_of(wish, target):
        raise refusals.cannot_link(record_id)
    return target


def _lines_of(wish: Wish, target: Record) -> set[str]:
    """The lines that a deposit may name."""
    if target.kind.name != "JournalEntry":
        return {_ONLY_LINE}
    account = wish.books.role(Role.UNDEPOSITED)
    return {
        line["Id"]
        for line in target.content["Line"]
        if line.get("JournalEntryLineDetail", {}).get("AccountRef", {}).get("value") == account
    }


def _check_once(linked: list[_Linked]) -> None:
    """620 when two lines deposit the same money."""
    seen: set[str] = set()
    for one in linked:
        if one.target.id in seen:
            raise refusals.cannot_link(one.target.id)
        seen.add(one.target.id)


def _read_direct(wish: Wish, line: dict[str, Any], exchange: Exchange) -> _Direct:
    kind = line.get("DetailType")
    if kind is None:
        raise refusals.missing("DetailType")
    if kind != _DETAIL:
        raise refusals.NotSimulatedError(f"a line of type {kind} in a deposit")
    detail = dict(line.get(_DETAIL) or {})
    if detail.get("AccountRef") is None:
        raise refusals.missing(f"Line.{_DETAIL}.AccountRef")
    stands = wish.standing is not None
    account = wish.books.resolve(detail["AccountRef"], "Account", inactive_too=stands)
    check_account(wish.books, exchange, account)
    if account.id == wish.books.role(Role.UNDEPOSITED):
        raise refusals.business(_NO_BANK)
    for field, named in (("PaymentMethodRef", "PaymentMethod"), ("ClassRef", "Class")):
        if detail.get(field) is not None:
            wish.books.resolve(detail[field], named, inactive_too=stands)
    check_lengths(detail, {"CheckNum": 21})
    entity, party = detail.get("Entity"), None
    if entity is not None:
        party = named_party(wish.books, entity, entity.get("type"), inactive_too=stands)
    amount = line_amount(line)
    told = {key: value for key, value in line.items() if key not in ("Amount", _DETAIL)}
    told[_DETAIL] = shown_detail(
        detail,
        AccountRef=pointer(account),
        Entity={**pointer(party), "type": party.kind.name.upper()} if party is not None else None,
    )
    code = _tax_code(wish, detail)
    return _Direct(Line(told, _DETAIL, amount, account.id, code), opened(wish.books, exchange, account, party, -amount))


def _tax_code(wish: Wish, detail: dict[str, Any]) -> str | None:
    code = detail.get("TaxCodeRef", {}).get("value")
    if not charges_tax_by_document(wish.books):
        if detail.get("TaxApplicableOn") == "Purchase":
            raise refusals.NotSimulatedError("purchase tax on a line of a deposit")
        return None if code is None else str(code)
    if code not in (None, "NON"):
        raise refusals.business("Sales tax cannot be added to deposits in this company")
    return None


def _tax(wish: Wish, content: dict[str, Any], lines: list[Line]) -> DocumentTax:
    """Tax on lines of other money; money that was deposited carried its own."""
    if not lines or charges_tax_by_document(wish.books):
        return DocumentTax(Outcome((), tuple(line.amount for line in lines)), {}, None)
    return tax_by_line(wish, content, lines, SALES_SIDE)


def _cash_back(wish: Wish, content: dict[str, Any]) -> tuple[str | None, Decimal]:
    """The account that takes what is kept in cash, and how much that is."""
    sent = wish.body.get("CashBack")
    if not sent:
        return None, ZERO
    for field in ("AccountRef", "Amount"):
        if sent.get(field) is None:
            raise refusals.missing(f"CashBack.{field}")
    amount = cents(Decimal(sent["Amount"]))
    if amount < 0:
        raise refusals.business("Transaction amount must be 0 or greater")
    account = wish.books.resolve(sent["AccountRef"], "Account", inactive_too=wish.standing is not None)
    if account.content["AccountType"] not in _BANKS:
        raise refusals.wrong_account("CashBack.AccountRef", " or ".join(_BANKS))
    content["CashBack"] = {**sent, "AccountRef": pointer(account), "Amount": money(amount)}
    return account.id, amount


def _shown_lines(wish: Wish, lines: list[_Linked | _Direct], tax: DocumentTax) -> tuple[list[dict[str, Any]], int]:
    """Every line in its place; only lines of other money have ids."""
    nets = iter(tax.outcome.nets)
    told = []
    for one in lines:
        if isinstance(one, _Direct):
            gross = {"TaxInclusiveAmt": money(one.line.amount)} if tax.inclusive else {}
            detail = one.line.content[_DETAIL] | gross
            told.append({**one.line.content, "Amount": money(next(nets)), _DETAIL: detail})
    named, line_ids = identified(wish, told)
    waiting = iter(named)
    return [one.content if isinstance(one, _Linked) else next(waiting) for one in lines], line_ids


def _direct_postings(books: Books, direct: list[_Direct], tax: DocumentTax) -> list[JournalLine]:
    posted = [credit(one.line.account_id, net) for one, net in zip(direct, tax.outcome.nets, strict=True)]
    return posted + [credit(tax_account(books, one.rate), one.amount) for one in tax.outcome.amounts]
