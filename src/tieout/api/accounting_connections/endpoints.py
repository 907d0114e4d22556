"""GET and POST /accounting_connections, and what can be done with one."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from tieout.api.accounting_connections import histories, meter, problems, service, untranslated
from tieout.api.accounting_connections.access import AccessResponse, show_access
from tieout.api.accounting_connections.backfill import BackfillPayload, BackfillResponse, ask_for_backfill
from tieout.api.accounting_connections.platform_webhooks import PlatformWebhooksResponse, show_platform_webhooks
from tieout.api.accounting_connections.reading import ConnectionRead
from tieout.api.accounting_connections.schemas import (
    AccountingConnectionList,
    AccountingConnectionResponse,
    CreateConnectionPayload,
    TieOutResponse,
)
from tieout.api.dependencies import EntityCall
from tieout.api.paging import AccountingPaging
from tieout.api.schemas import Message
from tieout.books.records import Kind
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


@router.get("/{connection_id}")  # noqa: FAST003 - what reads the row takes the id
async def get_connection(read: ConnectionRead) -> AccountingConnectionResponse:
    """One connection, also a disconnected one."""
    return service.shown(*read)


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


@router.get("/{connection_id}/access")
async def get_access(call: EntityCall, connection_id: UUID) -> AccessResponse:
    """Until when the access to the books lasts, and why it ended if it has (an addition of Tieout)."""
    return await show_access(call, connection_id)


@router.get("/{connection_id}/platform_webhooks")
async def get_platform_webhooks(call: EntityCall, connection_id: UUID) -> PlatformWebhooksResponse:
    """Whether the platform's webhooks can be counted on, and what to do if not (an addition of Tieout)."""
    return await show_platform_webhooks(call, connection_id)


@router.get("/{connection_id}/sync_runs")
async def list_sync_runs(
    call: EntityCall,
    connection_id: UUID,
    paging: AccountingPaging,
    filters: Annotated[histories.SyncRunFilters, Query()],
) -> histories.SyncRunList:
    """Why each synchronisation began, what it did and cost, and how it ended (an addition of Tieout)."""
    return await histories.list_sync_runs(call, connection_id, paging, filters)


@router.get("/{connection_id}/sync_runs/{run_id}")
async def get_sync_run(call: EntityCall, connection_id: UUID, run_id: UUID) -> histories.SyncRunResponse:
    """One of them (an addition of Tieout)."""
    return await histories.get_sync_run(call, connection_id, run_id)


@router.get("/{connection_id}/timeline")
async def list_timeline(
    call: EntityCall,
    connection_id: UUID,
    paging: AccountingPaging,
    filters: Annotated[histories.TimelineFilters, Query()],
) -> histories.TimelineList:
    """What befell the connection, why, and who did it (an addition of Tieout)."""
    return await histories.list_timeline(call, connection_id, paging, filters)


@router.get("/{connection_id}/untranslated_records")
async def list_untranslated_records(
    call: EntityCall,
    connection_id: UUID,
    paging: AccountingPaging,
    filters: Annotated[untranslated.UntranslatedFilters, Query()],
) -> untranslated.UntranslatedRecordList:
    """What of the books has no meaning here, and why: it is kept as the platform sent it (an addition of Tieout)."""
    return await untranslated.list_untranslated(call, connection_id, paging, filters)


@router.get("/{connection_id}/untranslated_records/{kind}/{external_id}")
async def get_untranslated_record(
    call: EntityCall, connection_id: UUID, kind: Kind, external_id: str
) -> untranslated.UntranslatedRecordResponse:
    """One of them, with the platform's own bytes as text (an addition of Tieout)."""
    return await untranslated.get_untranslated(call, connection_id, kind, external_id)


@router.get("/{connection_id}/problems")
async def list_problems(call: EntityCall, connection_id: UUID) -> problems.ProblemList:
    """What of the books is named and cannot be used, and what names it (an addition of Tieout)."""
    return await problems.list_problems(call, connection_id)


@router.get("/{connection_id}/meter")
async def get_meter(
    call: EntityCall, connection_id: UUID, days: Annotated[meter.MeterDays, Query()]
) -> meter.MeterResponse:
    """Calls of the platform and their bytes by day, cause and kind (an addition of Tieout)."""
    return await meter.read_meter(call, connection_id, days)


@router.post("/{connection_id}/backfill")
async def ask_backfill(call: EntityCall, connection_id: UUID, body: BackfillPayload) -> BackfillResponse:
    """Push documents from before the connection too, those that are asked for (an addition of Tieout)."""
    return await ask_for_backfill(call, connection_id, body)
