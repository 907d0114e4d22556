"""What is written is in the books as it was written, once, and its answer is what a pull would bring."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.support.capabilities import proves
from tests.support.provider import ProviderBooks
from tests.support.provider_desk import DOCUMENTS, SALES, Desk, desk_at

from tieout.books.changes import Change
from tieout.books.records import (
    AccountType,
    Address,
    Document,
    DocumentStatus,
    Item,
    Kind,
    Party,
    Payment,
)
from tieout.platforms.port import Operation

ROLES = {"customer": Kind.CUSTOMER, "vendor": Kind.VENDOR}
DETAILS = {
    "first_name": "Zoë",
    "last_name": "Ångström",
    "email": "zoe@example.com",
    "phone": "+44 20 7946 0958",
    "address": Address(
        line1="1 Rue de l'Église", line2="Bât. C", city="Besançon", state="BFC", postal_code="25000", country="France"
    ),
}
ABROAD = ("EUR", "USD", "GBP", "JPY")


async def check_news(desk: Desk, *changes: Change) -> None:
    """The answer of a write is the record that the next pull brings, so nothing is read after a write."""
    records = (await desk.news()).records
    for change in changes:
        assert records[change.ref] == change.record


async def gone_or_over(desk: Desk, there: Change) -> bool:
    """Whether the next pull says that a record counts no more."""
    pulled = await desk.news()
    record = pulled.records.get(there.ref)
    over = isinstance(record, Document) and record.status in (DocumentStatus.VOID, DocumentStatus.DELETED)
    return there.ref in pulled.gone or over or (isinstance(record, Payment) and record.is_void)


@pytest.mark.parametrize(
    "role",
    [
        pytest.param(
            role,
            marks=[
                pytest.mark.capability(object=role, direction="out", operation=operation)
                for operation in ("create", "update")
            ],
        )
        for role in ROLES
    ],
)
async def test_a_party_is_written_and_changed_and_what_was_taken_away_is_emptied(
    any_books: ProviderBooks, role: str
) -> None:
    desk = await desk_at(any_books)
    kind = desk.kind_of(ROLES[role])
    wanted = desk.party_record(ROLES[role], f"Zoë Ångström {desk.number()}", **DETAILS)
    made = await desk.create(kind, wanted)
    assert isinstance(made.record, Party)
    assert {name: getattr(made.record, name) for name in DETAILS} == DETAILS
    assert made.record.name == wanted.name
    moved = Party(name=wanted.name, phone="020 7946 0000", is_customer=wanted.is_customer, is_vendor=wanted.is_vendor)
    changed = await desk.done(desk.change(made, Operation.UPDATE, moved))
    assert isinstance(changed.record, Party)
    assert changed.record == replace(made.record, phone="020 7946 0000"), "what is not said stays"
    bare = replace(moved, phone=None, address=Address(line1="2 Rue Basse", city="Besançon"))
    emptied = frozenset(("email", "phone", "last_name"))
    left = await desk.done(desk.change(changed, Operation.UPDATE, bare, emptied=emptied))
    assert isinstance(left.record, Party)
    assert left.record == replace(
        changed.record, email=None, phone=None, last_name=None, address=Address(line1="2 Rue Basse", city="Besançon")
    )
    await check_news(desk, left)
    last = await desk.done(
        desk.change(left, Operation.UPDATE, replace(bare, address=None), emptied=frozenset(("address", "first_name")))
    )
    assert isinstance(last.record, Party)
    assert (last.record.address, last.record.first_name) == (None, None)


@proves("out", "create", "item")
@proves("out", "update", "item")
async def test_a_product_is_written_and_changed(any_books: ProviderBooks) -> None:
    desk = await desk_at(any_books)
    number = desk.number()
    income = desk.account(AccountType.INCOME).external_id
    wanted = Item(
        name=f"Crème brûlée {number}",
        code=number,
        description="À la carte",
        unit_price=Decimal("12.3456") if desk.platform == "xero" else Decimal("12.34"),
        income_account_id=income,
        marker=desk.marker(number),
    )
    made = await desk.create(Kind.ITEM, wanted)
    assert isinstance(made.record, Item)
    names = ("name", "code", "description", "unit_price", "income_account_id")
    assert [getattr(made.record, name) for name in names] == [getattr(wanted, name) for name in names]
    cheaper = replace(made.record, unit_price=Decimal("9.90"), description=None)
    changed = await desk.done(desk.change(made, Operation.UPDATE, cheaper, emptied=frozenset(("description",))))
    assert isinstance(changed.record, Item)
    assert (changed.record.unit_price, changed.record.description) == (Decimal("9.90"), None)
    assert (changed.record.name, changed.record.code) == (wanted.name, number)
    await check_news(desk, changed)


def of_documents(*operations: str) -> list[object]:
    """A parameter for every kind of document, with the cells that its test proves."""
    return [
        pytest.param(
            kind,
            id=kind.value,
            marks=[pytest.mark.capability(object=kind.value, direction="out", operation=one) for one in operations],
        )
        for kind in DOCUMENTS
    ]


@pytest.mark.parametrize("kind", of_documents("create", "update", "delete"))
async def test_a_document_is_written_changed_and_deleted_and_leaves_nothing_behind(
    any_books: ProviderBooks, kind: Kind
) -> None:
    desk = await desk_at(any_books)
    before = await desk.balances()
    wanted = await desk.document(kind, memo="Für die Küche")
    made = await desk.create(kind, wanted)
    check_document(desk, made, wanted)
    lines = [*wanted.lines, desk.line(kind, "3.10", desk.rate(kind), quantity="2.5", description="Zutaten")]
    later: Any = replace(desk.with_lines(wanted, lines), issued_on=desk.today - timedelta(days=1), memo=None)
    changed = await desk.done(desk.change(made, Operation.UPDATE, later))
    check_document(desk, changed, later)
    await check_news(desk, changed)
    await desk.carry_out(desk.change(changed, Operation.DELETE))
    assert await gone_or_over(desk, changed)
    assert await desk.balances() == before


def check_document(desk: Desk, there: Change, wanted: Document) -> None:
    """What the books show of a document is what was written, to the cent."""
    record = there.record
    assert isinstance(record, type(wanted)), record
    names = ["number", "party_id", "currency", "issued_on", "subtotal", "tax", "total", "balance"]
    if not desk.company.taxes_purchases and there.ref.kind not in SALES:
        names = [name for name in names if name not in ("subtotal", "tax")]
    assert [getattr(record, name) for name in names] == [getattr(wanted, name) for name in names]
    assert [(line.description, line.amount) for line in record.lines] == [
        (line.description, line.amount) for line in wanted.lines
    ]
    if there.ref.kind in (Kind.INVOICE, Kind.BILL):
        assert record.due_on == wanted.due_on
