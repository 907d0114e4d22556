"""The rules of counterparts.

One reaches the books with the first document that names it, and later changes follow; deleting it leaves them alone.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, false

from tieout.api.announcing import announce
from tieout.api.counterparts.schemas import (
    CounterpartCreatePayload,
    CounterpartFilters,
    CounterpartIndividualRootResponse,
    CounterpartOrganizationRootResponse,
    CounterpartType,
    CounterpartUpdatePayload,
)
from tieout.api.dependencies import CallForEntity
from tieout.api.filtering import conditions
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.api.unbuilt import refuse_unbuilt
from tieout.api.wanting import followed
from tieout.kit.errors import Fault, Unprocessable
from tieout.storage.tables.business import Counterpart, CounterpartAddress, CounterpartVatId

_ROOT = ("language", "reminders_enabled", "tax_id", "external_reference")
DEFAULT_ADDRESSES = ("default_billing_address_id", "default_shipping_address_id")
_FILTERED = {
    "id": Counterpart.id,
    "type": Counterpart.type,
    "counterpart_name": Counterpart.name,
    "is_vendor": Counterpart.is_vendor,
    "is_customer": Counterpart.is_customer,
    "email": Counterpart.email,
    "tax_id": Counterpart.tax_id,
    "created_at": Counterpart.created_at,
}
_OF_ADDRESS = {
    "address_country": CounterpartAddress.country,
    "address_city": CounterpartAddress.city,
    "address_postal_code": CounterpartAddress.postal_code,
    "address_state": CounterpartAddress.state,
    "address_line1": CounterpartAddress.line1,
    "address_line2": CounterpartAddress.line2,
}
_OF_NOBODY = frozenset(("iban", "sort_code", "account_number", "tag_ids__in"))
_APART = frozenset((*_OF_ADDRESS, "vat_id", *_OF_NOBODY))


def shown(row: Counterpart) -> CounterpartOrganizationRootResponse | CounterpartIndividualRootResponse:
    """The counterpart as the API shows it."""
    names = ("id", "created_at", "updated_at", "type", "created_by_entity_user_id", *_ROOT, *DEFAULT_ADDRESSES)
    root = {name: getattr(row, name) for name in names}
    reachable = {name: getattr(row, name) for name in ("is_customer", "is_vendor", "email", "phone")}
    if row.type == CounterpartType.ORGANIZATION:
        details = reachable | {"legal_name": row.name}
        return CounterpartOrganizationRootResponse.model_validate({**root, "organization": details})
    details = reachable | {"first_name": row.first_name, "last_name": row.last_name, "title": row.title}
    return CounterpartIndividualRootResponse.model_validate({**root, "individual": details})


def _details(kind: str, body: CounterpartCreatePayload | CounterpartUpdatePayload) -> dict[str, Any]:
    """What is said of the organization or individual, as columns; raises Unprocessable or NotBuiltYet."""
    is_organization = kind == CounterpartType.ORGANIZATION
    other = CounterpartType.INDIVIDUAL if is_organization else CounterpartType.ORGANIZATION
    if getattr(body, other) is not None:
        raise Unprocessable(Fault(("body", other.value), f"a counterpart of type {kind} has no {other}"))
    details = getattr(body, kind)
    if details is None:
        raise Unprocessable(Fault(("body", kind), "Field required", "missing"))
    refuse_unbuilt(details, ("tag_ids",), place=("body", kind))
    columns = given(details)
    columns.pop("tag_ids", None)
    columns.pop("address", None)
    if "legal_name" in columns:
        columns["name"] = columns.pop("legal_name")
    return columns


def _full_name(columns: dict[str, Any], row: Counterpart | None = None) -> str:
    first_name = columns.get("first_name", row and row.first_name)
    last_name = columns.get("last_name", row and row.last_name)
    return f"{first_name} {last_name}"


def filtered(call: CallForEntity, filters: CounterpartFilters) -> Select[Any]:
    """The entity's counterparts that pass the filters."""
    tests: list[ColumnElement[bool]] = conditions(filters, _FILTERED, apart=_APART)
    of_address = [
        column == getattr(filters, name) for name, column in _OF_ADDRESS.items() if getattr(filters, name) is not None
    ]
    if of_address:
        tests.append(exists().where(CounterpartAddress.counterpart_id == Counterpart.id, *of_address))
    if filters.vat_id is not None:
        vat_id = (CounterpartVatId.counterpart_id == Counterpart.id, CounterpartVatId.value == filters.vat_id)
        tests.append(exists().where(*vat_id))
    if any(getattr(filters, name) is not None for name in _OF_NOBODY):
        tests.append(false())
    return rows_of_entity(call, Counterpart).where(*tests)


