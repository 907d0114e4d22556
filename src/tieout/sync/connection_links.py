"""Connection links: the address that lets an entity's person connect its books, and nothing else.

A link carries the connection's id, the moment it expires and the row's `link_epoch`, all under one MAC; nothing of it
is stored. Raising the epoch ends every link that was given out.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.security.signatures import Signer
from tieout.settings import Settings
from tieout.storage.tables.connections import Connection

PURPOSE = "connection_link"
LINK_CHARACTERS_MAX = 200
"""A longer token is refused unread."""

_FORM = struct.Struct(">16sQI")
"""Connection id, expiry in whole seconds, epoch."""


class LinkRefusal(StrEnum):
    """Why a link does not open anything."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkClaim:
    """What a link says of itself, once its MAC fits."""

    connection_id: UUID
    expires_at: datetime
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLink:
    """A link after checking: the connection it was made for, if it was made here, and why it does not open it, if so.

    An expired or ended link still names its connection, so that its page can say whom to ask for a new one.
    """

    connection_id: UUID | None
    refusal: LinkRefusal | None


def link_token(signer: Signer, *, connection_id: UUID, epoch: int, expires_at: datetime) -> str:
    """The token of a link."""
    return signer.sign(PURPOSE, _FORM.pack(connection_id.bytes, int(expires_at.timestamp()), epoch))


def connection_token(signer: Signer, settings: Settings, connection: Connection, *, now: datetime) -> str:
    """A fresh token for a connection, good for the link's lifetime from now."""
    return link_token(
        signer,
        connection_id=connection.id,
        epoch=connection.link_epoch,
        expires_at=now + timedelta(seconds=settings.link_lifetime_s),
    )


def connection_url(signer: Signer, settings: Settings, connection: Connection, *, now: datetime) -> str:
    """The address to send to the person who manages the entity's books; it works from now for the link's lifetime."""
    return f"{settings.public_url}/connect/{connection_token(signer, settings, connection, now=now)}"


def read_link(signer: Signer, token: str) -> LinkClaim | None:
    """What the token says, or None when it was not made here."""
    if len(token) > LINK_CHARACTERS_MAX:
        return None
    payload = signer.check(PURPOSE, token)
    if payload is None or len(payload) != _FORM.size:
        return None
    raw_id, expires_s, epoch = _FORM.unpack(payload)
    return LinkClaim(connection_id=UUID(bytes=raw_id), expires_at=datetime.fromtimestamp(expires_s, UTC), epoch=epoch)


def plan_link(claim: LinkClaim | None, *, current_epoch: int | None, now: datetime) -> CheckedLink:
    """Whether a link opens its connection; `current_epoch` is None when there is no such connection."""
    if claim is None or current_epoch is None:
        return CheckedLink(connection_id=None, refusal=LinkRefusal.UNKNOWN)
    if claim.epoch != current_epoch:
        return CheckedLink(connection_id=claim.connection_id, refusal=LinkRefusal.ENDED)
    if now >= claim.expires_at:
        return CheckedLink(connection_id=claim.connection_id, refusal=LinkRefusal.EXPIRED)
    return CheckedLink(connection_id=claim.connection_id, refusal=None)


async def check_link(session: AsyncSession, signer: Signer, token: str, *, now: datetime) -> CheckedLink:
    """Check a token that somebody brought."""
    claim = read_link(signer, token)
    if claim is None:
        return plan_link(None, current_epoch=None, now=now)
    epoch = await session.scalar(select(Connection.link_epoch).where(Connection.id == claim.connection_id))
    return plan_link(claim, current_epoch=epoch, now=now)
