"""How far a pull has come: a small JSON text, opaque to everybody else."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Phase(StrEnum):
    """What the next page is."""

    ALL = "all"
    """Everything, stream by stream: a first pull, or one after too long a silence."""
    CHANGES = "changes"
    """One change data capture call for all types."""
    OVERFLOW = "overflow"
    """More changes than one answer holds: the types that fill it one by one, the others together."""
    REFERENCE = "reference"
    """What change data capture does not cover, once a day."""


class Cursor(msgspec.Struct, omit_defaults=True, frozen=True, kw_only=True):
    """Where the next page begins.

    `since` is the server's time at the start of this pull, from which the next one takes changes; `changed_since` the
    lower bound of this pull's changes; `reference_at` when reference records were last read. Within a stream, `after`
    is the time of the last row that was read and `start` its position among the rows from then on. `deep` says that
    even the changes of one type alone did not fit, `totals` that the stream's `totalCount` is known to be a total.
    `all_at` is when everything was last begun to be read. Where the changes of all types did not fit into an answer,
    `together` are those of which one call is tried next, and `singly` those that are read one by one after it.
    """

    phase: Phase = Phase.ALL
    stream: int = 0
    since: datetime | None = None
    changed_since: datetime | None = None
    reference_at: datetime | None = None
    currency: str | None = None
    after: datetime | None = None
    start: int = 1
    deep: bool = False
    totals: bool = False
    all_at: datetime | None = None
    together: tuple[str, ...] = ()
    singly: tuple[str, ...] = ()


_decoder = msgspec.json.Decoder(Cursor)
_encoder = msgspec.json.Encoder()


def read_cursor(text: str | None) -> Cursor:
    """The cursor that a text holds; None begins a first pull. Raises ValueError for a text that is no cursor."""
    if text is None:
        return Cursor()
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError("not a cursor of this platform") from error


def written(cursor: Cursor) -> str:
    """The text of a cursor."""
    return _encoder.encode(cursor).decode("utf-8")
