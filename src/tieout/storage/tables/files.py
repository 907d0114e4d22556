"""Files that belong to records, bytes and all: a backup of the database is a backup of everything."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import OfEntity
from tieout.storage.types import UtcDateTime


class StoredFile(OfEntity, Table):
    """A file of a record. `object_type` is the contract's word for what it belongs to, `payables` for a bill.

    A file is never changed, only removed with its row. The bytes are read only by who asks for them (`undefer`).
    """

    __tablename__ = "files"
    __table_args__ = (Index("ix_files_object", "object_type", "object_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[UUID] = mapped_column()
    name: Mapped[str] = mapped_column(String(512))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column()
    md5: Mapped[str] = mapped_column(String(32))
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
