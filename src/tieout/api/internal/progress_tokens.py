"""Page tokens that are UUIDs, as the contract has them for the list of sync statuses, and for no other list.

A UUID of version 8 leaves 122 bits for what a token must carry: where the page begins (a moment in microseconds and the
last 44 bits of an id, which break ties), what the list is narrowed and sorted by, and a short MAC that keeps tokens of
other lists out. It guards no secret: rows are read through the caller's scope, whatever a token says.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from tieout.api.accounting_synced_records.schemas import ObjectType, SyncStatus
from tieout.api.paging import Order
from tieout.security.signatures import Signer

TIE_HEX_DIGITS: Final = 11
SORTS: Final = ("created_at", "updated_at")
_PURPOSE: Final = "sync_status_page"
_SINCE: Final = datetime(2020, 1, 1, tzinfo=UTC)
_STATUSES: Final = (None, *SyncStatus)
_TYPES: Final = (None, *ObjectType)
_MICROSECOND: Final = timedelta(microseconds=1)
_TIE_BITS, _MOMENT_BITS, _MAC_BITS = 4 * TIE_HEX_DIGITS, 52, 18
_VERSION, _VARIANT = 0x8, 0b10


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the list is narrowed and sorted by."""

    sort: str = SORTS[0]
    order: Order = Order.ASC
    sync_status: SyncStatus | None = None
    type: ObjectType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins: after (or before) the row with this sort value; `tie` is the end of its id, in hex."""

    at: datetime
    tie: str
    backwards: bool = False


def write_token(signer: Signer, owner_id: UUID, chosen: Chosen, place: Place) -> UUID:
    """A token; `owner_id` is the connection that the list is about."""
    moment = (place.at - _SINCE) // _MICROSECOND
    choice = _STATUSES.index(chosen.sync_status) * len(_TYPES) + _TYPES.index(chosen.type)
    choice = choice * 8 + SORTS.index(chosen.sort) * 4 + (chosen.order is Order.DESC) * 2 + place.backwards
    said = (moment << _TIE_BITS | int(place.tie, 16)) << 8 | choice
    return _as_uuid(said << _MAC_BITS | _mac(signer, owner_id, said))


def read_token(signer: Signer, owner_id: UUID, token: str) -> tuple[Chosen, Place] | None:
    """What a token says, or None for one that was not made here for this list."""
    try:
        packed = _from_uuid(UUID(token))
    except ValueError:
        return None
    said = packed >> _MAC_BITS
    if packed % (1 << _MAC_BITS) != _mac(signer, owner_id, said):
        return None
    choice, place = said % 256, said >> 8
    filtered, sort, is_descending, backwards = choice // 8, choice // 4 % 2, choice // 2 % 2, choice % 2
    chosen = Chosen(
        sort=SORTS[sort],
        order=Order.DESC if is_descending else Order.ASC,
        sync_status=_STATUSES[filtered // len(_TYPES)],
        type=_TYPES[filtered % len(_TYPES)],
    )
    at = _SINCE + (place >> _TIE_BITS) * _MICROSECOND
    return chosen, Place(at=at, tie=format(place % (1 << _TIE_BITS), f"0{TIE_HEX_DIGITS}x"), backwards=bool(backwards))


def _mac(signer: Signer, owner_id: UUID, said: int) -> int:
    signed = signer.sign(_PURPOSE, owner_id.bytes + said.to_bytes(16))
    return int.from_bytes(hashlib.sha256(signed.encode()).digest()) % (1 << _MAC_BITS)


def _as_uuid(packed: int) -> UUID:
    """122 bits around the fixed ones that tell a UUID of version 8."""
    high, middle, low = packed >> 74, packed >> 62 & 0xFFF, packed % (1 << 62)
    return UUID(int=high << 80 | _VERSION << 76 | middle << 64 | _VARIANT << 62 | low)


def _from_uuid(token: UUID) -> int:
    return (token.int >> 80) << 74 | (token.int >> 64 & 0xFFF) << 62 | token.int % (1 << 62)
