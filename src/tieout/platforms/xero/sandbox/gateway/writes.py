"""Answering PUT, POST and DELETE: element by element, each done or refused on its own.

With `summarizeErrors` (on unless switched off, whatever the API description says) one refused element makes the answer
a 400 that lists the refused ones only, although the others have been written. Switched off, the answer is 200 and every
element says what became of it. Source: requests-and-responses page; issues of two SDKs.
"""

from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from tieout.platforms.xero.sandbox.accounting.credits import allocate, unallocate
from tieout.platforms.xero.sandbox.accounting.document_shapes import show_allocation
from tieout.platforms.xero.sandbox.accounting.elements import (
    Element,
    GoneError,
    InvalidError,
    check_conversion,
    elements_of,
)
from tieout.platforms.xero.sandbox.accounting.history import WITH_HISTORY, record_write
from tieout.platforms.xero.sandbox.accounting.money.shapes import show_credit_allocation
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Credit, Row
from tieout.platforms.xero.sandbox.accounting.shapes import Shape, View
from tieout.platforms.xero.sandbox.accounting.writing import Writing
from tieout.platforms.xero.sandbox.gateway.dialects import (
    RefusedError,
    post_data_refused,
    unsupported,
    validation_exception,
)
from tieout.platforms.xero.sandbox.gateway.query import Query
from tieout.platforms.xero.sandbox.gateway.reading import Envelope
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource
from tieout.platforms.xero.sandbox.wire import ZERO_ID, encode
from tieout.sandbox.wire import MalformedJsonError, decode

_PARAMETERS = frozenset({"summarizeerrors", "unitdp"})
Done = tuple[Mapping[str, Any], tuple[str, ...]]
"""What an element became, and the warnings about it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A write request on its way: how to do one element, and how to echo a refused one."""

    plural: str
    do: Callable[[Element], Done]
    id_property: str
    bare_errors: bool = False
    tells_summary: bool = False
    """Whether the envelope begins with `SummarizeErrors`."""


def read_body(body: bytes) -> object:
    """The JSON that was sent."""
    try:
        return decode(body)
    except MalformedJsonError as error:
        raise post_data_refused(f"Could not parse the request body as JSON: {error}") from None


@dataclass(frozen=True, slots=True)
class ToWrite:
    """Where a write goes. `target` is the record in the address; `may_update` is false for PUT."""

    organisation: Organisation
    resource: Resource
    target: Row | None
    may_update: bool


def answer_write(to: ToWrite, query: Query, envelope: Envelope, body: bytes) -> Response:
    """`PUT` and `POST /{Plural}[/{id}]`. Raises `GoneError` before anything is done when a contact is unknown."""
    query.only(_PARAMETERS)
    organisation, resource, target = to.organisation, to.resource, to.target
    elements = list(elements_of(read_body(body), resource.plural))
    if len(elements) > (1 if target is not None else resource.batch_max or len(elements)):
        raise unsupported(f"more than one element in this call of {resource.name}")
    for element in elements:
        check_conversion(element, resource.choices)
        _check_contact(organisation, element)
        _check_target(to, element)
    writing = Writing(
        organisation=organisation,
        app_id=query.app_id,
        may_update=to.may_update,
        at=organisation.now(),
        target=target,
        unit_places=query.unit_places(),
    )
    view = View(Shape.WRITTEN, writing.unit_places)

    def do(element: Element) -> Done:
        _check_same(to, element)
        rows = resource.rows(organisation)
        count = len(rows) if isinstance(rows, Sized) else 0
        written = resource.write(writing, element)
        if resource.name in WITH_HISTORY and isinstance(rows, Sized):
            record_write(organisation, written.row, envelope.provider, new=len(rows) > count)
        shown = dict(resource.show(organisation, written.row, view)) | dict(written.overlay)
        return shown, written.warnings

    batch = Batch(resource.plural, do, resource.id_property, resource.bare_errors, resource.tells_summary)
    return run(batch, elements, envelope, summarize=query.flag("summarizeerrors", otherwise=True))


def run(batch: Batch, elements: list[Element], envelope: Envelope, *, summarize: bool) -> Response:
    """Do every element and answer. What refuses a whole request can do so only while nothing has been done."""
    shown: list[Mapping[str, Any]] = []
    refused: list[Mapping[str, Any]] = []
    for element in elements:
        try:
            row, warnings = batch.do(element)
        except (InvalidError, RefusedError, GoneError) as error:
            if not isinstance(error, InvalidError) and len(shown) == len(refused):
                raise
            echo = _echo(batch, element, _told(error))
            refused.append(echo)
            shown.append(echo | {"StatusAttributeString": "ERROR"})
            continue
        more: dict[str, Any] = {}
        if not summarize:
            more["StatusAttributeString"] = "WARNING" if warnings else "OK"
        if warnings:
            more["Warnings"] = [{"Message": message} for message in warnings]
        shown.append(dict(row) | more)
    if refused and summarize:
        return validation_exception(refused)
    lead = {"SummarizeErrors": summarize} if batch.tells_summary else None
    return envelope.wrap(batch.plural, [encode(row) for row in shown], lead=lead)


