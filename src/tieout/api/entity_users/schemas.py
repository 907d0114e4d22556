"""What is sent and shown of an entity user (Monite, 'Entity users')."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from tieout.api.filtering import Ids, Text
from tieout.api.schemas import Body, Dated, EmailStr, Filters, Moment, Page, refuse_null

UpTo255 = Annotated[str, StringConstraints(max_length=255)]


class UpdateMeEntityUserRequest(Body):
    """A change that users make of themselves."""

    first_name: UpTo255 | None = None
    last_name: UpTo255 | None = None
    email: EmailStr | None = None
    phone: UpTo255 | None = None
    title: UpTo255 | None = None

    _kept = refuse_null("first_name")


class UpdateEntityUserRequest(UpdateMeEntityUserRequest):
    """A change of a user."""

    login: UpTo255 | None = None
    role_id: UUID | None = None

    _kept_too = refuse_null("login", "role_id")


class CreateEntityUserRequest(Body):
    """A new user; without a role they get the entity's default role."""

    login: UpTo255
    first_name: UpTo255
    last_name: UpTo255 | None = None
    email: EmailStr | None = None
    phone: UpTo255 | None = None
    title: UpTo255 | None = None
    role_id: UUID | None = None


class EntityUserResponse(Dated):
    """A user."""

    login: str
    first_name: str
    last_name: str | None
    email: str | None
    phone: str | None
    title: str | None
    role_id: UUID
    status: Literal["active", "deleted"]
    userpic_file_id: None = None


class EntityUserPaginationResponse(Page):
    """A page of users."""

    data: list[EntityUserResponse]


class EntityUserFilters(Filters):
    """What a list of users can be narrowed by."""

    id__in: Ids | None = None
    id__not_in: Ids | None = None
    role_id: UUID | None = None
    role_id__in: Ids | None = None
    login: Text | None = None
    status: Text | None = None
    first_name: Text | None = None
    name__istartswith: Annotated[Text | None, Field(description="first, last or full name")] = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
