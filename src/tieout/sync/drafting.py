"""Drafting: loads a partner's record, and the chart it is mapped to, as plain values."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Address
from tieout.storage.tables.business import Counterpart, CounterpartAddress, CounterpartVatId, Entity, Product
from tieout.storage.tables.connections import Company, LedgerAccount, Link, TaxRate
from tieout.sync.accounting_defaults import default_bill_account_id
from tieout.sync.drafting_documents import draft_payable, draft_payable_credit_note, draft_receivable
from tieout.sync.drafting_payments import draft_allocation, draft_attachment, draft_payment
from tieout.sync.drafts import DocumentDraft, Draft, ItemDraft, PartyDraft
from tieout.sync.mapping import Chart, KnownAccount, KnownTaxRate, refused
from tieout.sync.naming import written_name
from tieout.sync.open_books import company_facts
from tieout.sync.stand_ins import stand_in_draft
from tieout.sync.tax_mappings import load_tax_mappings

ACCOUNTING_DEFAULTS = "accounting"


async def load_draft(session: AsyncSession, link: Link, company: Company, chart: Chart) -> Draft:  # noqa: PLR0911 - a table
    """The record that a link is about, as it stands; raises WriteRefused where it cannot be pushed as it is."""
    match link.object_type:
        case "receivable":
            return await draft_receivable(session, link, chart)
        case "bill":
            return await _with_country(session, await draft_payable(session, link), chart)
        case "payable_credit_note":
            return await _with_country(session, await draft_payable_credit_note(session, link), chart)
        case "customer" | "vendor":
            return await draft_party(session, link)
        case "product":
            return await draft_item(session, link, chart)
        case "payment_record":
            return await draft_payment(session, link, company, chart)
        case "credit_allocation":
            return await draft_allocation(session, link, company)
        case "attachment":
            return await draft_attachment(session, link)
        case other:
            raise refused(
                "push_not_built",
                f"Pushing a {other.replace('_', ' ')} is not built.",
                "Enter it in the books by hand; Tieout will find it there.",
            )


async def _with_country(session: AsyncSession, draft: Draft, chart: Chart) -> Draft:
    """A purchase with its vendor's country, where the entity maps taxes by countries."""
    if not isinstance(draft, DocumentDraft) or not any(each.country for each in chart.tax_mappings):
        return draft
    address = await _address_of(session, await session.get_one(Counterpart, draft.counterpart_id))
    return draft if address is None else replace(draft, country=address.country)


@dataclass(frozen=True, slots=True)
class Lists:
    """The accounts and tax rates of a company, as they were pulled."""

    accounts: dict[UUID, KnownAccount]
    tax_rates: list[KnownTaxRate]


async def load_lists(session: AsyncSession, company_id: UUID) -> Lists:
    """Accounts and tax rates of a company: they change only with a pull."""
    account = LedgerAccount
    accounts = await session.execute(
        select(account.id, account.external_id, account.name, account.status, account.type).where(
            account.company_id == company_id
        )
    )
    rates = await session.scalars(select(TaxRate).where(TaxRate.company_id == company_id).order_by(TaxRate.name))
    return Lists(
        accounts={
            id_: KnownAccount(id=id_, external_id=external_id, name=name, active=status == "Active", type=type_)
            for id_, external_id, name, status, type_ in accounts
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
                applies_to=None if row.applies_to is None else frozenset(row.applies_to),
            )
            for row in rates
        ],
    )


async def load_chart(session: AsyncSession, company_id: UUID, entity_id: UUID, lists: Lists | None = None) -> Chart:
    """Accounts and tax rates of a company, with the entity's defaults among them."""
    entity = await session.get_one(Entity, entity_id)
    defaults: dict[str, Any] = entity.settings.get(ACCOUNTING_DEFAULTS) or {}
    known = lists or await load_lists(session, company_id)
    account_ids = defaults.get("ledger_account_ids") or {}
    return Chart(
        accounts=known.accounts,
        tax_rates=known.tax_rates,
        default_sales_account_id=_uuid(account_ids.get("products")),
        default_bill_account_id=default_bill_account_id(entity.settings),
        payments_account_id=_uuid(account_ids.get("payments")),
        deductions_tax_id=_uuid((defaults.get("tax_ids") or {}).get("deductions")),
        tax_mappings=await load_tax_mappings(session, entity_id),
    )


async def load_whole_chart(
    session: AsyncSession, company: Company, entity_id: UUID, lists: Lists | None = None
) -> Chart:
    """The chart with what the company's own facts say of taxes; they must have been pulled."""
    facts = company_facts(company.facts or {})
    return replace(
        await load_chart(session, company.id, entity_id, lists),
        tax_is_computed_there=facts.tax_is_computed_there,
        taxes_purchases=facts.taxes_purchases,
    )


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None


async def _address_of(session: AsyncSession, row: Counterpart) -> CounterpartAddress | None:
    """A counterpart's billing address, or else its oldest."""
    address: CounterpartAddress | None = await session.scalar(
        select(CounterpartAddress)
        .where(CounterpartAddress.counterpart_id == row.id)
        .order_by((CounterpartAddress.id != row.default_billing_address_id), CounterpartAddress.created_at)
        .limit(1)
    )
    return address


async def draft_party(session: AsyncSession, link: Link) -> PartyDraft:
    """A counterpart in the role that the link is about, also one that was deleted: documents may name it still."""
    row = await session.get_one(Counterpart, link.object_id)
    address = await _address_of(session, row)
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
        name=written_name(link, row.name),
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


async def draft_item(session: AsyncSession, link: Link, chart: Chart) -> ItemDraft:
    """A product, or what stands in for one; raises WriteRefused."""
    row = await session.get(Product, link.object_id)
    if row is None:
        stand_in = stand_in_draft(link.object_id, chart.accounts.values(), link.company_id)
        if stand_in is None:
            raise refused("product_missing", "There is no such product.", "Choose another product for the line.")
        return stand_in
    return draft_of_product(row)


def draft_of_product(row: Product) -> ItemDraft:
    """A product of the catalogue."""
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
