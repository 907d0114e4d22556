"""The lines of a vendor's credit note: added, replaced, changed and removed until it is handed in."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from tieout.api.dependencies import CallForEntity
from tieout.api.payable_credit_notes.judging import load_note_lines
from tieout.api.payable_credit_notes.ordering import quantity_order
from tieout.api.payable_credit_notes.schemas import CreditNoteLineItemRequest
from tieout.api.payable_credit_notes.writing import changed, load_changeable, load_note
from tieout.api.payables.schemas import LINES_MAX
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity
from tieout.books.stated_totals import fits, line_amounts
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.kit.identifiers import new_id
from tieout.storage.tables.payable_credit_notes import PayableCreditNote, PayableCreditNoteLine


async def load_line(call: CallForEntity, note_id: UUID, line_id: UUID) -> PayableCreditNoteLine:
    """A line of a credit note; raises NotFound."""
    await load_note(call, note_id)
    return await _load_line(call, note_id, line_id)


async def _load_line(call: CallForEntity, note_id: UUID, line_id: UUID) -> PayableCreditNoteLine:
    line = await load_of_entity(call, PayableCreditNoteLine, line_id, "line item")
    if line.credit_note_id != note_id:
        message = f"There is no line item {line_id}."
        raise NotFound(message)
    return line


async def add(call: CallForEntity, note_id: UUID, body: CreditNoteLineItemRequest) -> PayableCreditNoteLine:
    """A new last line; raises NotFound, Conflict and Unprocessable."""
    row = await load_changeable(call, note_id)
    count, last = (
        await call.session.execute(
            select(func.count(), func.max(PayableCreditNoteLine.position)).where(
                PayableCreditNoteLine.credit_note_id == row.id, PayableCreditNoteLine.partner_id == call.partner_id
            )
        )
    ).one()
    if count >= LINES_MAX:
        message = f"A credit note has at most {LINES_MAX} lines."
        raise Conflict(message)
    line = _new_line(call, row, 0 if last is None else last + 1)
    _put_in(line, body, ("body",))
    call.session.add(line)
    await changed(call, row)
    return line


async def replace(
    call: CallForEntity, note_id: UUID, items: Sequence[CreditNoteLineItemRequest]
) -> list[PayableCreditNoteLine]:
    """Other lines in the place of all; raises NotFound, Conflict and Unprocessable."""
    row = await load_changeable(call, note_id)
    lines = [_new_line(call, row, position) for position in range(len(items))]
    for i, (line, body) in enumerate(zip(lines, items, strict=True)):
        _put_in(line, body, ("body", "data", i))
    for old in await load_note_lines(call, row.id):
        await call.session.delete(old)
    await call.session.flush()
    call.session.add_all(lines)
    await changed(call, row)
    return lines


async def change(
    call: CallForEntity, note_id: UUID, line_id: UUID, body: CreditNoteLineItemRequest
) -> PayableCreditNoteLine:
    """Change a line; raises NotFound, Conflict and Unprocessable."""
    row = await load_changeable(call, note_id)
    line = await _load_line(call, note_id, line_id)
    _put_in(line, body, ("body",))
    line.updated_at = call.now
    await changed(call, row)
    return line


async def remove(call: CallForEntity, note_id: UUID, line_id: UUID) -> list[PayableCreditNoteLine]:
    """Remove a line; returns those that are left; raises NotFound and Conflict."""
    row = await load_changeable(call, note_id)
    await call.session.delete(await _load_line(call, note_id, line_id))
    await changed(call, row)
    return await load_note_lines(call, row.id)


def _new_line(call: CallForEntity, row: PayableCreditNote, position: int) -> PayableCreditNoteLine:
    return PayableCreditNoteLine(
        id=new_id(),
        partner_id=row.partner_id,
        entity_id=row.entity_id,
        credit_note_id=row.id,
        position=position,
        created_by_entity_user_id=call.entity_user_id,
        created_at=call.now,
        updated_at=call.now,
    )


def _put_in(line: PayableCreditNoteLine, body: CreditNoteLineItemRequest, place: tuple[str | int, ...]) -> None:
    """Put what was sent into the line, and compute its amounts; raises Unprocessable."""
    for name, value in given(body).items():
        setattr(line, name, value)
    line.quantity_order = None if line.quantity is None else quantity_order(line.quantity)
    amounts = line_amounts(line.quantity, line.unit_price, line.tax)
    if not all(fits(amount) for amount in (amounts.subtotal, amounts.tax_amount, amounts.total)):
        raise Unprocessable(Fault((*place, "unit_price"), "an amount is larger than the API can show"))
    line.subtotal, line.tax_amount, line.total = amounts.subtotal, amounts.tax_amount, amounts.total
