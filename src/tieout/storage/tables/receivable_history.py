"""What happened to invoices and credit notes, entry by entry, in the order in which it happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import OfEntity
from tieout.storage.types import Json, UtcDateTime


class ReceivableHistory(OfEntity, Table):
    """An entry of a receivable's history. `position` counts from one; `entity_user_id` is empty for the partner.

    `source` is partner or books: whose doing it was.
    """

    __tablename__ = "receivable_history"
    __table_args__ = (UniqueConstraint("receivable_id", "position", name="uq_receivable_history_position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    receivable_id: Mapped[UUID] = mapped_column(ForeignKey("receivables.id"))
    position: Mapped[int] = mapped_column()
    event_type: Mapped[str] = mapped_column(String(40))
    event_data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    entity_user_id: Mapped[UUID | None] = mapped_column()
    source: Mapped[str] = mapped_column(String(10), default="partner")
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
