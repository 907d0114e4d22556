"""/tags."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, status
from sqlalchemy import Select

from tieout.api.dependencies import EntityCall
from tieout.api.filtering import conditions
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.scope import rows_of_entity
from tieout.api.tags import service
from tieout.api.tags.schemas import (
    TagCreateSchema,
    TagFilters,
    TagReadSchema,
    TagsPaginationResponse,
    TagUpdateSchema,
)
from tieout.storage.tables.tags import Tag

router = APIRouter(prefix="/tags", tags=["Tags"])

_LISTING = Listing(
    name="tags",
    id_column=Tag.id,
    sorts={"created_at": Tag.created_at, "updated_at": Tag.updated_at},
    sort_default="created_at",
)
_FILTERED = {"id": Tag.id, "name": Tag.name, "created_by_entity_user_id": Tag.created_by_entity_user_id}


@router.get("")
async def list_tags(
    call: EntityCall, paging: Paging, filters: Annotated[TagFilters, Query()]
) -> TagsPaginationResponse:
    """The entity's tags."""

    def query(applied: TagFilters) -> Select[Any]:
        return rows_of_entity(call, Tag).where(*conditions(applied, _FILTERED))

    page = await page_of(call, _LISTING, owner_id=call.entity_id, asked=paging, filters=filters, query=query)
    return TagsPaginationResponse(data=[service.show_tag(row) for row in page.rows], **page.tokens())


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_tag(call: EntityCall, body: TagCreateSchema) -> TagReadSchema:
    """Make a tag."""
    return await service.create(call, body)


@router.get("/{tag_id}")
async def get_tag(call: EntityCall, tag_id: UUID) -> TagReadSchema:
    """One tag."""
    return service.show_tag(await service.load_tag(call, tag_id))


@router.patch("/{tag_id}")
async def update_tag(call: EntityCall, tag_id: UUID, body: TagUpdateSchema) -> TagReadSchema:
    """Change a tag."""
    return await service.change(call, tag_id, body)


@router.delete("/{tag_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_tag(call: EntityCall, tag_id: UUID) -> None:
    """Delete a tag, and take it off every record."""
    await service.remove(call, tag_id)
