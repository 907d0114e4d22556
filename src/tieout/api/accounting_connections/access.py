"""GET /accounting_connections/{id}/access: how long a connection's access lasts (an addition of Tieout)."""

from datetime import datetime
from uuid import UUID

from tieout.api.accounting_connections import service
from tieout.api.accounting_connections.schemas import ConnectionStatus
from tieout.api.dependencies import CallForEntity
from tieout.api.schemas import Shown
from tieout.storage.tables.connections import Grant
from tieout.sync.renewing import may_renew


class AccessResponse(Shown):
    """The access to the books, as far as the platform tells. Without a grant that lives there are no moments.

    `reason` is why it ended. It lapses at `lapses_unused_at` unless it is used, which Tieout sees to; at `ends_at` the
    platform ends it whatever is done. With `can_be_renewed` the `connection_url` serves a connected entity, too.
    """

    status: ConnectionStatus
    reason: str | None
    granted_at: datetime | None
    renewed_at: datetime | None
    lapses_unused_at: datetime | None
    ends_at: datetime | None
    can_be_renewed: bool
    connection_url: str


async def show_access(call: CallForEntity, connection_id: UUID) -> AccessResponse:
    """What the API says of it; raises NotFound."""
    known = await service.load_connection(call, connection_id)
    connection, company = known.connection, known.company
    grant = None
    if company is not None and company.grant_id is not None and connection.status == "connected":
        grant = await call.session.get_one(Grant, company.grant_id)
    return AccessResponse(
        status=ConnectionStatus(connection.status),
        reason=connection.end_reason,
        granted_at=grant.created_at if grant else None,
        renewed_at=grant.refreshed_at if grant else None,
        lapses_unused_at=grant.refresh_expires_at if grant else None,
        ends_at=grant.ends_at if grant else None,
        can_be_renewed=await may_renew(call.session, connection, now=call.now),
        connection_url=service.shown(call, known).connection_url,
    )
