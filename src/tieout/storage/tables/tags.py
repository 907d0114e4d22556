"""Tags: an entity's own words, put on its records to find them by."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import Dated, MadeByUser, OfEntity


class Tag(OfEntity, MadeByUser, Dated, Table):
    """A word that can be put on records."""

    __tablename__ = "tags"
    __table_args__ = (Index("ix_tags_entity", "entity_id", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255))
    category: Mapped[str | None] = mapped_column(String(20))
    description: Mapped[str | None] = mapped_column(String(255))


class Tagging(OfEntity, Table):
    """A tag on a record. `object_type` is the word that the record's events use."""

    __tablename__ = "taggings"

    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    tag_id: Mapped[UUID] = mapped_column(ForeignKey("tags.id"), primary_key=True, index=True)
    object_type: Mapped[str] = mapped_column(String(40))
