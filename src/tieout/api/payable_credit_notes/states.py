"""The states of a vendor's credit note, as a table (Monite, 'Credit note lifecycle (accounts payable)'). Pure.

`applied` is the books' word for a credit that was used up; no call leads there.
"""

from enum import StrEnum

from tieout.kit.errors import Conflict


class Action(StrEnum):
    """What can be done to a credit note, in the words of the contract's refusals."""

    UPDATE = "update"
    DELETE = "delete"
    SUBMIT = "submit_for_approval"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"


STATUSES = ("draft", "new", "submitted_for_approval", "approved", "rejected", "canceled", "applied")
OPEN = ("draft", "new")
"""Before it was handed in, a credit note may be changed, and is judged after every change."""

_TABLE: dict[Action, dict[str, str]] = {
    Action.UPDATE: {status: status for status in OPEN},
    Action.DELETE: dict.fromkeys((*OPEN, "rejected", "canceled"), "deleted"),
    Action.SUBMIT: {"new": "submitted_for_approval"},
    Action.APPROVE: dict.fromkeys(("new", "submitted_for_approval"), "approved"),
    Action.REJECT: {"submitted_for_approval": "rejected"},
    Action.CANCEL: dict.fromkeys(OPEN, "canceled"),
}


def plan_transition(action: Action, status: str) -> str:
    """The status after an action; raises Conflict where the action is not possible."""
    after = _TABLE[action].get(status)
    if after is None:
        message = (
            f"Action {action} for payable credit note not allowed: "
            f"Credit note couldn't be updated due to current state {status}"
        )
        raise Conflict(message)
    return after
