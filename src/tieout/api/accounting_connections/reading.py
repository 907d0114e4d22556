"""Reading one connection: who asks, for which entity, and the connection, in one statement."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import and_, bindparam

from tieout.api.accounting_connections.service import Known, known_or_refused
from tieout.api.dependencies import ADMISSION, CallForEntity, EntityHeader, TokenHash, reading_call
from tieout.storage.tables.access import AccessToken
from tieout.storage.tables.business import Entity
from tieout.storage.tables.connections import Company, Connection

READING = (
    ADMISSION.add_columns(Connection, Company)
    .outerjoin(
        Connection,
        and_(
            Connection.id == bindparam("connection_id", type_=Connection.id.type),
            Connection.entity_id == Entity.id,
            Connection.partner_id == AccessToken.partner_id,
        ),
    )
    .outerjoin(Company, Company.id == Connection.company_id)
)


async def _read(
    request: Request, token_hash: TokenHash, entity_id: EntityHeader, connection_id: UUID
) -> AsyncIterator[tuple[CallForEntity, Known]]:
    """The call, and one connection of its entity, whatever its state; raises NotFound."""
    async with reading_call(request, token_hash, entity_id, READING, connection_id=connection_id) as (call, row):
        yield call, known_or_refused(connection_id, row.Connection, row.Company)


ConnectionRead = Annotated[tuple[CallForEntity, Known], Depends(_read, scope="function")]
