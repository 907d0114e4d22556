"""What is sent and shown of an address, a contact and a tax number of a counterpart."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from tieout.api.schemas import Body, Country, EmailStr, Shown, VatIdType, refuse_null

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
ContactName = Annotated[str, StringConstraints(max_length=255)]
"""May be empty: many a contact has but one name."""

Phone = Annotated[str, StringConstraints(max_length=100)]
Title = Annotated[str, StringConstraints(max_length=100)]
City = Annotated[str, StringConstraints(max_length=255)]
Line = Annotated[str, StringConstraints(max_length=255)]
PostalCode = Annotated[str, StringConstraints(max_length=20)]
State = Annotated[str, StringConstraints(max_length=100)]
VatNumber = Annotated[str, StringConstraints(max_length=32)]


class CounterpartAddress(Body):
    """An address."""

    country: Country
    city: City
    postal_code: PostalCode
    line1: Line
    line2: Line | None = None
    state: State | None = None


class CounterpartUpdateAddress(Body):
    """A change of an address."""

    country: Country | None = None
    city: City | None = None
    postal_code: PostalCode | None = None
    line1: Line | None = None
    line2: Line | None = None
    state: State | None = None

    _kept = refuse_null("country", "city", "postal_code", "line1")


class ShownAddress(Shown):
    """An address without an id."""

    country: Country
    city: str
    postal_code: str
    line1: str
    line2: str | None = None
    state: str | None = None


class AddressResponse(ShownAddress):
    """An address of a counterpart."""

    id: UUID
    counterpart_id: UUID


class AddressList(Shown):
    """All addresses of a counterpart."""

    data: list[AddressResponse]


class CreateContact(Body):
    """A new contact."""

    first_name: ContactName
    last_name: ContactName
    title: Title | None = None
    email: EmailStr | None = None
    phone: Phone | None = None
    address: CounterpartAddress


class UpdateContact(Body):
    """A change of a contact; an address replaces the whole address."""

    first_name: ContactName | None = None
    last_name: ContactName | None = None
    title: Title | None = None
    email: EmailStr | None = None
    phone: Phone | None = None
    address: CounterpartAddress | None = None

    _kept = refuse_null("first_name", "last_name", "address")


class ContactResponse(Shown):
    """A contact."""

    id: UUID
    counterpart_id: UUID
    first_name: str
    last_name: str
    title: str | None
    email: str | None
    phone: str | None
    is_default: bool
    address: ShownAddress


class ContactList(Shown):
    """All contacts of a counterpart."""

    data: list[ContactResponse]


class VatId(Body):
    """A new tax number."""

    country: Country | None = None
    type: VatIdType = "unknown"
    value: VatNumber


class UpdateVatId(Body):
    """A change of a tax number."""

    country: Country | None = None
    type: VatIdType | None = None
    value: VatNumber | None = None

    _kept = refuse_null("type", "value")


class VatIdResponse(Shown):
    """A tax number."""

    id: UUID
    counterpart_id: UUID
    country: Country | None
    type: VatIdType
    value: str


class VatIdList(Shown):
    """All tax numbers of a counterpart."""

    data: list[VatIdResponse]
