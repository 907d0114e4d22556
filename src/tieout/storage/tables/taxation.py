"""Where an entity is registered for tax."""

from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import Dated, OfEntity


class EntityVatId(OfEntity, Dated, Table):
    """A tax number of an entity in one country."""

    __tablename__ = "entity_vat_ids"
    __table_args__ = (Index("ix_entity_vat_ids_entity", "entity_id", "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    type: Mapped[str] = mapped_column(String(40), default="unknown")
    value: Mapped[str] = mapped_column(String(32))
    country: Mapped[str] = mapped_column(String(2))
