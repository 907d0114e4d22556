"""What happened to payables, in the words of the contract's history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import OfEntity
from tieout.storage.types import Json, UtcDateTime


class PayableHistory(OfEntity, Table):
    """One event of a payable. No two events of a payable have the same moment, so that their order is certain.

    `source` is partner or books: whose doing it was.
    """

    __tablename__ = "payable_history"
    __table_args__ = (Index("uq_payable_history_moment", "payable_id", "occurred_at", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    payable_id: Mapped[UUID] = mapped_column(ForeignKey("payables.id"))
    event_type: Mapped[str] = mapped_column(String(30))
    event_data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    entity_user_id: Mapped[UUID | None] = mapped_column()
    source: Mapped[str] = mapped_column(String(10), default="partner")
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
