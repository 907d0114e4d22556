"""The partner's records: entities and what they sell, buy, owe and are owed. Amounts are whole minor units."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.types import ExactDecimal, Json, UtcDateTime

NAME_LENGTH_MAX = 511
"""A first and a last name of 255 characters each, and what stands between them."""


class Dated:
    """When a row was made and last changed."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OfPartner:
    """A row that belongs to a partner: it is read through a scope that names the partner."""

    @declared_attr
    @classmethod
    def partner_id(cls) -> Mapped[UUID]:
        """Whose row this is."""
        return mapped_column(ForeignKey("partners.id"))


class OfEntity(OfPartner):
    """A row that belongs to one entity of a partner."""

    @declared_attr
    @classmethod
    def entity_id(cls) -> Mapped[UUID]:
        """The entity within the partner."""
        return mapped_column(ForeignKey("entities.id"))


class MadeByUser:
    """A row that names the entity user who made it; none when a partner's program did.

    It is the own row of that user, where a role allows only what is one's own.
    """

    created_by_entity_user_id: Mapped[UUID | None] = mapped_column()


class Entity(OfPartner, Dated, Table):
    """A customer of the partner. `details` holds the organisation or individual; `settings` the entity's settings."""

    __tablename__ = "entities"
    __table_args__ = (
        Index("ix_entities_partner_created", "partner_id", "created_at", "id"),
        Index("ix_entities_partner_updated", "partner_id", "updated_at", "id"),
        Index("ix_entities_partner_email", "partner_id", "email"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    type: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default="active")
    email: Mapped[str | None] = mapped_column(String(320))
    phone: Mapped[str | None] = mapped_column(String(100))
    website: Mapped[str | None] = mapped_column(Text)
    tax_id: Mapped[str | None] = mapped_column(String(30))
    registration_number: Mapped[str | None] = mapped_column(String(100))
    registration_authority: Mapped[str | None] = mapped_column(String(100))
    address: Mapped[dict[str, Any]] = mapped_column(Json)
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    partner_metadata: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class MeasureUnit(OfEntity, Dated, Table):
    """What a product is counted in."""

    __tablename__ = "measure_units"
    __table_args__ = (Index("ix_measure_units_entity", "entity_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(String(200))


class Product(OfEntity, MadeByUser, Dated, Table):
    """A product or service of an entity's catalogue."""

    __tablename__ = "products"
    __table_args__ = (
        Index("ix_products_entity", "entity_id", "created_at", "id"),
        Index("ix_products_updated", "entity_id", "updated_at"),
        Index("ix_products_name", "entity_id", "name", "id"),
        Index("ix_products_measure_unit", "measure_unit_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    type: Mapped[str] = mapped_column(String(20), default="product")
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(String(2000))
    price_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    smallest_amount: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    measure_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("measure_units.id"))
    ledger_account_id: Mapped[UUID | None] = mapped_column()
    external_reference: Mapped[str | None] = mapped_column(String(255))
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Counterpart(OfEntity, MadeByUser, Dated, Table):
    """Somebody an entity trades with. `name` is the legal name, or first and last name together."""

    __tablename__ = "counterparts"
    __table_args__ = (
        Index("ix_counterparts_entity", "entity_id", "created_at", "id"),
        Index("ix_counterparts_updated", "entity_id", "updated_at"),
        Index("ix_counterparts_name", "entity_id", "name", "id"),
        Index("ix_counterparts_email", "entity_id", "email"),
        Index("ix_counterparts_tax_id", "entity_id", "tax_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    type: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH_MAX))
    first_name: Mapped[str | None] = mapped_column(String(255))
    last_name: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(100))
    email: Mapped[str | None] = mapped_column(String(320))
    phone: Mapped[str | None] = mapped_column(String(100))
    is_customer: Mapped[bool] = mapped_column()
    is_vendor: Mapped[bool] = mapped_column()
    tax_id: Mapped[str | None] = mapped_column(String(30))
    language: Mapped[str] = mapped_column(String(10), default="en")
    reminders_enabled: Mapped[bool] = mapped_column(default=True)
    external_reference: Mapped[str | None] = mapped_column(String(255))
    default_billing_address_id: Mapped[UUID | None] = mapped_column()
    default_shipping_address_id: Mapped[UUID | None] = mapped_column()
    partner_metadata: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CounterpartAddress(OfEntity, Dated, Table):
    """A postal address of a counterpart."""

    __tablename__ = "counterpart_addresses"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    counterpart_id: Mapped[UUID] = mapped_column(ForeignKey("counterparts.id"), index=True)
    line1: Mapped[str] = mapped_column(String(255))
    line2: Mapped[str | None] = mapped_column(String(255))
    city: Mapped[str] = mapped_column(String(255))
    state: Mapped[str | None] = mapped_column(String(100))
    postal_code: Mapped[str] = mapped_column(String(20))
    country: Mapped[str] = mapped_column(String(2))


class CounterpartContact(OfEntity, Dated, Table):
    """A person at a counterpart."""

    __tablename__ = "counterpart_contacts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    counterpart_id: Mapped[UUID] = mapped_column(ForeignKey("counterparts.id"), index=True)
    first_name: Mapped[str] = mapped_column(String(255))
    last_name: Mapped[str] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(100))
    email: Mapped[str | None] = mapped_column(String(320))
    phone: Mapped[str | None] = mapped_column(String(100))
    is_default: Mapped[bool] = mapped_column(default=False)
    address: Mapped[dict[str, Any]] = mapped_column(Json)


class CounterpartVatId(OfEntity, MadeByUser, Dated, Table):
    """A tax number of a counterpart in one country."""

    __tablename__ = "counterpart_vat_ids"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    counterpart_id: Mapped[UUID] = mapped_column(ForeignKey("counterparts.id"), index=True)
    type: Mapped[str] = mapped_column(String(40), default="unknown")
    value: Mapped[str] = mapped_column(String(32))
    country: Mapped[str | None] = mapped_column(String(2))


class Receivable(OfEntity, MadeByUser, Dated, Table):
    """An invoice or credit note of an entity.

    `content` holds what is only stored and shown; `version` counts changes, `history_size` the entries of its history;
    `created_by_entity_user_id` is empty for what the partner made.
    """

    __tablename__ = "receivables"
    __table_args__ = (
        Index("ix_receivables_entity", "entity_id", "created_at", "id"),
        Index("ix_receivables_type", "entity_id", "type", "created_at", "id"),
        Index("ix_receivables_status", "entity_id", "status", "created_at", "id"),
        Index("ix_receivables_counterpart", "entity_id", "counterpart_id", "created_at", "id"),
        Index("ix_receivables_counterpart_name", "entity_id", "counterpart_name", "id"),
        Index("ix_receivables_total", "entity_id", "total_amount", "id"),
        Index("ix_receivables_discounted", "entity_id", "discounted_subtotal", "id"),
        Index("ix_receivables_due", "entity_id", "due_date", "id"),
        Index("ix_receivables_issued", "entity_id", "issue_date", "id"),
        Index("ix_receivables_number", "entity_id", "document_id", "created_at", "id"),
        Index("ix_receivables_based_on", "based_on"),
        Index(
            "uq_receivables_document_id",
            "entity_id",
            "type",
            "document_id",
            unique=True,
            sqlite_where=text("document_id IS NOT NULL AND deleted_at IS NULL"),
            postgresql_where=text("document_id IS NOT NULL AND deleted_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    type: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default="draft")
    version: Mapped[int] = mapped_column(default=1)
    document_id: Mapped[str | None] = mapped_column(String(100))
    currency: Mapped[str] = mapped_column(String(3))
    counterpart_id: Mapped[UUID] = mapped_column(ForeignKey("counterparts.id"))
    counterpart_name: Mapped[str] = mapped_column(String(NAME_LENGTH_MAX), default="")
    based_on: Mapped[UUID | None] = mapped_column()
    vat_mode: Mapped[str] = mapped_column(String(10), default="exclusive")
    discount: Mapped[dict[str, Any] | None] = mapped_column(Json)
    memo: Mapped[str | None] = mapped_column(Text)
    issue_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issued_on: Mapped[date | None] = mapped_column()
    due_date: Mapped[date | None] = mapped_column()
    fulfillment_date: Mapped[date | None] = mapped_column()
    subtotal: Mapped[int] = mapped_column(BigInteger, default=0)
    discounted_subtotal: Mapped[int] = mapped_column(BigInteger, default=0)
    total_vat_amount: Mapped[int] = mapped_column(BigInteger, default=0)
    total_amount: Mapped[int] = mapped_column(BigInteger, default=0)
    amount_paid: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by_entity_user_id: Mapped[UUID | None] = mapped_column()
    history_size: Mapped[int] = mapped_column(default=0)
    content: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReceivableLine(OfEntity, Table):
    """A line of a receivable. `product` is the product as it was when the line was written; rates are percent x 100.

    `exact_rate` is set where the rate has more digits than the contract's whole number holds (8.875 % is 887.5). A line
    of a credit note names the invoice's line that it takes back in `based_on_line_id`.
    """

    __tablename__ = "receivable_lines"
    __table_args__ = (Index("ix_receivable_lines_product", "product_id", "receivable_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    receivable_id: Mapped[UUID] = mapped_column(ForeignKey("receivables.id"), index=True)
    position: Mapped[int] = mapped_column()
    product_id: Mapped[UUID | None] = mapped_column()
    based_on_line_id: Mapped[UUID | None] = mapped_column()
    product: Mapped[dict[str, Any]] = mapped_column(Json)
    quantity: Mapped[Decimal] = mapped_column(ExactDecimal)
    price_minor: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[dict[str, Any] | None] = mapped_column(Json)
    tax_rate_value: Mapped[int] = mapped_column()
    exact_rate: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    tax_rate_name: Mapped[str | None] = mapped_column(String(64))
    accounting_tax_rate_id: Mapped[UUID | None] = mapped_column()
    vat_rate_id: Mapped[UUID | None] = mapped_column()
    total_before_vat: Mapped[int] = mapped_column(BigInteger)
    total_after_vat: Mapped[int] = mapped_column(BigInteger)


class Payable(OfEntity, MadeByUser, Dated, Table):
    """A bill that an entity received. `content` holds what is only stored and shown; `version` counts changes."""

    __tablename__ = "payables"
    __table_args__ = (
        Index("ix_payables_entity", "entity_id", "created_at", "id"),
        Index("ix_payables_issued", "entity_id", "issued_at", "id"),
        Index("ix_payables_status", "entity_id", "status", "created_at", "id"),
        Index("ix_payables_due", "entity_id", "due_date"),
        Index("ix_payables_document_id", "entity_id", "document_id"),
        Index("ix_payables_counterpart", "counterpart_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    status: Mapped[str] = mapped_column(String(30), default="draft")
    version: Mapped[int] = mapped_column(default=1)
    document_id: Mapped[str | None] = mapped_column(String(255))
    currency: Mapped[str | None] = mapped_column(String(3))
    counterpart_id: Mapped[UUID | None] = mapped_column(ForeignKey("counterparts.id"))
    counterpart_address_id: Mapped[UUID | None] = mapped_column()
    description: Mapped[str | None] = mapped_column(String(255))
    issued_at: Mapped[date | None] = mapped_column()
    due_date: Mapped[date | None] = mapped_column()
    subtotal: Mapped[int | None] = mapped_column(BigInteger)
    discount: Mapped[int | None] = mapped_column(BigInteger)
    tax: Mapped[int | None] = mapped_column()
    tax_amount: Mapped[int | None] = mapped_column(BigInteger)
    total_amount: Mapped[int | None] = mapped_column(BigInteger)
    amount_paid: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    file_id: Mapped[UUID | None] = mapped_column()
    content: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PayableLine(OfEntity, Dated, Table):
    """A line of a payable. `tax` is percent x 100; amounts are minor units."""

    __tablename__ = "payable_lines"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    payable_id: Mapped[UUID] = mapped_column(ForeignKey("payables.id"), index=True)
    position: Mapped[int] = mapped_column()
    name: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    unit: Mapped[str | None] = mapped_column(String(100))
    quantity: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    unit_price: Mapped[int | None] = mapped_column(BigInteger)
    subtotal: Mapped[int | None] = mapped_column(BigInteger)
    tax: Mapped[int | None] = mapped_column()
    tax_amount: Mapped[int | None] = mapped_column(BigInteger)
    total: Mapped[int | None] = mapped_column(BigInteger)
    ledger_account_id: Mapped[UUID | None] = mapped_column()
    accounting_tax_rate_id: Mapped[UUID | None] = mapped_column()
    created_by_entity_user_id: Mapped[UUID | None] = mapped_column()


class PaymentRecord(OfEntity, MadeByUser, Dated, Table):
    """Money that settled part of a receivable or payable. Amounts are in the document's currency.

    `source` is `partner` or `books`. `company_id` and `external_id` name the payment in the books, if it is there; one
    payment there may settle several documents. `history` holds each status with its moment and who entered it;
    `entity_user_id` is the user whom the payment is about, who need not be the one who told of it.
    """

    __tablename__ = "payment_records"
    __table_args__ = (
        Index("ix_payment_records_entity", "entity_id", "created_at", "id"),
        Index("ix_payment_records_object", "object_type", "object_id"),
        Index(
            "uq_payment_records_external",
            "company_id",
            "external_id",
            "object_type",
            "object_id",
            unique=True,
            sqlite_where=text("external_id IS NOT NULL"),
            postgresql_where=text("external_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    object_type: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[UUID] = mapped_column()
    amount: Mapped[int] = mapped_column(BigInteger)
    overpaid_amount: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(20), default="succeeded")
    old_status: Mapped[str] = mapped_column(String(30), default="")
    new_status: Mapped[str] = mapped_column(String(30), default="")
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    planned_payment_date: Mapped[date | None] = mapped_column()
    payment_method: Mapped[str | None] = mapped_column(String(100))
    payment_intent_id: Mapped[UUID | None] = mapped_column()
    payment_intent_status: Mapped[str | None] = mapped_column(String(100))
    entity_user_id: Mapped[UUID | None] = mapped_column()
    history: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    source: Mapped[str] = mapped_column(String(10), default="partner")
    company_id: Mapped[UUID | None] = mapped_column()
    external_id: Mapped[str | None] = mapped_column(String(100))
