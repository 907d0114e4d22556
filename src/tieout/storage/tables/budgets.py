"""How far the platforms' limits on calls are used up: one row for each company, and one for each app."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from tieout.storage.database import Table
from tieout.storage.types import Json, UtcDateTime


class RateBudget(Table):
    """The state of `engine.budgets` for a scope: `company:{id}`, owned by its lane, or `app:{id}`, leased in chunks."""

    __tablename__ = "rate_budgets"

    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
