"""The rows that every report is made of: headers, sections, rows and summaries of text cells. Source: reports page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.wire import half_up, ms_date_bare

Row = Mapping[str, Any]
Attribute = tuple[str, str]
"""The id of an attribute, such as `account`, and its value."""


def cell(value: str, *attributes: Attribute) -> Row:
    """A cell; the key Attributes is absent where there are none."""
    told: dict[str, Any] = {"Value": value}
    if attributes:
        told["Attributes"] = [{"Value": content, "Id": name} for name, content in attributes]
    return told


def header(titles: Iterable[str]) -> Row:
    """The titles of the columns."""
    return {"RowType": "Header", "Cells": [cell(title) for title in titles]}


def row(cells: Sequence[Row]) -> Row:
    """An ordinary row."""
    return {"RowType": "Row", "Cells": cells}


def account_row(name: str, account_id: str, amounts: Iterable[Decimal]) -> Row:
    """An account's name and amounts, each of which says the account."""
    mark = ("account", account_id)
    return row([cell(name, mark), *(cell(figure(amount), mark) for amount in amounts)])


def plain_row(name: str, amounts: Iterable[Decimal]) -> Row:
    """A computed row, such as the gross profit."""
    return row([cell(name), *(cell(figure(amount)) for amount in amounts)])


def summary(name: str, values: Iterable[Decimal | str]) -> Row:
    """The last row of a section."""
    told = (value if isinstance(value, str) else figure(value) for value in values)
    return {"RowType": "SummaryRow", "Cells": [cell(name), *(cell(value) for value in told)]}


def section(title: str, rows: Sequence[Row]) -> Row:
    """Some rows under a title, which may be empty."""
    return {"RowType": "Section", "Title": title, "Rows": rows}


def report(organisation: Organisation, kind: str, name: str, titles: Sequence[str], rows: Sequence[Row]) -> Row:
    """The element of `Reports`. Its date is the day on which it is asked for."""
    return {
        "ReportID": kind,
        "ReportName": name,
        "ReportType": kind,
        "ReportTitles": titles,
        "ReportDate": spelled(organisation.today()),
        "UpdatedDateUTC": ms_date_bare(organisation.now()),
        "Fields": [],
        "Rows": rows,
    }


def figure(amount: Decimal) -> str:
    """An amount with two places, never a negative zero."""
    return str(half_up(amount) + 0)


def spelled(day: date) -> str:
    """A date in the words of a report: 24 April 2019."""
    return f"{day.day} {day:%B %Y}"


def short(day: date) -> str:
    """A date at the head of a column: 30 Apr 2019."""
    return f"{day.day} {day:%b %Y}"


def shorter(day: date) -> str:
    """A date at the head of a column of the profit and loss: 28 Feb 18."""
    return f"{day.day} {day:%b %y}"


def american(day: date) -> str:
    """A date in an attribute: 4/30/2019."""
    return f"{day.month}/{day.day}/{day.year}"


def added(columns: Iterable[Sequence[Decimal]], count: int) -> list[Decimal]:
    """The sums of several rows of amounts, column by column."""
    totals = [Decimal(0)] * count
    for amounts in columns:
        for place, amount in enumerate(amounts):
            totals[place] += amount
    return totals
