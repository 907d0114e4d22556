"""Which status a document may go to from which. Source: invoices page, status codes."""

from tieout.platforms.xero.sandbox.accounting.elements import InvalidError

WRITABLE = ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED", "VOIDED", "PAID")
ALLOWED = {
    "DRAFT": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "SUBMITTED": frozenset({"SUBMITTED", "DRAFT", "AUTHORISED", "DELETED"}),
    "AUTHORISED": frozenset({"AUTHORISED", "VOIDED"}),
    "PAID": frozenset({"PAID", "AUTHORISED"}),
    "VOIDED": frozenset[str](),
    "DELETED": frozenset[str](),
}
"""PAID is reached by payments only; sending it back unchanged, or as AUTHORISED, changes nothing."""
POSTED = frozenset({"AUTHORISED", "PAID"})
"""What stands in the ledger. Drafts and submitted documents do not post."""
OPEN_TO_EDIT = frozenset({"DRAFT", "SUBMITTED"})

NOT_MODIFIABLE = "{kind} not of valid status for modification"
NOT_CREATABLE = "{kind} not of valid status for creation"
HAS_SETTLEMENTS = "This document cannot be edited as it has a payment or credit note allocated to it."


def first_status(asked: str | None, kind: str) -> str:
    """The status of a document that is being created; DRAFT unless it asks for another."""
    status = asked or "DRAFT"
    if status not in {"DRAFT", "SUBMITTED", "AUTHORISED"}:
        raise InvalidError(NOT_CREATABLE.format(kind=kind))
    return status


def next_status(current: str, asked: str | None, *, kind: str, settled: bool) -> str:
    """The status after an update that asks for `asked`. `settled`: payments or credits are set against it."""
    if not ALLOWED[current]:
        raise InvalidError(NOT_MODIFIABLE.format(kind=kind))
    if asked is None or asked == current:
        return current
    if settled and asked in {"VOIDED", "DELETED"}:
        raise InvalidError(HAS_SETTLEMENTS)
    if settled and asked in OPEN_TO_EDIT:
        raise InvalidError(
            f"The status {asked} cannot be applied to the {kind.lower()} because it has payments or credit notes"
            " allocated to it."
        )
    if asked not in ALLOWED[current]:
        raise InvalidError(NOT_MODIFIABLE.format(kind=kind))
    return current if current == "PAID" else asked
