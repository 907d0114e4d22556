"""The smallest body that an operation takes, and one with a certain value in a certain place: read from our OpenAPI."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.contract.served import built, our_document

Schema = dict[str, Any]
Place = tuple[str, ...]
"""Names of fields on the way to a value; `[]` stands for the item of a list."""

ITEM = "[]"
DEPTH_MAX = 8
_TEXTS = {
    "uuid": "5f0c9c6e-5d0a-4d3a-9a57-2a3b8f6f4c11",
    "date": "2026-03-02",
    "date-time": "2026-03-02T09:30:00Z",
    "email": "amy@example.com",
    "uri": "https://example.com/",
}


def _resolved(schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = our_document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def variants(schema: Schema) -> list[Schema]:
    """What a value may be, without null."""
    schema = _resolved(schema)
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return [found for part in schema[word] for found in variants(part)]
    return [] if schema.get("type") == "null" else [schema]


def body_schema(path: str, method: str) -> Schema | None:
    """The schema of the JSON body that an operation takes."""
    content = built(path, method).get("requestBody", {}).get("content", {})
    found: Schema | None = content.get("application/json", {}).get("schema")
    return found


def places_of_ids(schema: Schema, place: Place = ()) -> Iterator[Place]:
    """Where a body may hold an id."""
    if len(place) > DEPTH_MAX:
        return
    for variant in variants(schema):
        if variant.get("format") == "uuid":
            yield place
        for name, field in variant.get("properties", {}).items():
            yield from places_of_ids(field, (*place, name))
        if "items" in variant:
            yield from places_of_ids(variant["items"], (*place, ITEM))


Known = Callable[[str], str | None]
"""The id to write into a field of that name, if one is known."""


def smallest(schema: Schema, known: Known, name: str = "") -> Any:
    """The smallest value that the schema takes, with known ids in it."""
    variant = variants(schema)[0]
    if "enum" in variant or "const" in variant:
        return variant.get("const", variant.get("enum", [None])[0])
    match variant.get("type"):
        case "object":
            required = variant.get("required", ())
            return {field: smallest(variant["properties"][field], known, field) for field in required}
        case "array":
            return [smallest(variant["items"], known, name) for _ in range(variant.get("minItems", 0))]
        case "integer" | "number":
            return max(1, variant.get("minimum", 1))
        case "boolean":
            return True
    text = _TEXTS.get(variant.get("format", ""), "x")
    if variant.get("format") == "uuid":
        text = known(name) or text
    return text.ljust(variant.get("minLength", 0), "x")


def _leads(variant: Schema, place: Place) -> bool:
    if not place:
        return True
    step = variant.get("items") if place[0] == ITEM else variant.get("properties", {}).get(place[0])
    return step is not None and any(_leads(one, place[1:]) for one in variants(step))


def with_value(schema: Schema, place: Place, value: Any, known: Known, name: str = "") -> Any:
    """The smallest value that the schema takes with something at a place."""
    if not place:
        return value
    variant = next(one for one in variants(schema) if _leads(one, place))
    if place[0] == ITEM:
        return [with_value(variant["items"], place[1:], value, known, name)]
    inner = with_value(variant["properties"][place[0]], place[1:], value, known, place[0])
    return smallest(variant, known) | {place[0]: inner}


def takes_form(operation: tuple[str, str]) -> bool:
    """Whether an operation takes a form with a file rather than JSON."""
    return "multipart/form-data" in built(*operation).get("requestBody", {}).get("content", {})
