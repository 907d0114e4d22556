"""Files of records: loading them by their record, and the links by which anybody may fetch one for a while.

A link is a capability: file and end of time, signed. It names no partner and holds no secret, and works without
signing in, as the contract's file URLs do. Whoever pushes a bill loads its file with `load_file_of`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from tieout.security.signatures import Signer
from tieout.storage.tables.files import StoredFile

OF_PAYABLES = "payables"
"""What the files of bills say they belong to."""
LINK_PATH = "/files"

_PURPOSE = "file"
_ID_BYTES = 16
_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class FileLink:
    """What a link says: which file, and until when."""

    file_id: UUID
    ends_at: datetime


def file_link(signer: Signer, public_url: str, file_id: UUID, *, now: datetime, lifetime_s: int) -> str:
    """A link that works for `lifetime_s` seconds at least, and twice as long at most.

    It ends on a multiple of its lifetime: so a document that is read twice shows the same link.
    """
    ends_s = (int(now.timestamp()) // lifetime_s + 2) * lifetime_s
    token = signer.sign(_PURPOSE, file_id.bytes + ends_s.to_bytes(_TIME_BYTES, "big"))
    return f"{public_url}{LINK_PATH}/{token}"


def read_file_link(signer: Signer, token: str) -> FileLink | None:
    """What a link's token says, whether its time has passed or not; None if it was not made here."""
    payload = signer.check(_PURPOSE, token)
    if payload is None:
        return None
    ends_s = int.from_bytes(payload[_ID_BYTES:], "big")
    return FileLink(UUID(bytes=payload[:_ID_BYTES]), datetime.fromtimestamp(ends_s, UTC))


async def load_file(session: AsyncSession, file_id: UUID) -> StoredFile | None:
    """A file with its bytes, whosever it is: for links only."""
    found: StoredFile | None = await session.scalar(
        select(StoredFile).where(StoredFile.id == file_id).options(undefer(StoredFile.content))
    )
    return found


async def load_file_of(
    session: AsyncSession, *, partner_id: UUID, entity_id: UUID, object_type: str, object_id: UUID
) -> StoredFile | None:
    """The file of a record with its bytes, if it has one."""
    found: StoredFile | None = await session.scalar(
        select(StoredFile)
        .where(
            StoredFile.partner_id == partner_id,
            StoredFile.entity_id == entity_id,
            StoredFile.object_type == object_type,
            StoredFile.object_id == object_id,
        )
        .order_by(StoredFile.created_at.desc())
        .limit(1)
        .options(undefer(StoredFile.content))
    )
    return found
