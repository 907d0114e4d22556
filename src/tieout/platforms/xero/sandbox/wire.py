"""Xero's dialect of JSON: `/Date(ms)/`, fixed-scale numbers, escaped slashes. Source: requests-and-responses page."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

CENT = Decimal("0.01")
QUARTER_CENT = Decimal("0.0001")
RATE = Decimal("0.000001")
ZERO = Decimal("0.00")
ZERO_ID = "00000000-0000-0000-0000-000000000000"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_MIN = 1753
"""The first year of a calendar date: no database of the platform's kind holds an earlier one."""
DIGITS_MAX = 18
"""The most digits before the point of a number that is accepted."""

_encoder = msgspec.json.Encoder(decimal_format="number")
_MS_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_PLAIN_DATE = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[T ](?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class BadValueError(ValueError):
    """A value that does not convert to the type of its field."""


def epoch_ms(at: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def ms_date(at: datetime) -> str:
    """A moment with offset, as in `UpdatedDateUTC` on reads."""
    return f"/Date({epoch_ms(at)}+0000)/"


def ms_date_bare(at: datetime) -> str:
    """A moment without offset, as in `DateTimeUTC`, an organisation's `CreatedDateUTC` and a written item."""
    return f"/Date({epoch_ms(at)})/"


def utc_string(at: datetime) -> str:
    """A moment as in `UpdatedDateUTCString`, new in 2026."""
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def calendar_ms(day: date) -> str:
    """A calendar date: midnight UTC of that day, whatever the organisation's zone."""
    return ms_date(datetime(day.year, day.month, day.day, tzinfo=UTC))


def calendar_bare(day: date) -> str:
    """A calendar date without an offset, as quotes have it."""
    return ms_date_bare(datetime(day.year, day.month, day.day, tzinfo=UTC))


def calendar_string(day: date) -> str:
    """The twin of a calendar date, as in `DateString`."""
    return f"{day.isoformat()}T00:00:00"


def half_up(amount: Decimal, step: Decimal = CENT) -> Decimal:
    """Round half away from zero, as Xero does on each line (verified on recordings)."""
    return amount.quantize(step, rounding=ROUND_HALF_UP)


def encode(value: object) -> bytes:
    """JSON with Decimals as numbers that keep their scale, and the slashes of dates escaped as Xero writes them."""
    return _encoder.encode(value).replace(b'"/Date(', b'"\\/Date(').replace(b')/"', b')\\/"')


def read_decimal(value: object) -> Decimal:
    """A number, or a string that holds one (old clients send both). Raises `BadValueError`."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise BadValueError(f"{value!r} is no number")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise BadValueError(f"{value!r} is no number") from None
    if not number.is_finite() or number.adjusted() >= DIGITS_MAX:
        raise BadValueError(f"{value!r} is no number that fits")
    return number


def read_flag(value: object) -> bool:
    """A boolean, or the word for one in any case. Raises `BadValueError`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise BadValueError(f"{value!r} is no boolean")


def read_text(value: object) -> str:
    """A string; a number is written out, as Xero's parser does. Raises `BadValueError`."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise BadValueError(f"{value!r} is no string")


def read_day(value: object) -> date:
    """A calendar date from `2026-01-31`, ISO with time, or `/Date(ms)/` with or without offset."""
    if isinstance(value, str):
        stamped = _MS_DATE.fullmatch(value)
        plain = _PLAIN_DATE.fullmatch(value)
        try:
            day = None
            if stamped:
                day = (EPOCH + timedelta(milliseconds=int(stamped[1]))).date()
            elif plain:
                day = date(int(plain[1]), int(plain[2]), int(plain[3]))
            if day is not None and day.year >= YEAR_MIN:
                return day
        except (ValueError, OverflowError):
            pass
    raise BadValueError(f"{value!r} is no date")


def read_since(header: str | None) -> datetime | None:
    """`If-Modified-Since` as ISO with or without offset, or RFC 1123. What is malformed is ignored, as Xero does."""
    if not header:
        return None
    try:
        at = datetime.fromisoformat(header)
    except ValueError:
        try:
            at = parsedate_to_datetime(header)
        except (ValueError, TypeError):
            return None
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        return None


def first_of(element: Mapping[str, Any], *names: str) -> Any:
    """The first of several properties that is sent and not null."""
    return next((element[name] for name in names if element.get(name) is not None), None)
