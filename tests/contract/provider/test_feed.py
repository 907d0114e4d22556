"""What people change in the books arrives with the next pull: nothing is lost, however the rows move meanwhile."""

import os
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from tests.support.capabilities import proves
from tests.support.clerk import Clerk
from tests.support.provider import Mirror, ProviderBooks, Pulled, check_ties_out

from tieout.books.changes import ExternalRef
from tieout.books.records import Account, Document, DocumentStatus, Invoice, Kind, Party, Payment, Record
from tieout.platforms.quickbooks import reading as quickbooks_reading
from tieout.platforms.xero import cursor as xero_cursor

LONG = bool(os.environ.get("TIEOUT_LONG"))
SEEDS = range(6) if LONG else range(1)
ROUNDS = 5 if LONG else 3
DEEDS_MAX = 4
ROWS = 7
"""Rows of a page, so that small books have many."""
PAGES_MAX = 400
LATER = timedelta(minutes=20)
A_WEEK = timedelta(days=8)
"""After so long every sweep has passed, and no change is too old to be told of."""


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of a few rows."""
    monkeypatch.setattr(quickbooks_reading, "ROWS_MAX", ROWS)
    monkeypatch.setattr(xero_cursor, "PAGE_SIZE", ROWS)


def compared(records: dict[ExternalRef, Record]) -> dict[ExternalRef, Record]:
    """Without what no feed tells of at once: balances of ledger accounts, and names as documents repeat them."""
    return {ref: _settled(record) for ref, record in records.items()}


def _settled(record: Record) -> Record:
    if isinstance(record, Account):
        return replace(record, current_balance=None)
    return replace(record, party_name=None) if isinstance(record, Document) else record


@pytest.mark.parametrize("seed", SEEDS)
@proves("in", "create", "invoice", "bill", "payment", "bill_payment", "customer", "vendor")
@proves("in", "update", "invoice", "bill", "customer")
@pytest.mark.usefixtures("small_pages")
async def test_a_follower_misses_nothing_while_people_work_between_its_pages(books: ProviderBooks, seed: int) -> None:
    """At the end the follower holds what somebody finds who reads everything anew."""
    random, clerk, mirror = Random(seed), Clerk(books, f"F{seed}"), Mirror()  # noqa: S311 - a history that can be repeated
    cursor: str | None = None
    for _ in range(ROUNDS):
        for _ in range(PAGES_MAX):
            page = await books.page(cursor)
            mirror.lay([page])
            cursor = page.cursor
            for _ in range(random.randint(0, DEEDS_MAX)):
                clerk.do_something(random)
            if page.finished:
                break
        books.clock.move(LATER)
    books.clock.move(A_WEEK)
    for _ in range(2):
        pulled = await books.pull(cursor)
        mirror.lay(pulled.pages)
        cursor = pulled.cursor
    anew = Mirror()
    anew.lay((await books.pull()).pages)
    held, there = compared(mirror.records), compared(anew.records)
    assert held.keys() == there.keys()
    assert [(held[ref], there[ref]) for ref in held if held[ref] != there[ref]] == []


@proves("in", "read", "invoice", "bill", "payment", "customer", "item", "ledger_account")
@pytest.mark.usefixtures("small_pages")
async def test_small_pages_bring_the_same_as_large_ones(books: ProviderBooks, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk = Clerk(books, "S")
    for _ in range(2 * ROWS):
        clerk.sell()
    small = await books.pull()
    monkeypatch.undo()
    large = await books.pull()
    assert len(small.pages) > len(large.pages)
    assert small.records == large.records


@pytest.fixture
async def followed(books: ProviderBooks) -> tuple[ProviderBooks, str]:
    """The books, and the cursor of somebody who has read all of them."""
    return books, (await books.pull()).cursor


async def news(followed: tuple[ProviderBooks, str]) -> Pulled:
    """What the next pull brings, a little later."""
    books, cursor = followed
    books.clock.move(LATER)
    return await books.pull(cursor)


@proves("in", "create", "invoice", "payment")
@proves("in", "update", "invoice")
async def test_an_invoice_and_its_payment_arrive_with_what_is_left(followed: tuple[ProviderBooks, str]) -> None:
    clerk = Clerk(followed[0], "P")
    invoice_id = clerk.sell()
    payment_id = clerk.pay(invoice_id, "30.00")
    pulled = await news(followed)
    invoice, payment = pulled.of(Invoice)[invoice_id], pulled.records[ExternalRef(Kind.PAYMENT, payment_id)]
    assert invoice.status is DocumentStatus.PARTIALLY_PAID
    assert invoice.balance == invoice.total - 30
    assert isinstance(payment, Payment)
    assert [(part.document_kind, part.document_id, part.amount) for part in payment.allocations] == [
        (Kind.INVOICE, invoice_id, Decimal("30.00"))
    ]


@proves("in", "void", "invoice")
async def test_a_void_keeps_the_number_and_owes_nothing(followed: tuple[ProviderBooks, str]) -> None:
    clerk = Clerk(followed[0], "V")
    invoice_id = clerk.sell()
    clerk.void(invoice_id)
    invoice = (await news(followed)).records[ExternalRef(Kind.INVOICE, invoice_id)]
    assert isinstance(invoice, Document)
    assert (invoice.status, invoice.balance, bool(invoice.number)) == (DocumentStatus.VOID, Decimal(0), True)


@proves("in", "delete", "invoice")
async def test_a_deletion_is_told(followed: tuple[ProviderBooks, str]) -> None:
    """QuickBooks sends news of it; Xero, which deletes drafts alone, shows the document as deleted."""
    books, _ = followed
    clerk = Clerk(books, "D")
    invoice_id = clerk.sell(**({"status": "DRAFT"} if books.platform == "xero" else {}))
    before = await books.pull(followed[1])
    clerk.delete(invoice_id)
    ref = ExternalRef(Kind.INVOICE, invoice_id)
    after = await news((books, before.cursor))
    assert ref in before.records
    there = after.records.get(ref)
    assert ref in after.gone or (isinstance(there, Document) and there.status is DocumentStatus.DELETED)


@proves("in", "rename", "customer")
@proves("in", "archive", "customer")
async def test_a_customer_that_is_renamed_and_set_aside_keeps_its_name(followed: tuple[ProviderBooks, str]) -> None:
    clerk = Clerk(followed[0], "R")
    customer = clerk.take_on()
    clerk.rename(customer, "Renamed by hand R")
    clerk.set_aside(customer)
    party = (await news(followed)).of(Party)[customer]
    assert (party.name, party.active) == ("Renamed by hand R", False)


@proves("in", "merge", "customer")
async def test_a_merge_sets_the_one_aside_and_gives_its_documents_to_the_other(
    followed: tuple[ProviderBooks, str],
) -> None:
    clerk = Clerk(followed[0], "M")
    source, goal = clerk.take_on(), clerk.take_on()
    invoice_id = clerk.sell(source)
    clerk.merge(source, goal)
    pulled = await news(followed)
    assert not pulled.of(Party)[source].active
    assert pulled.of(Party)[source].merged_into in (None, goal)
    assert pulled.of(Invoice)[invoice_id].party_id == goal


@proves("in", "update", "lock_dates")
async def test_closing_the_books_is_known_within_a_day(followed: tuple[ProviderBooks, str]) -> None:
    books, cursor = followed
    books.act("close_books" if books.platform == "quickbooks" else "lock_period", date="2026-01-31")
    books.clock.move(timedelta(hours=25))
    pulled = await books.pull(cursor)
    books.act("close_books" if books.platform == "quickbooks" else "lock_period")
    assert str(pulled.company.closed_until) == "2026-01-31"


@proves("in", "create", "invoice", "customer")
async def test_huge_and_unicode_text_comes_as_it_was_entered(followed: tuple[ProviderBooks, str]) -> None:
    books, _ = followed
    clerk = Clerk(books, "Żółć Ødegård 株式会社")
    words = "Çok güzel — 日本語 ‘quoted’ & <tagged> " * 90
    invoice_id = clerk.sell(description=words.strip())
    pulled = await news(followed)
    document = pulled.of(Invoice)[invoice_id]
    assert document.lines[0].description == words.strip()
    assert pulled.of(Party)[clerk.customers[-1]].name.startswith("Northwind Żółć Ødegård 株式会社")


@pytest.mark.only_at("xero", "QuickBooks keeps such money as payments that are not applied")
@proves("in", "create", "overpayment", "prepayment", "allocation")
async def test_money_without_an_invoice_and_what_it_settles_ties_out(followed: tuple[ProviderBooks, str]) -> None:
    books, _ = followed
    clerk = Clerk(books, "O")
    organisation: object = books.simulated
    customer = clerk.take_on()
    name = organisation.contacts[customer].name  # type: ignore[attr-defined]  # a simulated organisation
    paid = {
        kind: books.act(f"record_{kind}", contact=name, amount="50.00")["credit_id"]
        for kind in ("overpayment", "prepayment")
    }
    invoice_id = clerk.sell(customer)
    books.act("allocate_credit", credit_id=paid["overpayment"], document_id=invoice_id, amount="20.00")
    pulled = await news(followed)
    over, pre = (pulled.of(Payment)[paid[kind]] for kind in ("overpayment", "prepayment"))
    assert (over.amount, over.unapplied, over.is_prepayment) == (Decimal(50), Decimal(30), False)
    assert [(part.document_id, part.amount) for part in over.allocations] == [(invoice_id, Decimal(20))]
    assert (pre.unapplied, pre.is_prepayment, pre.allocations) == (Decimal(50), True, ())
    await check_ties_out(books, await books.pull())
