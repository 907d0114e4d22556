"""What shapes are made of, and those of conflicts and of the rules of synchronisation, which the contract has not."""

from collections.abc import Mapping
from typing import TypeAlias

Shape: TypeAlias = "str | tuple[str, ...] | list[Shape] | Mapping[str, Shape]"
"""What a value is, in short.

A word is a type (`string`, `integer`, `number`, `boolean`, `uuid`, `date`, `date-time`, `object` with anything in it,
`file` for an answer that is no JSON) or the name of a schema: one of `SHAPES`, or the contract's. A tuple of words is
an enumeration, a list of one shape a list of it, and a mapping an object with exactly these fields; one whose name
ends in `?` may be null or missing.
"""

MET_TYPES = ("customer", "vendor", "product", "receivable", "bill", "payable_credit_note")
POLICIES = ("books_win", "partner_wins", "newest", "hold")
_DOCUMENT_POLICIES: Mapping[str, Shape] = dict.fromkeys(("texts", "money", "dates", "existence"), POLICIES)

CONFLICTS_AND_RULES: Mapping[str, Shape] = {
    "ConflictResponse": {
        "id": "uuid",
        "created_at": "date-time",
        "updated_at": "date-time",
        "synced_record_id": "uuid",
        "object_type": MET_TYPES,
        "object_id": "uuid",
        "status": ("held", "decided", "resolved", "vanished"),
        "version": "integer",
        "fields": [
            {
                "name": "string",
                "group": ("contact_details", "texts", "money", "dates", "existence"),
                "why": ("both_changed", "immutable", "no_room", "total_differs", "in_use"),
                "values": "object",
                "choices": [("books", "partner")],
                "if_books": ("taken_over", "left_standing"),
            }
        ],
        "decisions": "object",
        "decided_by?": "string",
        "ended_at?": "date-time",
    },
    "ConflictList": {
        "data": ["ConflictResponse"],
        "next_pagination_token?": "string",
        "prev_pagination_token?": "string",
    },
    "SyncRulesResponse": {
        "conflicts": {
            "customer": {"contact_details": POLICIES},
            "vendor": {"contact_details": POLICIES},
            "product": {"texts": POLICIES, "money": POLICIES},
            "receivable": _DOCUMENT_POLICIES,
            "bill": _DOCUMENT_POLICIES,
            "payable_credit_note": _DOCUMENT_POLICIES,
        },
        "unsure_matches": ("hold", "create"),
        "name_clashes": ("refuse", "suffix"),
        "total_tolerance": "integer",
        "push_statuses": {"receivable": ["string"], "payable": ["string"]},
    },
}
