"""Matching: pairs that may be the same and wait for a decision, or had one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import Dated, OfEntity
from tieout.storage.types import Json, UtcDateTime


class MatchProposal(OfEntity, Dated, Table):
    """One of ours and one of the books that may be the same: `open`, `accepted`, `rejected`, or `closed` by itself.

    A rejected pair stays apart for good; a closed one may be proposed again. `object_name` and `external_name` are what
    people call the two. `evidence` lists what was compared. `suggested_name` is what ours would be called in the books
    where its own name is taken.
    """

    __tablename__ = "match_proposals"
    __table_args__ = (
        UniqueConstraint("company_id", "entity_id", "object_type", "object_id", "external_kind", "external_id"),
        Index("ix_match_proposals_listing", "entity_id", "created_at", "id"),
        Index("ix_match_proposals_score", "entity_id", "status", "score", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    object_type: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[UUID] = mapped_column(index=True)
    object_name: Mapped[str] = mapped_column(Text)
    external_kind: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(64))
    external_name: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10), default="open")
    reason: Mapped[str] = mapped_column(String(30))
    score: Mapped[int] = mapped_column()
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    suggested_name: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(100))
    ended_because: Mapped[str | None] = mapped_column(String(40))


class SnapshotKey(Table):
    """A word by which a record of the books is found among those that may be the same as one of ours.

    Only of what is in use there; written with the snapshot.
    """

    __tablename__ = "snapshot_keys"
    __table_args__ = (Index("ix_snapshot_keys_record", "company_id", "kind", "external_id"),)

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    external_id: Mapped[str] = mapped_column(String(64), primary_key=True)


class MatchNews(Table):
    """A record of the books whose keys have changed since it was last looked at for a match."""

    __tablename__ = "match_news"

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(64), primary_key=True)
