"""Credit notes: drafts over all or part of an invoice (Monite, 'Credit notes').

A credit note only takes back: its lines are the invoice's, with fewer units or a part of the price. There is one draft
at a time for an invoice, so what is left of it does not change under a draft.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from tieout.api.accounting_ids import Place
from tieout.api.dependencies import CallForEntity
from tieout.api.receivables import history
from tieout.api.receivables.changes import UpdateCreditNote
from tieout.api.receivables.lines import apply_totals, stored_discount
from tieout.api.receivables.parties import set_parts
from tieout.api.receivables.related import load_credit_notes
from tieout.api.receivables.schemas import LineItem
from tieout.api.receivables.showing import load_lines
from tieout.api.receivables.states import Action, plan_transition
from tieout.api.receivables.writing import PARTS, add, changed, copy_of, copy_of_line, replace, store
from tieout.api.schemas import given
from tieout.api.scope import rows_of_entity
from tieout.api.unbuilt import refuse_unbuilt
from tieout.books.arithmetic.totals import DiscountType
from tieout.books.crediting import Portion, fits, left_of, share_of, value_of
from tieout.kit.errors import Conflict, Fault, Unprocessable
from tieout.storage.tables.business import Receivable, ReceivableLine
from tieout.sync.receivable_history import HistoryEvent
from tieout.sync.settling import load_document
from tieout.sync.totals import DEDUCTION

_UNBUILT = ("attachments", "project_id", "tag_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """An invoice, its lines, and what its issued credit notes took back of each."""

    invoice: Receivable
    lines: Sequence[ReceivableLine]
    taken: Mapping[UUID, Sequence[Portion]]
    taken_subtotal: int

    def taken_of(self, line: ReceivableLine) -> Sequence[Portion]:
        """What was taken back of a line."""
        return self.taken.get(line.id, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """So much of a line of the invoice is to be credited; `place` is where the caller says so."""

    line: ReceivableLine
    portion: Portion
    place: Place


def _portion(line: ReceivableLine) -> Portion:
    return Portion(quantity=line.quantity, price_minor=line.price_minor)


async def _load(call: CallForEntity, invoice: Receivable) -> Credited:
    """What there is to be credited of an invoice, whose row is locked."""
    notes = [note for note in await load_credit_notes(call, [invoice.id]) if note.status == "issued"]
    rows = await call.session.scalars(
        rows_of_entity(call, ReceivableLine).where(ReceivableLine.receivable_id.in_([note.id for note in notes]))
    )
    taken: dict[UUID, list[Portion]] = {}
    for row in rows:
        if row.based_on_line_id is not None:
            taken.setdefault(row.based_on_line_id, []).append(_portion(row))
    return Credited(
        invoice=invoice,
        lines=await load_lines(call, invoice.id),
        taken=taken,
        taken_subtotal=sum(note.subtotal for note in notes),
    )


async def create(call: CallForEntity, invoice: Receivable) -> Receivable:
    """The draft of a credit note over all that is left of an invoice; raises Conflict."""
    credited = await _load_creditable(call, invoice)
    left = [(line, left_of(_portion(line), credited.taken_of(line))) for line in credited.lines]
    wanted = [Wanted(line=line, portion=portion, place=("body", "based_on")) for line, portion in left if portion]
    if not wanted:
        message = "Nothing of the invoice is left to be credited."
        raise Conflict(message)
    return await _add(call, credited, copy_of(invoice, call), wanted)


async def clone(call: CallForEntity, original: Receivable) -> Receivable:
    """A new draft that takes back the same of the same invoice; raises Conflict where so much is not left."""
    invoice = await _load_invoice(call, original)
    credited = await _load_creditable(call, invoice)
    by_id = {line.id: line for line in credited.lines}
    wanted = [
        Wanted(line=by_id[line.based_on_line_id], portion=_portion(line), place=("body", "line_items", i))
        for i, line in enumerate(await load_lines(call, original.id))
        if line.based_on_line_id is not None
    ]
    try:
        return await _add(call, credited, copy_of(original, call), wanted)
    except Unprocessable as error:
        message = "So much of the invoice is not left to be credited again."
        raise Conflict(message) from error


async def _load_creditable(call: CallForEntity, invoice: Receivable) -> Credited:
    plan_transition(invoice.type, Action.CREDIT, invoice.status)
    drafts = [note.id for note in await load_credit_notes(call, [invoice.id]) if note.status == "draft"]
    if drafts:
        message = f"The invoice has a draft of a credit note already, {drafts[0]}: issue or delete that one first."
        raise Conflict(message)
    return await _load(call, invoice)


async def _add(call: CallForEntity, credited: Credited, note: Receivable, wanted: Sequence[Wanted]) -> Receivable:
    note.type, note.based_on = "credit_note", credited.invoice.id
    lines = _make_lines(credited, note, wanted)
    _take_shares(credited, note, lines)
    apply_totals(note, lines)
    await add(call, note, lines)
    history.enter(call, credited.invoice, HistoryEvent.CREDITED, receivable_id=str(note.id), type=note.type)
    return note


def _make_lines(credited: Credited, note: Receivable, wanted: Sequence[Wanted]) -> list[ReceivableLine]:
    """The lines of a credit note; raises Unprocessable where more is wanted than is left."""
    taken = {line.id: list(credited.taken_of(line)) for line in credited.lines}
    made: list[ReceivableLine] = []
    for position, one in enumerate(wanted):
        line, before = one.line, taken[one.line.id]
        if not fits(one.portion, _portion(line), before):
            raise Unprocessable(Fault(one.place, _too_much(line, before)))
        row = copy_of_line(line, note)
        row.position, row.based_on_line_id = position, line.id
        row.quantity, row.price_minor = one.portion.quantity, one.portion.price_minor
        row.discount = _share_of_line_discount(line, one.portion, before)
        before.append(one.portion)
        made.append(row)
    return made


def _too_much(line: ReceivableLine, taken: Iterable[Portion]) -> str:
    left = left_of(_portion(line), taken)
    if left is None:
        return "nothing of this line of the invoice is left to be credited"
    units = format(left.quantity.normalize(), "f")
    return f"no more than {units} at a price of {left.price_minor} is left of this line of the invoice"


def _share_of_line_discount(
    line: ReceivableLine, portion: Portion, taken: Iterable[Portion]
) -> dict[str, object] | None:
    if not line.discount or line.discount["type"] != DiscountType.AMOUNT:
        return line.discount
    amount = share_of(
        int(line.discount["amount"]), part=portion.value, before=value_of(taken), whole=_portion(line).value
    )
    return {**line.discount, "amount": amount}


def _take_shares(credited: Credited, note: Receivable, lines: Sequence[ReceivableLine]) -> None:
    """Let a fixed discount and a deduction of the invoice follow in proportion to the lines."""
    invoice = credited.invoice
    note.discount = None
    note.content = {**note.content, DEDUCTION: None}
    apply_totals(note, lines)
    before, whole = Fraction(credited.taken_subtotal), Fraction(invoice.subtotal)
    part = min(Fraction(note.subtotal), whole - before)

    def share(amount: object) -> int:
        return share_of(int(str(amount)), part=part, before=before, whole=whole)

    note.discount = invoice.discount
    if invoice.discount and invoice.discount["type"] == DiscountType.AMOUNT:
        amount = min(share(invoice.discount["amount"]), note.subtotal)
        note.discount = {**invoice.discount, "amount": amount}
    deduction = invoice.content.get(DEDUCTION)
    if deduction:
        apply_totals(note, lines)
        note.content = {**note.content, DEDUCTION: min(share(deduction), note.total_amount)}


async def _load_for_change(call: CallForEntity, note: Receivable) -> Credited:
    plan_transition(note.type, Action.UPDATE, note.status)
    return await _load(call, await _load_invoice(call, note))


async def _load_invoice(call: CallForEntity, note: Receivable) -> Receivable:
    """The invoice of a credit note, locked, whoever made it."""
    assert note.based_on is not None
    found = await load_document(
        call.session,
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        object_type="receivable",
        object_id=note.based_on,
    )
    assert isinstance(found, Receivable)
    return found


async def _put_lines(call: CallForEntity, credited: Credited, note: Receivable, wanted: Sequence[Wanted]) -> None:
    lines = _make_lines(credited, note, wanted)
    _take_shares(credited, note, lines)
    apply_totals(note, lines)
    await replace(call, note, lines)


async def change(call: CallForEntity, note: Receivable, change: UpdateCreditNote) -> None:
    """Change the draft of a credit note; raises NotFound, Conflict, Unprocessable and NotBuiltYet.

    `line_items` says all lines: a product that is not named is not credited.
    """
    credited = await _load_for_change(call, note)
    refuse_unbuilt(change, _UNBUILT, place=("credit_note",))
    named = given(change)
    await set_parts(call, note, {name: named[name] for name in PARTS if name in named})
    if "memo" in named:
        note.memo = change.memo
    said = change.model_dump(mode="json", exclude_unset=True)
    store(note, said)
    if "counterpart_contact" in said:
        note.content = {**note.content, "counterpart_contact": said["counterpart_contact"]}
    if change.line_items is not None:
        wanted: list[Wanted] = []
        for product_id, update in change.line_items.items():
            place: Place = ("body", "credit_note", "line_items", str(product_id))
            lines = _lines_of(credited, str(product_id), update.old_price, place)
            price = update.price_diff
            wanted.append(_choose(credited, lines, update.quantity, price, place))
        await _put_lines(call, credited, note, wanted)
    await changed(call, note)


def _lines_of(credited: Credited, product_id: str, price: int | None, place: Place) -> list[ReceivableLine]:
    found = [line for line in credited.lines if line.product["id"] == product_id]
    if not found:
        raise Unprocessable(Fault(place, "the invoice has no line with this product"))
    if price is not None:
        found = [line for line in found if line.price_minor == price]
        if not found:
            raise Unprocessable(Fault((*place, "old_price"), "the invoice has no line with this product at this price"))
    return found


def _choose(
    credited: Credited, lines: Sequence[ReceivableLine], quantity: Decimal, price: int | None, place: Place
) -> Wanted:
    """The first of the lines that has so much left; the first of all where none has, to be refused with its reason."""
    options = [
        Wanted(
            line=line,
            portion=Portion(quantity=quantity, price_minor=line.price_minor if price is None else price),
            place=(*place, "quantity" if price is None else "price_diff"),
        )
        for line in lines
    ]
    fitting = (one for one in options if fits(one.portion, _portion(one.line), credited.taken_of(one.line)))
    return next(fitting, options[0])


async def replace_lines(call: CallForEntity, note: Receivable, items: Sequence[LineItem]) -> None:
    """Put other lines of the invoice in the place of a draft's; raises Conflict and Unprocessable.

    A line names a product of the invoice by `product_id`, also an inline one, or by an inline product of the same name
    at the invoice's price or a part of it. Its tax and discount are the invoice's.
    """
    credited = await _load_for_change(call, note)
    wanted = [_wanted_of(credited, item, ("body", "data", i)) for i, item in enumerate(items)]
    await _put_lines(call, credited, note, wanted)
    await changed(call, note)


def _wanted_of(credited: Credited, item: LineItem, place: Place) -> Wanted:
    price: int | None = None
    if item.product is not None:
        if item.product_id is not None:
            raise Unprocessable(Fault((*place, "product"), "a line has either product or product_id, not both"))
        if item.product.price.currency != credited.invoice.currency:
            message = f"the document is in {credited.invoice.currency}"
            raise Unprocessable(Fault((*place, "product", "price", "currency"), message, "value_error.currency"))
        price = item.product.price.value
        lines = [line for line in credited.lines if line.product["name"] == item.product.name]
        if not lines:
            raise Unprocessable(Fault((*place, "product", "name"), "the invoice has no line with this product"))
    elif item.product_id is not None:
        lines = _lines_of(credited, str(item.product_id), None, (*place, "product_id"))
    else:
        raise Unprocessable(Fault((*place, "product_id"), "a line needs product_id or product", "missing"))
    chosen = _choose(credited, lines, item.quantity, price, place)
    _check_kept(item, chosen.line, place)
    return Wanted(line=chosen.line, portion=chosen.portion, place=(*place, "quantity"))


def _check_kept(item: LineItem, line: ReceivableLine, place: Place) -> None:
    """What a line says of its tax and discount must be what the invoice says; raises Unprocessable."""
    kept = {
        "tax_rate_value": line.tax_rate_value,
        "accounting_tax_rate_id": line.accounting_tax_rate_id,
        "vat_rate_id": line.vat_rate_id,
        "discount": line.discount,
    }
    said = {**given(item), "discount": stored_discount(item.discount)}
    for name, value in kept.items():
        if said.get(name) not in (None, value):
            raise Unprocessable(Fault((*place, name), "a credit note keeps what the invoice's line says"))
