"""Drafting: loads a partner's record, and the chart it is mapped to, as plain values."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Address, Taxation
from tieout.storage.tables.business import (
    Counterpart,
    CounterpartAddress,
    CounterpartVatId,
    Entity,
    Payable,
    PayableLine,
    Product,
    Receivable,
    ReceivableLine,
)
from tieout.storage.tables.connections import Company, LedgerAccount, Link, TaxRate
from tieout.sync.accounting_defaults import default_bill_account_id
from tieout.sync.drafts import DocumentDraft, Draft, DraftLine, ItemDraft, PartyDraft
from tieout.sync.mapping import Chart, KnownAccount, KnownTaxRate, refused
from tieout.sync.open_books import company_facts
from tieout.sync.stand_ins import stand_in_draft
from tieout.sync.totals import DEDUCTION, receivable_totals

ACCOUNTING_DEFAULTS = "accounting"


async def load_draft(session: AsyncSession, link: Link, chart: Chart) -> Draft:
    """The record that a link is about; raises WriteRefused where it cannot be pushed as it is."""
    match link.object_type:
        case "receivable":
            return await _receivable(session, link, chart)
        case "bill":
            return await _payable(session, link)
        case "customer" | "vendor":
            return await _counterpart(session, link)
        case "product":
            return await _product(session, link, chart)
        case other:
            raise refused(
                "push_not_built",
                f"Pushing a {other.replace('_', ' ')} is not built yet.",
                "Enter it in the books by hand for now; Tieout will find it there.",
            )


async def load_chart(session: AsyncSession, company_id: UUID, entity_id: UUID) -> Chart:
    """Accounts and tax rates of a company, with the entity's defaults among them."""
    entity = await session.get_one(Entity, entity_id)
    defaults: dict[str, Any] = entity.settings.get(ACCOUNTING_DEFAULTS) or {}
    accounts = await session.scalars(select(LedgerAccount).where(LedgerAccount.company_id == company_id))
    rates = await session.scalars(select(TaxRate).where(TaxRate.company_id == company_id).order_by(TaxRate.name))
    return Chart(
        accounts={
            row.id: KnownAccount(id=row.id, external_id=row.external_id, name=row.name, active=row.status == "Active")
            for row in accounts
        },
        tax_rates=[
            KnownTaxRate(
                id=row.id,
                external_id=row.external_id,
                name=row.name,
                effective_rate=row.effective_rate,
                active=row.status == "Active",
                on_sales=row.on_sales,
                on_purchases=row.on_purchases,
            )
            for row in rates
        ],
        default_sales_account_id=_uuid((defaults.get("ledger_account_ids") or {}).get("products")),
        default_bill_account_id=default_bill_account_id(entity.settings),
        deductions_tax_id=_uuid((defaults.get("tax_ids") or {}).get("deductions")),
    )


async def load_whole_chart(session: AsyncSession, company: Company, entity_id: UUID) -> Chart:
    """The chart with what the company's own facts say of taxes; they must have been pulled."""
    facts = company_facts(company.facts or {})
    return replace(
        await load_chart(session, company.id, entity_id),
        tax_is_computed_there=facts.tax_is_computed_there,
        taxes_purchases=facts.taxes_purchases,
    )


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None


async def _receivable(session: AsyncSession, link: Link, chart: Chart) -> DocumentDraft:
    row = await session.get_one(Receivable, link.object_id)
    if row.type != "invoice":
        raise refused(
            "push_not_built",
            f"Pushing a {row.type.replace('_', ' ')} is not built yet.",
            "Enter it in the books by hand for now.",
        )
    if row.issued_on is None:
        raise refused("not_issued", "The invoice is not issued.", "Issue the invoice.", "status")
    lines = list(
        await session.scalars(
            select(ReceivableLine).where(ReceivableLine.receivable_id == row.id).order_by(ReceivableLine.position)
        )
    )
    drafted = _receivable_lines(row, lines, await _accounts_of_products(session, lines))
    deduction = int(row.content.get(DEDUCTION) or 0)
    if deduction:
        drafted += (_deduction_line(row, deduction, chart),)
    return DocumentDraft(
        id=row.id,
        version=row.version,
        is_sale=True,
        counterpart_id=row.counterpart_id,
        number=row.document_id,
        currency=row.currency,
        issued_on=row.issued_on,
        due_on=row.due_date,
        memo=row.memo,
        taxation=Taxation.INCLUSIVE if row.vat_mode == "inclusive" else Taxation.EXCLUSIVE,
        lines=drafted,
        total=row.total_amount,
    )


