"""What happens to a receivable from its issue on: numbers, dates, the wish to have it in the books, and its end."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from tieout.api.dependencies import CallForEntity
from tieout.api.payment_records.service import resettle
from tieout.api.receivables import history
from tieout.api.receivables.changes import UpdateIssuedInvoice
from tieout.api.receivables.numbering import lock_entity, take_number
from tieout.api.receivables.parties import entity_on_document, set_counterpart, set_parts
from tieout.api.receivables.showing import load_lines, tell
from tieout.api.receivables.states import Action, plan_transition
from tieout.api.receivables.writing import UNBUILT, load_receivable
from tieout.api.schemas import given
from tieout.api.unbuilt import refuse_unbuilt
from tieout.api.wanting import DocumentType, want_by_status, want_change, want_credit, withdraw
from tieout.kit.errors import Conflict, Fault, Unprocessable
from tieout.storage.tables.business import Receivable
from tieout.sync.connected import load_company
from tieout.sync.entity_books import day_at
from tieout.sync.receivable_history import HistoryEvent
from tieout.sync.settling import credited_amount, load_document

OBJECT_TYPE: Final[DocumentType] = "receivable"
_UNBUILT_OF_ISSUED = tuple(name for name in UNBUILT if name in UpdateIssuedInvoice.model_fields)
_IN_THE_BOOKS = frozenset(("counterpart_id", "due_date", "issue_date", "memo", "payment_terms"))


async def issue(call: CallForEntity, receivable_id: UUID) -> Receivable:
    """Give a draft its number and dates and want it in the books; raises NotFound and Conflict."""
    row = await load_receivable(call, receivable_id)
    old_status, status = row.status, plan_transition(row.type, Action.ISSUE, row.status)
    if not await load_lines(call, row.id):
        message = "A document without lines cannot be issued."
        raise Conflict(message)
    base = await _load_base(call, row)
    company = await load_company(call.session, call.partner_id, call.entity_id)
    row.issue_date = call.now
    row.issued_on = day_at(company, call.now)
    if row.type == "invoice":
        row.due_date = due_date(row.content.get("payment_terms"), row.issued_on)
        row.fulfillment_date = row.fulfillment_date or row.issued_on
    entity = await lock_entity(call)
    if row.document_id is None:
        row.document_id = await take_number(call, entity, row)
    row.content = {
        **row.content,
        "issued_by": {
            "entity": entity_on_document(entity, row.content.get("entity")),
            "address": entity.address,
        },
    }
    row.status = status
    row.version += 1
    row.updated_at = call.now
    await history.enter_status(call, row, old_status)
    await tell(call, row, "issued")
    if base is not None:
        await _take_off(call, base)
    if row.type == "credit_note":
        await want_credit(call, row)
    else:
        await want_by_status(call, row, old_status)
    return row


async def _take_off(call: CallForEntity, base: Receivable) -> None:
    """Less is owed of an invoice that a credit note was issued for."""
    status = base.status
    await resettle(call, base)
    if base.status == status:
        base.updated_at = call.now
        await tell(call, base, "updated")


async def _load_base(call: CallForEntity, note: Receivable) -> Receivable | None:
    """The invoice that a credit note is about, locked; raises Conflict when more than all of it would be credited."""
    if note.type != "credit_note" or note.based_on is None:
        return None
    base = await load_document(
        call.session,
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        object_type="receivable",
        object_id=note.based_on,
    )
    assert isinstance(base, Receivable)
    plan_transition(base.type, Action.CREDIT, base.status)
    left = base.total_amount - await credited_amount(call.session, base)
    if note.total_amount > left:
        message = f"Of the invoice only {left} minor units are left to be credited."
        raise Conflict(message)
    return base


def due_date(terms: Mapping[str, Any] | None, issued_on: date) -> date | None:
    """When an invoice with these payment terms is due; None where they do not say."""
    final = (terms or {}).get("term_final") or {}
    if final.get("end_date"):
        return date.fromisoformat(final["end_date"])
    if final.get("number_of_days") is not None:
        return issued_on + timedelta(days=int(final["number_of_days"]))
    return None


async def cancel(call: CallForEntity, receivable_id: UUID) -> None:
    """Cancel an issued invoice that nothing was paid of; the books void it. Raises NotFound and Conflict."""
    row = await load_receivable(call, receivable_id)
    old_status, status = row.status, plan_transition(row.type, Action.CANCEL, row.status)
    if await credited_amount(call.session, row):
        message = "A part of the invoice was credited: credit the rest of it too, which cancels it."
        raise Conflict(message)
    row.status = status
    row.version += 1
    row.updated_at = call.now
    await withdraw(call, OBJECT_TYPE, row.id)
    await history.enter_status(call, row, old_status)
    await tell(call, row, "canceled")


async def mark_as_uncollectible(call: CallForEntity, receivable_id: UUID, comment: str | None) -> Receivable:
    """Give up an invoice; it posts nothing in the books. Raises NotFound and Conflict."""
    row = await load_receivable(call, receivable_id)
    old_status, row.status = row.status, plan_transition(row.type, Action.GIVE_UP, row.status)
    row.content = {**row.content, "comment": comment}
    row.updated_at = call.now
    await history.enter_status(call, row, old_status)
    await tell(call, row, "uncollectible")
    await want_by_status(call, row, old_status)
    return row


async def change_issued(call: CallForEntity, row: Receivable, change: UpdateIssuedInvoice) -> None:
    """Change the little that may change of an issued invoice, which the books follow.

    Raises NotFound, Conflict and NotBuiltYet.
    """
    plan_transition(row.type, Action.UPDATE_ISSUED, row.status)
    refuse_unbuilt(change, _UNBUILT_OF_ISSUED, place=("issued_invoice",))
    named = given(change)
    if change.counterpart_id is not None:
        await set_counterpart(call, row, change.counterpart_id)
    parts = ("contact_id", "counterpart_vat_id_id", "entity_vat_id_id")
    await set_parts(call, row, {name: named[name] for name in parts if name in named})
    _store_issued(row, change.model_dump(mode="json", exclude_unset=True))
    for name in ("memo", "fulfillment_date"):
        if name in named:
            setattr(row, name, named[name])
    await _move_dates(call, row, change, named)
    row.version += 1
    row.updated_at = call.now
    history.enter(call, row, HistoryEvent.UPDATED)
    await tell(call, row, "updated")
    if named.keys() & _IN_THE_BOOKS:
        await want_change(call, row)


def _store_issued(row: Receivable, said: Mapping[str, Any]) -> None:
    kept = ("document_rendering", "footer", "partner_metadata", "payment_terms")
    content = {**row.content, **{name: said[name] for name in kept if name in said}}
    issued_by = dict(content.get("issued_by") or {})
    if said.get("entity"):
        issued_by["entity"] = {**(issued_by.get("entity") or {}), **said["entity"]}
    if said.get("entity_address"):
        issued_by["address"] = said["entity_address"]
    row.content = {**content, "issued_by": issued_by}


async def _move_dates(
    call: CallForEntity, row: Receivable, change: UpdateIssuedInvoice, named: Mapping[str, Any]
) -> None:
    if change.issue_date is not None:
        company = await load_company(call.session, call.partner_id, call.entity_id)
        row.issue_date = change.issue_date
        try:
            row.issued_on = day_at(company, change.issue_date)
            due = due_date(row.content.get("payment_terms"), row.issued_on)
        except OverflowError as error:
            place = ("body", "issued_invoice", "issue_date")
            raise Unprocessable(Fault(place, "no calendar reaches that far")) from error
        row.due_date = due or row.due_date
    elif row.issued_on is not None and "payment_terms" in named:
        row.due_date = due_date(row.content.get("payment_terms"), row.issued_on) or row.due_date
    if "due_date" in named:
        row.due_date = change.due_date
