"""The first synchronisation as a person sees it: a short list that fills with counts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tieout.books.records import Kind
from tieout.platforms.port import Platform

_DOCUMENTS = frozenset((Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT))


class Reading(StrEnum):
    """How far the reading of one kind of record is, in the words of the page."""

    WAITING = "waiting"
    READING = "reading"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """One line of the list."""

    label: str
    count: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class ProgressView:
    """The list, and whether all of it has been read."""

    rows: tuple[ProgressRow, ...]
    is_finished: bool


def plan_progress_view(
    platform: Platform, progress: Mapping[str, Any], totals: Mapping[str, int] | None
) -> ProgressView:
    """The list from what the pull notes; `totals` are the counts of all that is known, once the first pull is over."""
    noted = progress.get("kinds", {})
    rows = tuple(_row(label, kinds, noted, totals) for label, kinds in _groups(platform))
    return ProgressView(rows=rows, is_finished=totals is not None)


def _groups(platform: Platform) -> list[tuple[str, frozenset[Kind]]]:
    """What is counted together. Some platforms keep customers and vendors in one list."""
    customer, vendor = platform.kind_of("customer"), platform.kind_of("vendor")
    item = platform.kind_of("product")
    groups: list[tuple[str, frozenset[Kind]]] = [
        ("Accounts", frozenset((Kind.ACCOUNT,))),
        ("Tax rates", frozenset((Kind.TAX_RATE,))),
    ]
    if customer == vendor:
        groups += [("Customers and vendors", _only(customer))]
    else:
        groups += [("Customers", _only(customer)), ("Vendors", _only(vendor))]
    return [*groups, ("Products", _only(item)), ("Invoices and bills", _DOCUMENTS)]


def _only(kind: Kind | None) -> frozenset[Kind]:
    return frozenset() if kind is None else frozenset((kind,))


def _row(label: str, kinds: frozenset[Kind], noted: Mapping[str, Any], totals: Mapping[str, int] | None) -> ProgressRow:
    if totals is not None:
        return ProgressRow(label, sum(totals.get(kind.value, 0) for kind in kinds), Reading.DONE)
    entries = [noted[kind.value] for kind in kinds if kind.value in noted]
    count = sum(int(entry["count"]) for entry in entries)
    if entries and all(entry["complete"] for entry in entries) and len(entries) == len(kinds):
        return ProgressRow(label, count, Reading.DONE)
    return ProgressRow(label, count, Reading.READING if entries else Reading.WAITING)
