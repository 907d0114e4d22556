"""Answers that are kept so that a repeated call gets them again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tieout.storage.database import Table
from tieout.storage.types import Sealed, UtcDateTime


class KeptAnswer(Table):
    """The answer to a partner's call under an `Idempotency-Key`, written in the transaction of what the call did.

    Without `status` the call is still going on (in a transaction that others cannot see). `body` is encrypted; it is
    empty where the answer held a secret, which is told only once.
    """

    __tablename__ = "kept_answers"
    __table_args__ = (
        Index("ix_kept_answers_age", "partner_id", "created_at"),
        Index("ix_kept_answers_created", "created_at"),
    )

    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column()
    body: Mapped[bytes | None] = mapped_column(Sealed)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
