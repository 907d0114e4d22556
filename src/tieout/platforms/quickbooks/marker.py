"""The mark that Tieout leaves in a transaction's private note, so that its own work is found again.

Its exact form is `[Tieout <id>]`, at the end of the note: brackets and one blank, so that no sentence of a person's
looks like it, and it survives the `Voided` that QuickBooks puts before a note. The id is whatever the writer gave,
letters, digits and hyphens, usually a UUID. The note is never searched (it cannot be filtered): it is read in rows
that were found otherwise.
"""

import re

NOTE_CHARS_MAX = 4000
"""The longest private note (field reference)."""
MARKER_CHARS_MAX = 64

_MARKER = re.compile(r"\s*\[Tieout ([A-Za-z0-9-]{1,64})\]")
_MARKER_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


def marked_note(memo: str | None, marker: str | None) -> str | None:
    """The note to send: the memo, cut to fit, and the mark on its own line. Raises ValueError for an unfit marker."""
    if marker is None:
        return memo[:NOTE_CHARS_MAX] if memo else None
    if not _MARKER_ID.fullmatch(marker):
        raise ValueError("a marker is 1 to 64 letters, digits and hyphens")
    stamp = f"[Tieout {marker}]"
    if not memo:
        return stamp
    return f"{memo[: NOTE_CHARS_MAX - len(stamp) - 1]}\n{stamp}"


def read_note(note: str | None) -> tuple[str | None, str | None]:
    """Memo and marker of a note that was read."""
    if not note:
        return None, None
    if "[Tieout " not in note:
        return note, None
    found = _MARKER.search(note)
    if found is None:
        return note, None
    return (note[: found.start()] + note[found.end() :]).strip() or None, found.group(1)