async def load_counterpart(call: CallForEntity, counterpart_id: UUID, *, for_update: bool = False) -> Counterpart:
    """A counterpart of the call's entity; raises NotFound."""
    return await load_of_entity(call, Counterpart, counterpart_id, "counterpart", for_update=for_update)


async def create_counterpart(call: CallForEntity, body: CounterpartCreatePayload) -> Counterpart:
    """Make a counterpart; its first address becomes the default one; raises Unprocessable."""
    columns = _details(body.type, body)
    if body.type is CounterpartType.INDIVIDUAL:
        columns["name"] = _full_name(columns)
    owner = {
        "partner_id": call.partner_id,
        "entity_id": call.entity_id,
        "created_at": call.now,
        "updated_at": call.now,
    }
    row = Counterpart(
        type=body.type.value,
        created_by_entity_user_id=call.entity_user_id,
        **owner,
        **columns,
        **{name: getattr(body, name) for name in _ROOT},
    )
    call.session.add(row)
    await call.session.flush()
    said = getattr(body, body.type).address
    address = CounterpartAddress(counterpart_id=row.id, **owner, **said.model_dump())
    call.session.add(address)
    await call.session.flush()
    row.default_billing_address_id = row.default_shipping_address_id = address.id
    announce(call, "counterpart", row.id, "created", shown(row))
    return row


async def _check_addresses(call: CallForEntity, row: Counterpart, change: dict[str, Any]) -> None:
    for name in DEFAULT_ADDRESSES:
        address_id = change.get(name)
        if address_id is not None:
            query = rows_of_entity(call, CounterpartAddress).where(
                CounterpartAddress.id == address_id, CounterpartAddress.counterpart_id == row.id
            )
            if await call.session.scalar(query) is None:
                message = f"the counterpart has no address {address_id}"
                raise Unprocessable(Fault(("body", name), message, "value_error.unknown_id"))


async def update_counterpart(call: CallForEntity, counterpart_id: UUID, body: CounterpartUpdatePayload) -> Counterpart:
    """Change a counterpart; raises NotFound or Unprocessable."""
    row = await load_counterpart(call, counterpart_id, for_update=True)
    columns = _details(row.type, body)
    change = given(body)
    await _check_addresses(call, row, change)
    columns |= {name: change[name] for name in (*_ROOT, *DEFAULT_ADDRESSES) if name in change}
    if row.type == CounterpartType.INDIVIDUAL:
        columns["name"] = _full_name(columns, row)
    async with followed(call, "counterpart", row.id):
        for name, value in columns.items():
            setattr(row, name, value)
        row.updated_at = call.now
    announce(call, "counterpart", row.id, "updated", shown(row))
    return row


async def delete_counterpart(call: CallForEntity, counterpart_id: UUID) -> None:
    """Take a counterpart off the list; its documents keep it, and the books are left alone; raises NotFound."""
    row = await load_counterpart(call, counterpart_id, for_update=True)
    row.deleted_at = row.updated_at = call.now
    announce(call, "counterpart", row.id, "delete", shown(row))
