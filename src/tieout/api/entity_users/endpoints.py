"""/entity_users, and what users see of themselves, their entity and their role."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, status
from sqlalchemy import Select, false, or_

from tieout.api.dependencies import EntityCall, UserCall
from tieout.api.entities import service as entities
from tieout.api.entities.schemas import EntityResponse, UpdateEntityRequest
from tieout.api.entity_users import service
from tieout.api.entity_users.schemas import (
    CreateEntityUserRequest,
    EntityUserFilters,
    EntityUserPaginationResponse,
    EntityUserResponse,
    UpdateEntityUserRequest,
    UpdateMeEntityUserRequest,
)
from tieout.api.filtering import conditions
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.roles.schemas import RoleResponse
from tieout.api.roles.service import shown as shown_role
from tieout.api.scope import rows_of_entity
from tieout.storage.tables.people import EntityUser

router = APIRouter(prefix="/entity_users", tags=["Entity users"])

_ACTIVE = "active"
_LISTING = Listing(
    name="entity_users",
    id_column=EntityUser.id,
    sorts={"updated_at": EntityUser.updated_at},
    hidden_sorts={"created_at": EntityUser.created_at},
    sort_default="created_at",
)
_FILTERED = {
    "id": EntityUser.id,
    "role_id": EntityUser.role_id,
    "login": EntityUser.login,
    "first_name": EntityUser.first_name,
    "created_at": EntityUser.created_at,
}


@router.get("/me")
async def get_me(call: UserCall) -> EntityUserResponse:
    """The user who calls."""
    return service.shown(await service.load_me(call))


@router.patch("/me")
async def update_me(call: UserCall, body: UpdateMeEntityUserRequest) -> EntityUserResponse:
    """Change the user who calls."""
    me = await service.load_me(call, for_update=True)
    return service.shown(await service.update_user(call, me, body))


@router.get("/my_entity", response_model=EntityResponse)
async def get_my_entity(call: UserCall) -> Any:
    """The entity of the user who calls."""
    return entities.shown(await entities.load_entity(call, call.entity_id))


@router.patch("/my_entity", response_model=EntityResponse)
async def update_my_entity(call: UserCall, body: UpdateEntityRequest) -> Any:
    """Change the entity of the user who calls."""
    return entities.shown(await entities.update_entity(call, call.entity_id, body))


@router.get("/my_role")
async def get_my_role(call: UserCall) -> RoleResponse:
    """The role of the user who calls."""
    return shown_role(await service.load_my_role(call))


@router.get("")
async def list_users(
    call: EntityCall, paging: Paging, filters: Annotated[EntityUserFilters, Query()]
) -> EntityUserPaginationResponse:
    """The entity's users."""

    def query(filters: EntityUserFilters) -> Select[Any]:
        users = rows_of_entity(call, EntityUser)
        if filters.status not in {None, _ACTIVE}:  # those who were deleted are shown nowhere
            users = users.where(false())
        if filters.name__istartswith is not None:
            last, full = EntityUser.last_name, EntityUser.first_name + " " + EntityUser.last_name
            parts = (EntityUser.first_name, last, full)
            users = users.where(or_(*(part.istartswith(filters.name__istartswith, autoescape=True) for part in parts)))
        return users.where(*conditions(filters, _FILTERED, apart=frozenset(("status", "name__istartswith"))))

    page = await page_of(call, _LISTING, owner_id=call.entity_id, asked=paging, filters=filters, query=query)
    return EntityUserPaginationResponse(data=[service.shown(user) for user in page.rows], **page.tokens())


@router.post("")
async def create_user(call: EntityCall, body: CreateEntityUserRequest) -> EntityUserResponse:
    """Make a user."""
    return service.shown(await service.create_user(call, body))


@router.get("/{entity_user_id}")
async def get_user(call: EntityCall, entity_user_id: UUID) -> EntityUserResponse:
    """One user."""
    return service.shown(await service.load_user(call, entity_user_id))


@router.patch("/{entity_user_id}")
async def update_user(call: EntityCall, entity_user_id: UUID, body: UpdateEntityUserRequest) -> EntityUserResponse:
    """Change a user."""
    user = await service.load_user(call, entity_user_id, for_update=True)
    return service.shown(await service.update_user(call, user, body))


@router.delete("/{entity_user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_user(call: EntityCall, entity_user_id: UUID) -> None:
    """Take a user out; their tokens end at once."""
    await service.delete_user(call, entity_user_id)
