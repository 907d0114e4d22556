"""The trial balance, as the books' own report says it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from tieout.platforms.errors import Explanation, Unavailable
from tieout.platforms.port import CallKind, Transport
from tieout.platforms.quickbooks.bodies import plain
from tieout.platforms.quickbooks.client import opened, read_request

ROW_DEPTH_MAX = 10
"""How deep sections may lie in each other."""


class _Cell(msgspec.Struct):
    value: str = ""
    id: str | None = None


class _Pair(msgspec.Struct, rename="pascal"):
    name: str | None = None
    value: str | None = None


class _Column(msgspec.Struct, rename="pascal"):
    col_title: str = ""
    col_type: str = ""
    meta_data: tuple[_Pair, ...] = ()


class _Columns(msgspec.Struct, rename="pascal"):
    column: tuple[_Column, ...] = ()


class _Cells(msgspec.Struct, rename="pascal"):
    col_data: tuple[_Cell, ...] = ()


class _Row(msgspec.Struct, rename="pascal"):
    col_data: tuple[_Cell, ...] = ()
    header: _Cells | None = None
    rows: "_Rows | None" = None


class _Rows(msgspec.Struct, rename="pascal"):
    row: tuple[_Row, ...] = ()


class _Report(msgspec.Struct, rename="pascal"):
    columns: _Columns
    rows: _Rows = msgspec.field(default_factory=_Rows)


_decoder = msgspec.json.Decoder(_Report)


async def fetch_trial_balance(transport: Transport, company_id: str) -> Mapping[str, str]:
    """Closing balance of every account by id as of today, debit positive, plain digits.

    No dates are sent: without them the report ends today by the company's own calendar, which only QuickBooks knows,
    and closing balances do not depend on where the period begins. Accounts that the report leaves out stand at zero.
    Raises Unavailable for a report of another form.
    """
    request = read_request(company_id, "reports/TrialBalance", "accounting_method=Accrual", CallKind.REPORT)
    return read_trial_balance(opened(await transport.send(request), _decoder))


def read_trial_balance(report: _Report) -> Mapping[str, str]:
    """Debit less credit of every row that has an account's id. Columns are found by key or title, never by place."""
    places = {name: place for place, column in enumerate(report.columns.column) for name in _names(column)}
    debit, credit = places.get("debit"), places.get("credit")
    if debit is None or credit is None:
        raise _unknown_form("it has no debit and credit columns")
    balances: dict[str, Decimal] = {}
    for cells in _rows(report.rows):
        account = next((cell.id for cell in cells if cell.id), None)
        if account is not None:
            balances[account] = balances.get(account, Decimal(0)) + _figure(cells, debit) - _figure(cells, credit)
    return {account: plain(balance) for account, balance in balances.items()}


def _names(column: _Column) -> tuple[str, ...]:
    keys = tuple((pair.value or "").lower() for pair in column.meta_data if pair.name == "ColKey")
    return (column.col_title.lower(), *keys)


def _rows(rows: _Rows, depth: int = 0) -> Iterator[tuple[_Cell, ...]]:
    """Every row of figures; a section's header carries the account's own figures where it has sub-accounts."""
    if depth > ROW_DEPTH_MAX:
        raise _unknown_form("its sections lie too deep")
    for row in rows.row:
        if row.col_data:
            yield row.col_data
        if row.header is not None and row.header.col_data:
            yield row.header.col_data
        if row.rows is not None:
            yield from _rows(row.rows, depth + 1)


def _figure(cells: tuple[_Cell, ...], place: int) -> Decimal:
    text = cells[place].value.replace(",", "") if place < len(cells) else ""
    try:
        return Decimal(text) if text else Decimal(0)
    except InvalidOperation:
        raise _unknown_form(f"{text!r} is no figure") from None


def _unknown_form(why: str) -> Unavailable:
    return Unavailable(
        Explanation(
            code="report_unreadable",
            message=f"The trial balance of QuickBooks could not be read: {why}.",
            fix="Report this to whoever runs Tieout: the form of the report may have changed.",
        )
    )
