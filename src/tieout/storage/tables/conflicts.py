"""What the books and the partner say differently, and nobody has decided on yet."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import Dated, OfEntity
from tieout.storage.types import Json, UtcDateTime

OPEN = ("held", "decided")
_IS_OPEN = text("status IN ('held', 'decided')")


class Conflict(OfEntity, Dated, Table):
    """A record whose fields are held because both sides say something else; one at most of a link is open.

    `status` is held, decided (somebody has, the lane has not done it yet), resolved or vanished (both sides say the
    same again). `fields` holds each held field with its three values and why; `version` counts their changes.
    `decisions` names the side that is right for a field, with what it was decided about.
    """

    __tablename__ = "conflicts"
    __table_args__ = (
        Index("uq_conflicts_open", "link_id", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index("ix_conflicts_listing", "entity_id", "created_at", "id"),
        Index("ix_conflicts_object", "object_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    link_id: Mapped[UUID] = mapped_column(ForeignKey("links.id", ondelete="CASCADE"))
    object_type: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[UUID] = mapped_column()
    status: Mapped[str] = mapped_column(String(10), default="held")
    version: Mapped[int] = mapped_column(default=1)
    fields: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    decisions: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    decided_by: Mapped[str | None] = mapped_column(String(100))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
