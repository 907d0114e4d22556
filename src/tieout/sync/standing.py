"""What stands in the books although ours says something else: held for a decision, or left so. Read from the link."""

from typing import Final

from tieout.storage.tables.connections import Link

MET_TYPES: Final = ("customer", "vendor", "product", "receivable", "bill", "payable_credit_note")
"""Records that are compared three ways."""
LEFT_FIELDS: Final = "left_fields"
"""Where a link's evidence names the fields that the books keep as they have them."""
LEFT_STANDING: Final = "left_standing"
"""Where it says that a document which ended here stays in the books, as somebody decided."""


def held_fields(link: Link) -> frozenset[str]:
    """The fields that await a decision."""
    return frozenset((link.held or {}).get("fields") or ())


def left_fields(link: Link) -> frozenset[str]:
    """The fields in which both sides differ, and may."""
    return frozenset((link.evidence or {}).get(LEFT_FIELDS) or ())


def is_met(link: Link) -> bool:
    """Whether what is held was last compared as our side now is."""
    return link.held is None or link.held["wishes"] == link.wishes
