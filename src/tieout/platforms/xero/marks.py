"""The marks that Tieout leaves on what it writes, so that its own work is found again.

Contacts have a number that only the API shows: the mark itself stands there. Invoices, credit notes and payments have a
reference that people see too: there the mark stands as `[Tieout <id>]` behind the words, in a form that no sentence of
a person's has. Items have nothing but their code: where the item has none of its own, the code is made from the mark
and the mark can be read from it.
"""

import base64
import binascii
import re
from typing import Final
from uuid import UUID

CONTACT_NUMBER_MAX: Final = 50
"""Characters of a contact's number (contacts page)."""
ITEM_CODE_MAX: Final = 30
"""Characters of an item's code (items page)."""
REFERENCE_MAX: Final = 255
"""Characters of a reference (OpenAPI description)."""
MARKER_MAX: Final = 64

_CODE_PREFIX = "TO-"
_STAMP = re.compile(r"\s*\[Tieout ([A-Za-z0-9-]{1,64})\]")
_MARKER = re.compile(r"[A-Za-z0-9-]{1,64}")


def stamped(words: str | None, marker: str | None) -> str | None:
    """A reference of these words and the mark, the words cut to fit; raises ValueError for an unfit mark."""
    if marker is None:
        return words[:REFERENCE_MAX] if words else None
    if not _MARKER.fullmatch(marker):
        raise ValueError(f"a marker is 1 to {MARKER_MAX} letters, digits and hyphens")
    stamp = f"[Tieout {marker}]"
    return f"{words[: REFERENCE_MAX - len(stamp) - 1]} {stamp}" if words else stamp


def read_stamp(reference: str | None) -> tuple[str | None, str | None]:
    """Words and mark of a reference."""
    if not reference:
        return None, None
    if "[Tieout " not in reference:
        return reference, None
    found = _STAMP.search(reference)
    if found is None:
        return reference, None
    return (reference[: found.start()] + reference[found.end() :]).strip() or None, found.group(1)


def item_code(marker: str) -> str:
    """The code of an item that has none of its own: 29 characters for a UUID, from which it can be read.

    Raises ValueError for a mark that is neither a UUID nor short enough to be a code itself.
    """
    try:
        packed = base64.b32encode(UUID(marker).bytes).decode("ascii").rstrip("=")
    except ValueError:
        if 0 < len(marker) <= ITEM_CODE_MAX:
            return marker
        raise
    return _CODE_PREFIX + packed


def marker_of_code(code: str) -> str | None:
    """The mark that a code was made from; None for a code of the item's own."""
    if not code.startswith(_CODE_PREFIX):
        return None
    packed = code.removeprefix(_CODE_PREFIX)
    try:
        return str(UUID(bytes=base64.b32decode(packed + "=" * (-len(packed) % 8))))
    except (ValueError, binascii.Error):
        return None
