"""GET and POST /accounting_connections, and what can be done with one."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter

from tieout.api.accounting_connections import service
from tieout.api.accounting_connections.schemas import (
    AccountingConnectionList,
    AccountingConnectionResponse,
    CreateConnectionPayload,
    TieOutResponse,
)
from tieout.api.dependencies import EntityCall
from tieout.api.schemas import Message
from tieout.kit.errors import NotFound

router = APIRouter(prefix="/accounting_connections", tags=["Accounting connections"])


@router.get("")
async def list_connections(call: EntityCall) -> AccountingConnectionList:
    """All connections of the entity that are not disconnected: one at most."""
    return AccountingConnectionList(data=[service.shown(call, known) for known in await service.list_connections(call)])


@router.post("", status_code=HTTPStatus.CREATED)
async def create_connection(
    call: EntityCall, body: CreateConnectionPayload | None = None
) -> AccountingConnectionResponse:
    """Begin to connect an entity's books: send `connection_url` to the person who manages them."""
    wished = service.platform_wished(body.platform if body else None)
    return service.shown(call, await service.create_connection(call), wished=wished)


@router.get("/{connection_id}")
async def get_connection(call: EntityCall, connection_id: UUID) -> AccountingConnectionResponse:
    """One connection, also a disconnected one."""
    return service.shown(call, await service.load_connection(call, connection_id))


@router.get("/{connection_id}/tie_out")
async def get_tie_out(call: EntityCall, connection_id: UUID) -> TieOutResponse:
    """Whether the books agree with what Tieout holds, to the cent, as last compared (an addition of Tieout)."""
    connected = await service.load_connection(call, connection_id)
    company = connected.company
    if company is None or company.tie_out is None:
        message = "The books were not compared yet: that happens after the first synchronisation, and then once a day."
        raise NotFound(message)
    return TieOutResponse.model_validate(company.tie_out)


@router.post("/{connection_id}/disconnect")
async def disconnect(call: EntityCall, connection_id: UUID) -> AccountingConnectionResponse:
    """End the connection here at once, and its access at the platform as soon as the platform answers."""
    return service.shown(call, await service.disconnect(call, connection_id))


@router.post("/{connection_id}/sync", status_code=HTTPStatus.ACCEPTED)
async def start_sync(call: EntityCall, connection_id: UUID) -> Message:
    """Synchronise now rather than at the next interval."""
    await service.start_sync(call, connection_id)
    return Message(message="Started connection data sync.")
