"""/counterparts/{counterpart_id}/addresses, /contacts and /vat_ids.

A new contact answers 200, as the contract has it.
"""

from uuid import UUID

from fastapi import APIRouter, status

from tieout.api.counterparts import belongings
from tieout.api.counterparts.details import (
    AddressList,
    AddressResponse,
    ContactList,
    ContactResponse,
    CounterpartAddress,
    CounterpartUpdateAddress,
    CreateContact,
    UpdateContact,
    UpdateVatId,
    VatId,
    VatIdList,
    VatIdResponse,
)
from tieout.api.dependencies import EntityCall
from tieout.storage.tables import business as rows

router = APIRouter(prefix="/{counterpart_id}")


@router.get("/addresses")
async def list_addresses(call: EntityCall, counterpart_id: UUID) -> AddressList:
    """All addresses."""
    found = await belongings.list_all(call, rows.CounterpartAddress, counterpart_id)
    return AddressList(data=[AddressResponse.model_validate(row) for row in found])


@router.post("/addresses", status_code=status.HTTP_201_CREATED)
async def create_address(call: EntityCall, counterpart_id: UUID, body: CounterpartAddress) -> AddressResponse:
    """Add an address."""
    row = await belongings.create_one(call, rows.CounterpartAddress, counterpart_id, body)
    return AddressResponse.model_validate(row)


@router.get("/addresses/{address_id}")
async def get_address(call: EntityCall, counterpart_id: UUID, address_id: UUID) -> AddressResponse:
    """One address."""
    row = await belongings.load_one(call, rows.CounterpartAddress, counterpart_id, address_id)
    return AddressResponse.model_validate(row)


@router.patch("/addresses/{address_id}")
async def update_address(
    call: EntityCall, counterpart_id: UUID, address_id: UUID, body: CounterpartUpdateAddress
) -> AddressResponse:
    """Change an address."""
    row = await belongings.update_one(call, rows.CounterpartAddress, counterpart_id, address_id, body)
    return AddressResponse.model_validate(row)


@router.delete("/addresses/{address_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_address(call: EntityCall, counterpart_id: UUID, address_id: UUID) -> None:
    """Remove an address."""
    await belongings.delete_one(call, rows.CounterpartAddress, counterpart_id, address_id)


@router.get("/contacts")
async def list_contacts(call: EntityCall, counterpart_id: UUID) -> ContactList:
    """All contacts."""
    found = await belongings.list_all(call, rows.CounterpartContact, counterpart_id)
    return ContactList(data=[ContactResponse.model_validate(row) for row in found])


@router.post("/contacts")
async def create_contact(call: EntityCall, counterpart_id: UUID, body: CreateContact) -> ContactResponse:
    """Add a contact."""
    row = await belongings.create_one(call, rows.CounterpartContact, counterpart_id, body)
    return ContactResponse.model_validate(row)


@router.get("/contacts/{contact_id}")
async def get_contact(call: EntityCall, counterpart_id: UUID, contact_id: UUID) -> ContactResponse:
    """One contact."""
    row = await belongings.load_one(call, rows.CounterpartContact, counterpart_id, contact_id)
    return ContactResponse.model_validate(row)


@router.patch("/contacts/{contact_id}")
async def update_contact(
    call: EntityCall, counterpart_id: UUID, contact_id: UUID, body: UpdateContact
) -> ContactResponse:
    """Change a contact."""
    row = await belongings.update_one(call, rows.CounterpartContact, counterpart_id, contact_id, body)
    return ContactResponse.model_validate(row)


@router.delete("/contacts/{contact_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_contact(call: EntityCall, counterpart_id: UUID, contact_id: UUID) -> None:
    """Remove a contact."""
    await belongings.delete_one(call, rows.CounterpartContact, counterpart_id, contact_id)


@router.post("/contacts/{contact_id}/make_default")
async def make_contact_default(call: EntityCall, counterpart_id: UUID, contact_id: UUID) -> ContactResponse:
    """Make a contact the default one."""
    row = await belongings.make_default(call, counterpart_id, contact_id)
    return ContactResponse.model_validate(row)


@router.get("/vat_ids")
async def list_vat_ids(call: EntityCall, counterpart_id: UUID) -> VatIdList:
    """All tax numbers."""
    found = await belongings.list_all(call, rows.CounterpartVatId, counterpart_id)
    return VatIdList(data=[VatIdResponse.model_validate(row) for row in found])


@router.post("/vat_ids", status_code=status.HTTP_201_CREATED)
async def create_vat_id(call: EntityCall, counterpart_id: UUID, body: VatId) -> VatIdResponse:
    """Add a tax number."""
    row = await belongings.create_one(call, rows.CounterpartVatId, counterpart_id, body)
    return VatIdResponse.model_validate(row)


@router.get("/vat_ids/{vat_id}")
async def get_vat_id(call: EntityCall, counterpart_id: UUID, vat_id: UUID) -> VatIdResponse:
    """One tax number."""
    row = await belongings.load_one(call, rows.CounterpartVatId, counterpart_id, vat_id)
    return VatIdResponse.model_validate(row)


@router.patch("/vat_ids/{vat_id}")
async def update_vat_id(call: EntityCall, counterpart_id: UUID, vat_id: UUID, body: UpdateVatId) -> VatIdResponse:
    """Change a tax number."""
    row = await belongings.update_one(call, rows.CounterpartVatId, counterpart_id, vat_id, body)
    return VatIdResponse.model_validate(row)


@router.delete("/vat_ids/{vat_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_vat_id(call: EntityCall, counterpart_id: UUID, vat_id: UUID) -> None:
    """Remove a tax number."""
    await belongings.delete_one(call, rows.CounterpartVatId, counterpart_id, vat_id)
