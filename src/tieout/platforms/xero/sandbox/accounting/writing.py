"""What every write is told, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.elements import InvalidError
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Row
from tieout.platforms.xero.sandbox.wire import CENT


@dataclass(frozen=True, slots=True)
class Writing:
    """One write request. `target` is the record that its address names; `may_update` is false for PUT."""

    organisation: Organisation
    app_id: str | None
    may_update: bool
    at: datetime
    target: Row | None = None
    unit_places: Decimal = CENT


@dataclass(frozen=True, slots=True)
class Written:
    """A record that was written, with what Xero warns about."""

    row: Row
    warnings: tuple[str, ...] = ()
    overlay: Mapping[str, Any] = field(default_factory=dict)
    """Properties in which this answer differs from what a later read shows."""


def check_locks(organisation: Organisation, *days: date) -> None:
    """Refuse what is dated on or before a lock date (organisation page)."""
    for lock, name in ((organisation.period_lock, "period"), (organisation.year_end_lock, "end of year")):
        if lock is not None and any(day <= lock for day in days):
            raise InvalidError(f"The document date cannot be before the {name} lock date of {lock.day} {lock:%B %Y}")


def check_length(name: str, text: str | None, length_max: int) -> None:
    """Refuse a text that is too long for its field."""
    if text is not None and len(text) > length_max:
        raise InvalidError(f"The {name} field must be no longer than {length_max} characters")
