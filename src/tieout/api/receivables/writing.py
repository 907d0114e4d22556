"""Writing receivables: new ones, and changes to drafts."""

from typing import Any
from uuid import UUID

from tieout.api.accounting_ids import Place
from tieout.api.dependencies import CallForEntity
from tieout.api.receivables import history
from tieout.api.receivables.changes import LineItemUpdate, UpdateInvoice
from tieout.api.receivables.lines import UNBUILT as UNBUILT_OF_LINES
from tieout.api.receivables.lines import apply_totals, load_vat_rates, make_lines, stored_discount, tax_of_the_law
from tieout.api.receivables.numbering import is_number_taken, lock_entity
from tieout.api.receivables.parties import check_billing_address, set_counterpart, set_parts
from tieout.api.receivables.schemas import LineItem, ReceivableFacadeCreateInvoicePayload
from tieout.api.receivables.showing import load_lines, tell
from tieout.api.receivables.states import Action, plan_transition
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity
from tieout.api.unbuilt import refuse_unbuilt
from tieout.books.arithmetic.totals import VatMode
from tieout.kit.errors import Conflict, Fault, Unprocessable
from tieout.kit.identifiers import new_id
from tieout.storage.tables.business import Receivable, ReceivableLine
from tieout.sync.receivable_history import HistoryEvent
from tieout.sync.totals import DEDUCTION, DISCOUNT_MODE, WITHHOLDING

UNBUILT = (
    "attachments",
    "counterpart_einvoicing_credentials_id",
    "entity_bank_account_id",
    "is_einvoice",
    "network_credentials_id",
    "overdue_reminder_id",
    "payment_reminder_id",
    "payment_terms_id",
    "project_id",
    "tag_ids",
)
PARTS = (
    "counterpart_billing_address_id",
    "counterpart_shipping_address_id",
    "counterpart_vat_id_id",
    "contact_id",
    "entity_vat_id_id",
)
_STORED_ONLY = (
    "commercial_condition_description",
    "counterpart_business_type",
    DEDUCTION,
    "deduction_memo",
    "document_rendering",
    "entity",
    "footer",
    "partner_metadata",
    "payment_page_url",
    "payment_terms",
    "purchase_order",
    "trade_name",
    "vat_exempt",
    "vat_exemption_rationale",
    WITHHOLDING,
)
_COLUMNS = ("memo", "fulfillment_date")


async def load_receivable(call: CallForEntity, receivable_id: UUID) -> Receivable:
    """A receivable, locked for a change; raises NotFound."""
    return await load_of_entity(call, Receivable, receivable_id, "receivable", for_update=True)


async def create_invoice(call: CallForEntity, body: ReceivableFacadeCreateInvoicePayload) -> Receivable:
    """A new draft; raises NotFound, Unprocessable and NotBuiltYet."""
    refuse_unbuilt(body, UNBUILT)
    await _check_number(call, body.document_id)
    settings = (await call.load_entity()).settings
    invoice = Receivable(
        id=new_id(),
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        type="invoice",
        status="draft",
        version=1,
        amount_paid=0,
        currency=body.currency,
        document_id=body.document_id,
        vat_mode=(body.vat_mode or VatMode(settings.get("vat_mode") or VatMode.EXCLUSIVE)).value,
        discount=stored_discount(body.discount),
        content={DISCOUNT_MODE: settings.get(DISCOUNT_MODE) or VatMode.EXCLUSIVE.value},
        created_at=call.now,
        updated_at=call.now,
    )
    said = body.model_dump(mode="json", exclude_unset=True)
    store(invoice, said)
    invoice.memo, invoice.fulfillment_date = body.memo, body.fulfillment_date
    await set_counterpart(call, invoice, body.counterpart_id)
    named = given(body)
    await set_parts(call, invoice, {name: named[name] for name in PARTS if name in named})
    lines = await make_lines(call, invoice, body.line_items, ("body", "line_items"))
    apply_totals(invoice, lines)
    await add(call, invoice, lines)
    return invoice


async def _check_number(call: CallForEntity, document_id: str | None) -> None:
    """A number of the caller's own; raises Unprocessable where the entity may not, Conflict for one that is taken."""
    if document_id is None:
        return
    if (await call.load_entity()).settings.get("receivable_edit_flow") != "non_compliant":
        message = "a document's number is told only where the entity's receivable_edit_flow is non_compliant"
        raise Unprocessable(Fault(("body", "document_id"), message))
    await lock_entity(call)
    if await is_number_taken(call, "invoice", document_id):
        message = f"The number {document_id} is taken by another invoice."
        raise Conflict(message)


def store(receivable: Receivable, said: dict[str, Any]) -> None:
    """Keep what is only stored and shown, as it came."""
    receivable.content = {**receivable.content, **{name: said[name] for name in _STORED_ONLY if name in said}}


async def add(call: CallForEntity, receivable: Receivable, lines: list[ReceivableLine]) -> None:
    """Keep a new receivable with its lines, and write its event."""
    receivable.created_by_entity_user_id = history.actor_of(call)
    receivable.history_size = 0
    call.session.add(receivable)
    await call.session.flush()
    call.session.add_all(lines)
    history.enter(call, receivable, HistoryEvent.CREATED)
    await tell(call, receivable, "created")


async def clone(call: CallForEntity, original: Receivable) -> Receivable:
    """A new draft of an invoice that says the same, whatever state the original is in."""
    draft = copy_of(original, call)
    lines = [copy_of_line(line, draft) for line in await load_lines(call, original.id)]
    apply_totals(draft, lines)
    await add(call, draft, lines)
    return draft


