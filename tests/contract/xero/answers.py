"""Checks an answer of the simulated Xero against the facts of its OpenAPI documents, and its dialects of refusals.

`LATER` names what answers carry although the documents do not have it, with the source of each.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.support.witness import Exchange

FACTS = Path(__file__).parents[1] / "facts" / "xero.json"
ACCOUNTING = "/api.xro/2.0"
PARAMETER = re.compile(r"\{[^}]*\}")
MS_DATE = re.compile(r"/Date\(-?\d+([+-]\d{4})?\)/")
ENVELOPE = {"Id": "uuid", "Status": "string", "ProviderName": "string", "DateTimeUTC": "msdate"}
UNAUTHORISED = {"Type", "Title", "Status", "Detail", "Instance", "Extensions"}
_DATES = {"DateString": "string", "DueDateString": "string"}
_ON_DOCUMENTS = {**_DATES, "Attachments": "Attachment[]"}
LATER: dict[str, dict[str, Any]] = {
    # on every document of the listings of April 2026; Attachments on single reads of the same day
    "Invoice": {**_ON_DOCUMENTS, "InvoicePaymentServices": "object[]"},
    "CreditNote": {**_ON_DOCUMENTS, "ID": "uuid"},
    "BankTransaction": _ON_DOCUMENTS,
    "BatchPayment": _DATES,
    # in the examples of the accounting document
    "BankTransfer": {**_ON_DOCUMENTS, "CreatedDateUTCString": "string"},
    "Prepayment": {**_DATES, "ID": "uuid"},
    "Overpayment": {**_DATES, "ID": "uuid"},
    # on lines of single reads and of answers to writes, April 2026
    "LineItem": {"ValidationErrors": "ValidationError[]"},
    # on single reads, April 2026
    "Account": {"Attachments": "Attachment[]"},
    "Contact": {"Attachments": "Attachment[]"},
    # on the organisation of April 2026
    "Organisation": {"TaxNumberName": "string"},
    # in the examples of the accounting document, and recorded in 2022
    "HistoryRecord": {"DateUTCString": "string", "ValidationErrors": "ValidationError[]"},
    "TrackingOption": dict.fromkeys(("HasValidationErrors", "IsDeleted", "IsArchived", "IsActive"), "boolean"),
    "PurchaseOrder": {
        "DateString": "string",
        "DeliveryDateString": "string",
        "Type": "string",
        "HasErrors": "boolean",
        "IsDiscounted": "boolean",
    },
    # on contacts of April 2026
    "ContactGroup": {"HasValidationErrors": "boolean"},
    # on every tracked line of the listings of April 2026
    "LineItemTracking": {"Options": "object[]"},
    # the example of the deletion in the accounting document spells it so
    "Allocation": {"AllocationId": "uuid"},
}
"""By schema: field and type."""
Json = dict[str, Any]


@cache
def facts() -> Json:
    loaded: Json = json.loads(FACTS.read_text("utf-8"))
    return loaded


@cache
def _operations() -> list[tuple[re.Pattern[str], int, Mapping[str, Json]]]:
    """Patterns of paths, the most literal first."""
    found = [
        (re.compile(PARAMETER.sub("[^/]+", path), re.IGNORECASE), len(PARAMETER.findall(path)), item)
        for path, item in facts()["paths"].items()
    ]
    return sorted(found, key=lambda one: one[1])


def operation_of(method: str, path: str) -> Json | None:
    """The documented operation at a path below the accounting API, or at `/connections`."""
    for pattern, _, item in _operations():
        if pattern.fullmatch(path) and method.lower() in item:
            return item[method.lower()]
    return None


def answer_faults(exchange: Exchange) -> Iterator[str]:
    """What is wrong with an answer of the accounting API or of the connections endpoint."""
    path = exchange.path
    is_accounting = path.lower().startswith(ACCOUNTING)
    if not is_accounting and not path.lower().startswith("/connections"):
        return
    if exchange.status >= 400:
        yield from refusal_faults(exchange)
        return
    if "json" not in exchange.content_type:
        if exchange.status == 200 and not exchange.body:
            yield "an empty answer"
        return
    operation = operation_of(exchange.method, path[len(ACCOUNTING) :] if is_accounting else path)
    body = json.loads(exchange.body)
    if operation is None or "answer" not in operation:
        return
    answer = operation["answer"]
    if isinstance(body, dict) and is_accounting and "Id" in body:
        for name, kind in ENVELOPE.items():
            if name not in body:
                yield f"{name} is missing"
            else:
                yield from value_faults(kind, body[name], name)
        body = {name: value for name, value in body.items() if name not in {*ENVELOPE, "SummarizeErrors"}}
    yield from value_faults(answer, body, "")


def value_faults(declared: Any, value: Any, place: str) -> Iterator[str]:
    """Where a value is not what is declared."""
    if isinstance(declared, dict):
        values = value if declared.get("many") else [value]
        yield from (f"{place} is {one!r}, which is no choice" for one in values if one not in declared["enum"])
    elif declared.endswith("[]"):
        if not isinstance(value, list):
            yield f"{place} is {value!r}, no list"
            return
        for number, one in enumerate(value):
            yield from value_faults(declared[:-2], one, f"{place}[{number}]")
    elif declared in facts()["schemas"]:
        yield from _schema_faults(declared, value, place)
    elif not _SCALARS[declared](value):
        yield f"{place} is {value!r}, not a {declared}"


def _schema_faults(name: str, value: Any, place: str) -> Iterator[str]:
    schema = facts()["schemas"][name]
    if isinstance(schema, str) or "enum" in schema:
        yield from value_faults(schema, value, place)
        return
    if not isinstance(value, dict):
        yield f"{place} is {value!r}, not a {name}"
        return
    if value.get("StatusAttributeString") == "ERROR":
        return  # a refused element echoes what was sent
    fields = schema | LATER.get(name, {})
    for field, part in value.items():
        if field not in fields:
            yield f"{place}.{field} is not in {name}"
        else:
            yield from value_faults(fields[field], part, f"{place}.{field}")


def _is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


_SCALARS: dict[str, Callable[[Any], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "msdate": lambda value: isinstance(value, str) and MS_DATE.fullmatch(value) is not None,
    "uuid": _is_uuid,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def refusal_faults(exchange: Exchange) -> Iterator[str]:
    """The dialects of refusals: by status, each with its own content type."""
    match exchange.status:
        case 404:
            if exchange.body or not exchange.content_type.startswith("text/html"):
                yield f"a 404 of {exchange.content_type!r} with {len(exchange.body)} bytes"
        case 429:
            if exchange.body:
                yield "a 429 with a body"
        case 401 | 403 if "json" in exchange.content_type:
            told = json.loads(exchange.body)
            if set(told) != UNAUTHORISED or told["Status"] != exchange.status:
                yield f"a refusal of {told!r}"
        case 400 if "json" in exchange.content_type:
            told = json.loads(exchange.body)
            if not {"ErrorNumber", "Type", "Message"} <= set(told) <= {"ErrorNumber", "Type", "Message", "Elements"}:
                yield f"a refusal of {sorted(told)}"
