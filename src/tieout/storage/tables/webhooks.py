"""Webhooks to partners: what they subscribed to, what is to be delivered, and what they asked to have again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import Dated, OfEntity, OfPartner
from tieout.storage.types import Json, Sealed, UtcDateTime

_WAITS = text("state = 'waiting'")
WAITING = literal_column("'waiting'", String)
"""The state of a delivery to come; written out in a statement, since only then its indexes are used."""


class WebhookSubscription(OfPartner, Dated, Table):
    """An endpoint of a partner and the events it wants; no `event_types` are all of the object type.

    `last_number` numbers its deliveries in the order of their commits. `failing_since` is the first failure since the
    last success.
    """

    __tablename__ = "webhook_subscriptions"
    __table_args__ = (Index("ix_webhook_subscriptions_partner", "partner_id", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    object_type: Mapped[str] = mapped_column(String(40))
    event_types: Mapped[list[str]] = mapped_column(Json, default=list)
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes] = mapped_column(Sealed)
    status: Mapped[str] = mapped_column(String(10), default="enabled")
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_reason: Mapped[str | None] = mapped_column(String(40))
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures_in_row: Mapped[int] = mapped_column(default=0)
    rest_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failure: Mapped[str | None] = mapped_column(Text)
    last_number: Mapped[int] = mapped_column(BigInteger, default=0)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookDelivery(OfEntity, Dated, Table):
    """One event for one subscription, from the commit of the change on.

    States: waiting, delivered, failed. `number` orders those of a subscription; `attempts` counts since it was last
    begun anew, `requests_made_count` all there were.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("subscription_id", "event_id"),
        Index("ix_webhook_deliveries_entity", "entity_id", "created_at", "id"),
        Index("ix_webhook_deliveries_created", "created_at"),
        Index(
            "ix_webhook_deliveries_waiting",
            "subscription_id",
            "number",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
        Index(
            "ix_webhook_deliveries_waiting_object",
            "subscription_id",
            "object_id",
            "number",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_subscriptions.id"))
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"), index=True)
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[UUID] = mapped_column()
    action: Mapped[str] = mapped_column(String(60))
    number: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    requests_made_count: Mapped[int] = mapped_column(default=0)
    url: Mapped[str] = mapped_column(Text)
    response: Mapped[str | None] = mapped_column(Text)
    response_status_code: Mapped[int | None] = mapped_column()
    was_successful: Mapped[bool | None] = mapped_column()
    failure: Mapped[str | None] = mapped_column(Text)


class WebhookReplay(OfPartner, Dated, Table):
    """A range of events that one subscription is to get again; `position` is the last event that was put in line."""

    __tablename__ = "webhook_replays"
    __table_args__ = (Index("ix_webhook_replays_subscription", "subscription_id", "finished_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_subscriptions.id"))
    entity_id: Mapped[UUID | None] = mapped_column(ForeignKey("entities.id"))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_undelivered_only: Mapped[bool] = mapped_column(default=False)
    position: Mapped[dict[str, Any] | None] = mapped_column(Json)
    events_count: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
