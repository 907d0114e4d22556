"""Checks one real answer against the contract's facts. The partner of the tests does it with every answer it gets.

A field that the contract does not require may be null, also where the contract forgets to say so: its documents were
generated without null, and the API that it describes answers null.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from tieout.api import additions

FACTS_FILE = Path(__file__).parent / "facts" / "monite.json"
PARAMETER = re.compile(r"\{[^}]*\}")
Schema = dict[str, Any]


@cache
def facts() -> dict[str, Any]:
    """The condensed contract."""
    loaded: dict[str, Any] = json.loads(FACTS_FILE.read_text("utf-8"))
    return loaded


@cache
def _operations() -> list[tuple[re.Pattern[str], int, dict[str, Any]]]:
    """Path patterns below /v1, most literal first."""
    found = [
        (re.compile(PARAMETER.sub("[^/]+", path)), len(PARAMETER.findall(path)), item)
        for path, item in facts()["paths"].items()
    ]
    return sorted(found, key=lambda operation: operation[1])


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """The contract's operation at a path below /v1 (without query), if it has one."""
    for pattern, _, item in _operations():
        if pattern.fullmatch(path) and method.lower() in item:
            operation: dict[str, Any] = item[method.lower()]
            return operation
    return None


def answer_faults(method: str, path: str, status: int, body: bytes) -> list[str]:
    """What is wrong with an answer, as sentences; nothing is said of paths that the contract does not have."""
    operation = operation_of(method, path.partition("?")[0])
    if operation is None:
        return []
    schema = operation["answers"].get(str(status))
    if status >= 400:  # the contract does not declare every refusal; the two shapes hold for all of them
        schema = {"$ref": "HTTPValidationError" if status == 422 else "ErrorSchemaResponse"}
    elif str(status) not in operation["answers"]:
        return [f"status {status}, the contract has {list(operation['answers'])}"]
    if schema is None:
        return [] if not body else ["a body where the contract has none"]
    return list(faults(schema, json.loads(body), "answer"))


def faults(schema: Schema, value: Any, place: str) -> Iterator[str]:
    """Where the value is not what the schema says."""
    if "$ref" in schema:
        name = schema["$ref"]
        yield from _faults_of_named(name, facts()["schemas"][name], value, place)
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
    added = frozenset(field.name for field in additions.FIELDS if field.schema == name)
    if added and isinstance(value, dict):
        value = {key: part for key, part in value.items() if key not in added}
    if isinstance(value, str) and value in {added.value for added in additions.VALUES if added.schema == name}:
        return
    yield from faults(schema, value, place)


def _faults_of_fields(schema: Schema, value: dict[str, Any], place: str) -> Iterator[str]:
    fields, required = schema.get("properties", {}), set(schema.get("required", ()))
    for name in sorted(required - set(value)):
        yield f"{place}.{name} is missing"
    for name, part in value.items():
        if name not in fields:
            if fields:
                yield f"{place}.{name} is not in the contract"
        elif part is not None or name in required:
            yield from faults(fields[name], part, f"{place}.{name}")


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
