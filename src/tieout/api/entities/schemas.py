"""What is sent and shown of an entity (Monite, 'Entities')."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tieout.api.filtering import Ids, Text, Texts
from tieout.api.schemas import (
    Body,
    Country,
    Dated,
    EmailStr,
    Filters,
    Moment,
    OpenBody,
    Page,
    Shown,
    StrictBool,
    Url,
)

UpTo10 = Annotated[str, StringConstraints(min_length=1, max_length=10)]
UpTo20 = Annotated[str, StringConstraints(min_length=1, max_length=20)]
UpTo30 = Annotated[str, StringConstraints(min_length=1, max_length=30)]
UpTo100 = Annotated[str, StringConstraints(min_length=1, max_length=100)]
UpTo200 = Annotated[str, StringConstraints(min_length=1, max_length=200)]
UpTo255 = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Phone = Annotated[str, StringConstraints(max_length=100)]
FourDigits = Annotated[str, StringConstraints(min_length=4, max_length=4)]


class EntityType(StrEnum):
    """What an entity is."""

    INDIVIDUAL = "individual"
    ORGANIZATION = "organization"


class EntityStatus(StrEnum):
    """Whether an entity is in use."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


class BusinessStructure(StrEnum):
    """The legal form of an organization."""

    INCORPORATED_PARTNERSHIP = "incorporated_partnership"
    UNINCORPORATED_PARTNERSHIP = "unincorporated_partnership"
    PUBLIC_CORPORATION = "public_corporation"
    PRIVATE_CORPORATION = "private_corporation"
    SOLE_PROPRIETORSHIP = "sole_proprietorship"
    SINGLE_MEMBER_LLC = "single_member_llc"
    MULTI_MEMBER_LLC = "multi_member_llc"
    PRIVATE_PARTNERSHIP = "private_partnership"
    UNINCORPORATED_ASSOCIATION = "unincorporated_association"
    PUBLIC_PARTNERSHIP = "public_partnership"


class EntityAddress(Body):
    """Where an entity is."""

    country: Country
    city: UpTo100
    postal_code: UpTo10
    line1: UpTo200
    line2: UpTo100 | None = None
    state: UpTo100 | None = None


class UpdateEntityAddress(Body):
    """A change of an address; the country stays."""

    city: UpTo100 | None = None
    postal_code: UpTo10 | None = None
    line1: UpTo200 | None = None
    line2: UpTo100 | None = None
    state: UpTo100 | None = None


class Individual(Body):
    """A person."""

    first_name: UpTo100
    last_name: UpTo100
    title: UpTo10 | None = None
    date_of_birth: date | None = None
    id_number: UpTo100 | None = None
    ssn_last_4: FourDigits | None = None


class UpdateIndividual(Body):
    """A change of a person."""

    first_name: UpTo100 | None = None
    last_name: UpTo100 | None = None
    title: UpTo10 | None = None
    date_of_birth: date | None = None
    id_number: UpTo100 | None = None
    ssn_last_4: FourDigits | None = None


class _OrganizationFacts(OpenBody):
    business_structure: BusinessStructure | None = None
    legal_entity_id: UpTo20 | None = None
    directors_provided: StrictBool | None = None
    executives_provided: StrictBool | None = None
    owners_provided: StrictBool | None = None
    representative_provided: StrictBool | None = None


class Organization(_OrganizationFacts):
    """An organization."""

    legal_name: UpTo255


class UpdateOrganization(_OrganizationFacts):
    """A change of an organization."""

    model_config = Body.model_config

    legal_name: UpTo255 | None = None


class _Reachable(Body):
    phone: Phone | None = None
    website: Url | None = None
    tax_id: UpTo30 | None = None
    registration_number: UpTo100 | None = None
    registration_authority: UpTo100 | None = None


class CreateEntityRequest(_Reachable):
    """A new entity: with `organization` or `individual`, as `type` says."""

    type: EntityType
    email: EmailStr
    address: EntityAddress
    organization: Organization | None = None
    individual: Individual | None = None


class UpdateEntityRequest(_Reachable):
    """A change of an entity. What is left out stays; null empties, where the answer may be empty."""

    email: EmailStr | None = None
    address: UpdateEntityAddress | None = None
    organization: UpdateOrganization | None = None
    individual: UpdateIndividual | None = None


class ShownAddress(Shown):
    """Where an entity is."""

    country: Country
    city: str
    postal_code: str
    line1: str
    line2: str | None = None
    state: str | None = None


class ShownOrganization(Shown):
    """An organization."""

    legal_name: str
    business_structure: BusinessStructure | None = None
    legal_entity_id: str | None = None
    directors_provided: bool | None = None
    executives_provided: bool | None = None
    owners_provided: bool | None = None
    representative_provided: bool | None = None


class ShownIndividual(Shown):
    """A person."""

    first_name: str
    last_name: str
    title: str | None = None
    date_of_birth: date | None = None
    id_number: str | None = None
    ssn_last_4: str | None = None


class _ShownEntity(Dated):
    status: EntityStatus
    email: str | None
    phone: str | None
    website: str | None
    tax_id: str | None
    registration_number: str | None
    registration_authority: str | None
    address: ShownAddress
    logo: None = None


class EntityOrganizationResponse(_ShownEntity):
    """An entity that is an organization."""

    type: Literal["organization"]
    organization: ShownOrganization


class EntityIndividualResponse(_ShownEntity):
    """An entity that is a person."""

    type: Literal["individual"]
    individual: ShownIndividual


EntityResponse = Annotated[EntityOrganizationResponse | EntityIndividualResponse, Field(discriminator="type")]


class EntityPaginationResponse(Page):
    """A page of entities."""

    data: list[EntityResponse]


class EntityFilters(Filters):
    """What a list of entities can be narrowed by."""

    type: EntityType | None = None
    status: EntityStatus | None = None
    email: Text | None = None
    email__in: Texts | None = None
    email__not_in: Texts | None = None
    id__in: Ids | None = None
    id__not_in: Ids | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
