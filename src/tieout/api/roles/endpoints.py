"""/roles."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, status
from sqlalchemy import Select

from tieout.api.dependencies import EntityCall
from tieout.api.filtering import conditions
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.roles import service
from tieout.api.roles.schemas import (
    CreateRoleRequest,
    RoleFilters,
    RolePaginationResponse,
    RoleResponse,
    UpdateRoleRequest,
)
from tieout.api.scope import rows_of_entity
from tieout.storage.tables.people import Role

router = APIRouter(prefix="/roles", tags=["Roles"])

_LISTING = Listing(
    name="roles",
    id_column=Role.id,
    sorts={"created_at": Role.created_at, "updated_at": Role.updated_at},
    sort_default="created_at",
)
_FILTERED = {"id": Role.id, "name": Role.name, "created_at": Role.created_at}


@router.get("")
async def list_roles(
    call: EntityCall, paging: Paging, filters: Annotated[RoleFilters, Query()]
) -> RolePaginationResponse:
    """The entity's roles."""

    def query(filters: RoleFilters) -> Select[Any]:
        return rows_of_entity(call, Role).where(*conditions(filters, _FILTERED))

    page = await page_of(call, _LISTING, owner_id=call.entity_id, asked=paging, filters=filters, query=query)
    return RolePaginationResponse(data=[service.shown(role) for role in page.rows], **page.tokens())


@router.post("")
async def create_role(call: EntityCall, body: CreateRoleRequest) -> RoleResponse:
    """Make a role."""
    return service.shown(await service.create_role(call, body))


@router.get("/{role_id}")
async def get_role(call: EntityCall, role_id: UUID) -> RoleResponse:
    """One role."""
    return service.shown(await service.load_role(call, role_id))


@router.patch("/{role_id}")
async def update_role(call: EntityCall, role_id: UUID, body: UpdateRoleRequest) -> RoleResponse:
    """Change a role."""
    return service.shown(await service.update_role(call, role_id, body))


@router.delete("/{role_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_role(call: EntityCall, role_id: UUID) -> None:
    """Delete a role that nobody has."""
    await service.delete_role(call, role_id)
