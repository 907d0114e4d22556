"""What vendors credit to an entity: credit notes and their lines. Amounts are whole minor units."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import Dated, MadeByUser, OfEntity
from tieout.storage.types import ExactDecimal, Json, UtcDateTime

QUANTITY_ORDER_LENGTH = 20


class PayableCreditNote(OfEntity, MadeByUser, Dated, Table):
    """A credit note of a vendor; `based_on` is the bill that it credits.

    `content` holds what is only stored and shown, and the amounts as stated; `version` counts changes, `approved_at` is
    when the credit began to count, for the books too.
    """

    __tablename__ = "payable_credit_notes"
    __table_args__ = (
        Index("ix_payable_credit_notes_entity", "entity_id", "created_at", "id"),
        Index("ix_payable_credit_notes_based_on", "based_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    status: Mapped[str] = mapped_column(String(30), default="draft")
    version: Mapped[int] = mapped_column(default=1)
    document_id: Mapped[str | None] = mapped_column(String(255))
    currency: Mapped[str | None] = mapped_column(String(3))
    based_on: Mapped[UUID | None] = mapped_column(ForeignKey("payables.id"))
    based_on_document_id: Mapped[str | None] = mapped_column(String(255))
    counterpart_id: Mapped[UUID | None] = mapped_column(ForeignKey("counterparts.id"))
    counterpart_address_id: Mapped[UUID | None] = mapped_column()
    description: Mapped[str | None] = mapped_column(String(255))
    sender: Mapped[str | None] = mapped_column(String(255))
    issued_at: Mapped[date | None] = mapped_column()
    subtotal: Mapped[int | None] = mapped_column(BigInteger)
    tax: Mapped[int | None] = mapped_column()
    tax_amount: Mapped[int | None] = mapped_column(BigInteger)
    total_amount: Mapped[int | None] = mapped_column(BigInteger)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PayableCreditNoteLine(OfEntity, MadeByUser, Dated, Table):
    """A line of a vendor's credit note. `tax` is percent x 100.

    `quantity_order` is the quantity as digits of fixed length, which compare as text like the numbers themselves.
    """

    __tablename__ = "payable_credit_note_lines"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    credit_note_id: Mapped[UUID] = mapped_column(ForeignKey("payable_credit_notes.id"), index=True)
    position: Mapped[int] = mapped_column()
    name: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    unit: Mapped[str | None] = mapped_column(String(100))
    quantity: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    quantity_order: Mapped[str | None] = mapped_column(String(QUANTITY_ORDER_LENGTH))
    unit_price: Mapped[int | None] = mapped_column(BigInteger)
    subtotal: Mapped[int | None] = mapped_column(BigInteger)
    tax: Mapped[int | None] = mapped_column()
    tax_amount: Mapped[int | None] = mapped_column(BigInteger)
    total: Mapped[int | None] = mapped_column(BigInteger)
