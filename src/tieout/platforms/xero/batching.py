"""Several records in one call: a PUT of up to 50 elements of one endpoint, each of them done or refused for itself.

Source: requests-and-responses page. `summarizeErrors=false` makes the answer list every element in its place; without
it the good ones are written and their ids lost. An unknown contact or a value that cannot be read refuses the call as a
whole (`BatchRefused`). Only creates are batched: a change is rare, and depends on what else happens. Pure.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec

from tieout.books.changes import Change
from tieout.books.records import Kind
from tieout.platforms.errors import Explanation, NoAnswer, PlatformRefusal
from tieout.platforms.port import Answer, Operation, Request, Write
from tieout.platforms.xero import shapes
from tieout.platforms.xero.client import renew_key
from tieout.platforms.xero.errors import TRACE_HEADER, element_refusal
from tieout.platforms.xero.likeness import is_of
from tieout.platforms.xero.translate import translate_object
from tieout.platforms.xero.writing import plan_write, translator_of

BATCH_MAX: Final = 50
"""Elements of a call: what is widely used; Xero documents a limit for items only."""
BATCH_BYTES_MAX: Final = 3_000_000
"""Below the payload limit of about 3.5 MB."""
ZERO_ID: Final = "00000000-0000-0000-0000-000000000000"
"""The id of what was not created."""

_ENDPOINTS: Final = {
    Kind.PARTY: "Contacts",
    Kind.CUSTOMER: "Contacts",
    Kind.VENDOR: "Contacts",
    Kind.ITEM: "Items",
    Kind.INVOICE: "Invoices",
    Kind.BILL: "Invoices",
    Kind.CREDIT_NOTE: "CreditNotes",
    Kind.VENDOR_CREDIT: "CreditNotes",
    Kind.PAYMENT: "Payments",
    Kind.BILL_PAYMENT: "Payments",
}
_lists = msgspec.json.Decoder(dict[str, list[msgspec.Raw]])


def batch_of(write: Write) -> str | None:
    """The endpoint of a create; None for all else."""
    return _ENDPOINTS.get(write.kind) if write.operation is Operation.CREATE else None


def plan_batch(company_id: str, writes: Sequence[Write], key: str) -> Request:
    """The elements of the single requests in one, under a key of its own; raises ValueError for what is no batch."""
    if not 1 < len(writes) <= BATCH_MAX or len({batch_of(write) for write in writes}) != 1:
        raise ValueError(f"a batch is 2 to {BATCH_MAX} writes of one endpoint")
    singles = [plan_write(company_id, write) for write in writes]
    first = singles[0]
    if batch_of(writes[0]) is None or any((one.method, one.path) != (first.method, first.path) for one in singles):
        raise ValueError("only creates of one endpoint share a call")
    ((plural, _),) = _lists.decode(first.body).items()
    elements = b",".join(bytes(_lists.decode(one.body)[plural][0]) for one in singles)
    body = b'{"%s":[%s]}' % (plural.encode("ascii"), elements)
    if len(body) > BATCH_BYTES_MAX:
        raise ValueError(f"a batch has at most {BATCH_BYTES_MAX} bytes")
    return replace(renew_key(first, key), body=body)


def read_batch(writes: Sequence[Write], answer: Answer) -> tuple[Change | PlatformRefusal, ...]:
    """What became of each element, by its place; see `port.Platform.read_batch`.

    An element in the place of a write that it does not belong to makes the whole answer unreadable.
    """
    try:
        elements = shapes.read_objects(answer.body, translator_of(writes[0]).plural)
    except (msgspec.DecodeError, KeyError) as error:
        raise _unclear(answer, type(error).__name__) from error
    if len(elements) != len(writes):
        raise _unclear(answer, f"{len(elements)} elements for {len(writes)} writes")
    return tuple(_read(write, bytes(raw), answer) for write, raw in zip(writes, elements, strict=True))


def _read(write: Write, raw: bytes, answer: Answer) -> Change | PlatformRefusal:
    try:
        refusal = element_refusal(answer, raw)
        if refusal is not None:
            return refusal
        change = translate_object(raw, translator_of(write))
    except ValueError as error:
        return _unclear(answer, str(error))
    if change.ref.external_id == ZERO_ID:
        return _unclear(answer, "an element without an id and without a reason")
    if not is_of(write.record, change.record):
        raise _unclear(answer, "an element in the place of another")
    return change


def _unclear(answer: Answer, why: str) -> NoAnswer:
    return NoAnswer(
        Explanation(
            code="answer_unreadable",
            message="Xero answered several writes in a way that cannot be told apart by write.",
            fix="Nothing to do: Tieout looks which of them were carried out before it sends anything again.",
        ),
        trace_id=answer.headers.get(TRACE_HEADER),
        native=why,
    )
