"""What was done for a connection, and what became of it: the runs of its synchronisation, and its timeline."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import OfEntity
from tieout.storage.types import Json, UtcDateTime


class SyncRun(OfEntity, Table):
    """A series of turns of a company's lane, from the first work to rest.

    `goes_on` is set when a turn leaves the run to the next one. A run that is `running` without it belongs to a turn
    that is at work, or to one that died. `records`, `pushes` and `calls` count by kind, object type and cause.
    `is_quiet` says that it finished without having found or written anything.
    """

    __tablename__ = "sync_runs"
    __table_args__ = (
        Index("ix_sync_runs_listing", "connection_id", "started_at", "id"),
        Index("ix_sync_runs_company", "company_id", "started_at"),
        Index("ix_sync_runs_started", "started_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id"))
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    cause: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    goes_on: Mapped[bool] = mapped_column(default=False)
    is_quiet: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=1)
    records: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    pushes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    calls: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TimelineEntry(OfEntity, Table):
    """Something that befell a connection, with its reason and who did it. `number` tells what came after what."""

    __tablename__ = "timeline_entries"
    __table_args__ = (Index("ix_timeline_entries_listing", "connection_id", "number"),)

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id"))
    happened: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(100))
    message: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(100))
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
