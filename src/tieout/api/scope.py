"""Rows of one partner and one entity, and nobody else's: ids of others answer 404, as if there were no such row."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, inspect, select

from tieout.api.dependencies import CallForEntity
from tieout.kit.errors import NotFound
from tieout.storage.tables.business import OfEntity

Row = TypeVar("Row", bound=OfEntity)


def rows_of_entity(call: CallForEntity, model: type[Row]) -> Select[Row]:
    """The select of all rows of the call's entity that were not deleted."""
    query = select(model).where(model.partner_id == call.partner_id, model.entity_id == call.entity_id)
    deleted_at = getattr(model, "deleted_at", None)
    return query if deleted_at is None else query.where(deleted_at.is_(None))


async def load_of_entity(
    call: CallForEntity, model: type[Row], row_id: UUID, what: str, *, for_update: bool = False
) -> Row:
    """One row of the call's entity; raises NotFound, naming it as `what`.

    `for_update` keeps others from changing the row until the call is over (PostgreSQL; SQLite has one writer anyway).
    """
    query = rows_of_entity(call, model).where(inspect(model).primary_key[0] == row_id)
    row = await call.session.scalar(query.with_for_update() if for_update else query)
    if row is None:
        message = f"There is no {what} {row_id}."
        raise NotFound(message)
    return row
