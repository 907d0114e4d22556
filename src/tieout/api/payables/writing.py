"""Writing payables: new ones, and changes until they are submitted."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from tieout.api.dependencies import CallForEntity
from tieout.api.payables.answers import PayableResponseSchema
from tieout.api.payables.judging import refresh
from tieout.api.payables.noting import note
from tieout.api.payables.schemas import PayableUpdateSchema, PayableUploadWithDataSchema
from tieout.api.payables.showing import tell
from tieout.api.payables.states import Action, plan_transition
from tieout.api.payables.vendors import put_in_vendor
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity
from tieout.api.tags.service import put_tags
from tieout.api.unbuilt import refuse_unbuilt
from tieout.books.stated_totals import AMOUNTS, STATED, fits
from tieout.kit.errors import Conflict, Fault, Unprocessable
from tieout.kit.identifiers import new_id
from tieout.storage.tables.business import Payable
from tieout.storage.tables.people import EntityUser
from tieout.sync.payable_history import HistoryEvent

OBJECT_TYPE = "payable"
ORIGIN = "upload"
"""How every payable of ours came: by a call."""
DUE_DATE_STATED = "due_date_is_stated"

_UNBUILT = ("counterpart_bank_account_id", "project_id", "purchase_order_id")
_COLUMNS = ("currency", "description", "discount", "document_id", "due_date", "issued_at", "tax")
_STORED_ONLY = (
    "counterpart_raw_data",
    "partner_metadata",
    "payment_terms",
    "sender",
    "suggested_payment_term",
)


async def load_payable(call: CallForEntity, payable_id: UUID) -> Payable:
    """A payable, locked for a change; raises NotFound."""
    return await load_of_entity(call, Payable, payable_id, "payable", for_update=True)


async def load_changeable(call: CallForEntity, payable_id: UUID) -> Payable:
    """A payable that may be changed; raises NotFound and Conflict."""
    row = await load_payable(call, payable_id)
    plan_transition(Action.UPDATE, row.status)
    return row


async def make(call: CallForEntity, body: PayableUploadWithDataSchema) -> Payable:
    """A new payable without lines, not told of yet; raises NotFound, Unprocessable and NotBuiltYet."""
    refuse_unbuilt(body, _UNBUILT)
    row = Payable(
        id=new_id(),
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        status="draft",
        version=1,
        amount_paid=0,
        content={"created_by_role_id": await _role_of_caller(call)},
        created_by_entity_user_id=call.entity_user_id,
        created_at=call.now,
        updated_at=call.now,
    )
    await _put_in(call, row, body)
    call.session.add(row)
    created = {"payable_source": ORIGIN}
    await note(call, row, HistoryEvent.CREATED, created)
    await refresh(call, row)
    check_amounts(row)
    return row


async def _role_of_caller(call: CallForEntity) -> str | None:
    """The role that the calling user has now; None when the partner's program calls."""
    if call.entity_user_id is None:
        return None
    return str((await call.session.get_one(EntityUser, call.entity_user_id)).role_id)


async def change(call: CallForEntity, payable_id: UUID, body: PayableUpdateSchema) -> PayableResponseSchema:
    """Change a payable that is not submitted; raises NotFound, Conflict, Unprocessable and NotBuiltYet."""
    refuse_unbuilt(body, _UNBUILT)
    row = await load_changeable(call, payable_id)
    if body.amount_paid not in (None, row.amount_paid):
        message = (
            "Payable couldn't be updated due to current state: amount_paid is the sum of the payments. Use "
            "mark_as_partially_paid, mark_as_paid or a payment record."
        )
        raise Conflict(message)
    await _put_in(call, row, body)
    return await changed(call, row)


async def changed(call: CallForEntity, row: Payable) -> PayableResponseSchema:
    """After any change: totals, status, version and event."""
    await note(call, row, HistoryEvent.UPDATED)
    await refresh(call, row)
    check_amounts(row)
    row.version += 1
    row.updated_at = call.now
    return await tell(call, row, "updated")


def check_amounts(row: Payable) -> None:
    """Raise Unprocessable for totals beyond the contract's integers."""
    if not all(fits(getattr(row, name)) for name in AMOUNTS):
        raise Unprocessable(Fault(("body", "total_amount"), "an amount is larger than the API can show"))


async def _put_in(call: CallForEntity, row: Payable, body: PayableUploadWithDataSchema | PayableUpdateSchema) -> None:
    """Put what was sent into the row; null empties."""
    named = given(body)
    said = body.model_dump(mode="json", exclude_unset=True)
    for name in _COLUMNS:
        if name in named:
            setattr(row, name, named[name])
    content = {**row.content, **{name: said[name] for name in _STORED_ONLY if name in said}}
    stated: dict[str, Any] = {**content.get(STATED, {}), **{name: named[name] for name in AMOUNTS if name in named}}
    content[STATED] = {name: value for name, value in stated.items() if value is not None}
    if "due_date" in named:
        content[DUE_DATE_STATED] = named["due_date"] is not None
    row.content = content
    await put_in_vendor(call, row, named)
    if "tag_ids" in named:
        await put_tags(call, OBJECT_TYPE, row.id, named["tag_ids"])
    terms = row.content.get("payment_terms")
    if not row.content.get(DUE_DATE_STATED) and terms and row.issued_at is not None:
        try:
            row.due_date = row.issued_at + timedelta(days=int(terms["term_final"]["number_of_days"]))
        except OverflowError as error:
            raise Unprocessable(Fault(("body", "issued_at"), "no calendar reaches that far")) from error
