"""`GET /{entity}/{id}/pdf`: a sales document, order or payment on one page."""

import re
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import BY_ROUTE, Kind
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.rendering import rendered
from tieout.platforms.quickbooks.sandbox.accounting.writing import find
from tieout.platforms.quickbooks.sandbox.delivering.pdf import Text, write_page
from tieout.platforms.quickbooks.sandbox.gateway.calls import Call
from tieout.platforms.quickbooks.sandbox.gateway.conditions import check_kind

DELIVERED = frozenset(
    {"Invoice", "CreditMemo", "Estimate", "SalesReceipt", "RefundReceipt", "Payment", "PurchaseOrder"}
)
"""Kinds that can be printed and mailed."""
LINES_SHOWN_MAX = 38
_LEFT, _QUANTITY, _RATE, _AMOUNT = 54, 370, 430, 500
_TOP, _LINE_HEIGHT = 740, 14
_CHARACTERS_MAX = 58
_CONTACTS = ("CustomerRef", "VendorRef")


def answer_pdf(call: Call, route: str, record_id: str) -> bytes:
    """The page. Raises `Refusal`: 500 for a kind that has none, 610 for an object that is not there."""
    record = delivered(call, route, record_id)
    number = record.content.get("DocNumber", record.id)
    return write_page(_page(call.books, record), title=f"{_words(record.kind)} {number}")


def delivered(call: Call, route: str, record_id: str) -> Record:
    """The document that is to be delivered. Raises `Refusal`: 500, 610, 2030, 5020, 5030."""
    kind = BY_ROUTE.get(route)
    if kind is None:
        raise call.no_such_route()
    if kind.name not in DELIVERED:
        raise refusals.unsupported(f"delivery of {kind.name}")
    check_kind(call.books, kind)
    return find(call.books, kind, record_id)


def _words(kind: Kind) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.name).upper()


def _page(books: Books, record: Record) -> list[Text]:
    told = rendered(books, record)
    party = next((told[name].get("name", "") for name in _CONTACTS if name in told), "")
    texts = [
        Text(_LEFT, _TOP, books.profile.name, 16, bold=True),
        Text(_LEFT, _TOP - 26, f"{_words(record.kind)} {told.get('DocNumber', '')}".rstrip(), 14, bold=True),
        Text(_LEFT, _TOP - 46, f"Date: {told['TxnDate']}"),
    ]
    if "DueDate" in told:
        texts.append(Text(_LEFT + 150, _TOP - 46, f"Due: {told['DueDate']}"))
    texts.append(Text(_LEFT, _TOP - 62, f"For: {party}"))
    place = _TOP - 92
    for heading, x in (("Description", _LEFT), ("Qty", _QUANTITY), ("Rate", _RATE), ("Amount", _AMOUNT)):
        texts.append(Text(x, place, heading, bold=True))
    lines = [line for line in told.get("Line", ()) if line.get("DetailType") != "SubTotalLineDetail"]
    for line in lines[:LINES_SHOWN_MAX]:
        place -= _LINE_HEIGHT
        texts += _line(line, place)
    if len(lines) > LINES_SHOWN_MAX:
        place -= _LINE_HEIGHT
        texts.append(Text(_LEFT, place, f"and {len(lines) - LINES_SHOWN_MAX} more lines"))
    return texts + _figures(told, place - 2 * _LINE_HEIGHT)


def _line(line: dict[str, Any], place: int) -> list[Text]:
    """One line of the document: words, and the figures that it has."""
    detail = line.get(line.get("DetailType", ""), {})
    links = ", ".join(f"{link['TxnType']} {link['TxnId']}" for link in line.get("LinkedTxn", ()))
    words = line.get("Description") or detail.get("ItemRef", {}).get("name") or links or line.get("DetailType", "")
    texts = [Text(_LEFT, place, str(words)[:_CHARACTERS_MAX])]
    columns = ((detail, "Qty", _QUANTITY), (detail, "UnitPrice", _RATE), (line, "Amount", _AMOUNT))
    return texts + [Text(x, place, str(holder[name])) for holder, name, x in columns if name in holder]


def _figures(told: dict[str, Any], place: int) -> list[Text]:
    """Tax, total and what is open."""
    figures = (
        ("Tax", told.get("TxnTaxDetail", {}).get("TotalTax")),
        ("Total", told.get("TotalAmt")),
        ("Balance", told.get("Balance")),
    )
    currency = told.get("CurrencyRef", {}).get("value", "")
    texts: list[Text] = []
    for label, amount in figures:
        if amount is not None:
            texts.append(Text(_RATE, place, label, bold=True))
            texts.append(Text(_AMOUNT, place, f"{amount} {currency}".rstrip()))
            place -= _LINE_HEIGHT
    return texts
