"""/api_clients: an addition. What a partner does here is in its audit trail."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, status
from sqlalchemy import Select, select

from tieout.api.api_clients import service
from tieout.api.api_clients.schemas import (
    ApiClientFilters,
    ApiClientPaginationResponse,
    ApiClientResponse,
    ApiClientWithSecretResponse,
    CreateApiClientRequest,
    RotateSecretRequest,
)
from tieout.api.dependencies import Call, PartnerCall
from tieout.api.paging import Listing, Paging, page_of
from tieout.storage.tables.access import ApiClient

router = APIRouter(prefix="/api_clients", tags=["API clients"])

_LISTING = Listing(
    name="api_clients",
    id_column=ApiClient.id,
    sorts={"created_at": ApiClient.created_at, "name": ApiClient.name},
    sort_default="created_at",
)


def _with_secret(client: ApiClient, secret: str) -> ApiClientWithSecretResponse:
    shown = ApiClientResponse.model_validate(client)
    return ApiClientWithSecretResponse(**shown.model_dump(), client_secret=secret)


async def _load(call: Call, client_id: UUID) -> ApiClient:
    return await service.load_client(call.session, call.partner_id, client_id, for_update=True)


@router.get("")
async def list_clients(
    call: PartnerCall, paging: Paging, filters: Annotated[ApiClientFilters, Query()]
) -> ApiClientPaginationResponse:
    """The partner's API clients, revoked ones too."""

    def query(_: ApiClientFilters) -> Select[Any]:
        return select(ApiClient).where(ApiClient.partner_id == call.partner_id)

    page = await page_of(call, _LISTING, owner_id=call.partner_id, asked=paging, filters=filters, query=query)
    return ApiClientPaginationResponse(
        data=[ApiClientResponse.model_validate(row) for row in page.rows], **page.tokens()
    )


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_client(call: PartnerCall, body: CreateApiClientRequest) -> ApiClientWithSecretResponse:
    """Make an API client and show its secret, this once."""
    client, secret = await service.create_client(
        call.session, partner_id=call.partner_id, name=body.name, now=call.now, actor=call.actor
    )
    return _with_secret(client, secret)


@router.get("/{client_id}")
async def get_client(call: PartnerCall, client_id: UUID) -> ApiClientResponse:
    """One API client."""
    return ApiClientResponse.model_validate(await service.load_client(call.session, call.partner_id, client_id))


@router.post("/{client_id}/rotate_secret")
async def rotate_secret(
    call: PartnerCall, client_id: UUID, body: RotateSecretRequest | None = None
) -> ApiClientWithSecretResponse:
    """Give the client a new secret, and show it this once; the old one stays good for a while."""
    client = await _load(call, client_id)
    overlap_s = (body or RotateSecretRequest()).overlap_s
    secret = await service.rotate_secret(call.session, client, overlap_s=overlap_s, now=call.now, actor=call.actor)
    return _with_secret(client, secret)


@router.post("/{client_id}/end_previous_secret")
async def end_previous_secret(call: PartnerCall, client_id: UUID) -> ApiClientResponse:
    """End the secret before the last rotation, and every token that it got, at once."""
    client = await _load(call, client_id)
    await service.end_previous_secret(call.session, client, now=call.now, actor=call.actor)
    return ApiClientResponse.model_validate(client)


@router.post("/{client_id}/revoke")
async def revoke_client(call: PartnerCall, client_id: UUID) -> ApiClientResponse:
    """End the client and all its tokens at once; refused for the last one that works."""
    client = await _load(call, client_id)
    await service.revoke_client(call.session, client, now=call.now, actor=call.actor)
    return ApiClientResponse.model_validate(client)
