"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, LargeBinary, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

DECIMAL_LENGTH_MAX = 64


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; a naive one is refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite keeps no zone, so it is left off there."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a moment without a time zone cannot be stored"
            raise ValueError(msg)
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware again, in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A Decimal with every digit it came with (SQLite has no decimal type, so both keep plain text).

    What is no number, or too long for the column, is refused on both.
    """

    impl = String(DECIMAL_LENGTH_MAX)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Plain digits, no exponent."""
        del dialect
        if value is None:
            return None
        if not value.is_finite():
            msg = f"{value} is no number that could be stored"
            raise ValueError(msg)
        text = format(value, "f")
        if len(text) > DECIMAL_LENGTH_MAX:
            msg = f"a number of {len(text)} characters cannot be stored, {DECIMAL_LENGTH_MAX} at most"
            raise ValueError(msg)
        return text

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """The Decimal that was stored."""
        del dialect
        return None if value is None else Decimal(value)


class Sealed(TypeDecorator[bytes]):
    """A secret as the vault sealed it, for the place `table.column:` and the last part of the row's key.

    Whoever rotates the vault's keys finds all of these columns by their type (`storage.sealed`).
    """

    impl = LargeBinary
    cache_ok = True


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
