"""Which statuses make documents wanted in the books: a rule of each entity. Pure.

A document is wanted when it comes from a status that the rule does not name into one that it names. So changing it
concerns what happens from then on, and documents from before a connection stay out of the books (`push_statuses` of
Monite's removed accounting_sync_rules).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal

ReceivableStatus = Literal["issued", "overdue", "partially_paid", "paid", "uncollectible", "canceled", "deleted"]
PayableStatus = Literal[
    "new", "approve_in_progress", "waiting_to_be_paid", "partially_paid", "paid", "canceled", "rejected", "deleted"
]
"""All but `draft`: what a draft lacks, the books would refuse it for."""

PUSH_STATUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "receivable": ("issued", "overdue", "partially_paid", "paid", "canceled", "deleted"),
    "payable": ("waiting_to_be_paid", "partially_paid", "paid", "canceled", "rejected", "deleted"),
}
"""The default: invoices from their issue on, bills from their approval on, and the end of both."""
BILLED: Final = ("waiting_to_be_paid", "partially_paid", "paid")
"""Statuses in which a bill counts: once it is approved."""
_UNAPPROVED: Final = ("draft", "new", "approve_in_progress")
_ENDS: Final = ("canceled", "rejected", "deleted")


class Follow(StrEnum):
    """What a new status of a document means for the books."""

    WANT = "want"
    WITHDRAW = "withdraw"
    NOTHING = "nothing"


def plan_follow(names: tuple[str, ...], old: str, new: str) -> Follow:
    """What the books do when a document comes from one status into another, or is changed in one (`old` is `new`)."""
    if new in _ENDS or not _has_begun(names, new):
        return Follow.WITHDRAW if new != old and _has_begun(names, old) else Follow.NOTHING
    if new not in names:
        return Follow.NOTHING
    return Follow.WANT if old not in names or new in _UNAPPROVED else Follow.NOTHING


def is_billed(names: tuple[str, ...], status: str) -> bool:
    """Whether a bill counts in the books: once it is approved, or before where the rule says so."""
    return status not in _ENDS and _has_begun(names, status)


def _has_begun(names: tuple[str, ...], status: str) -> bool:
    """Whether a document has come as far as to be in the books: what they have stays through all that follows."""
    if status not in _UNAPPROVED:
        return True
    return any(name in names for name in _UNAPPROVED[: _UNAPPROVED.index(status) + 1])


def is_left_standing(names: tuple[str, ...], status: str) -> bool:
    """Whether the books keep a document that ended here: the rule leaves its end out."""
    return status in _ENDS and status not in names
