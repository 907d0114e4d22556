"""Putting a shaped object into the books: its entry, its party's balance, what it settles, its stock, its name."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Role
from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import Exchange
from tieout.platforms.quickbooks.sandbox.accounting.links import follow
from tieout.platforms.quickbooks.sandbox.accounting.money.openings import counts
from tieout.platforms.quickbooks.sandbox.accounting.own_accounts import keep_promise, own_account
from tieout.platforms.quickbooks.sandbox.accounting.posting import move_stock, post, post_again
from tieout.platforms.quickbooks.sandbox.accounting.records import (
    Application,
    Opening,
    Record,
    Shaped,
    full_name,
    name_list,
)
from tieout.platforms.quickbooks.sandbox.figures import ZERO, money
from tieout.sandbox.ledger import DocumentRef

_CONTROLS = {"Customer": Role.RECEIVABLE, "Vendor": Role.PAYABLE}
"""The control account that the first party in a currency brings."""


def place(books: Books, record: Record, shaped: Shaped) -> None:
    """Make the object what it was shaped to, and everything that follows from it. Nothing here can refuse."""
    before = record.shaped
    keep_promise(books, _booked_on(shaped))
    touched = [record, *(books.record(one.target) for one in (*before.applications, *shaped.applications))]
    counted = {one.ref: counts(books, one) for one in touched}
    record.shaped = shaped
    record.mark()
    _name(books, record, before)
    if record.kind.name == "Account":
        books.open_ledger_account(record)
    if record.kind.name in _CONTROLS and record.content["CurrencyRef"]["value"] != books.profile.currency:
        own_account(books, _CONTROLS[record.kind.name], record.content["CurrencyRef"]["value"])
    following = [*_settle(books, record, before), *move_stock(books, record, before)]
    post(books, record)
    post_again(books, dict.fromkeys(following))
    for one in dict.fromkeys(touched):
        _move_parties(books, counted[one.ref], counts(books, one))
    if record.kind.is_transaction:
        _number(books, record, before)
        follow(books, record, before)


def _booked_on(shaped: Shaped) -> frozenset[str]:
    """The accounts that a write itself names."""
    counted = (one.move.cost_account for one in shaped.adjustments)
    return frozenset((*(line.account_id for line in shaped.lines), *counted))


def remove(books: Books, record: Record) -> None:
    """Take an object out of the books for good, leaving the mark of its deletion."""
    kept = {"TxnDate": record.content["TxnDate"]} if record.kind.is_transaction else {}
    place(books, record, Shaped(kept, party=record.shaped.party))
    books.shelf(record.kind).drop(record, books.now())
    books.note(record, "deleted")


def unlink(books: Books, payment: Record, target: DocumentRef) -> None:
    """Un-apply a payment from a document that is about to go; what it can no longer cover is un-applied too.

    A payment without money that only linked a credit to a charge goes with the last of its links.
    """
    shaped = payment.shaped
    kept = _covered([one for one in shaped.applications if one.target != target], shaped.total)
    if not kept and not shaped.total and not shaped.voided:
        remove(books, payment)
        return
    shown = {line["LinkedTxn"][0]["TxnId"]: line for line in shaped.content["Line"]}
    lines = [{**shown[one.target.id], "Amount": money(one.amount)} for one in kept]
    place(books, payment, replace(shaped, content={**shaped.content, "Line": lines}, applications=kept))
    payment.touch(books.now(), token=True)


def _covered(applications: Sequence[Application], total: Decimal) -> tuple[Application, ...]:
    """As much of the applications as the money covers, and no more credit than there is to settle."""
    credit = sum((one.amount for one in applications if one.is_credit), ZERO)
    charges = sum((one.amount for one in applications if not one.is_credit), ZERO)
    room = {False: min(charges, total + credit)}
    room[True] = min(credit, room[False])
    kept = []
    for one in applications:
        amount = min(one.amount, room[one.is_credit])
        room[one.is_credit] -= amount
        if amount:
            kept.append(replace(one, amount=amount))
    return tuple(kept)


def _move_parties(books: Books, old: Mapping[DocumentRef, Decimal], new: Mapping[DocumentRef, Decimal]) -> None:
    """Balances of the old and the new parties."""
    for party in {**old, **new}:
        by = new.get(party, ZERO) - old.get(party, ZERO)
        if by:
            books.move_party(party, by)


def _settle(books: Books, record: Record, before: Shaped) -> list[DocumentRef]:
    """What a payment settles: a document that is settled more or less changes, token and all.

    What a deposit takes to the bank was recorded to keep its token and its time. Answers the payments whose part in a
    document is worth something else by it.
    """
    old, new = _by_target(before.applications), _by_target(record.shaped.applications)
    changed: list[DocumentRef] = []
    for ref in {**old, **new}:
        if old.get(ref) == new.get(ref):
            continue
        target = books.record(ref)
        if ref in new:
            target.settlements[record.ref] = new[ref]
        else:
            target.settlements.pop(record.ref, None)
        if record.kind.name == "Deposit":
            target.wire = None
            continue
        target.touch(books.now(), token=True)
        if target.shaped.exchange.rate != 1:
            changed += [other for other in target.settlements if other != record.ref]
    if record.settlements and _worth(before) != _worth(record.shaped):
        changed += record.settlements
    return changed


def _worth(shaped: Shaped) -> tuple[Exchange, str, Decimal, tuple[Opening, ...]]:
    """What the parts that payments settle of a document are worth by, and where they stand."""
    return shaped.exchange, shaped.control, shaped.total, shaped.openings


def _by_target(applications: Sequence[Application]) -> dict[DocumentRef, Decimal]:
    """What is applied to each document."""
    amounts: dict[DocumentRef, Decimal] = {}
    for one in applications:
        amounts[one.target] = amounts.get(one.target, ZERO) + one.amount
    return amounts


def _number(books: Books, record: Record, before: Shaped) -> None:
    """Who has which number, and the next one of the sales forms."""
    old, new = before.content.get("DocNumber"), record.content.get("DocNumber")
    if old is not None and old != new:
        _forget_number(books, record, old)
    if new is None:
        return
    owners = books.numbers.setdefault((record.kind.name, new), [])
    if record.id not in owners:
        owners.append(record.id)
        if new.isascii() and new.isdigit():
            books.number_follows(record.kind, int(new))


def _forget_number(books: Books, record: Record, number: str) -> None:
    owners = books.numbers.get((record.kind.name, number), [])
    if record.id in owners:
        owners.remove(record.id)


def _name(books: Books, record: Record, before: Shaped) -> None:
    """The name of a party, item or account, its place under a parent, and whether it is active."""
    names = name_list(record.kind)
    if names is None:
        if record.kind.is_list:
            record.active = record.content.get("Active", True)
        return
    record.active = record.content.get("Active", True)
    old, new = full_name(before.content), full_name(record.content)
    if books.names.get((names, old.lower())) == record.ref:
        if old == new:
            return
        del books.names[(names, old.lower())]
        books.epoch += 1
        _leave_parent(books, record, before)
        _rename_children(books, record)
    books.names[(names, new.lower())] = record.ref
    parent = record.content.get("ParentRef")
    if parent is not None:
        books.children.setdefault(DocumentRef(record.kind.name, parent["value"]), {})[record.id] = None


def _leave_parent(books: Books, record: Record, before: Shaped) -> None:
    parent = before.content.get("ParentRef")
    if parent is not None:
        books.children[DocumentRef(record.kind.name, parent["value"])].pop(record.id, None)


def _rename_children(books: Books, record: Record) -> None:
    """Full names below an object follow its own."""
    for child_id in tuple(books.children.get(record.ref, ())):
        child = books.shelf(record.kind).records[child_id]
        own = child.content.get("DisplayName") or child.content["Name"]
        content = {**child.content, "FullyQualifiedName": f"{record.content['FullyQualifiedName']}:{own}"}
        place(books, child, replace(child.shaped, content=content))