async def _accounts_of_products(session: AsyncSession, lines: list[ReceivableLine]) -> dict[UUID, UUID]:
    """The ledger accounts that products have by now, for lines that were made before they had one."""
    ids = {line.product_id for line in lines if line.product_id is not None}
    rows = await session.execute(
        select(Product.id, Product.ledger_account_id).where(Product.id.in_(ids), Product.ledger_account_id.is_not(None))
    )
    return {product_id: account_id for product_id, account_id in rows if account_id is not None}


def _receivable_lines(
    row: Receivable, lines: list[ReceivableLine], accounts: dict[UUID, UUID]
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
            tax_value=line.tax_rate_value,
            tax_rate_id=line.accounting_tax_rate_id,
            account_id=_uuid(line.product.get("ledger_account_id"))
            or (accounts.get(line.product_id) if line.product_id else None),
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
        is_deduction=True,
    )


async def _payable(session: AsyncSession, link: Link) -> DocumentDraft:
    row = await session.get_one(Payable, link.object_id)
    if row.counterpart_id is None or row.currency is None or row.issued_at is None or row.total_amount is None:
        raise refused(
            "bill_incomplete",
            "The bill has no vendor, currency, date or total.",
            "Complete the bill; its validation lists what is missing.",
        )
    lines = list(
        await session.scalars(
            select(PayableLine).where(PayableLine.payable_id == row.id).order_by(PayableLine.position)
        )
    )
    drafted = tuple(_payable_line(line) for line in lines)
    if sum(line.net + line.tax for line in drafted) != row.total_amount:
        raise refused(
            "totals_disagree",
            "The bill's lines do not add up to its total.",
            "Correct the lines or the total; a discount of the whole bill must stand in its lines.",
            "total_amount",
        )
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


def _payable_line(line: PayableLine) -> DraftLine:
    net, tax = line.subtotal or 0, line.tax_amount or 0
    return DraftLine(
        description=line.description or line.name,
        quantity=line.quantity if line.quantity is not None else Decimal(1),
        unit_price=line.unit_price if line.unit_price is not None else net,
        net=net,
        tax=tax,
        tax_value=line.tax or 0,
        tax_rate_id=line.accounting_tax_rate_id,
        account_id=line.ledger_account_id,
    )


async def _counterpart(session: AsyncSession, link: Link) -> PartyDraft:
    row = await session.get_one(Counterpart, link.object_id)
    address = await session.scalar(
        select(CounterpartAddress)
        .where(CounterpartAddress.counterpart_id == row.id)
        .order_by((CounterpartAddress.id != row.default_billing_address_id), CounterpartAddress.created_at)
        .limit(1)
    )
    vat_id = await session.scalar(
        select(CounterpartVatId.value)
        .where(CounterpartVatId.counterpart_id == row.id)
        .order_by(CounterpartVatId.created_at)
        .limit(1)
    )
    return PartyDraft(
        id=row.id,
        version=1,
        is_customer=link.object_type == "customer",
        is_vendor=link.object_type == "vendor",
        name=row.name,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        phone=row.phone,
        tax_number=row.tax_id or vat_id,
        address=None
        if address is None
        else Address(
            line1=address.line1,
            line2=address.line2,
            city=address.city,
            state=address.state,
            postal_code=address.postal_code,
            country=address.country,
        ),
    )


async def _product(session: AsyncSession, link: Link, chart: Chart) -> ItemDraft:
    row = await session.get(Product, link.object_id)
    if row is None:
        stand_in = stand_in_draft(link.object_id, chart.accounts.values(), link.company_id)
        if stand_in is None:
            raise refused("product_missing", "There is no such product.", "Choose another product for the line.")
        return stand_in
    return ItemDraft(
        id=row.id,
        version=1,
        name=row.name,
        code=row.external_reference,
        description=row.description,
        unit_price=row.price_minor,
        currency=row.currency,
        account_id=row.ledger_account_id,
    )
