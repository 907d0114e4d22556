"""Drafting documents: loads invoices, bills and credit notes as plain values, or says that they count no more."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Taxation
from tieout.books.stated_totals import taxes_landing_on
from tieout.storage.tables.business import Entity, Payable, PayableLine, Product, Receivable, ReceivableLine
from tieout.storage.tables.connections import Link
from tieout.storage.tables.payable_credit_notes import PayableCreditNote, PayableCreditNoteLine
from tieout.sync.drafts import DocumentDraft, DraftLine, Ended
from tieout.sync.mapping import Chart, refused
from tieout.sync.push_statuses import is_billed, is_left_standing
from tieout.sync.rules import rules_of
from tieout.sync.settling import CREDITING, credited_amount
from tieout.sync.totals import DEDUCTION, receivable_totals

_NOT_OWED: Final = ("canceled", "deleted")


async def draft_receivable(session: AsyncSession, link: Link, chart: Chart) -> DocumentDraft | Ended:
    """An issued invoice or credit note; raises WriteRefused."""
    row = await session.get_one(Receivable, link.object_id)
    if row.deleted_at is not None or await _is_withdrawn(session, row):
        return await _ended(session, row, "receivable")
    if row.issued_on is None:
        raise refused("not_issued", "The invoice is not issued.", "Issue the invoice.", "status")
    lines = list(
        await session.scalars(
            select(ReceivableLine).where(ReceivableLine.receivable_id == row.id).order_by(ReceivableLine.position)
        )
    )
    return receivable_draft(row, lines, row.issued_on, await _accounts_of_products(session, lines), chart)


def receivable_draft(
    row: Receivable, lines: Sequence[ReceivableLine], issued_on: date, accounts: Mapping[UUID, UUID], chart: Chart
) -> DocumentDraft:
    """The draft of rows that were read; `accounts` are those that products have by now. Pure."""
    drafted = _receivable_lines(row, lines, accounts)
    deduction = int(row.content.get(DEDUCTION) or 0)
    if deduction:
        drafted += (_deduction_line(row, deduction, chart),)
    return DocumentDraft(
        id=row.id,
        version=row.version,
        is_sale=True,
        is_credit=row.type == "credit_note",
        counterpart_id=row.counterpart_id,
        number=row.document_id,
        currency=row.currency,
        issued_on=issued_on,
        due_on=row.due_date if row.type == "invoice" else None,
        memo=row.memo,
        taxation=Taxation.INCLUSIVE if row.vat_mode == "inclusive" else Taxation.EXCLUSIVE,
        lines=drafted,
        total=row.total_amount,
        country=(row.content.get("counterpart_billing_address") or {}).get("country"),
    )


async def _ended(session: AsyncSession, row: Receivable | Payable, of: str) -> Ended:
    """A document that counts no more; the books keep it where the entity's rules leave its end out."""
    status = row.status if row.deleted_at is None else "deleted"
    left = is_left_standing(await _push_statuses(session, row, of), status)
    return Ended(id=row.id, version=row.version, is_let_go=left)


async def _push_statuses(session: AsyncSession, row: Receivable | Payable, of: str) -> tuple[str, ...]:
    entity = await session.get_one(Entity, row.entity_id)
    return rules_of(entity.settings).push_statuses[of]


async def _is_withdrawn(session: AsyncSession, row: Receivable) -> bool:
    """Cancelled; an invoice that ended by being credited in full stands in the books, and the credit beside it."""
    return row.status in _NOT_OWED and not await credited_amount(session, row)


async def _accounts_of_products(session: AsyncSession, lines: list[ReceivableLine]) -> dict[UUID, UUID]:
    """The ledger accounts that products have by now, for lines that were made before they had one."""
    ids = {line.product_id for line in lines if line.product_id is not None}
    rows = await session.execute(
        select(Product.id, Product.ledger_account_id).where(Product.id.in_(ids), Product.ledger_account_id.is_not(None))
    )
    return {product_id: account_id for product_id, account_id in rows if account_id is not None}


def _receivable_lines(
    row: Receivable, lines: Sequence[ReceivableLine], accounts: Mapping[UUID, UUID]
) -> tuple[DraftLine, ...]:
    """Lines after all discounts, by the same arithmetic that made the invoice's own totals."""
    totals = receivable_totals(row, lines)
    return tuple(
        DraftLine(
            description=line.product.get("description") or line.product.get("name"),
            quantity=line.quantity,
            unit_price=line.price_minor,
            net=made.final.net,
            tax=made.final.tax,
            tax_value=line.tax_rate_value if line.exact_rate is None else line.exact_rate,
            tax_rate_id=line.accounting_tax_rate_id,
            vat_rate_id=line.vat_rate_id,
            account_id=_account_named(line.product) or (accounts.get(line.product_id) if line.product_id else None),
            product_id=line.product_id,
        )
        for line, made in zip(lines, totals.lines, strict=True)
    )


def _deduction_line(row: Receivable, deduction: int, chart: Chart) -> DraftLine:
    return DraftLine(
        description=row.content.get("deduction_memo") or "Deduction",
        quantity=Decimal(1),
        unit_price=-deduction,
        net=-deduction,
        tax=0,
        tax_value=0,
        account_id=chart.default_sales_account_id,
        stands_for=DEDUCTION,
    )


async def draft_payable(session: AsyncSession, link: Link) -> DocumentDraft | Ended:
    """An approved bill; raises WriteRefused."""
    row = await session.get_one(Payable, link.object_id)
    if row.deleted_at is not None or not is_billed(await _push_statuses(session, row, "payable"), row.status):
        return await _ended(session, row, "payable")
    lines = await session.scalars(
        select(PayableLine).where(PayableLine.payable_id == row.id).order_by(PayableLine.position)
    )
    return payable_draft(row, list(lines))


