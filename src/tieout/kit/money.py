"""Money: Decimal in the books, whole minor units at our API, never float.

Exponents are those of ISO 4217, list one; a currency not named here has two decimal places.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation

_DEFAULT_EXPONENT = 2
_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"),
        0,
    ),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


_EXACT = Context(prec=200, traps=[Inexact, InvalidOperation])
"""Moving the decimal point never rounds: what would need more digits than this raises."""


def exponent(currency: str) -> int:
    """How many decimal places the currency has."""
    return _EXPONENTS.get(currency, _DEFAULT_EXPONENT)


def to_minor(amount: Decimal, currency: str) -> int:
    """Whole minor units of an amount; raises ValueError if it is no number or has more places than the currency."""
    scaled = amount.scaleb(exponent(currency), _EXACT) if amount.is_finite() else amount
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        msg = f"{amount} has more decimal places than {currency}, or is no number"
        raise ValueError(msg)
    return int(scaled)


def from_minor(amount_minor: int, currency: str) -> Decimal:
    """The amount in the currency's main unit."""
    return Decimal(amount_minor).scaleb(-exponent(currency), _EXACT)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's smallest unit, half away from zero, as both platforms do."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_UP)


def rounded_minor(amount_minor: Decimal) -> int:
    """A fractional number of minor units to a whole one, half away from zero."""
    return int(amount_minor.quantize(Decimal(1), ROUND_HALF_UP))


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split a whole amount by weights so that the parts add up exactly.

    The largest remainders get the odd units; earlier parts win ties. With no weight at all the first part takes
    everything.
    """
    if not weights:
        return []
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    parts = [total * weight // whole for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in remainders[: total - sum(parts)]:
        parts[i] += 1
    return parts
