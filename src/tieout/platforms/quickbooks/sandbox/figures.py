"""Figures as QuickBooks writes them: money with two places or a bare 0, prices and quantities without idle zeros."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

CENT = Decimal("0.01")
ZERO = Decimal(0)
_SIXTH_PLACE = Decimal("0.000001")
_encoder = msgspec.json.Encoder(decimal_format="number")


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to two places."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def money(amount: Decimal) -> Decimal | int:
    """An amount as it stands on the wire: `639.00`, but `0`."""
    rounded = cents(amount)
    return rounded or 0


def figure(value: Decimal) -> Decimal | int:
    """A price, quantity or percentage as it stands on the wire: `75`, `22.5`; at most six places, always plain."""
    rounded = value.quantize(_SIXTH_PLACE, ROUND_HALF_UP)
    whole = rounded.to_integral_value()
    return int(whole) if whole == rounded else rounded.normalize()


def encode(value: Any) -> bytes:
    """JSON with Decimals as numbers that keep their digits."""
    return _encoder.encode(value)
