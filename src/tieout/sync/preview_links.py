"""Links to a preview of the connection pages: they show a partner's draft, for an hour, and open nothing."""

import struct
from datetime import UTC, datetime
from uuid import UUID

from tieout.security.signatures import Signer

PREVIEW_LIFETIME_S = 3_600
TOKEN_CHARACTERS_MAX = 100
_PURPOSE = "brand preview"
_FORM = struct.Struct(">16sQ")


def preview_token(signer: Signer, partner_id: UUID, expires_at: datetime) -> str:
    """Whose draft a link shows, and until when."""
    return signer.sign(_PURPOSE, _FORM.pack(partner_id.bytes, int(expires_at.timestamp())))


def read_preview_token(signer: Signer, token: str, *, now: datetime) -> UUID | None:
    """The partner whose draft is shown; None for a link that was not made here or is over."""
    payload = signer.check(_PURPOSE, token) if len(token) <= TOKEN_CHARACTERS_MAX else None
    if payload is None or len(payload) != _FORM.size:
        return None
    raw_id, expires_s = _FORM.unpack(payload)
    return UUID(bytes=raw_id) if now < datetime.fromtimestamp(expires_s, UTC) else None
