"""Which part of the house answers a call that was let in, by its address. Source: requests page; API description."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from tieout.platforms.xero.sandbox.accounting.about import (
    show_actions,
    show_organisation,
)
from tieout.platforms.xero.sandbox.accounting.elements import GoneError
from tieout.platforms.xero.sandbox.accounting.rows import Credit, Document, Row
from tieout.platforms.xero.sandbox.gateway.attached import (
    answer_attachments,
    answer_email,
    answer_history,
    answer_online_invoice,
)
from tieout.platforms.xero.sandbox.gateway.call import Call
from tieout.platforms.xero.sandbox.gateway.dialects import RefusedError, not_found, not_simulated, unsupported
from tieout.platforms.xero.sandbox.gateway.grouped import answer_group_contacts, answer_options
from tieout.platforms.xero.sandbox.gateway.printing import print_document
from tieout.platforms.xero.sandbox.gateway.reading import answer_list, answer_single
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource
from tieout.platforms.xero.sandbox.gateway.resources.table import NOT_SIMULATED, RESOURCES
from tieout.platforms.xero.sandbox.gateway.writes import (
    ToWrite,
    answer_allocate,
    answer_delete,
    answer_unallocate,
    answer_write,
)
from tieout.platforms.xero.sandbox.identity.scopes import ANY_REPORT, ATTACHMENTS, SETTINGS, Access, report
from tieout.platforms.xero.sandbox.reports.answering import REPORTS, answer_report
from tieout.platforms.xero.sandbox.switches import Switches
from tieout.platforms.xero.sandbox.wire import encode

_SINGLE, _LIST_BELOW, _ONE_BELOW = 2, 3, 4
"""How many parts an address has: a record, something below it, and one of what is below it."""
PRINTED = {"Invoices": "Invoice", "CreditNotes": "Credit note", "Quotes": "Quote", "PurchaseOrders": "Purchase order"}
"""What can be had as a PDF, and what it is called there."""


def access_to(parts: tuple[str, ...]) -> Access | None:
    """What the address asks of a token; None where there is nothing."""
    name = parts[0].lower() if parts else ""
    if len(parts) >= _LIST_BELOW and parts[2].lower() == "attachments":
        return ATTACHMENTS
    if name == "organisation":
        return SETTINGS
    if name == "reports":
        known = REPORTS.get(parts[1].lower()) if len(parts) > 1 else None
        return report(known.family) if known else ANY_REPORT
    resource = RESOURCES.get(name)
    return resource.access if resource else NOT_SIMULATED.get(name)


def route(call: Call, switches: Switches) -> Response:
    """Answer a call, and turn what is raised on the way into answers."""
    try:
        _check_media_types(call)
        return _routed(call, switches)
    except RefusedError as error:
        return error.response
    except GoneError:
        return not_found({})


def _reads_file(call: Call) -> bool:
    """Whether the answer is a file rather than a record: a PDF, or the content of an attachment."""
    if call.method != "GET":
        return False
    below = call.parts[2].lower() if len(call.parts) > _SINGLE else ""
    if below == "attachments":
        return len(call.parts) >= _ONE_BELOW
    return (len(call.parts) == _SINGLE and "application/pdf" in call.accept) or below == "pdf"


_XML_FIRST = re.compile(r"^(?:(?!application/json).)*(?:application|text)/xml")


def _check_media_types(call: Call) -> None:
    """XML is Xero's default; it is not simulated, so asking for anything but JSON is refused loudly."""
    below = call.parts[2].lower() if len(call.parts) > _SINGLE else ""
    if below == "email" or _reads_file(call):
        return
    if _XML_FIRST.search(call.accept) or "application/json" not in call.accept:
        raise unsupported(
            f"an answer in XML, which Xero gives to 'Accept: {call.accept}'; send Accept: application/json"
        )
    if call.method in {"PUT", "POST"} and below != "attachments" and call.content_type != "application/json":
        raise unsupported(f"a request body of type '{call.content_type}'; send application/json")


def _routed(call: Call, switches: Switches) -> Response:
    name = call.parts[0].lower() if call.parts else ""
    special = _SPECIAL.get(name)
    if special is not None:
        return special(call)
    resource = RESOURCES.get(name)
    if resource is not None:
        return _resource(call, resource, switches)
    if name in NOT_SIMULATED:
        return not_simulated(f"the endpoint {call.parts[0]}")
    return not_found({})