def payable_draft(row: Payable, lines: Sequence[PayableLine]) -> DocumentDraft:
    """The draft of rows that were read; raises WriteRefused. Pure."""
    if row.counterpart_id is None or row.currency is None or row.issued_at is None or row.total_amount is None:
        raise refused(
            "bill_incomplete",
            "The bill has no vendor, currency, date or total.",
            "Complete the bill; its validation lists what is missing.",
        )
    drafted = _with_stated_tax([_payable_line(line) for line in lines], row.tax_amount)
    if row.discount and drafted:
        drafted += (_discount_line(drafted, row.discount),)
    _check_sum("bill", drafted, row.total_amount)
    return DocumentDraft(
        id=row.id,
        version=row.version,
        is_sale=False,
        counterpart_id=row.counterpart_id,
        number=row.document_id,
        currency=row.currency,
        issued_on=row.issued_at,
        due_on=row.due_date,
        memo=row.description,
        taxation=Taxation.EXCLUSIVE,
        lines=drafted,
        total=row.total_amount,
    )


async def draft_payable_credit_note(session: AsyncSession, link: Link) -> DocumentDraft | Ended:
    """A vendor's credit note that was approved; raises WriteRefused."""
    row = await session.get_one(PayableCreditNote, link.object_id)
    if row.deleted_at is not None or row.status not in CREDITING:
        return Ended(id=row.id, version=row.version)
    lines = await session.scalars(
        select(PayableCreditNoteLine)
        .where(PayableCreditNoteLine.credit_note_id == row.id)
        .order_by(PayableCreditNoteLine.position)
    )
    return payable_credit_note_draft(row, list(lines), await _rates_of_bill(session, row.based_on))


def payable_credit_note_draft(
    row: PayableCreditNote, lines: Sequence[PayableCreditNoteLine], rates: Mapping[int, UUID]
) -> DocumentDraft:
    """The draft of rows that were read, `rates` by their value; raises WriteRefused. Pure."""
    if row.counterpart_id is None or row.currency is None or row.issued_at is None or row.total_amount is None:
        raise refused(
            "credit_note_incomplete",
            "The credit note has no vendor, currency, date or total.",
            "Complete the credit note; its validation lists what is missing.",
        )
    named = [_payable_line(line) for line in lines]
    named = [replace(line, tax_rate_id=rates.get(int(line.tax_value))) for line in named]
    drafted = _with_stated_tax(named, row.tax_amount)
    _check_sum("credit note", drafted, row.total_amount)
    return DocumentDraft(
        id=row.id,
        version=row.version,
        is_sale=False,
        is_credit=True,
        counterpart_id=row.counterpart_id,
        number=row.document_id,
        currency=row.currency,
        issued_on=row.issued_at,
        due_on=None,
        memo=row.description,
        taxation=Taxation.EXCLUSIVE,
        lines=drafted,
        total=row.total_amount,
    )


async def _rates_of_bill(session: AsyncSession, bill_id: UUID | None) -> dict[int, UUID]:
    """The tax rates that the lines of a bill name, by value where only one has it: its credit note has the same.

    The lines of a credit note name no rates themselves (contract), and in some books several have one value.
    """
    if bill_id is None:
        return {}
    rows = await session.execute(
        select(PayableLine.tax, PayableLine.accounting_tax_rate_id).where(
            PayableLine.payable_id == bill_id, PayableLine.accounting_tax_rate_id.is_not(None)
        )
    )
    named: dict[int, set[UUID]] = {}
    for value, rate_id in rows:
        if rate_id is not None:
            named.setdefault(value or 0, set()).add(rate_id)
    return {value: next(iter(ids)) for value, ids in named.items() if len(ids) == 1}


def _check_sum(what: str, lines: tuple[DraftLine, ...], total: int) -> None:
    if sum(line.net + line.tax for line in lines) != total:
        raise refused(
            "totals_disagree",
            f"The {what}'s lines do not add up to its total.",
            "Correct the lines or the total; nothing was sent.",
            "total_amount",
        )


def _with_stated_tax(lines: Sequence[DraftLine], tax: int | None) -> tuple[DraftLine, ...]:
    """The lines with the tax that the vendor states, which may round otherwise than line by line."""
    made = [line.tax for line in lines]
    taxes = made if tax is None else taxes_landing_on(tax, made)
    return tuple(replace(line, tax=own) for line, own in zip(lines, taxes, strict=True))


def _discount_line(lines: Sequence[DraftLine], discount: int) -> DraftLine:
    """A bill's discount, which the contract takes from its total: without tax, from where most of it is booked."""
    largest = max(lines, key=lambda line: line.net)
    return DraftLine(
        description="Discount",
        quantity=Decimal(1),
        unit_price=-discount,
        net=-discount,
        tax=0,
        tax_value=0,
        account_id=largest.account_id,
        stands_for="discount",
    )


def _payable_line(line: PayableLine | PayableCreditNoteLine) -> DraftLine:
    net, tax = line.subtotal or 0, line.tax_amount or 0
    return DraftLine(
        description=line.description or line.name,
        quantity=line.quantity if line.quantity is not None else Decimal(1),
        unit_price=line.unit_price if line.unit_price is not None else net,
        net=net,
        tax=tax,
        tax_value=line.tax or 0,
        tax_rate_id=line.accounting_tax_rate_id if isinstance(line, PayableLine) else None,
        account_id=line.ledger_account_id if isinstance(line, PayableLine) else None,
    )


def _account_named(product: dict[str, Any]) -> UUID | None:
    value = product.get("ledger_account_id")
    return UUID(value) if value else None
