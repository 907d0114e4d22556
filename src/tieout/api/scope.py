"""Rows of one partner and one entity, and nobody else's: ids of others answer 404, as if there were no such row.

An entity user whose role allows an action only for what is their own gets only the rows that they made.
"""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, inspect, select

from tieout.api.dependencies import CallForEntity
from tieout.api.permissions import READ, Permission, permission_of
from tieout.kit.errors import Forbidden, NotFound
from tieout.storage.tables.business import (
    Counterpart,
    CounterpartVatId,
    OfEntity,
    Payable,
    PaymentRecord,
    Product,
    Receivable,
)
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.storage.tables.people import EntityUser, Role
from tieout.storage.tables.tags import Tag

Row = TypeVar("Row", bound=OfEntity)

OWNED: Mapping[type[Any], str] = {
    Counterpart: "counterpart",
    CounterpartVatId: "counterpart_vat_id",
    EntityUser: "entity_user",
    Payable: "payable",
    PayableCreditNote: "payable",
    PaymentRecord: "payment_record",
    Product: "product",
    Receivable: "receivable",
    Role: "role",
    Tag: "tag",
}
"""The rows that a user may own, and the type of object that permissions call them."""


def rows_in_entity(call: CallForEntity, model: type[Row]) -> Select[Row]:
    """The select of all rows of the entity, other users' too: for rules that look at everybody's, not for answers."""
    query = select(model).where(model.partner_id == call.partner_id, model.entity_id == call.entity_id)
    deleted_at = getattr(model, "deleted_at", None)
    return query if deleted_at is None else query.where(deleted_at.is_(None))


def _is_limited(call: CallForEntity, model: type[Row]) -> bool:
    """Whether the call may touch only what its user made."""
    own_type = call.user.own_type if call.user else None
    return own_type is not None and OWNED.get(model) == own_type


def rows_of_entity(call: CallForEntity, model: type[Row]) -> Select[Row]:
    """The select of all rows of the call's entity that were not deleted, and that its user may touch."""
    query = rows_in_entity(call, model)
    if _is_limited(call, model):
        query = query.where(model.created_by_entity_user_id == call.entity_user_id)  # type: ignore[attr-defined]  # limited
    return query


async def load_of_entity(
    call: CallForEntity, model: type[Row], row_id: UUID, what: str, *, for_update: bool = False
) -> Row:
    """One row of the call's entity; raises NotFound, naming it as `what`, or Forbidden when it is another user's.

    `for_update` keeps others from changing the row until the call is over (PostgreSQL; SQLite has one writer anyway).
    """
    query = rows_of_entity(call, model).where(inspect(model).primary_key[0] == row_id)
    row = await call.session.scalar(query.with_for_update() if for_update else query)
    if row is None:
        await _refuse_if_others(call, model, row_id, what)
        message = f"There is no {what} {row_id}."
        raise NotFound(message)
    return row


async def _refuse_if_others(call: CallForEntity, model: type[Row], row_id: UUID, what: str) -> None:
    """Raise Forbidden for a row that the user may read but not touch like this; of others nothing is said."""
    if call.user is None or not _is_limited(call, model):
        return
    may_read = permission_of(call.user.permissions, str(call.user.own_type), READ) is Permission.ALLOWED
    is_there = rows_in_entity(call, model).where(inspect(model).primary_key[0] == row_id)
    if may_read and await call.session.scalar(is_there) is not None:
        message = f"The {what} {row_id} was made by somebody else: your role allows this only for your own."
        raise Forbidden(message)
