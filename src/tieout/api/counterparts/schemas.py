"""What is sent and shown of a counterpart (Monite, 'Counterparts')."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from tieout.api.counterparts.details import CounterpartAddress, Name, Phone, Title
from tieout.api.filtering import FILTER_VALUES_MAX, Ids, Text
from tieout.api.schemas import (
    Body,
    Dated,
    EmailStr,
    Filters,
    Language,
    Moment,
    OpenBody,
    Page,
    Shown,
    StrictBool,
    refuse_null,
)
from tieout.storage.tables.business import NAME_LENGTH_MAX

LegalName = Annotated[str, StringConstraints(min_length=1, max_length=510)]
TaxId = Annotated[str, StringConstraints(max_length=30)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=255)]
SoughtName = Annotated[str, StringConstraints(max_length=NAME_LENGTH_MAX)]
TagIds = Annotated[list[UUID], Field(max_length=FILTER_VALUES_MAX)]


class CounterpartType(StrEnum):
    """What a counterpart is."""

    INDIVIDUAL = "individual"
    ORGANIZATION = "organization"


class OrganizationCreate(OpenBody):
    """A new organization."""

    legal_name: LegalName
    is_customer: StrictBool
    is_vendor: StrictBool
    email: EmailStr | None = None
    phone: Phone | None = None
    address: CounterpartAddress
    tag_ids: TagIds | None = None


class IndividualCreate(Body):
    """A new person."""

    first_name: Name
    last_name: Name
    title: Title | None = None
    is_customer: StrictBool
    is_vendor: StrictBool
    email: EmailStr | None = None
    phone: Phone | None = None
    address: CounterpartAddress
    tag_ids: TagIds | None = None


class CounterpartCreatePayload(Body):
    """A new counterpart: with `organization` or `individual`, as `type` says."""

    type: CounterpartType
    organization: OrganizationCreate | None = None
    individual: IndividualCreate | None = None
    language: Language = "en"
    reminders_enabled: StrictBool = True
    tax_id: TaxId | None = None
    external_reference: Reference | None = None


class OrganizationUpdate(Body):
    """A change of an organization."""

    legal_name: LegalName | None = None
    is_customer: StrictBool | None = None
    is_vendor: StrictBool | None = None
    email: EmailStr | None = None
    phone: Phone | None = None
    tag_ids: TagIds | None = None

    _kept = refuse_null("legal_name", "is_customer", "is_vendor")


class IndividualUpdate(Body):
    """A change of a person."""

    first_name: Name | None = None
    last_name: Name | None = None
    title: Title | None = None
    is_customer: StrictBool | None = None
    is_vendor: StrictBool | None = None
    email: EmailStr | None = None
    phone: Phone | None = None
    tag_ids: TagIds | None = None

    _kept = refuse_null("first_name", "last_name", "is_customer", "is_vendor")


class CounterpartUpdatePayload(Body):
    """A change of a counterpart: `organization` or `individual`, as it is, must be there, if only empty."""

    organization: OrganizationUpdate | None = None
    individual: IndividualUpdate | None = None
    language: Language | None = None
    reminders_enabled: StrictBool | None = None
    tax_id: TaxId | None = None
    external_reference: Reference | None = None
    default_billing_address_id: UUID | None = None
    default_shipping_address_id: UUID | None = None

    _kept = refuse_null("language", "reminders_enabled")


class _Reachable(Shown):
    is_customer: bool
    is_vendor: bool
    email: str | None
    phone: str | None
    tags: list[None] = Field(default_factory=list)


class OrganizationResponse(_Reachable):
    """An organization."""

    legal_name: str


class IndividualResponse(_Reachable):
    """A person."""

    first_name: str
    last_name: str
    title: str | None


class _ShownCounterpart(Dated):
    language: Language
    reminders_enabled: bool
    tax_id: str | None
    external_reference: str | None
    default_billing_address_id: UUID | None
    default_shipping_address_id: UUID | None
    created_automatically: bool = False
    created_by_entity_user_id: UUID | None


class CounterpartOrganizationRootResponse(_ShownCounterpart):
    """A counterpart that is an organization."""

    type: Literal["organization"]
    organization: OrganizationResponse


class CounterpartIndividualRootResponse(_ShownCounterpart):
    """A counterpart that is a person."""

    type: Literal["individual"]
    individual: IndividualResponse


CounterpartResponse = Annotated[
    CounterpartOrganizationRootResponse | CounterpartIndividualRootResponse, Field(discriminator="type")
]


class CounterpartPaginationResponse(Page):
    """A page of counterparts."""

    data: list[CounterpartResponse]


class CounterpartFilters(Filters):
    """What a list of counterparts can be narrowed by.

    Address filters speak of one address. Tieout keeps neither bank accounts nor tags of counterparts, so that no
    counterpart has the ones that are asked for.
    """

    id__in: Ids | None = None
    type: CounterpartType | None = None
    counterpart_name: SoughtName | None = None
    counterpart_name__iexact: SoughtName | None = None
    counterpart_name__contains: SoughtName | None = None
    counterpart_name__icontains: SoughtName | None = None
    is_vendor: bool | None = None
    is_customer: bool | None = None
    email: Text | None = None
    email__contains: Text | None = None
    email__icontains: Text | None = None
    tax_id: TaxId | None = None
    vat_id: TaxId | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
    address_country: Text | None = Field(default=None, alias="address.country")
    address_city: Text | None = Field(default=None, alias="address.city")
    address_postal_code: Text | None = Field(default=None, alias="address.postal_code")
    address_state: Text | None = Field(default=None, alias="address.state")
    address_line1: Text | None = Field(default=None, alias="address.line1")
    address_line2: Text | None = Field(default=None, alias="address.line2")
    iban: Annotated[str, StringConstraints(max_length=34)] | None = None
    sort_code: Annotated[str, StringConstraints(max_length=100)] | None = None
    account_number: Annotated[str, StringConstraints(max_length=100)] | None = None
    tag_ids__in: Ids | None = None
