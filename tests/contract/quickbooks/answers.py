"""Checks an answer of the simulated QuickBooks against the field tables: names, types, enumerations, envelopes.

The tables are the committed facts of the XML schemas; `LATER` names what is newer or missing there, with its source.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from tests.support.witness import Exchange

FACTS = Path(__file__).parents[3] / "src" / "tieout" / "platforms" / "quickbooks" / "sandbox" / "facts" / "fields.json"
COMPANY = re.compile(r"/v3/company/(?P<realm>[^/]+)/(?P<rest>.*)")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(-0[78]:00|Z)")
REFERENCE = {"value": "id", "name": "string", "type": "string"}
ENTITY = {"domain": "string", "sparse": "boolean", "status": "string"}
TEXTS = frozenset({"string", "id", "anyURI"})
FIGURES = frozenset({"decimal", "int", "long", "positiveInteger"})
_TEMPLATE = {"domain": "string", "sparse": "boolean"}
LATER: dict[str, dict[str, str]] = {"Bill": _TEMPLATE, "Invoice": _TEMPLATE}  # samples of RecurringTransaction
"""Fields of answers that the tables do not have, by type: name and type. Each line says where it was seen."""

Json = dict[str, Any]


@cache
def _facts() -> Json:
    loaded: Json = json.loads(FACTS.read_text("utf-8"))
    return loaded


@cache
def fields_of(type_name: str) -> dict[str, str]:
    """Every field that an answer may have, with its type."""
    declared: dict[str, str] = _facts()["types"].get(type_name, {})
    return declared | LATER.get(type_name, {})


def answer_faults(exchange: Exchange) -> Iterator[str]:
    """What is wrong with an answer below `/v3/company`; other addresses have their own tests."""
    found = COMPANY.fullmatch(exchange.path)
    if found is None:
        return
    rest = unquote(found["rest"])
    if "xml" in exchange.content_type:
        yield from _xml_faults(exchange)
    elif "json" in exchange.content_type:
        body = json.loads(exchange.body)
        if exchange.status == 501:
            return
        if exchange.status == 200:
            yield from _told_faults(rest, body)
        else:
            yield from refusal_faults(body, exchange.status)
    elif exchange.status != 200 or (not rest.startswith(("download/",)) and not rest.endswith("/pdf")):
        yield f"content type {exchange.content_type!r}"


def _xml_faults(exchange: Exchange) -> Iterator[str]:
    root = ET.fromstring(exchange.body)  # noqa: S314 - the simulator's own answer
    if not root.tag.endswith("IntuitResponse") or exchange.status == 200:
        yield f"XML {root.tag} with {exchange.status}"


def _told_faults(rest: str, body: Json) -> Iterator[str]:
    """The envelope of a good answer, and all objects in it."""
    if rest.startswith("reports/"):
        yield from _report_faults(body)
    elif not rest.startswith("taxservice/"):  # which answers without an envelope
        if not MOMENT.fullmatch(str(body.get("time"))):
            yield f"time is {body.get('time')!r}"
        for name, value in body.items():
            if name != "time":
                yield from _part_faults(name, value)


def _part_faults(name: str, value: Any) -> Iterator[str]:
    match name:
        case "QueryResponse":
            yield from _query_faults(value)
        case "CDCResponse":
            for page in (page for one in value for page in one["QueryResponse"]):
                yield from _query_faults(page)
        case "BatchItemResponse" | "AttachableResponse":
            for item in value:
                yield from _item_faults(item)
        case "Fault":
            yield from _fault_faults(value)
        case "bId":
            return
        case _:
            yield from entity_faults(name, value)


def _item_faults(item: Json) -> Iterator[str]:
    for name, value in item.items():
        yield from _part_faults(name, value)


def _query_faults(page: Json) -> Iterator[str]:
    for name, value in page.items():
        if name in ("startPosition", "maxResults", "totalCount"):
            if not isinstance(value, int) or isinstance(value, bool):
                yield f"{name} is {value!r}"
        elif name == "Fault":
            yield from _fault_faults(value)
        else:
            for number, one in enumerate(value):
                for fault in entity_faults(name, one):
                    yield f"[{number}] {fault}"


def entity_faults(name: str, value: Any) -> Iterator[str]:
    """What is wrong with one object."""
    type_name = _facts()["entities"].get(name)
    if type_name is None:
        yield f"{name} is no entity"
        return
    if not isinstance(value, dict):
        yield f"{name} is {value!r}"
        return
    if value.get("status") == "Deleted":
        told = value if "Id" in value else next((one for one in value.values() if isinstance(one, dict)), {})
        if not isinstance(told.get("Id"), str):
            yield f"{name} was deleted without an Id"
        return
    yield from _object_faults(value, fields_of(type_name) | ENTITY, name)


def _object_faults(value: Json, fields: dict[str, str], place: str) -> Iterator[str]:
    for name, part in value.items():
        declared = fields.get(name)
        if declared is None:
            yield f"{place}.{name} is not in the tables"
        elif declared.endswith("[]"):
            if not isinstance(part, list):
                yield f"{place}.{name} is no list"
            else:
                for number, one in enumerate(part):
                    yield from _value_faults(declared[:-2], one, f"{place}.{name}[{number}]")
        else:
            yield from _value_faults(declared, part, f"{place}.{name}")


def _value_faults(declared: str, value: Any, place: str) -> Iterator[str]:
    if declared == "any":
        return
    if declared == "reference" or declared in _facts()["types"]:
        if not isinstance(value, dict):
            yield f"{place} is {value!r}, not a {declared}"
            return
        yield from _object_faults(value, REFERENCE if declared == "reference" else fields_of(declared), place)
    elif declared in _facts()["enumerations"]:
        if value not in _facts()["enumerations"][declared]:
            yield f"{place} is {value!r}, which is no {declared}"
    elif not _is_scalar(declared, value):
        yield f"{place} is {value!r}, not a {declared}"


def _is_scalar(declared: str, value: Any) -> bool:
    if declared == "boolean":
        return isinstance(value, bool)
    if declared in FIGURES:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str) or not value:
        return False
    if declared == "dateTime":
        return MOMENT.fullmatch(value) is not None
    if declared == "date":
        try:
            date.fromisoformat(value[:10])
        except ValueError:
            return False
    return True


def refusal_faults(body: Json, status: int) -> Iterator[str]:
    """The two dialects of refusals: the API's, and the gateway's in lower case."""
    if "Fault" in body:
        yield from _fault_faults(body["Fault"])
        if status == 401:
            yield "the gateway's refusals are in lower case"
        return
    fault = body.get("fault")
    if fault is None:
        yield f"a refusal without a fault: {sorted(body)}"
        return
    for error in fault["error"]:
        if set(error) != {"message", "detail", "code", "element"}:
            yield f"an error of {sorted(error)}"


def _fault_faults(fault: Json) -> Iterator[str]:
    if set(fault) != {"Error", "type"}:
        yield f"a fault of {sorted(fault)}"
        return
    for error in fault["Error"]:
        if not {"Message", "code"} <= set(error) <= {"Message", "Detail", "code", "element"}:
            yield f"an error of {sorted(error)}"
        if not all(isinstance(value, str) for value in error.values()):
            yield f"an error of {error!r}"


def _report_faults(body: Json) -> Iterator[str]:
    if set(body) != {"Header", "Columns", "Rows"}:
        yield f"a report of {sorted(body)}"
        return
    columns = len(body["Columns"]["Column"])
    yield from _row_faults(body["Rows"].get("Row", ()), columns)


def _row_faults(rows: Any, columns: int) -> Iterator[str]:
    for row in rows:
        for cells in (row.get("ColData"), row.get("Header", {}).get("ColData"), row.get("Summary", {}).get("ColData")):
            if cells is None:
                continue
            if len(cells) != columns:
                yield f"a row of {len(cells)} cells under {columns} columns"
            if not all(isinstance(cell.get("value"), str) for cell in cells):
                yield f"a cell whose value is no text: {cells!r}"
        yield from _row_faults(row.get("Rows", {}).get("Row", ()), columns)