def _organisation(call: Call) -> Response:
    sub = call.parts[1].lower() if len(call.parts) > 1 else ""
    if call.method != "GET" or sub not in {"", "actions"} or len(call.parts) > _SINGLE:
        return not_simulated(call.shown)
    call.query.only(frozenset())
    if sub == "actions":
        return call.envelope.wrap("Actions", [encode(row) for row in show_actions(call.organisation)])
    return call.envelope.wrap("Organisations", [encode(show_organisation(call.organisation))])


def _reports(call: Call) -> Response:
    """`GET /Reports`: the tax returns that were published, of which there are none; `/Reports/{name}`: a report."""
    if call.method != "GET" or len(call.parts) > _SINGLE:
        return not_simulated(call.shown)
    if len(call.parts) == 1:
        call.query.only(frozenset())
        return call.envelope.wrap("Reports", [])
    name = call.parts[1].lower()
    if name not in REPORTS:
        return not_found({})
    return call.envelope.wrap("Reports", [encode(answer_report(call.organisation, name, call.query))])


_SPECIAL: Mapping[str, Callable[[Call], Response]] = {
    "organisation": _organisation,
    "reports": _reports,
}
"""The endpoints that are no table of records."""


def _resource(call: Call, resource: Resource, switches: Switches) -> Response:
    """A list, one record, or something below one."""
    if len(call.parts) == 1:
        if call.method == "GET":
            return answer_list(call, resource, switches.high_volume_rows_max)
        return _write(call, resource, None)
    row = resource.find(call.organisation, call.parts[1])
    if row is None:
        return not_found({})
    return _below(call, resource, row, switches) if len(call.parts) > _SINGLE else _single(call, resource, row)


def _single(call: Call, resource: Resource, row: Row) -> Response:
    if call.method == "GET":
        if resource.name in PRINTED and "application/pdf" in call.accept:
            return _printed(call, resource, row)
        return answer_single(call.organisation, resource, row, call.query, call.envelope)
    if call.method == "DELETE":
        return answer_delete(call.organisation, resource, row, call.query, call.envelope)
    return _write(call, resource, row)


def _printed(call: Call, resource: Resource, row: Row) -> Response:
    call.query.only(frozenset())
    assert isinstance(row, Document)
    content = print_document(call.organisation, PRINTED[resource.name], row)
    return Response(content, 200, media_type="application/pdf")


def _write(call: Call, resource: Resource, row: Row | None) -> Response:
    if call.method not in resource.writes or (row is not None and call.method == "PUT"):
        return not_simulated(call.shown)
    batch = ToWrite(call.organisation, resource, row, may_update=call.method == "POST")
    return answer_write(batch, call.query, call.envelope, call.body)


def _below(call: Call, resource: Resource, row: Row, switches: Switches) -> Response:
    """What hangs below a record."""
    below = call.parts[2].lower()
    if below == "attachments":
        return answer_attachments(call, resource, row, bytes_max=switches.attachment_bytes_max)
    if below == "history":
        return answer_history(call, resource, row)
    if below == "pdf" and resource.name in PRINTED and call.method == "GET" and len(call.parts) == _LIST_BELOW:
        return _printed(call, resource, row)
    special = _BELOW.get((resource.name, below))
    return special(call, row) if special is not None else not_simulated(call.shown)


def _allocations(call: Call, row: Row) -> Response:
    assert isinstance(row, Credit)
    if call.method == "PUT" and len(call.parts) == _LIST_BELOW:
        return answer_allocate(call.organisation, row, call.query, call.envelope, call.body)
    if call.method == "DELETE" and len(call.parts) == _ONE_BELOW:
        return answer_unallocate(call.organisation, row, call.parts[3], call.query)
    return not_simulated(call.shown)


_BELOW: Mapping[tuple[str, str], Callable[[Call, Any], Response]] = {
    ("CreditNotes", "allocations"): _allocations,
    ("Overpayments", "allocations"): _allocations,
    ("Prepayments", "allocations"): _allocations,
    ("ContactGroups", "contacts"): answer_group_contacts,
    ("TrackingCategories", "options"): answer_options,
    ("Invoices", "email"): answer_email,
    ("Invoices", "onlineinvoice"): answer_online_invoice,
}
"""What hangs below the records of one endpoint only."""
