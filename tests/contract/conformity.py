"""Checks one real answer against the contract's facts and the declared additions.

`tests/conftest.py` lets it judge every answer that the application gives in any test (`support/watching.py`).

A field that the contract does not require may be null, also where the contract forgets to say so: its documents were
generated without null, and the API that it describes answers null.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.support.witness import Exchange

from tieout.api import additions
from tieout.api.additions import Shape

FACTS_FILE = Path(__file__).parent / "facts" / "monite.json"
PARAMETER = re.compile(r"\{[^}]*\}")
PREFIX = "/v1"
FILE = "file"
Schema = dict[str, Any]

_WORDS: dict[str, Schema] = {
    **{word: {"type": word} for word in ("string", "integer", "number", "boolean", "object")},
    **{word: {"type": "string", "format": word} for word in ("uuid", "date", "date-time")},
}
_UNJUDGED = frozenset(("HEAD", "OPTIONS"))
"""Answers without a body of their own: the one is cut off by every server, the other is for browsers."""


@cache
def facts() -> dict[str, Any]:
    """The condensed contract."""
    loaded: dict[str, Any] = json.loads(FACTS_FILE.read_text("utf-8"))
    return loaded


def schema_of_shape(shape: "Shape | None") -> Schema | None:
    """The short form of an addition as a schema like the contract's; raises KeyError for a word that nobody knows."""
    match shape:
        case None:
            return None
        case str():
            if shape in _WORDS:
                return _WORDS[shape]
            if shape not in additions.SHAPES and shape not in facts()["schemas"]:
                raise KeyError(shape)
            return {"$ref": shape}
        case tuple():
            return {"type": "string", "enum": list(shape)}
        case list():
            (item,) = shape
            return {"type": "array", "items": schema_of_shape(item)}
        case Mapping():
            fields = {name.removesuffix("?"): schema_of_shape(part) for name, part in shape.items()}
            required = [name for name in shape if not name.endswith("?")]
            return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}


@cache
def schemas() -> dict[str, Schema]:
    """The contract's schemas with the fields that were added to them, and the schemas of added paths."""
    found: dict[str, Schema] = dict(facts()["schemas"])
    for added in additions.FIELDS:
        if added.schema in found:
            schema = found[added.schema]
            properties = schema["properties"] | {added.name: schema_of_shape(added.shape) or {}}
            found[added.schema] = schema | {"properties": properties}
    for name, shape in additions.SHAPES.items():
        assert name not in found, f"{name} is a schema of the contract"
        found[name] = schema_of_shape(shape) or {}
    return found


def _added_operations() -> dict[str, dict[str, Any]]:
    """The added paths in the form of the contract's."""
    return {
        added.path: {method.lower(): {"answers": _added_answers(added, method)} for method in added.methods}
        for added in additions.PATHS
    }


def _added_answers(added: additions.AddedPath, method: str) -> dict[str, Any]:
    status, shape = added.answers[method]
    return {str(status): {FILE: {}} if shape == FILE else schema_of_shape(shape)}


@cache
def _operations() -> list[tuple[re.Pattern[str], int, dict[str, Any]]]:
    """Path patterns below /v1, most literal first."""
    found = [
        (re.compile(PARAMETER.sub("[^/]+", path)), len(PARAMETER.findall(path)), item)
        for path, item in [*facts()["paths"].items(), *_added_operations().items()]
    ]
    return sorted(found, key=lambda operation: operation[1])


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """The operation of the contract or of an addition at a path below /v1 (without query), if there is one."""
    for pattern, _, item in _operations():
        if pattern.fullmatch(path) and method.lower() in item:
            operation: dict[str, Any] = item[method.lower()]
            return operation
    return None


