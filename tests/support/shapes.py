"""Whether a JSON value has the shape of one of the contract's schemas.

What a schema does not require may be null: the contract's own service answers like that.
"""

import json
from pathlib import Path
from typing import Any

FACTS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "contract" / "facts" / "monite.json").read_text("utf-8")
)
SCHEMAS: dict[str, Any] = FACTS["schemas"]
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def fields_of(name: str) -> set[str]:
    """The names of a schema's fields."""
    return set(SCHEMAS[name]["properties"])


def misfits(value: Any, schema: str | dict[str, Any], at: str = "$") -> list[str]:
    """Where and how the value does not fit the schema; empty when it does."""
    rules = SCHEMAS[schema] if isinstance(schema, str) else schema
    if "$ref" in rules:
        return misfits(value, str(rules["$ref"]), at)
    if choices := rules.get("anyOf") or rules.get("oneOf"):
        found = [misfits(value, choice, at) for choice in choices]
        return [] if any(not each for each in found) else min(found, key=len)
    inner = [misfit for part in rules.get("allOf", ()) for misfit in misfits(value, part, at)]
    expected = rules.get("type")
    if expected and not _is_of(value, expected):
        return [*inner, f"{at}: {value!r} is no {expected}"]
    if "enum" in rules and value not in rules["enum"]:
        return [*inner, f"{at}: {value!r} is not one of {rules['enum']}"]
    return inner + _misfits_inside(value, rules, at)


def _misfits_inside(value: Any, rules: dict[str, Any], at: str) -> list[str]:
    if isinstance(value, list):
        return [x for i, each in enumerate(value) for x in misfits(each, rules.get("items", {}), f"{at}[{i}]")]
    return _misfits_of_object(value, rules, at) if isinstance(value, dict) else []


def _is_of(value: Any, expected: str) -> bool:
    is_number_for_bool = isinstance(value, bool) and expected != "boolean"
    return isinstance(value, _TYPES[expected]) and not is_number_for_bool


def _misfits_of_object(value: dict[str, Any], rules: dict[str, Any], at: str) -> list[str]:
    properties, required = rules.get("properties", {}), set(rules.get("required", ()))
    found = [f"{at}.{name} is missing" for name in required - value.keys()]
    if properties:
        found += [f"{at}.{name} is not in the contract" for name in value.keys() - properties.keys()]
    for name in value.keys() & properties.keys():
        if value[name] is not None or name in required:
            found += misfits(value[name], properties[name], f"{at}.{name}")
    return found
