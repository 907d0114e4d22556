"""Work in progress: lanes, the write ledger, events, and the meter."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import Dated, OfEntity
from tieout.storage.types import Json, UtcDateTime

NOBODY: Final = UUID(int=0)
"""The partner of lanes that work for no partner."""
_WAITS: Final = text("due_at IS NOT NULL AND owner IS NULL AND paused_at IS NULL")
_IS_OWNED: Final = text("owner IS NOT NULL")
_IS_SHARED: Final = text("send_id IS NOT NULL")


class Lane(Table):
    """Work that must go on one piece after the other. The row is the queue; the claim on it keeps the lane single.

    `partner_id` is whose share of the workers it uses; what is nobody's has NOBODY's. `lease_until` counts from the
    start of the machine on SQLite.
    """

    __tablename__ = "lanes"
    __table_args__ = (
        Index("ix_lanes_due", "due_at", postgresql_where=_WAITS, sqlite_where=_WAITS),
        Index("ix_lanes_due_of", "kind", "partner_id", "due_at", postgresql_where=_WAITS, sqlite_where=_WAITS),
        Index("ix_lanes_owned", "lease_until", postgresql_where=_IS_OWNED, sqlite_where=_IS_OWNED),
    )

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    partner_id: Mapped[UUID] = mapped_column(default=NOBODY)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_because: Mapped[str | None] = mapped_column(Text)


class Intent(OfEntity, Dated, Table):
    """A write to the books, recorded before it is sent, with the exact request and everything that came of it.

    States: ready, sending, confirmed, refused, uncertain, cancelled. One intent per version of a record and operation.
    Sent in a batch, it names that by `send_id` with its `place` there; one that `goes_alone` is in no batch any more.
    What came of each try stands in its attempts (`storage.tables.writes`); `attempts` counts the sendings.
    `wish` is the link's count of wishes that this write fulfils, `agreed` what our side says once it is confirmed.
    """

    __tablename__ = "intents"
    __table_args__ = (
        UniqueConstraint("link_id", "operation", "object_version"),
        Index("ix_intents_open", "company_id", "state"),
        Index("ix_intents_listing", "company_id", "created_at", "id"),
        Index("ix_intents_send", "send_id", postgresql_where=_IS_SHARED, sqlite_where=_IS_SHARED),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    link_id: Mapped[UUID] = mapped_column(ForeignKey("links.id"), index=True)
    object_type: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[UUID] = mapped_column()
    object_version: Mapped[int] = mapped_column(default=1)
    operation: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="ready")
    key: Mapped[str] = mapped_column(String(128))
    method: Mapped[str] = mapped_column(String(10))
    path: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    planned: Mapped[bytes] = mapped_column(LargeBinary)
    wish: Mapped[int] = mapped_column(default=0)
    agreed: Mapped[dict[str, Any] | None] = mapped_column(Json)
    expected_postings: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    send_id: Mapped[UUID | None] = mapped_column(ForeignKey("sends.id"))
    place: Mapped[int | None] = mapped_column()
    goes_alone: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    attempts_noted: Mapped[int] = mapped_column(default=0)
    first_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolve_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    external_id: Mapped[str | None] = mapped_column(String(64))
    trace_id: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Event(OfEntity, Table):
    """Something that happened to a record, in the words of the API's webhooks."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_entity", "entity_id", "created_at", "id"),
        Index("ix_events_partner", "partner_id", "object_type", "created_at", "id"),
        Index("ix_events_created", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[UUID] = mapped_column()
    action: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MeterReading(Table):
    """Calls and bytes of one UTC day, by cause and kind.

    `subject_id` is the connection for whose sake they were made, or the app for those that belong to none, such as a
    trial of its keys. `calls` are all; of these some were refused by the platform, or not answered.
    """

    __tablename__ = "meter_readings"
    __table_args__ = (Index("ix_meter_readings_day", "day", "app_id"),)

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    app_id: Mapped[UUID] = mapped_column(ForeignKey("platform_apps.id"))
    calls: Mapped[int] = mapped_column(BigInteger, default=0)
    refused: Mapped[int] = mapped_column(BigInteger, default=0)
    unanswered: Mapped[int] = mapped_column(BigInteger, default=0)
    sent_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    received_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