def _told(error: Exception) -> InvalidError:
    """What refuses a whole request, as the refusal of one element: the elements before it stay, and are answered."""
    if isinstance(error, InvalidError):
        return error
    if isinstance(error, RefusedError):
        told = decode(bytes(error.response.body))
        return InvalidError(told.get("Message") or told.get("Detail", ""))
    return InvalidError("The resource with the supplied id was not found")


def _echo(batch: Batch, element: Element, error: InvalidError) -> dict[str, Any]:
    """A refused element: what was sent, an id of zeros unless one was sent, and why."""
    sent_id = element.sent.get(batch.id_property.lower())
    echo = {batch.id_property: sent_id or ZERO_ID} | dict(element.raw)
    if not sent_id:
        echo[batch.id_property] = ZERO_ID
    flag = "HasErrors" if batch.bare_errors else "HasValidationErrors"
    return echo | {flag: True, "ValidationErrors": [{"Message": message} for message in error.messages]}


def _check_contact(organisation: Organisation, element: Element) -> None:
    """An unknown contact id refuses the whole request, before any element is done."""
    inner = element.inner("Contact")
    contact_id = inner.text("ContactID") if inner else None
    if contact_id and contact_id.lower() not in organisation.contacts:
        raise GoneError


def _check_same(to: ToWrite, element: Element) -> None:
    """Refuse a body that names another record than the address."""
    sent = element.text(to.resource.id_property) if to.target is not None else None
    if to.target is not None and sent and sent != ZERO_ID and sent.lower() != to.target.id.lower():
        raise InvalidError(f"The {to.resource.id_property} in the body is not the one in the address")


_LOST = {
    "Accounts": False, "BankTransactions": False, "BankTransfers": False, "BatchPayments": False, "Contacts": True,
    "Items": True, "ManualJournals": False, "Payments": False,
}  # fmt: skip
"""Where an id in the body that is not known is a 404 of the whole request; whether of a PUT, too."""


def _check_target(to: ToWrite, element: Element) -> None:
    """The same for the id of the record itself."""
    if to.target is not None or to.resource.name not in _LOST or not (to.may_update or _LOST[to.resource.name]):
        return
    row_id = element.text(to.resource.id_property)
    if row_id and row_id != ZERO_ID and to.resource.find(to.organisation, row_id) is None:
        raise GoneError


# Allocations ----------------------------------------------------------------------------------------------------


def answer_allocate(
    organisation: Organisation, credit: Credit, query: Query, envelope: Envelope, body: bytes
) -> Response:
    """`PUT /{CreditNotes|Overpayments|Prepayments}/{id}/Allocations`."""
    query.only(frozenset({"summarizeerrors"}))
    elements = list(elements_of(read_body(body), "Allocations"))
    for element in elements:
        check_conversion(element, {})
    writing = Writing(organisation, query.app_id, may_update=False, at=organisation.now())

    def do(element: Element) -> Done:
        return show_credit_allocation(organisation, credit, allocate(writing, credit, element)), ()

    batch = Batch("Allocations", do, "AllocationID")
    return run(batch, elements, envelope, summarize=query.flag("summarizeerrors", otherwise=True))


def answer_unallocate(organisation: Organisation, credit: Credit, allocation_id: str, query: Query) -> Response:
    """`DELETE /{CreditNotes|Overpayments|Prepayments}/{id}/Allocations/{id}`."""
    query.only(frozenset())
    writing = Writing(organisation, query.app_id, may_update=True, at=organisation.now())
    try:
        gone = unallocate(writing, credit, allocation_id)
    except InvalidError as error:
        return validation_exception([_refused_delete("AllocationID", allocation_id, error)])
    if gone is None:
        raise GoneError
    told = show_allocation(organisation, gone)
    body = {
        "AllocationId": gone.id,
        "Date": told["Date"],
        "Amount": told["Amount"],
        "Invoice": {"InvoiceID": gone.invoice_id},
        "IsDeleted": True,
    }
    return Response(encode(body), 200, media_type="application/json; charset=utf-8")


# Deletion -------------------------------------------------------------------------------------------------------


def answer_delete(
    organisation: Organisation, resource: Resource, row: Row, query: Query, envelope: Envelope
) -> Response:
    """`DELETE /{Plural}/{id}`: 204, or the record that is gone; 400 when it cannot be."""
    query.only(frozenset())
    if resource.delete is None:
        raise unsupported(f"DELETE {resource.name}")
    writing = Writing(organisation, query.app_id, may_update=True, at=organisation.now())
    try:
        told = resource.delete(writing, row)
    except InvalidError as error:
        return validation_exception([_refused_delete(resource.id_property, row.id, error)])
    if not told:
        return Response(status_code=204)
    return envelope.wrap(resource.plural, [encode(resource.show(organisation, row, View(Shape.WRITTEN)))])


def _refused_delete(id_property: str, row_id: str, error: InvalidError) -> Mapping[str, Any]:
    return {id_property: row_id, "ValidationErrors": [{"Message": message} for message in error.messages]}
