"""Who may do what: partners, their API clients and tokens, their apps at the platforms, and what was done."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.people import EntityUser
from tieout.storage.types import Json, Sealed, UtcDateTime


class Partner(Table):
    """A software company that runs Tieout for its customers. `environment` chooses which of its apps are used.

    `brand_draft` is what a preview shows: it is seen by nobody else.
    """

    __tablename__ = "partners"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255))
    environment: Mapped[str] = mapped_column(String(20), default="production")
    brand: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    brand_draft: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiClient(Table):
    """Credentials of a partner's program: the id is public, of the secret only a hash is kept.

    `previous_secret_*` is the secret before the last rotation while it is good still. `secret_number` counts the
    secrets that the client has had. `last_used_at` is when it last got a token.
    """

    __tablename__ = "api_clients"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    secret_hash: Mapped[str] = mapped_column(String(64))
    secret_number: Mapped[int] = mapped_column(default=1)
    secret_created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    previous_secret_hash: Mapped[str | None] = mapped_column(String(64))
    previous_secret_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AccessToken(Table):
    """A token of the API, of a partner or of an entity user; the row holds its hash, never the token."""

    __tablename__ = "access_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("api_clients.id"), index=True)
    secret_number: Mapped[int] = mapped_column(default=1)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"))
    entity_user_id: Mapped[UUID | None] = mapped_column(ForeignKey(EntityUser.id))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PlatformApp(Table):
    """A partner's own app at a platform. Secrets are encrypted; `origin` is where a simulated platform stands.

    `previous_*` are the keys before the last rotation, while they are good still. `last_webhook_at` is when a webhook
    that one of them had signed came, to the minute.
    `calls_per_day` is what its tier allows for each company, `billed_calls_per_month` what it may cost; None where the
    platform's own figures hold.
    """

    __tablename__ = "platform_apps"
    __table_args__ = (UniqueConstraint("partner_id", "platform", "environment"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"))
    platform: Mapped[str] = mapped_column(String(40))
    environment: Mapped[str] = mapped_column(String(20))
    client_id: Mapped[str] = mapped_column(String(255))
    client_secret: Mapped[bytes] = mapped_column(Sealed)
    webhook_key: Mapped[bytes | None] = mapped_column(Sealed)
    previous_client_secret: Mapped[bytes | None] = mapped_column(Sealed)
    previous_webhook_key: Mapped[bytes | None] = mapped_column(Sealed)
    previous_keys_expire_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_webhook_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    origin: Mapped[str | None] = mapped_column(String(255))
    calls_per_day: Mapped[int | None] = mapped_column()
    billed_calls_per_month: Mapped[int | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Table):
    """One thing somebody did, chained to the entry before it so that a change shows."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint("partner_id", "number"),
        Index("ix_audit_entries_partner_subject", "partner_id", "subject_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"))
    number: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(100))
    subject_id: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    previous_hash: Mapped[str] = mapped_column(String(64))
    entry_hash: Mapped[str] = mapped_column(String(64))
