"""`POST /{entity}/{id}/send[?sendTo=]`: a document goes by mail. No mail leaves here; the document says it did."""

from dataclasses import replace
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.fields import entity_fields
from tieout.platforms.quickbooks.sandbox.accounting.placing import place
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.rendering import wire
from tieout.platforms.quickbooks.sandbox.accounting.wishes import check_email
from tieout.platforms.quickbooks.sandbox.accounting.writing import check_subscription
from tieout.platforms.quickbooks.sandbox.delivering.printing import delivered
from tieout.platforms.quickbooks.sandbox.gateway import faults
from tieout.platforms.quickbooks.sandbox.gateway.calls import Call
from tieout.platforms.quickbooks.sandbox.moments import stamp

_ADDRESSES = ("POEmail", "BillEmail")
"""Where a document keeps whom it is mailed to; an order to a vendor has a field of its own."""


def answer_send(call: Call, route: str, record_id: str) -> bytes:
    """The document as it is then. Raises `Refusal`: 500, 610, 6190, 6420 without an address, 2210, 6000."""
    record = delivered(call, route, record_id)
    check_subscription(call.books)
    address = _address(call, record)
    _count(call)
    fields, content = entity_fields(record.kind.name), dict(record.content)
    field = next((name for name in _ADDRESSES if name in fields), None)
    if field is not None:
        content[field] = {**content.get(field, {}), "Address": address}
    if "EmailStatus" in fields:
        content["EmailStatus"] = "EmailSent"
    if "DeliveryInfo" in fields:
        content["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": stamp(call.now)}
    place(call.books, record, replace(record.shaped, content=content))
    record.touch(call.books.now(), token=call.switches.sending_moves_token)
    call.books.note(record, "emailed")
    return call.envelope(record.kind.name, wire(call.books, record))


def _address(call: Call, record: Record) -> str:
    """Whom it goes to: whom the call names, or whom the document does."""
    kept: dict[str, Any] = next((record.content[name] for name in _ADDRESSES if name in record.content), {})
    address = str(call.query.get("sendTo") or kept.get("Address") or "").strip()
    if not address:
        raise faults.address_missing()
    for one in address.split(","):
        check_email({"sendTo": {"Address": one.strip()}}, "sendTo")
    return address


def _count(call: Call) -> None:
    """One more mail of this day, or a refusal."""
    today, mailed = call.books.today(), call.books.mailed
    sent = mailed.get(today, 0)
    if sent >= call.switches.mails_per_day:
        raise refusals.business(f"No more than {call.switches.mails_per_day} e-mails can be sent in a day")
    mailed.clear()
    mailed[today] = sent + 1
