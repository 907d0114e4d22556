"""Exchange rates when nobody says one: the same for the same seed, currency and day.

Xero takes the day rate of a rate service. Here every currency has a level against the US dollar that drifts within
two percent around it, along straight lines between one Monday and the next. Rates are units of the foreign currency for
one of the home currency (`CurrencyRate`: "e.g. 0.7500"), with six places.
"""

from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256

from tieout.platforms.xero.sandbox.wire import RATE, half_up

LEVELS = {
    "AED": "3.6725", "AUD": "1.52", "BRL": "5.41", "CAD": "1.37", "CHF": "0.805", "CNY": "7.15", "CZK": "21.2",
    "DKK": "6.42", "EUR": "0.86", "FJD": "2.25", "GBP": "0.745", "HKD": "7.8", "HUF": "342", "IDR": "16350",
    "ILS": "3.38", "INR": "87.6", "JPY": "148", "KES": "129", "KRW": "1390", "MXN": "18.7", "MYR": "4.21",
    "NOK": "10.1", "NZD": "1.69", "PGK": "4.2", "PHP": "57.2", "PLN": "3.66", "SEK": "9.45", "SGD": "1.285",
    "THB": "32.2", "TRY": "41", "TWD": "30.4", "USD": "1", "VND": "26300", "WST": "2.75", "ZAR": "17.6",
}  # fmt: skip
"""Units for one US dollar."""
DRIFT = 200
"""The widest drift, in hundredths of a percent."""


def day_rate(seed: int | str, home: str, foreign: str, on: date) -> Decimal:
    """Units of `foreign` for one of `home` on a day."""
    return half_up(_level(seed, foreign, on) / _level(seed, home, on), RATE)


@lru_cache(maxsize=4096)
def _level(seed: int | str, currency: str, on: date) -> Decimal:
    level = Decimal(LEVELS[currency])
    if currency == "USD":
        return level
    monday = on - timedelta(days=on.weekday())
    following = min(monday, date.max - timedelta(days=7)) + timedelta(days=7)
    begin, end = _drift(seed, currency, monday), _drift(seed, currency, following)
    drift = Decimal(begin * (7 - on.weekday()) + end * on.weekday()) / 7
    return level * (1 + drift / 10_000)


def _drift(seed: int | str, currency: str, monday: date) -> int:
    digest = sha256(f"{seed}:{currency}:{monday.isoformat()}".encode()).digest()
    return int.from_bytes(digest[:4]) % (2 * DRIFT + 1) - DRIFT
