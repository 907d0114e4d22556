"""What hangs below a record: attachments, history, the online invoice, e-mail. Source: pages of the same names."""

from collections.abc import Sequence
from hashlib import sha256

from starlette.responses import Response

from tieout.platforms.xero.sandbox.accounting.attachments import (
    Attachment,
    Upload,
    attach,
    attachments_of,
    find_attachment,
    show_attachment,
)
from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError, elements_of
from tieout.platforms.xero.sandbox.accounting.history import (
    WITH_HISTORY,
    record_change,
    show_history,
    show_note,
    write_note,
)
from tieout.platforms.xero.sandbox.accounting.rows import CreditNote, Invoice, Row
from tieout.platforms.xero.sandbox.gateway.call import Call
from tieout.platforms.xero.sandbox.gateway.dialects import not_found, not_simulated, validation_exception
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource
from tieout.platforms.xero.sandbox.gateway.writes import Batch, Done, read_body, run
from tieout.platforms.xero.sandbox.wire import ZERO_ID, encode
from tieout.sandbox.wire import BODY_BYTES_MAX

WITH_ATTACHMENTS = frozenset(
    {"Accounts", "BankTransactions", "BankTransfers", "Contacts", "CreditNotes", "Invoices", "ManualJournals",
     "PurchaseOrders", "Quotes", "Receipts", "RepeatingInvoices"}
)  # fmt: skip
FILE_BYTES_READ_MAX = 26 * 1024 * 1024
"""One more than any page speaks of."""
SENDABLE = frozenset({"SUBMITTED", "AUTHORISED", "PAID"})
_LIST, _ONE = 3, 4
"""How many parts an address has that names a list below a record, and one of that list."""


def body_bytes_max(path: str) -> int:
    """The largest body that is read at a path; whether a file is too large is for the rule to say."""
    return FILE_BYTES_READ_MAX if "/attachments/" in path.lower() else BODY_BYTES_MAX


def answer_attachments(call: Call, resource: Resource, row: Row, *, bytes_max: int) -> Response:
    """`…/Attachments`: the list; `…/Attachments/{name or id}`: the content, or an upload of raw bytes."""
    if resource.name not in WITH_ATTACHMENTS:
        return not_found({})
    if call.method == "GET":
        call.query.only(frozenset())
        if len(call.parts) == _LIST:
            return _told(call, resource, row, attachments_of(call.organisation, row.id))
        file = find_attachment(call.organisation, row.id, "/".join(call.parts[3:]))
        if file is None:
            return not_found({})
        response = Response(file.content, 200)
        response.headers["content-type"] = file.mime_type
        return response
    if call.method not in {"PUT", "POST"} or len(call.parts) == _LIST:
        return not_simulated(call.shown)
    return _upload(call, resource, row, bytes_max)


def _upload(call: Call, resource: Resource, row: Row, bytes_max: int) -> Response:
    call.query.only(frozenset({"includeonline"}))
    name, online = "/".join(call.parts[3:]), call.query.flag("includeonline")
    upload = Upload(name, call.body, call.content_type, online)
    try:
        _check_online(row, upload)
        file = attach(call.organisation, row, upload, bytes_max=bytes_max)
    except InvalidError as error:
        messages = [{"Message": message} for message in error.messages]
        return validation_exception([{"AttachmentID": ZERO_ID, "FileName": name, "ValidationErrors": messages}])
    words = f"Attached the file {name} through the Xero API using {call.envelope.provider}"
    record_change(call.organisation, row.id, "Attached a file", words)
    return _told(call, resource, row, (file,))


def _check_online(row: Row, upload: Upload) -> None:
    """Only what customers see online can have a file that goes out with it."""
    if upload.online and not (isinstance(row, Invoice | CreditNote) and row.receivable):
        raise InvalidError("Only attachments of sales invoices and credit notes can be included online")


def _told(call: Call, resource: Resource, row: Row, files: Sequence[Attachment]) -> Response:
    shown = [encode(show_attachment(call.organisation.origin, resource.name, row.id, file)) for file in files]
    return call.envelope.wrap("Attachments", shown)


def answer_history(call: Call, resource: Resource, row: Row) -> Response:
    """`…/History`: what happened; `PUT` adds notes."""
    if resource.name not in WITH_HISTORY or len(call.parts) > _LIST:
        return not_found({})
    if call.method == "GET":
        call.query.only(frozenset())
        return call.envelope.wrap("HistoryRecords", [encode(one) for one in show_history(call.organisation, row.id)])
    if call.method != "PUT":
        return not_simulated(call.shown)
    call.query.only(frozenset({"summarizeerrors"}))
    elements = list(elements_of(read_body(call.body), "HistoryRecords"))

    def do(element: Element) -> Done:
        return show_note(write_note(call.organisation, row.id, element)), ()

    batch = Batch("HistoryRecords", do, "HistoryRecordID")
    return run(batch, elements, call.envelope, summarize=call.query.flag("summarizeerrors", otherwise=True))


def answer_email(call: Call, row: Row) -> Response:
    """`POST /Invoices/{id}/Email`: 204; a sale that was submitted or approved, whose contact has an address."""
    call.query.only(frozenset())
    if call.method != "POST" or len(call.parts) != _LIST or not isinstance(row, Invoice):
        return not_simulated(call.shown)
    if call.body.strip() not in {b"", b"{}"}:
        return not_simulated("a body of an e-mail request, which is empty at Xero")
    contact = call.organisation.contacts[row.contact_id]
    message = None
    if row.type != "ACCREC" or row.status not in SENDABLE:
        message = "Invoice is not of valid status or type to be emailed"
    elif not contact.email:
        message = "The contact does not have an email address"
    if message is not None:
        refused = {"InvoiceID": row.id, "ValidationErrors": [{"Message": message}]}
        return validation_exception([refused])
    row.sent = True
    row.touch(None if row.paid + row.credited else call.organisation.now())
    words = f"This invoice has been sent to {contact.email}"
    record_change(call.organisation, row.id, "Invoice sent", words)
    return Response(status_code=204)


def answer_online_invoice(call: Call, row: Row) -> Response:
    """`GET /Invoices/{id}/OnlineInvoice`: where the customer of an approved sale sees it."""
    call.query.only(frozenset())
    if call.method != "GET" or len(call.parts) != _LIST:
        return not_simulated(call.shown)
    if not isinstance(row, Invoice) or row.type != "ACCREC" or row.status not in {"AUTHORISED", "PAID"}:
        return not_found({})
    token = sha256(f"{call.organisation.id}/{row.id}".encode()).hexdigest()[:40]
    return call.envelope.wrap(
        "OnlineInvoices", [encode({"OnlineInvoiceUrl": f"{call.organisation.origin}/in/{token}"})]
    )
