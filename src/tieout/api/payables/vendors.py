"""The vendor of a document that an entity received: named while it is written, kept as it is when it is handed in."""

from typing import Any
from uuid import UUID

from tieout.api.dependencies import CallForEntity
from tieout.api.scope import load_of_entity
from tieout.kit.errors import NotFound
from tieout.storage.tables.business import Counterpart, CounterpartAddress, CounterpartVatId, Payable
from tieout.storage.tables.payable_credit_notes import PayableCreditNote

Received = Payable | PayableCreditNote

_ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")


async def put_in_vendor(call: CallForEntity, row: Received, named: dict[str, Any]) -> None:
    """Put what was sent about the counterpart into the row; raises NotFound."""
    if "counterpart_id" in named:
        counterpart_id = named["counterpart_id"]
        if counterpart_id is not None:
            await load_of_entity(call, Counterpart, counterpart_id, "counterpart")
        if counterpart_id != row.counterpart_id:
            row.counterpart_address_id = None
            row.content = {**row.content, "counterpart_vat_id_id": None}
        row.counterpart_id = counterpart_id
    if "counterpart_address_id" in named:
        row.counterpart_address_id = await _checked(
            call, row, CounterpartAddress, named["counterpart_address_id"], "address"
        )
    if "counterpart_vat_id_id" in named:
        vat_id_id = await _checked(call, row, CounterpartVatId, named["counterpart_vat_id_id"], "VAT id")
        row.content = {**row.content, "counterpart_vat_id_id": None if vat_id_id is None else str(vat_id_id)}


async def _checked(
    call: CallForEntity,
    row: Received,
    model: type[CounterpartAddress | CounterpartVatId],
    part_id: UUID | None,
    what: str,
) -> UUID | None:
    """The id, if the document's counterpart has such a part; raises NotFound."""
    if part_id is None:
        return None
    part: CounterpartAddress | CounterpartVatId = await load_of_entity(call, model, part_id, what)
    if part.counterpart_id != row.counterpart_id:
        message = f"There is no {what} {part_id}."
        raise NotFound(message)
    return part_id


async def keep_vendor(call: CallForEntity, row: Received) -> None:
    """Keep the vendor as it is at the time of the decision."""
    if row.counterpart_id is None:
        return
    counterpart = await call.session.get_one(Counterpart, row.counterpart_id)
    address = None
    if row.counterpart_address_id is not None:
        address = await call.session.get(CounterpartAddress, row.counterpart_address_id)
    row.content = {
        **row.content,
        "counterpart": {
            "name": counterpart.name,
            "email": counterpart.email,
            "phone": counterpart.phone,
            "tax_id": counterpart.tax_id,
            "address": None if address is None else {name: getattr(address, name) for name in _ADDRESS},
        },
    }
