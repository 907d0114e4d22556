"""Planning a push: pure. A draft becomes the canonical record to write, or says what must be in the books before it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from tieout.books.records import (
    Allocation,
    Attachment,
    Bill,
    CreditAllocation,
    CreditNote,
    Document,
    DocumentStatus,
    Invoice,
    Item,
    Kind,
    Line,
    Party,
    Payment,
    Taxation,
    VendorCredit,
)
from tieout.kit.money import from_minor
from tieout.platforms.errors import WriteRefused
from tieout.sync.drafts import (
    AllocationDraft,
    AttachmentDraft,
    DocumentDraft,
    DraftLine,
    ItemDraft,
    PartyDraft,
    PaymentDraft,
)
from tieout.sync.mapping import Chart, KnownAccount, KnownTaxRate, TaxToMap, map_account, map_tax_rate, refused


@dataclass(frozen=True, slots=True)
class Needed:
    """Something of ours that must be in the books first."""

    object_type: str
    object_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What is in the books already, by our ids: their ids there."""

    customers: Mapping[UUID, str]
    vendors: Mapping[UUID, str]
    products: Mapping[UUID, str]


def needed_first(draft: DocumentDraft, present: Present, *, lines_need_items: bool) -> tuple[Needed, ...]:
    """What a document names that is not in the books yet; a counterpart comes before products."""
    parties = present.customers if draft.is_sale else present.vendors
    needed: list[Needed] = []
    if draft.counterpart_id not in parties:
        needed.append(Needed("customer" if draft.is_sale else "vendor", draft.counterpart_id))
    if draft.is_sale and lines_need_items:
        named = dict.fromkeys(line.product_id for line in draft.lines if line.product_id is not None)
        needed += [Needed("product", product) for product in named if product not in present.products]
    return tuple(needed)


_WRITTEN_AS: Final[dict[tuple[bool, bool], type[Invoice | Bill | CreditNote | VendorCredit]]] = {
    (True, False): Invoice,
    (True, True): CreditNote,
    (False, False): Bill,
    (False, True): VendorCredit,
}
"""By whether it is a sale, and whether a credit."""


def plan_document(draft: DocumentDraft, present: Present, chart: Chart) -> Invoice | Bill | CreditNote | VendorCredit:
    """The document with the books' own references. Raises WriteRefused when something cannot be mapped."""
    if sum(line.net + line.tax for line in draft.lines) != draft.total:
        raise refused(
            "totals_disagree",
            "The document's lines do not add up to its total.",
            "Correct the lines or the total; nothing was sent.",
            "total_amount",
        )
    lines = tuple(_plan_line(draft, i, line, present, chart) for i, line in enumerate(draft.lines))
    tax = from_minor(sum(line.tax for line in draft.lines), draft.currency)
    total = from_minor(draft.total, draft.currency)
    parties = present.customers if draft.is_sale else present.vendors
    return _WRITTEN_AS[draft.is_sale, draft.is_credit](
        number=draft.number,
        party_id=parties[draft.counterpart_id],
        currency=draft.currency,
        issued_on=draft.issued_on,
        due_on=draft.due_on,
        taxation=draft.taxation,
        lines=lines,
        subtotal=total - tax,
        tax=tax,
        total=total,
        balance=total,
        status=DocumentStatus.OPEN,
        memo=draft.memo,
        marker=str(draft.id),
    )


def _plan_line(draft: DocumentDraft, index: int, line: DraftLine, present: Present, chart: Chart) -> Line:
    field = f"line_items.{index}"
    account = _plan_account(draft, line, chart, field)
    rate = _plan_tax_rate(draft, line, chart, account, field)
    amount = line.net + line.tax if draft.taxation is Taxation.INCLUSIVE else line.net
    return Line(
        description=line.description,
        quantity=line.quantity,
        unit_price=from_minor(line.unit_price, draft.currency),
        amount=from_minor(amount, draft.currency),
        account_id=account.external_id,
        item_id=present.products.get(line.product_id) if line.product_id and draft.is_sale else None,
        tax_rate_id=rate.external_id if rate else None,
        tax_amount=from_minor(line.tax, draft.currency),
    )


def _plan_account(draft: DocumentDraft, line: DraftLine, chart: Chart, field: str) -> KnownAccount:
    default_account_id = chart.default_sales_account_id if draft.is_sale else chart.default_bill_account_id
    try:
        return map_account(chart, line.account_id or default_account_id, field=f"{field}.ledger_account_id")
    except WriteRefused as refusal:
        if line.stands_for is None:
            raise
        fix = (
            "Set accounting.ledger_account_ids.products in the entity's settings to an active account: deductions are "
            "booked there."
            if draft.is_sale
            else "Give the bill's largest line an active ledger account: the discount is booked there."
        )
        raise _refused_line(refusal, line.stands_for, fix) from refusal


