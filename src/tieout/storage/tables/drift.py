"""What of the books stopped being usable while something of an entity's uses it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tieout.storage.database import Table
from tieout.storage.types import UtcDateTime


class InactiveReference(Table):
    """A record of the books that was archived, or went, while it was in use: since when, and how it was called.

    It is forgotten once it can be used again. Whether something still uses it is asked when it is listed.
    """

    __tablename__ = "inactive_references"

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
