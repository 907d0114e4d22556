"""Numbers of an entity's documents: counted in the entity's settings, written as its settings say.

Pure: callers hold the entity's row for update and store the settings that come back.
"""

from collections.abc import Mapping
from typing import Any, Literal

DocumentKind = Literal["invoice", "credit_note", "quote", "purchase_order", "delivery_note"]
DOCUMENT_KINDS: tuple[DocumentKind, ...] = ("invoice", "credit_note", "quote", "purchase_order", "delivery_note")

COUNTERS = "next_document_numbers"
"""Where the counters stand in the entity's settings. No answer shows them there."""

_PREFIXES = {"invoice": "INV", "credit_note": "CN", "quote": "Q", "purchase_order": "PO", "delivery_note": "DN"}
_SEPARATOR = "-"
_DIGITS_MIN = 5
_FIRST = 1


def next_number(settings: Mapping[str, Any], kind: DocumentKind) -> int:
    """The number that the next document of this kind will get."""
    return int((settings.get(COUNTERS) or {}).get(kind, _FIRST))


def written_number(settings: Mapping[str, Any], kind: DocumentKind, number: int, *, year: int) -> str:
    """The number as it stands on the document: prefix, kind's prefix, year, padded number."""
    rules = settings.get("document_ids") or {}
    prefixes = rules.get("document_type_prefix") or {}
    parts = [
        rules.get("prefix"),
        prefixes.get(kind, _PREFIXES[kind]),
        f"{year:04d}" if rules.get("include_date") else None,
        str(number).zfill(rules.get("min_digits", _DIGITS_MIN)),
    ]
    return str(rules.get("separator", _SEPARATOR)).join(part for part in parts if part)


def plan_number(settings: Mapping[str, Any], kind: DocumentKind, *, year: int) -> tuple[str, dict[str, Any]]:
    """The next document's number as written, and the settings in which it is used up."""
    number = next_number(settings, kind)
    counters = {**(settings.get(COUNTERS) or {}), kind: number + 1}
    return written_number(settings, kind, number, year=year), {**settings, COUNTERS: counters}
