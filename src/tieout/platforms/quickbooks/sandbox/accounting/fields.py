"""Reading a body against the field tables: unknown fields are refused, values become what their field holds."""

import json
import re
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.moments import read_day, read_moment

_FACTS = json.loads((Path(__file__).parent.parent / "facts" / "fields.json").read_text(encoding="utf-8"))
_TYPES: dict[str, dict[str, str]] = _FACTS["types"]
_ENUMERATIONS: dict[str, list[str]] = _FACTS["enumerations"]
_ENVELOPE = {"domain": "string", "sparse": "boolean", "status": "string"}
"""Fields that every entity has without being in its table."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?!\d)")
_REFERENCE = {"value": "id", "name": "string", "type": "string"}
DEPTH_MAX = 12
"""How deep a body may nest."""
DIGITS_MAX = 30
"""How many digits a figure may have."""


@cache
def entity_fields(entity: str) -> dict[str, str]:
    """The fields of an entity by name, with their types; a list's type ends in `[]`."""
    return {**_TYPES[_FACTS["entities"][entity]], **_ENVELOPE}


def read_entity(entity: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body with every value as its field's type. Nulls and empty texts become None, which clears a field.

    Raises `Refusal`: 2010 for an unknown field or an unreadable value, 2070, 2090 and 2110 for a day or figure that can
    be read and cannot be, 2170 for a value outside an enumeration.
    """
    return _read_fields(_FACTS["entities"][entity], entity_fields(entity), body, 0)


def _read_fields(type_name: str, fields: dict[str, str], body: dict[str, Any], depth: int) -> dict[str, Any]:
    if depth > DEPTH_MAX:
        raise refusals.malformed()
    read: dict[str, Any] = {}
    for name, value in body.items():
        declared = fields.get(name)
        if declared is None:
            raise refusals.unknown_property(name, type_name, list(fields))
        if value is None or value == "":
            read[name] = None
        elif declared.endswith("[]"):
            if not isinstance(value, list):
                raise refusals.invalid_value(name, value, "java.util.ArrayList")
            read[name] = [_read_value(name, declared[:-2], one, depth) for one in value]
        else:
            read[name] = _read_value(name, declared, value, depth)
    return read


def _read_value(name: str, declared: str, value: Any, depth: int) -> Any:
    if declared == "any":
        return value
    if declared == "reference":
        return _read_object(name, "ReferenceType", _REFERENCE, value, depth)
    if declared in _TYPES:
        fields = entity_fields(declared) if declared in _FACTS["entities"] else _TYPES[declared]
        return _read_object(name, declared, fields, value, depth)
    if declared in _ENUMERATIONS:
        if value not in _ENUMERATIONS[declared]:
            raise refusals.invalid_choice(name, value)
        return value
    return _read_scalar(name, declared, value)


def _read_object(name: str, type_name: str, fields: dict[str, str], value: Any, depth: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refusals.invalid_value(name, value, f"com.intuit.schema.finance.v3.{type_name}")
    read = _read_fields(type_name, fields, value, depth + 1)
    return {key: inner for key, inner in read.items() if inner is not None}


def _read_scalar(name: str, declared: str, value: Any) -> Any:
    if declared == "boolean":
        return _read_boolean(name, value)
    if isinstance(value, bool | dict | list):
        if isinstance(value, bool) and declared == "string":
            return "true" if value else "false"
        raise refusals.invalid_value(name, value, declared)
    if declared == "decimal":
        return _read_figure(name, value)
    if declared in ("int", "long", "positiveInteger"):
        whole = _read_figure(name, value)
        if whole != whole.to_integral_value():
            raise refusals.invalid_value(name, value, "java.math.BigInteger")
        if declared == "positiveInteger" and whole < 0:
            raise refusals.unsupported_number(name, value)
        return int(whole)
    text = str(value)
    if declared in ("date", "dateTime"):
        return _read_day(name, declared, text)
    return text


def _read_boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise refusals.invalid_value(name, value, "java.lang.Boolean")


def _read_figure(name: str, value: Any) -> Decimal:
    try:
        read = Decimal(value)
    except (InvalidOperation, TypeError):
        raise refusals.invalid_value(name, value, "java.math.BigDecimal") from None
    if not read.is_finite():
        raise refusals.invalid_value(name, value, "java.math.BigDecimal")
    if len(read.as_tuple().digits) > DIGITS_MAX or abs(read.adjusted()) > DIGITS_MAX:
        raise refusals.unsupported_decimal(name, value)
    return read


def _read_day(name: str, declared: str, text: str) -> str:
    if declared == "date" and _DAY.match(text) is None:
        raise refusals.invalid_value(name, text, "java.util.Date")
    if declared == "date":
        try:
            return read_day(text[:10]).isoformat()
        except ValueError:
            raise refusals.impossible_day(name, text) from None
    try:
        read_moment(text)
    except ValueError:
        raise refusals.invalid_value(name, text, "java.util.Date") from None
    return text
