"""The people of an entity and what their roles let them do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tieout.kit.identifiers import new_id
from tieout.storage.database import Table
from tieout.storage.tables.business import Dated, MadeByUser, OfEntity
from tieout.storage.types import Json, UtcDateTime

_NOT_DELETED = text("deleted_at IS NULL")


class Role(OfEntity, MadeByUser, Dated, Table):
    """What its users may do: `permissions` as the API shows them. The default role is for users who get no other."""

    __tablename__ = "roles"
    __table_args__ = (
        Index("ix_roles_entity", "entity_id", "created_at", "id"),
        Index(
            "uq_roles_name", "entity_id", "name", unique=True, sqlite_where=_NOT_DELETED, postgresql_where=_NOT_DELETED
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255))
    permissions: Mapped[dict[str, Any]] = mapped_column(Json)
    is_default: Mapped[bool] = mapped_column(default=False)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EntityUser(OfEntity, MadeByUser, Dated, Table):
    """Somebody who works for an entity. A deleted one stays as a row: documents name who made them."""

    __tablename__ = "entity_users"
    __table_args__ = (
        Index("ix_entity_users_entity", "entity_id", "created_at", "id"),
        Index("ix_entity_users_role", "role_id"),
        Index(
            "uq_entity_users_login",
            "entity_id",
            "login",
            unique=True,
            sqlite_where=_NOT_DELETED,
            postgresql_where=_NOT_DELETED,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    role_id: Mapped[UUID] = mapped_column(ForeignKey("roles.id"))
    login: Mapped[str] = mapped_column(String(255))
    first_name: Mapped[str] = mapped_column(String(255))
    last_name: Mapped[str | None] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(320))
    phone: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(255))
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
