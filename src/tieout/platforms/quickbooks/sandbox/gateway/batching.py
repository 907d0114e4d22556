"""Batches: up to thirty writes and queries in one call, each on its own, answered in the order in which they came.

`POST /batch` with `{"BatchItemRequest": [{"bId", "operation", "<Entity>": {…}, "optionsData"} | {"bId", "Query"}]}`.
It is not atomic: an item that is refused has its fault in its place, under HTTP 200, and the others stand.
"""

from collections.abc import Mapping
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS, Operation
from tieout.platforms.quickbooks.sandbox.figures import encode
from tieout.platforms.quickbooks.sandbox.gateway import faults
from tieout.platforms.quickbooks.sandbox.gateway.calls import INCLUDES, Call
from tieout.platforms.quickbooks.sandbox.gateway.dialect import fault_alone
from tieout.platforms.quickbooks.sandbox.gateway.objects import perform
from tieout.platforms.quickbooks.sandbox.gateway.querying import run_query
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError, Problem, Refusal

ITEMS_MAX = 30
ROWS_MAX = 1_000
"""How many rows all queries of a batch may find together."""
ITEM_ID_MAX, ITEM_ID_WITH_REQUEST_ID_MAX = 50, 10
"""How long a `bId` may be, and how long when the batch itself has a `requestid`."""
_REQUEST = "BatchItemRequest"
_ITEM_FIELDS = ("bId", "operation", "optionsData", "Query", "CDCQuery")


def answer_batch(call: Call) -> bytes:
    """Answer all items. Raises `Refusal` for the batch as a whole: 1040, 2010, 2020, 2130, 630, 3001."""
    call.limits.admit_batch(call.books.profile.id, call.client_id, call.now)
    items = _items(call)
    left, answers = ROWS_MAX, []
    for item in items:
        try:
            rows, told = _answer(call, item, left)
        except Refusal as refusal:
            rows, told = 0, encode(fault_alone(refusal))[1:-1]
        except NotSimulatedError as error:
            rows, told = 0, encode(fault_alone(_not_simulated(error)))[1:-1]
        left -= rows
        answers.append(b'{%s,"bId":%s}' % (told, encode(str(item["bId"]))))
    return call.envelope("BatchItemResponse", b"[%s]" % b",".join(answers))


def _items(call: Call) -> list[dict[str, Any]]:
    """The items, each with an id of its own and nothing that is unknown; nothing is done before all are checked."""
    body = call.json()
    unknown = [name for name in body if name != _REQUEST]
    if unknown:
        raise refusals.unknown_property(unknown[0], "IntuitBatchRequest", [_REQUEST])
    items = body.get(_REQUEST)
    if not items:
        raise refusals.missing(_REQUEST)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise refusals.invalid_value(_REQUEST, items, "java.util.ArrayList")
    if len(items) > ITEMS_MAX:
        raise faults.batch_too_big(len(items), ITEMS_MAX)
    longest = ITEM_ID_WITH_REQUEST_ID_MAX if call.query.get("requestid") else ITEM_ID_MAX
    seen: set[str] = set()
    for item in items:
        _check_item(item, longest)
        if str(item["bId"]) in seen:
            raise faults.duplicate_item(str(item["bId"]))
        seen.add(str(item["bId"]))
    return items


def _check_item(item: Mapping[str, Any], longest: int) -> None:
    unknown = [name for name in item if name not in _ITEM_FIELDS and name not in KINDS]
    if unknown:
        raise refusals.unknown_property(unknown[0], _REQUEST, [*_ITEM_FIELDS, *KINDS])
    if item.get("bId") in (None, ""):
        raise refusals.missing("bId")
    if not isinstance(item["bId"], str | int) or len(str(item["bId"])) > longest:
        raise faults.request_id_malformed(str(item["bId"]), longest)


def _answer(call: Call, item: Mapping[str, Any], rows_left: int) -> tuple[int, bytes]:
    """The rows that an item found, and its answer without braces and `bId`."""
    asked = [name for name in item if name in KINDS or name in ("Query", "CDCQuery")]
    if len(asked) != 1:
        raise faults.conflicting("A batch item has one object or one query") if asked else refusals.missing("Query")
    (name,) = asked
    if name == "CDCQuery":
        raise NotSimulatedError("CDCQuery in a batch")
    if name == "Query":
        undocumented = call.switches.undocumented_query_operators
        rows, told = run_query(call.books, str(item["Query"]), undocumented=undocumented)
        if rows > rows_left:
            raise faults.result_too_big()
        return rows, b'"QueryResponse":%s' % told
    wish = item[name]
    if not isinstance(wish, dict):
        raise refusals.invalid_value(name, wish, f"com.intuit.schema.finance.v3.{name}")
    options = _options(item)
    told = perform(call.books, KINDS[name], _operation(item, options), wish, options)
    return 0, b'"%s":%s' % (name.encode(), told)


def _options(item: Mapping[str, Any]) -> frozenset[str]:
    options = frozenset(part.strip() for part in str(item.get("optionsData") or "").split(",") if part.strip())
    if options - INCLUDES:
        raise NotSimulatedError(f"optionsData={','.join(sorted(options - INCLUDES))}")
    return options


def _operation(item: Mapping[str, Any], options: frozenset[str]) -> Operation:
    asked = item.get("operation")
    if asked is None:
        raise refusals.missing("operation")
    if asked == "update" and "void" in options:
        return Operation.VOID
    if asked not in ("create", "update", "delete", "void"):
        raise refusals.unsupported(str(asked))
    return Operation(asked)


def _not_simulated(error: NotSimulatedError) -> Refusal:
    """Loud, in the place of the item: the others have been done."""
    return Refusal(Problem(f"not simulated: {error}", str(error), "501"), kind="SystemFault")
