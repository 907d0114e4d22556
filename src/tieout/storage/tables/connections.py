"""Grants, companies and connections, and what is known of the books.

Snapshots, their chart and rates, and links to ours. Words that a platform chooses have no length here: PostgreSQL would
refuse a longer one, and with it a whole page of the books.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import Dated, OfEntity, OfPartner
from tieout.storage.types import ExactDecimal, Json, Sealed, UtcDateTime

_CHANGED_THERE = text("changed_there_at IS NOT NULL")


class Grant(OfPartner, Dated, Table):
    """One consent of one person. Tokens are encrypted. Refreshing is owned by compare-and-set on this row.

    An unused refresh token lapses at `refresh_expires_at`; at `ends_at` the platform ends the grant whatever is done,
    which was foretold last at `foretold_at`.
    `spare_refresh_token` came in an answer that was overtaken by a newer one.
    """

    __tablename__ = "grants"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    app_id: Mapped[UUID] = mapped_column(ForeignKey("platform_apps.id"), index=True)
    platform_user_id: Mapped[str | None] = mapped_column(String(64))
    access_token: Mapped[bytes] = mapped_column(Sealed)
    refresh_token: Mapped[bytes] = mapped_column(Sealed)
    spare_refresh_token: Mapped[bytes | None] = mapped_column(Sealed)
    access_expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    refresh_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scopes: Mapped[list[str]] = mapped_column(Json, default=list)
    refreshed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    generation: Mapped[int] = mapped_column(default=1)
    refresh_owner: Mapped[str | None] = mapped_column(String(64))
    refresh_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    foretold_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(String(100))


class Company(OfPartner, Dated, Table):
    """A company's books at a platform, as reached through one app of the partner. It survives a disconnect.

    `pull_cause` says who made the next pull due; None when only time did. `webhooks_expected_at` is since when the
    platform tells of changes here, `webhook_missed_at` when a pull last found one that it had not told of, and
    `webhooks_doubted_at` when they were last said not to work.
    `hints_told` counts the webhooks that told of something to read, `hints_due_at` is when that is to be read, and
    `hints_read_to` the number of the last that the pull under way reads. `hinted_at` is when webhooks last led a pull.
    `troubles_in_row` counts the turns that ended in trouble since a pull last ended well.
    """

    __tablename__ = "companies"
    __table_args__ = (UniqueConstraint("app_id", "external_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    app_id: Mapped[UUID] = mapped_column(ForeignKey("platform_apps.id"))
    platform: Mapped[str] = mapped_column(String(40))
    environment: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any] | None] = mapped_column(Json)
    grant_id: Mapped[UUID | None] = mapped_column(ForeignKey("grants.id"))
    platform_connection_id: Mapped[str | None] = mapped_column(String(64))
    cursor: Mapped[str | None] = mapped_column(Text)
    pull_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pull_cause: Mapped[str | None] = mapped_column(String(20))
    pull_started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_pulled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_pulled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    progress: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    webhooks_expected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_webhook_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    webhook_missed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    webhooks_doubted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hints_told: Mapped[int] = mapped_column(BigInteger, default=0)
    hints_read_to: Mapped[int | None] = mapped_column(BigInteger)
    hints_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hinted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    troubles_in_row: Mapped[int] = mapped_column(default=0)
    tie_out_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tie_out: Mapped[dict[str, Any] | None] = mapped_column(Json)
    news: Mapped[dict[str, Any] | None] = mapped_column(Json)


class Connection(OfEntity, Dated, Table):
    """An entity's connection to its books. At most one of an entity, and of a company, is not disconnected.

    `matched_at` is when both sides were last compared: from then on only what changed on either is.
    """

    __tablename__ = "connections"
    __table_args__ = (
        Index(
            "uq_connections_entity_active",
            "entity_id",
            unique=True,
            sqlite_where=text("status != 'disconnected'"),
            postgresql_where=text("status != 'disconnected'"),
        ),
        Index(
            "uq_connections_company_active",
            "company_id",
            unique=True,
            sqlite_where=text("status != 'disconnected' AND company_id IS NOT NULL"),
            postgresql_where=text("status != 'disconnected' AND company_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    status: Mapped[str] = mapped_column(String(20), default="pending_auth")
    link_epoch: Mapped[int] = mapped_column(default=1)
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"))
    connected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(String(100))
    errors: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    matched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Consent(OfPartner, Table):
    """A visit to a platform's consent page: begun when the person leaves, used once when they come back.

    `state_hash` is of the OAuth state, `browser_hash` of the cookie that binds it to one browser. When several
    companies
    were consented to, `choices` waits for the person to pick one. Whoever comes back gets a link that ends with the one
    they left by, at `link_expires_at`: a visit renews nothing.
    """

    __tablename__ = "consents"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id"), index=True)
    app_id: Mapped[UUID] = mapped_column(ForeignKey("platform_apps.id"))
    platform: Mapped[str] = mapped_column(String(40))
    verifier: Mapped[bytes] = mapped_column(Sealed)
    grant_id: Mapped[UUID | None] = mapped_column(ForeignKey("grants.id"))
    choices: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    link_expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Snapshot(Table):
    """The last seen state of a record in the books: raw as the platform sent it, and canonical (JSON)."""

    __tablename__ = "snapshots"
    __table_args__ = (
        Index(
            "ix_snapshots_listing",
            "company_id",
            "kind",
            "first_seen_at",
            "external_id",
            sqlite_where=text("gone_at IS NULL AND canonical IS NOT NULL"),
            postgresql_where=text("gone_at IS NULL AND canonical IS NOT NULL"),
        ),
        Index(
            "ix_snapshots_untranslated",
            "company_id",
            "kind",
            "external_id",
            sqlite_where=text("gone_at IS NULL AND untranslated IS NOT NULL"),
            postgresql_where=text("gone_at IS NULL AND untranslated IS NOT NULL"),
        ),
    )

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version_token: Mapped[str | None] = mapped_column(String(64))
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    canonical: Mapped[bytes | None] = mapped_column(LargeBinary)
    untranslated: Mapped[str | None] = mapped_column(Text)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LedgerAccount(Table):
    """An account of a company's chart, with the id that our API shows (derived from company and external id)."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("company_id", "external_id"),
        Index("ix_ledger_accounts_listing", "company_id", "name", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    external_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(String(20))
    subtype: Mapped[str | None] = mapped_column(Text)
    nominal_code: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    currency: Mapped[str | None] = mapped_column(String(3))
    current_balance: Mapped[int | None] = mapped_column(BigInteger)
    is_bank_account: Mapped[bool] = mapped_column()
    takes_payments: Mapped[bool] = mapped_column()
    status: Mapped[str] = mapped_column(String(20))


class TaxRate(Table):
    """A tax rate of a company, with the id that our API shows. Rates are in percent.

    `applies_to` are the types of ledger accounts that its lines may name; None for all.
    """

    __tablename__ = "tax_rates"
    __table_args__ = (
        UniqueConstraint("company_id", "external_id"),
        Index("ix_tax_rates_listing", "company_id", "name", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    external_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    effective_rate: Mapped[Decimal] = mapped_column(ExactDecimal)
    total_rate: Mapped[Decimal] = mapped_column(ExactDecimal)
    components: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    on_sales: Mapped[bool] = mapped_column()
    on_purchases: Mapped[bool] = mapped_column()
    applies_to: Mapped[list[str] | None] = mapped_column(Json)


class Link(OfEntity, Dated, Table):
    """Ours and theirs, with why they are taken for the same: the API's synced record.

    `push_wanted_at` is set while our side has something that the books do not have yet; `wishes` counts how often that
    was said, so that what is wanted while a write is on its way is not forgotten. `base` is the canonical record of the
    books, and `agreed` what our own said, as both sides last agreed. `part_of` is the link of the document that an
    allocation or a file belongs to. `cure` says what may cure a refusal (`sync.curing`). `changed_there_at` is set
    while the books have something of it that was not compared with ours yet; `held` says which fields await a decision.
    `renamed` says what a counterpart is called in the books instead, while its name there is another's.
    """

    __tablename__ = "links"
    __table_args__ = (
        UniqueConstraint("company_id", "entity_id", "object_type", "object_id"),
        Index(
            "uq_links_external",
            "company_id",
            "entity_id",
            "object_type",
            "external_id",
            unique=True,
            sqlite_where=text("external_id IS NOT NULL"),
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index("ix_links_listing", "entity_id", "object_type", "created_at", "id"),
        Index("ix_links_listing_updated", "entity_id", "object_type", "updated_at", "id"),
        Index("ix_links_progress", "company_id", "created_at"),
        Index("ix_links_status", "entity_id", "sync_status", "object_type", "created_at", "id"),
        Index("ix_links_wanted", "company_id", "push_wanted_at"),
        Index("ix_links_part_of", "part_of"),
        Index("ix_links_changed_there", "company_id", sqlite_where=_CHANGED_THERE, postgresql_where=_CHANGED_THERE),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    object_type: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[UUID] = mapped_column(index=True)
    object_updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    external_kind: Mapped[str | None] = mapped_column(String(20))
    external_id: Mapped[str | None] = mapped_column(String(64))
    external_version: Mapped[str | None] = mapped_column(String(64))
    external_updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    matched_by: Mapped[str | None] = mapped_column(String(40))
    evidence: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    base: Mapped[bytes | None] = mapped_column(LargeBinary)
    sync_status: Mapped[str] = mapped_column(String(10), default="pending")
    errors: Mapped[dict[str, Any] | None] = mapped_column(Json)
    cure: Mapped[dict[str, Any] | None] = mapped_column(Json)
    agreed: Mapped[dict[str, Any] | None] = mapped_column(Json)
    held: Mapped[dict[str, Any] | None] = mapped_column(Json)
    changed_there_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    renamed: Mapped[dict[str, Any] | None] = mapped_column(Json)
    push_wanted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wishes: Mapped[int] = mapped_column(default=0)
    part_of: Mapped[UUID | None] = mapped_column()
    last_pulled_at: Mapped[datetime] = mapped_column(UtcDateTime)
