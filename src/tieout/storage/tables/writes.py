"""The evidence of writes: every attempt of an intent, and requests that an intent shares or no longer holds."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import OfEntity
from tieout.storage.types import Json, UtcDateTime

_IS_BESIDE: Final = text("outcome NOT IN ('carried_out', 'found')")
"""Of what does not say itself that the write is in the books."""


class Send(OfEntity, Table):
    """An exact request under one key that stands in no intent: a batch of several, or one that was replaced later.

    `reason` is batch, changed (the record was planned anew) or absent (surely not carried out, so sent under a new
    key). The answer is kept here for batches; what came of each of their intents stands in its attempts. Of a file
    only what identifies it is kept, as `file`.
    """

    __tablename__ = "sends"
    __table_args__ = (UniqueConstraint("company_id", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    reason: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(128))
    method: Mapped[str] = mapped_column(String(10))
    path: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    file: Mapped[dict[str, Any] | None] = mapped_column(Json)
    size: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer_status: Mapped[int | None] = mapped_column()
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    trace_id: Mapped[str | None] = mapped_column(Text)


class IntentAttempt(OfEntity, Table):
    """What once was done about an intent: the call that sent it, or the looking that followed. Never changed.

    `act` is sent or looked_up, `outcome` one of `sync.attempts.Outcome`. It was sent under `key`: with the request of
    the intent, or else that of the send of this key, where it stood at `place`. `ended_at` is None where nobody lived
    to see the end.
    """

    __tablename__ = "intent_attempts"
    __table_args__ = (
        UniqueConstraint("intent_id", "number"),
        Index("ix_intent_attempts_key", "key"),
        Index("ix_intent_attempts_beside", "began_at", postgresql_where=_IS_BESIDE, sqlite_where=_IS_BESIDE),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    intent_id: Mapped[UUID] = mapped_column(ForeignKey("intents.id"))
    number: Mapped[int] = mapped_column()
    act: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(128))
    place: Mapped[int | None] = mapped_column()
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(20))
    answer_status: Mapped[int | None] = mapped_column()
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    trace_id: Mapped[str | None] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    refusal: Mapped[dict[str, Any] | None] = mapped_column(Json)
