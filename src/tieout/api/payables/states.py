"""The states of a payable, as a table (Monite, 'Payables lifecycle'). Pure."""

from enum import StrEnum
from typing import Literal, get_args

from tieout.kit.errors import Conflict


class Action(StrEnum):
    """What can be done to a payable, in the words of the contract's refusals."""

    UPDATE = "update"
    DELETE = "delete"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    REOPEN = "reopen"
    CANCEL = "cancel"
    PAY = "pay"
    PAY_PARTIALLY = "pay_partially"
    ATTACH = "attach_file"


Status = Literal[
    "draft", "new", "approve_in_progress", "waiting_to_be_paid", "partially_paid", "paid", "canceled", "rejected"
]
STATUSES: tuple[str, ...] = get_args(Status)

_TABLE: dict[Action, dict[str, str]] = {
    Action.UPDATE: {"draft": "draft", "new": "new"},
    Action.DELETE: dict.fromkeys(("draft", "new", "rejected", "canceled"), "deleted"),
    Action.SUBMIT: {"new": "approve_in_progress"},
    Action.APPROVE: dict.fromkeys(("new", "approve_in_progress"), "waiting_to_be_paid"),
    Action.REJECT: {"approve_in_progress": "rejected"},
    Action.REOPEN: dict.fromkeys(("rejected", "waiting_to_be_paid"), "new"),
    Action.CANCEL: dict.fromkeys(("draft", "new"), "canceled"),
    Action.PAY: dict.fromkeys(("new", "waiting_to_be_paid", "partially_paid"), "paid"),
    Action.PAY_PARTIALLY: dict.fromkeys(("waiting_to_be_paid", "partially_paid"), "partially_paid"),
    Action.ATTACH: {status: status for status in STATUSES if status != "canceled"},
}


def plan_transition(action: Action, status: str, *, skips_approval: bool = False) -> str:
    """The status after an action; raises Conflict where the action is not possible.

    An entity that skips the approval flow approves by submitting.
    """
    after = _TABLE[action].get(status)
    if after is None:
        message = f"Action {action} for payable not allowed: Payable couldn't be updated due to current state {status}"
        raise Conflict(message)
    if action is Action.SUBMIT and skips_approval:
        return _TABLE[Action.APPROVE][status]
    return after
