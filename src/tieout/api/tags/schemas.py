"""What is sent and shown of a tag (Monite, 'Tags')."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from tieout.api.filtering import Ids, Texts
from tieout.api.schemas import Body, Dated, Filters, Page, refuse_null

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Category = Literal[
    "document_type", "department", "project", "cost_center", "vendor_type", "payment_method", "approval_status"
]


class TagCreateSchema(Body):
    """A new tag."""

    name: Name
    category: Category | None = None
    description: Name | None = None


class TagUpdateSchema(Body):
    """A change of a tag."""

    name: Name | None = None
    category: Category | None = None
    description: Name | None = None

    _kept = refuse_null("name")


class TagReadSchema(Dated):
    """A tag."""

    category: Category | None = None
    created_by_entity_user_id: UUID | None = None
    description: str | None = None
    name: str


class TagsPaginationResponse(Page):
    """A page of tags."""

    data: list[TagReadSchema]


class TagFilters(Filters):
    """What a list of tags can be narrowed by."""

    created_by_entity_user_id: UUID | None = None
    name__in: Texts | None = None
    id__in: Ids | None = None
