"""What platforms' webhooks told of and no pull has read yet."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from tieout.storage.database import Table
from tieout.storage.types import UtcDateTime


class WebhookHint(Table):
    """That something happened to a record in the books, once for each record however often it was told.

    `subject` is the platform's word for the kind of record; an empty subject or id stands for any. `number` is that of
    the last delivery which told of it (`Company.hints_told` counts them): a pull that began before does not count as
    having read it. `happened_at` is when it happened last, if the platform said so.
    """

    __tablename__ = "webhook_hints"

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    happened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_gone: Mapped[bool] = mapped_column(default=False)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