def copy_of(original: Receivable, call: CallForEntity) -> Receivable:
    """A draft with the words of another document, without what its issue gave it."""
    gone = ("comment", "issued_by")
    return Receivable(
        id=new_id(),
        partner_id=original.partner_id,
        entity_id=original.entity_id,
        type=original.type,
        status="draft",
        version=1,
        amount_paid=0,
        currency=original.currency,
        counterpart_id=original.counterpart_id,
        counterpart_name=original.counterpart_name,
        vat_mode=original.vat_mode,
        discount=original.discount,
        memo=original.memo,
        content={key: value for key, value in original.content.items() if key not in gone},
        created_at=call.now,
        updated_at=call.now,
    )


def copy_of_line(line: ReceivableLine, receivable: Receivable) -> ReceivableLine:
    """The same line on another document."""
    kept = (
        "position",
        "product_id",
        "product",
        "quantity",
        "price_minor",
        "discount",
        "tax_rate_value",
        "exact_rate",
        "tax_rate_name",
        "accounting_tax_rate_id",
        "vat_rate_id",
        "total_before_vat",
        "total_after_vat",
    )
    return ReceivableLine(
        id=new_id(),
        partner_id=receivable.partner_id,
        entity_id=receivable.entity_id,
        receivable_id=receivable.id,
        **{name: getattr(line, name) for name in kept},
    )


async def replace_lines(call: CallForEntity, row: Receivable, items: list[LineItem]) -> None:
    """Put other lines in the place of a draft invoice's; raises NotFound, Conflict, Unprocessable and NotBuiltYet."""
    plan_transition(row.type, Action.UPDATE, row.status)
    lines = await make_lines(call, row, items, ("body", "data"))
    apply_totals(row, lines)
    await replace(call, row, lines)
    await changed(call, row)


async def replace(call: CallForEntity, row: Receivable, lines: list[ReceivableLine]) -> None:
    """Let these be the lines of a receivable."""
    for old in await load_lines(call, row.id):
        await call.session.delete(old)
    await call.session.flush()
    call.session.add_all(lines)


async def change_draft(call: CallForEntity, row: Receivable, change: UpdateInvoice) -> None:
    """Change the draft of an invoice; raises NotFound, Conflict, Unprocessable and NotBuiltYet."""
    place: Place = ("body", "invoice")
    plan_transition(row.type, Action.UPDATE, row.status)
    refuse_unbuilt(change, UNBUILT, place=("invoice",))
    named = given(change)
    lines = await load_lines(call, row.id)
    if "currency" in named and change.currency != row.currency:
        if lines:
            message = "the prices of the lines are in another currency: put lines without prices in it first"
            raise Unprocessable(Fault((*place, "currency"), message))
        row.currency = str(change.currency)
    if change.counterpart_id is not None:
        await set_counterpart(call, row, change.counterpart_id)
    await set_parts(call, row, {name: named[name] for name in PARTS if name in named})
    check_billing_address(row, place)
    if "discount" in named:
        row.discount = stored_discount(change.discount)
    for name in _COLUMNS:
        if name in named:
            setattr(row, name, named[name])
    store(row, change.model_dump(mode="json", exclude_unset=True))
    if change.line_items is not None:
        await _change_lines(call, row, lines, change.line_items, place)
    if row.content.get("vat_exempt") and any(line.tax_rate_value for line in lines):
        raise Unprocessable(Fault((*place, "vat_exempt"), "an exempt document has no line with tax"))
    apply_totals(row, lines, place)
    await changed(call, row)


async def _change_lines(
    call: CallForEntity, row: Receivable, lines: list[ReceivableLine], updates: list[LineItemUpdate], place: Place
) -> None:
    """Change lines in their places: the contract names no line, so there must be as many changes as lines."""
    if len(updates) != len(lines):
        message = f"the invoice has {len(lines)} lines; use PUT line_items to have more or fewer"
        raise Unprocessable(Fault((*place, "line_items"), message))
    named_rates = {(*place, "line_items", i, "vat_rate_id"): update.vat_rate_id for i, update in enumerate(updates)}
    vat_rates = await load_vat_rates(call, row, named_rates)
    for i, (line, update) in enumerate(zip(lines, updates, strict=True)):
        refuse_unbuilt(update, UNBUILT_OF_LINES, place=(*place[1:], "line_items", i))
        named = given(update)
        if update.quantity is not None:
            line.quantity = update.quantity
        if update.price is not None:
            line.price_minor = update.price
        if "discount" in named:
            line.discount = stored_discount(update.discount)
        if update.vat_rate_id is not None:
            tax = tax_of_the_law(update, vat_rates[update.vat_rate_id], (*place, "line_items", i))
            line.tax_rate_value, line.exact_rate, line.tax_rate_name = tax.value, tax.exact, tax.name
            line.vat_rate_id, line.accounting_tax_rate_id = update.vat_rate_id, None
        elif update.tax_rate_value is not None and update.tax_rate_value != line.tax_rate_value:
            line.tax_rate_value, line.tax_rate_name = update.tax_rate_value, update.tax_rate_name
            line.exact_rate = line.accounting_tax_rate_id = line.vat_rate_id = None
        elif "tax_rate_name" in named:
            line.tax_rate_name = update.tax_rate_name


async def delete(call: CallForEntity, receivable_id: UUID) -> None:
    """Delete a draft; raises NotFound and Conflict."""
    row = await load_receivable(call, receivable_id)
    old_status, row.status = row.status, plan_transition(row.type, Action.DELETE, row.status)
    row.deleted_at = row.updated_at = call.now
    await history.enter_status(call, row, old_status)
    await tell(call, row, "deleted")


async def changed(call: CallForEntity, row: Receivable) -> None:
    """Count a change, and write its event."""
    row.version += 1
    row.updated_at = call.now
    history.enter(call, row, HistoryEvent.UPDATED)
    await tell(call, row, "updated")
