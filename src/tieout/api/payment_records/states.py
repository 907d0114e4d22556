"""The states of a payment record, as a table. Pure.

A payment that succeeded is over: only the books take it back.
"""

from tieout.kit.errors import Conflict

_TABLE: dict[str, frozenset[str]] = {
    "processing": frozenset(("created",)),
    "succeeded": frozenset(("created", "processing")),
    "canceled": frozenset(("created", "processing")),
}
OPEN = frozenset(("created", "processing"))


def plan_record_status(status: str, after: str) -> str:
    """The status asked for; raises Conflict where it cannot follow."""
    if status not in _TABLE[after]:
        message = f"A payment record that is {status} cannot become {after}."
        raise Conflict(message)
    return after


def check_open(status: str) -> None:
    """Raise Conflict for a record that cannot be changed any more."""
    if status not in OPEN:
        message = f"A payment record that is {status} cannot be changed."
        raise Conflict(message)