def answer_faults(exchange: Exchange) -> Iterator[str]:
    """What is wrong with an answer, as sentences; nothing is said of paths that are not below /v1."""
    if not exchange.path.startswith(f"{PREFIX}/") or exchange.method in _UNJUDGED:
        return
    status = str(exchange.status)
    if exchange.status >= 400:  # the contract does not declare every refusal; the two shapes hold for all of them
        yield from _body_faults({"$ref": "HTTPValidationError" if status == "422" else "ErrorSchemaResponse"}, exchange)
        return
    operation = operation_of(exchange.method, exchange.path.removeprefix(PREFIX))
    if operation is None:
        yield "neither the contract nor an addition has this operation"
    elif status not in operation["answers"]:
        yield f"the status is none of {[known for known in operation['answers'] if known < '400']}"
    else:
        yield from _body_faults(operation["answers"][status], exchange)


def _body_faults(schema: Schema | None, exchange: Exchange) -> Iterator[str]:
    if schema is None:
        if exchange.body:
            yield "a body where there should be none"
        return
    if FILE in schema:
        return
    if not exchange.content_type.startswith("application/json"):
        yield f"the answer is {exchange.content_type or 'nothing'}, not JSON"
        return
    try:
        value = json.loads(exchange.body, parse_constant=_refuse_constant)
    except ValueError as error:
        yield f"the answer is no JSON: {error}"
        return
    yield from faults(schema, value, "answer")


def _refuse_constant(word: str) -> None:
    message = f"{word} is no JSON"
    raise ValueError(message)


def faults(schema: Schema, value: Any, place: str) -> Iterator[str]:
    """Where the value is not what the schema says."""
    if "$ref" in schema:
        name = schema["$ref"]
        yield from _faults_of_named(name, schemas()[name], value, place)
    elif "allOf" in schema:
        for part in schema["allOf"]:
            yield from faults(part, value, place)
    elif variants := schema.get("anyOf", schema.get("oneOf")):
        tried = [list(faults(variant, value, place)) for variant in variants]
        if all(tried):
            yield from min(tried, key=len)
    else:
        yield from _faults_of_type(schema, value, place)
        if isinstance(value, dict):
            yield from _faults_of_fields(schema, value, place)
        if isinstance(value, list) and "items" in schema:
            for number, item in enumerate(value):
                yield from faults(schema["items"], item, f"{place}[{number}]")


def _faults_of_named(name: str, schema: Schema, value: Any, place: str) -> Iterator[str]:
    if isinstance(value, str) and value in {added.value for added in additions.VALUES if added.schema == name}:
        return
    yield from faults(schema, value, place)


def _faults_of_fields(schema: Schema, value: dict[str, Any], place: str) -> Iterator[str]:
    fields, required = schema.get("properties", {}), set(schema.get("required", ()))
    others = schema.get("additionalProperties")
    for name in sorted(required - set(value)):
        yield f"{place}.{name} is missing"
    for name, part in value.items():
        if name in fields:
            if part is not None or name in required:
                yield from faults(fields[name], part, f"{place}.{name}")
        elif isinstance(others, dict):
            yield from faults(others, part, f"{place}.{name}")
        elif fields or others is False:
            yield f"{place}.{name} is not in the contract"


_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
_FORMATS: dict[str, Callable[[str], object]] = {
    "uuid": UUID,
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
}


def _faults_of_type(schema: Schema, value: Any, place: str) -> Iterator[str]:
    kind = schema.get("type")
    is_bool_as_number = isinstance(value, bool) and kind in {"integer", "number"}
    if kind is not None and (is_bool_as_number or not isinstance(value, _TYPES[kind])):
        yield f"{place} is {json.dumps(value)[:60]}, not a {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} is {value!r}, which is none of the contract's values"
    if "const" in schema and value != schema["const"]:
        yield f"{place} is {value!r}, not {schema['const']!r}"
    if isinstance(value, str):
        yield from _faults_of_text(schema, value, place)


def _faults_of_text(schema: Schema, value: str, place: str) -> Iterator[str]:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{place} has {len(value)} characters"
    if read := _FORMATS.get(schema.get("format", "")):
        try:
            read(value)
        except ValueError:
            yield f"{place} is {value!r}, not a {schema['format']}"
