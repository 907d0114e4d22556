"""Hours that somebody worked. They post nothing; an invoice that is made from billable ones marks them as billed.

Source: the reference's page on TimeActivity.
"""

from datetime import datetime, time
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.records import Shaped
from tieout.platforms.quickbooks.sandbox.accounting.wishes import (
    ENVELOPE,
    Wish,
    check_lengths,
    check_ranges,
    keep,
    refuse_unsimulated,
)
from tieout.platforms.quickbooks.sandbox.figures import figure

BILLED = "HasBeenBilled"
_WORKERS = {"Employee": "EmployeeRef", "Vendor": "VendorRef"}
_HOURS_MAX, _MINUTES_MAX, _RATE_MAX = 8_760, 59, 99_999_999_999
_REFERENCES = (("CustomerRef", "Customer"), ("ClassRef", "Class"), ("DepartmentRef", "Department"))
_CLOCKS = ("StartTime", "EndTime")


def shape_time_activity(wish: Wish) -> Shaped:
    """Somebody's hours. Raises `Refusal`: 2010, 2020, 2050, 2090, 2170, 2500, 610, 6000."""
    body = wish.body
    kind = wish.need("NameOf")
    if kind not in _WORKERS:
        raise refusals.invalid_choice("NameOf", kind)
    wish.need(_WORKERS[kind])
    for name, field in _WORKERS.items():
        if name != kind and field in wish.sent and body.get(field):
            raise refusals.business(f"{field} does not go with NameOf {kind}")
    worker = wish.resolve(_WORKERS[kind], kind)
    refuse_unsimulated(body, ["ProjectRef", "PayrollItemRef"])
    check_lengths(body, {"Description": 4000})
    check_ranges(body, {"Hours": (0, _HOURS_MAX), "Minutes": (0, _MINUTES_MAX), "BreakHours": (0, _HOURS_MAX)})
    check_ranges(body, {"BreakMinutes": (0, _MINUTES_MAX), "HourlyRate": (0, _RATE_MAX), "CostRate": (0, _RATE_MAX)})
    for field, target in _REFERENCES:
        wish.resolve(field, target)
    _check_item(wish)
    content = keep(body, ENVELOPE | {"LinkedTxn", *(field for name, field in _WORKERS.items() if name != kind)})
    content = {key: figure(value) if isinstance(value, Decimal) else value for key, value in content.items()}
    content["TxnDate"] = (wish.day("TxnDate") or wish.books.today()).isoformat()
    content.setdefault("BillableStatus", "NotBillable")
    content.setdefault("HourlyRate", 0)
    content.setdefault("Taxable", False)
    _tell_time(wish, content)
    _check_billable(wish, content)
    return Shaped(content, party=worker.ref if worker is not None and kind == "Vendor" else None)


def _check_item(wish: Wish) -> None:
    item = wish.resolve("ItemRef", "Item")
    if item is not None and item.content["Type"] != "Service":
        raise refusals.business(f"{item.content['Name']} is no service and cannot be worked by the hour")


def _tell_time(wish: Wish, content: dict[str, Any]) -> None:
    """Hours and minutes, or else from when to when, less a break."""
    if not any(field in content for field in _CLOCKS):
        if "Hours" not in content and "Minutes" not in content:
            raise refusals.missing("Hours")
        content.setdefault("Hours", 0)
        content.setdefault("Minutes", 0)
        return
    for field in _CLOCKS:
        wish.need(field)
    starts, ends = (_clock(field, content) for field in _CLOCKS)
    pause = int(content.get("BreakHours", 0)) * 60 + int(content.get("BreakMinutes", 0))
    if (ends - starts).total_seconds() / 60 <= pause:
        raise refusals.business("The time that work ends has to be after it started, and longer after than the break")
    for gone in ("Hours", "Minutes"):
        content.pop(gone, None)


def _clock(field: str, content: dict[str, Any]) -> datetime:
    """A moment, which may be sent without its day; kept with it. Raises `Refusal` 2010."""
    sent = str(content[field])
    try:
        told = datetime.combine(datetime.fromisoformat(content["TxnDate"]), time.fromisoformat(sent))
    except ValueError:
        try:
            told = datetime.fromisoformat(sent)
        except ValueError:
            raise refusals.invalid_value(field, sent, "java.util.Date") from None
    content[field] = told.isoformat(timespec="seconds")
    return told.replace(tzinfo=None)


def _check_billable(wish: Wish, content: dict[str, Any]) -> None:
    """Billable hours need somebody to bill and a rate; only an invoice makes them billed."""
    status = content["BillableStatus"]
    was = wish.standing.content["BillableStatus"] if wish.standing is not None else None
    if status == BILLED:
        if wish.standing is None or not wish.standing.made_into:
            raise refusals.business("Time becomes billed by an invoice that it is linked to")
        content["BillableStatus"] = was
    if status == "Billable":
        for field in ("CustomerRef", "HourlyRate"):
            if not content.get(field):
                raise refusals.missing(field)
