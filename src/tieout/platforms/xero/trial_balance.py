"""The closing balance of every ledger account, out of Xero's own trial balance.

Source: reports page. A report is a tree of rows of strings; its columns are found by their titles. The year-to-date
columns close the books; the other two only show the month's movement.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from tieout.platforms.port import Answer, CallKind, Transport
from tieout.platforms.xero.client import read_request, unreadable
from tieout.platforms.xero.errors import TRACE_HEADER
from tieout.platforms.xero.shapes import ReportRow, Reports

_DEBIT, _CREDIT = "YTD Debit", "YTD Credit"


async def fetch_trial_balance(transport: Transport, company_id: str) -> Mapping[str, str]:
    """Closing balances by account id, debit positive, in plain digits; an account that is not there has none."""
    answer = await transport.send(read_request(company_id, "Reports/TrialBalance", kind=CallKind.REPORT))
    return {account_id: f"{balance:f}" for account_id, balance in read_trial_balance(answer).items()}


def read_trial_balance(answer: Answer) -> dict[str, Decimal]:
    """The balances of a report's answer; raises Unavailable when it is not a trial balance as it is known."""
    trace_id = answer.headers.get(TRACE_HEADER)
    balances: dict[str, Decimal] = {}
    try:
        report = msgspec.json.decode(answer.body, type=Reports).reports[0]
        rows = list(_flat(report.rows))
        titles = [cell.value for row in rows if row.row_type == "Header" for cell in row.cells]
        debit, credit = titles.index(_DEBIT), titles.index(_CREDIT)
        for row in rows:
            account_id = _account_id(row)
            if row.row_type == "Row" and account_id is not None:
                balance = _amount(row, debit) - _amount(row, credit)
                balances[account_id] = balances.get(account_id, Decimal(0)) + balance
    except (msgspec.DecodeError, IndexError, ValueError, InvalidOperation) as error:
        raise unreadable(trace_id, type(error).__name__) from error
    return balances


def _flat(rows: tuple[ReportRow, ...]) -> Iterator[ReportRow]:
    for row in rows:
        yield row
        yield from _flat(row.rows)


def _account_id(row: ReportRow) -> str | None:
    attributes = (attribute for cell in row.cells for attribute in cell.attributes)
    return next((attribute.value for attribute in attributes if attribute.id == "account"), None)


def _amount(row: ReportRow, column: int) -> Decimal:
    text = row.cells[column].value
    return Decimal(text) if text else Decimal(0)
