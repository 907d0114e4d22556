"""Templates of transactions with the schedule by which people let them be made. Nothing here makes any by itself.

Source: the reference's page on RecurringTransaction: the template stands in a field named as its kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.wishes import ENVELOPE, Wish
from tieout.platforms.quickbooks.sandbox.figures import ZERO

TEMPLATES = (
    "Bill", "Purchase", "CreditMemo", "Deposit", "Estimate", "Invoice", "JournalEntry", "RefundReceipt",
    "SalesReceipt", "Transfer", "VendorCredit", "PurchaseOrder",
)  # fmt: skip
"""What can be repeated."""
_OWED = frozenset({"Invoice", "Bill"})
_RECUR_TYPES = ("Automated", "Reminder", "Unscheduled")
_INTERVALS = ("Daily", "Weekly", "Monthly", "Yearly")
_NOT_OF_TEMPLATES = ENVELOPE | {"RecurringInfo", "RecurDataRef", "DocNumber", "LinkedTxn"}


def template_kind(body: Mapping[str, Any]) -> str:
    """Which kind of transaction a body holds; 2020 without one, 6000 with several."""
    found = [name for name in TEMPLATES if body.get(name)]
    if not found:
        raise refusals.missing("RecurringInfo")
    if len(found) > 1:
        raise refusals.business("A recurring transaction has one template")
    return found[0]


def shape_recurring(shapes: Mapping[str, Callable[[Wish], Shaped]], wish: Wish) -> Shaped:
    """A template: checked and shown as what it will make, without any effect on the books. Raises `Refusal`."""
    kind = template_kind(wish.body)
    body, standing = wish.body[kind], _standing(wish, kind)
    info = _read_info(body.get("RecurringInfo"))
    inner = {field: value for field, value in body.items() if field not in _NOT_OF_TEMPLATES}
    shaped = shapes[kind](replace(wish, kind=KINDS[kind], body=inner, sent=frozenset(inner), standing=standing))
    content = {field: value for field, value in shaped.content.items() if field not in ("DocNumber", "TxnDate")}
    schedule = {"value": wish.books.next_id("RecurData")} if standing is None else standing.content["RecurDataRef"]
    return replace(
        shaped,
        content={kind: content | _open_at(kind, content) | {"RecurringInfo": info, "RecurDataRef": schedule}},
        owed=ZERO,
        lines=(),
        control="",
        stock=(),
        openings=(),
        applications=(),
        sources=(),
    )


def merged_template(record: Record, kind: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What the template would be: what was sent and, in a sparse update, what stands of the rest."""
    kept = dict(record.content[kind]) if sent.get("sparse") else {}
    code = kept.pop("TxnTaxDetail", {}).get("TxnTaxCodeRef")
    kept |= {"TxnTaxDetail": {"TxnTaxCodeRef": code}} if code is not None else {}
    return {kind: {field: value for field, value in {**kept, **sent}.items() if value is not None}}


def _standing(wish: Wish, kind: str) -> Record | None:
    """The template as it stands, as if it were what it will make."""
    record = wish.standing
    if record is None:
        return None
    shaped = replace(record.shaped, content=record.content[kind])
    return Record(KINDS[kind], record.id, record.created_at, record.updated_at, shaped, record.token)


def _open_at(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """What a template shows as open, as its kind does."""
    return {"Balance": content["TotalAmt"]} if kind in _OWED else {}


def _read_info(info: dict[str, Any] | None) -> dict[str, Any]:
    """The schedule: its name, how it is acted on and, unless it is unscheduled, when."""
    if not info:
        raise refusals.missing("RecurringInfo")
    if not info.get("Name"):
        raise refusals.missing("RecurringInfo.Name")
    how = info.get("RecurType")
    if how is None:
        raise refusals.missing("RecurringInfo.RecurType")
    if how not in _RECUR_TYPES:
        raise refusals.invalid_choice("RecurType", how)
    schedule = info.get("ScheduleInfo") or {}
    interval = schedule.get("IntervalType")
    if interval is not None and interval not in _INTERVALS:
        raise refusals.invalid_choice("IntervalType", interval)
    if how != _RECUR_TYPES[2] and interval is None:
        raise refusals.missing("RecurringInfo.ScheduleInfo.IntervalType")
    return {"Active": True, **info}
