"""Whether a record has all that was sent: how a change that was not answered is recognised in the books. Pure.

Numbers are equal by value; what the books add of their own is passed over; lists are equal place by place.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

_decoder = msgspec.json.Decoder(float_hook=Decimal)


def decoded(raw: bytes) -> Any:
    """JSON with exact figures; raises msgspec.DecodeError."""
    return _decoder.decode(raw)


def shows(found: Any, sent: Any) -> bool:
    """Whether everything that was sent stands in what was found; what was left out of a body says nothing."""
    if isinstance(sent, Mapping):
        there = {} if found is None else found
        return isinstance(there, Mapping) and all(
            shows(there.get(name), value) for name, value in sent.items() if value is not None
        )
    if isinstance(sent, list | tuple):
        if not isinstance(found, list) or len(found) != len(sent):
            return False
        return all(shows(one, wanted) for one, wanted in zip(found, sent, strict=True))
    if sent == "":
        return found in (None, "")
    if isinstance(sent, Decimal | int) and not isinstance(sent, bool):
        return isinstance(found, Decimal | int) and Decimal(found) == Decimal(sent)
    return bool(found == sent)
