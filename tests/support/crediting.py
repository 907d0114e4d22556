"""Bills, and the credit notes of their vendors, made by calls."""

from typing import Any

from tests.support.documents import Trader
from tests.support.partner import Partner

NOTE = {"document_id": "CN-1", "issued_at": "2026-03-01", "currency": "USD"}
COMPLETE = {"subtotal": 1_000, "tax_amount": 200, "total_amount": 1_200}


async def make_bill(partner: Partner, vendor: Trader, total: int = 10_000, *, approved: bool = True) -> str:
    """A complete bill; what becomes of it needs its approval."""
    body = {
        "document_id": "SUP-7",
        "counterpart_id": vendor.id,
        "currency": "USD",
        "issued_at": "2026-02-01",
        "due_date": "2026-04-01",
    }
    made = await partner.post("/payables", json=body)
    assert made.status_code == 200, made.text
    payable_id = str(made.json()["id"])
    line = {"name": "Paper", "quantity": 1, "unit_price": total}
    assert (await partner.post(f"/payables/{payable_id}/line_items", json=line)).status_code == 201
    if approved:
        assert (await partner.post(f"/payables/{payable_id}/approve_payment_operation")).status_code == 200
    return payable_id


async def make_note(partner: Partner, **fields: Any) -> dict[str, Any]:
    """A credit note, as it is answered."""
    answer = await partner.post("/payable_credit_notes", json=NOTE | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def note_in(partner: Partner, bill_id: str, status: str, **fields: Any) -> str:
    """The id of a credit note that calls brought into a status."""
    complete = {} if status == "draft" else COMPLETE
    note_id = str((await make_note(partner, based_on=bill_id, **(complete | fields)))["id"])
    ways = {
        "submitted_for_approval": ["submit_for_approval"],
        "approved": ["approve"],
        "rejected": ["submit_for_approval", "reject"],
        "canceled": ["cancel"],
    }
    for action in ways.get(status, []):
        answer = await partner.post(f"/payable_credit_notes/{note_id}/{action}")
        assert answer.status_code == 200, answer.text
    return note_id
