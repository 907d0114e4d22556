"""Units of work that our own code fails at."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tieout.storage.database import Table
from tieout.storage.types import UtcDateTime


class UnitFault(Table):
    """One unit of a lane that failed by a fault of ours, `faults` times in a row: a pull, a comparison, a push.

    It is tried again at `retry_at`; parked when it has failed too often. The row goes when the unit goes well.
    """

    __tablename__ = "unit_faults"

    lane: Mapped[str] = mapped_column(String(80), primary_key=True)
    unit: Mapped[str] = mapped_column(String(80), primary_key=True)
    faults: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime] = mapped_column(UtcDateTime)
    parked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
