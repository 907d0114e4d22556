"""Xero gives words, no codes: one message that we know, and what it means to a person."""

import re
from dataclasses import dataclass

from tieout.platforms.errors import Explanation


@dataclass(frozen=True, slots=True)
class Known:
    """One message that we know: recognised by `pattern`, in any case."""

    pattern: re.Pattern[str]
    explanation: Explanation


def known(pattern: str, code: str, message: str, fix: str, field: str | None = None) -> Known:
    """What a part of Xero's words means."""
    return known_as(pattern, Explanation(code=code, message=message, fix=fix, field=field))


def known_as(pattern: str, explanation: Explanation) -> Known:
    """Words that mean what is explained elsewhere."""
    return Known(re.compile(pattern, re.IGNORECASE), explanation)
