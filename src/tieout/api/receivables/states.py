"""The states of invoices and credit notes, as a table (Monite, 'Invoices', 'Credit notes'). Pure.

`overdue` is never stored: it is what an issued invoice is called after its due date
(`sync.receivable_history.shown_status`).
"""

from enum import StrEnum

from tieout.kit.errors import Conflict


class Action(StrEnum):
    """What can be done to a receivable, in the words of the contract's refusals."""

    UPDATE = "update"
    UPDATE_ISSUED = "update_issued"
    DELETE = "delete"
    ISSUE = "issue"
    CANCEL = "cancel"
    PAY = "mark_as_paid"
    PAY_PARTIALLY = "mark_as_partially_paid"
    GIVE_UP = "mark_as_uncollectible"
    CREDIT = "create_credit_note"


_TABLE: dict[tuple[str, Action], dict[str, str]] = {
    ("invoice", Action.UPDATE): {"draft": "draft"},
    ("invoice", Action.UPDATE_ISSUED): {x: x for x in ("issued", "partially_paid")},
    ("invoice", Action.DELETE): {"draft": "deleted"},
    ("invoice", Action.ISSUE): {"draft": "issued"},
    ("invoice", Action.CANCEL): {"issued": "canceled"},
    ("invoice", Action.PAY): dict.fromkeys(("issued", "partially_paid"), "paid"),
    ("invoice", Action.PAY_PARTIALLY): dict.fromkeys(("issued", "partially_paid"), "partially_paid"),
    ("invoice", Action.GIVE_UP): dict.fromkeys(("issued", "partially_paid"), "uncollectible"),
    ("invoice", Action.CREDIT): {x: x for x in ("issued", "partially_paid")},
    ("credit_note", Action.UPDATE): {"draft": "draft"},
    ("credit_note", Action.DELETE): {"draft": "deleted"},
    ("credit_note", Action.ISSUE): {"draft": "issued"},
}


def plan_transition(type_: str, action: Action, status: str) -> str:
    """The status after an action; raises Conflict where the action is not possible."""
    after = _TABLE.get((type_, action), {}).get(status)
    if after is None:
        message = f"Action {action} for {type_} in status {status} not allowed"
        raise Conflict(message)
    return after