def _refused_line(refusal: WriteRefused, field: str, fix: str) -> WriteRefused:
    """The same of the line that a deduction or discount becomes, which the partner's own lines do not count."""
    return WriteRefused(replace(refusal.explanation, fix=fix, field=field))


def _plan_tax_rate(
    draft: DocumentDraft, line: DraftLine, chart: Chart, account: KnownAccount, field: str
) -> KnownTaxRate | None:
    tax = TaxToMap(
        on_sales=draft.is_sale,
        value=line.tax_value,
        rate_id=line.tax_rate_id if line.stands_for is None else _untaxed_rate(draft, chart, account),
        vat_rate_id=line.vat_rate_id,
        country=draft.country,
        account=account,
    )
    try:
        return map_tax_rate(chart, tax, field=f"{field}.accounting_tax_rate_id")
    except WriteRefused as refusal:
        if line.stands_for is None:
            raise
        fix = (
            "Set accounting.tax_ids.deductions in the entity's settings to the rate of 0 % that deductions and "
            "discounts are meant to have."
        )
        raise _refused_line(refusal, line.stands_for, fix) from refusal


def _untaxed_rate(draft: DocumentDraft, chart: Chart, account: KnownAccount) -> UUID | None:
    """The rate of what is taken off. That of deductions may be for sales alone: a bill then goes by its value, 0 %."""
    chosen = next((rate for rate in chart.tax_rates if rate.id == chart.deductions_tax_id), None)
    if draft.is_sale or chosen is None or (chosen.serves(on_sales=False) and chosen.fits(account)):
        return chart.deductions_tax_id
    return None


def plan_party(draft: PartyDraft, *, base_currency: str | None) -> Party:
    """A customer or vendor to create. Only its own words go over; nothing is renamed."""
    if not draft.name.strip():
        raise refused("name_missing", "The counterpart has no name.", "Give the counterpart a name.", "name")
    return Party(
        name=draft.name,
        first_name=draft.first_name,
        last_name=draft.last_name,
        email=draft.email,
        phone=draft.phone,
        tax_number=draft.tax_number,
        currency=base_currency,
        address=draft.address,
        is_customer=draft.is_customer,
        is_vendor=draft.is_vendor,
        marker=str(draft.id),
    )


def plan_item(draft: ItemDraft, chart: Chart, *, base_currency: str | None) -> Item:
    """A product to create. Its price goes over only in the company's own currency. Raises WriteRefused."""
    account = map_account(chart, draft.account_id or chart.default_sales_account_id, field="ledger_account_id")
    price: Decimal | None = None
    if draft.unit_price is not None and draft.currency is not None and draft.currency == base_currency:
        price = from_minor(draft.unit_price, draft.currency)
    return Item(
        name=draft.name,
        code=draft.code,
        description=draft.description,
        unit_price=price,
        income_account_id=account.external_id,
        is_sold=True,
        marker=str(draft.id),
    )


def plan_payment(draft: PaymentDraft, document: Document, kind: Kind, chart: Chart) -> Payment:
    """A payment of a document that is in the books; raises WriteRefused.

    What was paid too much settles nothing: books that have no room for that refuse it.
    """
    account = map_account(chart, draft.account_id, field="ledger_account_ids.payments")
    amount, unapplied = (from_minor(value, draft.currency) for value in (draft.amount, draft.overpaid))
    settled = amount - unapplied
    return Payment(
        kind=Kind.PAYMENT if draft.is_sale else Kind.BILL_PAYMENT,
        party_id=document.party_id,
        currency=draft.currency,
        exchange_rate=document.exchange_rate,
        paid_on=draft.paid_on,
        amount=amount,
        unapplied=unapplied,
        account_id=account.external_id,
        allocations=(
            (Allocation(document_kind=kind, document_id=str(document.external_id), amount=settled),) if settled else ()
        ),
        marker=str(draft.id),
    )


def plan_allocation(
    draft: AllocationDraft, document: Document, credit: Document, credit_kind: Kind
) -> CreditAllocation:
    """The use of a credit note on a document, both of which are in the books."""
    return CreditAllocation(
        credit_kind=credit_kind,
        credit_id=str(credit.external_id),
        document_id=str(document.external_id),
        party_id=document.party_id,
        currency=draft.currency,
        allocated_on=max(draft.allocated_on, document.issued_on, credit.issued_on),
        amount=from_minor(draft.amount, draft.currency),
        marker=str(draft.id),
    )


def plan_attachment(draft: AttachmentDraft, document: Document, kind: Kind) -> Attachment:
    """A file on a document that is in the books; its bytes go beside it."""
    return Attachment(
        document_kind=kind,
        document_id=str(document.external_id),
        name=draft.name,
        media_type=draft.media_type,
        size_bytes=len(draft.content),
        marker=str(draft.id),
    )
