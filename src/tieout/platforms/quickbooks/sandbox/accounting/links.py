"""Documents made from others: an invoice from estimates, a bill from purchase orders. The link closes what it uses up.

Linking moves the time of the estimate or order and not its token, as recorded of estimates.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped, Source
from tieout.platforms.quickbooks.sandbox.accounting.wishes import Wish
from tieout.sandbox.ledger import DocumentRef

MADE_FROM = {"Invoice": ("Estimate", "TimeActivity"), "Bill": ("PurchaseOrder",)}
"""What a kind of document can be made from."""
_MADE_BY_BOOKS = frozenset(
    {"Payment", "BillPayment", "BillPaymentCheck", "BillPaymentCreditCard", "Deposit", "JournalEntry", "CreditMemo"}
)
"""Types of links that follow from payments: sent back by clients that echo what they read, and of no effect."""
_SOURCES = frozenset(
    {"Estimate", "PurchaseOrder", "TimeActivity", "ReimburseCharge", "StatementCharge", "ChargeCredit"}
)
"""What documents can be made from at the real platform."""
CLOSED = "Closed"


def read_sources(wish: Wish) -> tuple[Source, ...]:
    """What the document is made from: links of the whole, and those of its lines, which go before them.

    A request that does not send `LinkedTxn` leaves the links of the whole alone. Raises `Refusal` 620,
    `NotSimulatedError` for links of another type.
    """
    by_line: dict[DocumentRef, list[str]] = {}
    for line in wish.body.get("Line", ()):
        for ref, line_id in _read_links(wish, line.get("LinkedTxn") or ()):
            by_line.setdefault(ref, []).append(line_id)
    if "LinkedTxn" in wish.sent or wish.standing is None:
        whole = [ref for ref, _ in _read_links(wish, wish.body.get("LinkedTxn") or ())]
    else:
        targets = [source.target for source in wish.standing.shaped.sources if not source.line_ids]
        whole = [ref for ref in targets if _is_of_party(wish, wish.books.record(ref))]
    sources = [Source(ref) for ref in dict.fromkeys(whole) if ref not in by_line]
    return (*sources, *(Source(ref, tuple(ids)) for ref, ids in by_line.items()))


def refuse_sources(wish: Wish, *types: str) -> None:
    """A loud no to a document that would be made from another of these types, and does not follow it here."""
    lines = [wish.body, *(wish.body.get("Line") or ())]
    asked = {link.get("TxnType") for line in lines for link in line.get("LinkedTxn") or ()} & set(types)
    if asked:
        raise refusals.NotSimulatedError(f"a {wish.kind.name} made from {', '.join(sorted(asked))}")


def check_links(wish: Wish) -> None:
    """Raises `NotSimulatedError` for links to sources on a kind of document that is made from none here."""
    if wish.kind.name in MADE_FROM:
        return
    for links in (wish.body.get("LinkedTxn"), *(line.get("LinkedTxn") for line in wish.body.get("Line", ()))):
        for link in links or ():
            if link.get("TxnType") in _SOURCES:
                message = f"a link of type {link['TxnType']} on {wish.kind.name} is not simulated"
                raise refusals.NotSimulatedError(message)


def _read_links(wish: Wish, links: Iterable[Mapping[str, Any]]) -> list[tuple[DocumentRef, str]]:
    wanted, found = MADE_FROM[wish.kind.name], []
    for link in links:
        kind, target_id = link.get("TxnType"), str(link.get("TxnId"))
        if kind in _MADE_BY_BOOKS:
            continue
        if kind not in wanted:
            raise refusals.NotSimulatedError(f"a link of type {kind} on {wish.kind.name} is not simulated")
        target = wish.books.shelf(kind).get(target_id)
        if target is None or not _fits(wish, target):
            raise refusals.cannot_link(target_id)
        found.append((target.ref, str(link.get("TxnLineId") or _only_line(target))))
    return found


def _fits(wish: Wish, target: Record) -> bool:
    """Whether it is of the same party and, of hours that somebody worked, to be billed."""
    if target.kind.name == "TimeActivity" and target.content["BillableStatus"] != "Billable":
        return False
    return _is_of_party(wish, target)


def _is_of_party(wish: Wish, target: Record) -> bool:
    """Whether both are of one customer, or vendor."""
    party = "VendorRef" if target.kind.name == "PurchaseOrder" else "CustomerRef"
    return bool(wish.body.get(party, {}).get("value") == target.content.get(party, {}).get("value"))


def _only_line(target: Record) -> str:
    """The line that is meant when a link names none, as far as that says anything."""
    ids = line_ids(target)
    return ids[0] if len(ids) == 1 else ""


def line_ids(record: Record) -> list[str]:
    """The ids of a document's lines."""
    return [line["Id"] for line in record.content.get("Line", ()) if "Id" in line]


def with_line_links(wish: Wish, lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The shown lines of a document, each with the links that were sent for it."""
    sent = [line for line in wish.body.get("Line", ()) if line["DetailType"] != "SubTotalLineDetail"]
    links = [line.get("LinkedTxn") or [] for line in sent] + [[]] * len(lines)
    return [{**line, "LinkedTxn": link} if link else line for line, link in zip(lines, links, strict=False)]


def follow(books: Books, record: Record, before: Shaped) -> None:
    """Let what a document is made from, or no longer made from, know it."""
    old = {source.target: source for source in before.sources}
    new = {source.target: source for source in record.shaped.sources}
    for ref in {**old, **new}:
        if old.get(ref) == new.get(ref):
            continue
        target = books.record(ref)
        if ref in new:
            target.made_into[record.ref] = new[ref].line_ids
        else:
            target.made_into.pop(record.ref, None)
        target.touch(books.now(), token=False)
        books.note(target, "updated")


def is_used_up(record: Record) -> bool:
    """Whether documents were made from the whole of it."""
    if any(not used for used in record.made_into.values()):
        return bool(record.made_into)
    used = {line_id for ids in record.made_into.values() for line_id in ids}
    return bool(used) and used >= set(line_ids(record))
