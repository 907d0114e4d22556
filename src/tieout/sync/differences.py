"""Differences: a document of ours whose total in the books is not the partner's, and what follows from that. Pure.

What the books made of a write by themselves is taken out of them again. Only the write's own answer tells that: what is
found there later may be what somebody has made of it since, and nobody's work is ever deleted.
"""

from typing import Final

from tieout.books.changes import Change, Tombstone
from tieout.books.records import Document
from tieout.kit.money import from_minor
from tieout.platforms.errors import Explanation
from tieout.platforms.port import Answer, Operation, Write

DIFFERS: Final = "differs"
"""Where a link's evidence says that its document was found with another total."""

ACCEPTED: Final = "accepted_total"
"""Where a link's evidence keeps a total in the books that the entity's rules accepted beside ours."""

LEFT_BEHIND: Final = "left_behind"
"""Where a link's evidence names what could not be taken out of the books: by kind and id."""


def differs(write: Write, change: Change) -> bool:
    """Whether a document in the books comes to another total than what was written."""
    ours, theirs = write.record, change.record
    return isinstance(ours, Document) and isinstance(theirs, Document) and ours.total != theirs.total


def is_rounding(write: Write, change: Change, *, tolerance: int) -> bool:
    """Whether a difference is within so many minor units for each tax rate of the document.

    The platform's own list of rates counts where it has one: our lines may name a code that brings several.
    """
    ours, theirs = write.record, change.record
    if not isinstance(ours, Document) or not isinstance(theirs, Document) or ours.currency != theirs.currency:
        return False
    rates = {line.rate_id for line in theirs.tax_lines if line.rate or line.amount}
    unit = from_minor(tolerance * len(rates), ours.currency)
    return abs(ours.total - theirs.total) <= unit


def is_the_books_own(
    write: Write, change: Change, *, answer: Answer | None, attempts: int, since: Change | Tombstone | None
) -> bool:
    """Whether nobody but the books can have made the difference: so says the answer to a creation's only sending.

    The answer to a repetition does so, too, if the record was read `since` and is of the same version still.
    """
    if write.operation is not Operation.CREATE or answer is None:
        return False
    return attempts <= 1 if since is None else isinstance(since, Change) and since.version == change.version


def taken_out(write: Write, change: Change) -> Explanation:
    """The document is taken out of the books again."""
    return Explanation(
        code="total_differs",
        message=_told("The books made the total", write, change),
        fix="The document was taken out of the books again. Compare its tax rates with those in the books.",
        field="total_amount",
    )


def left_behind(external_id: str) -> Explanation:
    """What could not be taken out is in the books still: beside it nothing is written, or it would be there twice."""
    return Explanation(
        code="not_taken_back",
        message=f"A document with a wrong total that Tieout wrote is in the books still, as {external_id}.",
        fix="Delete it in the books by hand, synchronise, then push again.",
    )


def left_there(write: Write, change: Change) -> Explanation:
    """The document stays as it is in the books: somebody may have changed it there."""
    return Explanation(
        code="changed_in_books",
        message=_told("The document is in the books with the total", write, change)
        + " Somebody may have changed it there: nothing was overwritten or taken out.",
        fix="Compare the two. Correct the document in the books, or put the books' amounts into your record.",
        field="total_amount",
    )


def accepted_totals(write: Write, change: Change) -> dict[str, str]:
    """Both totals of a document whose difference was accepted, for whoever asks later."""
    ours, theirs = write.record, change.record
    assert isinstance(ours, Document)
    assert isinstance(theirs, Document)
    return {"ours": f"{ours.total}", "books": f"{theirs.total}", "currency": ours.currency}


def _told(beginning: str, write: Write, change: Change) -> str:
    ours, theirs = write.record, change.record
    assert isinstance(ours, Document)
    assert isinstance(theirs, Document)
    return f"{beginning} {theirs.total} {theirs.currency} instead of {ours.total} {ours.currency}."
