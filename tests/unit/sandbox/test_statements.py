"""The statements of a company's page: they add up, whatever was posted."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.sandbox.conftest import AT

from tieout.sandbox.companies import DocumentView, Side
from tieout.sandbox.ledger import DocumentRef, Draft, Ledger, Nature, credit, debit
from tieout.sandbox.people import read_deed
from tieout.sandbox.statements import aged, balance_sheet, profit_and_loss

FIRST = date(2026, 1, 1)
ACCOUNTS = [(str(number), nature) for number, nature in enumerate(Nature)]
POSTINGS = st.lists(
    st.tuples(
        st.sampled_from(ACCOUNTS),
        st.sampled_from(ACCOUNTS),
        st.decimals(Decimal("0.01"), Decimal(9999), places=2),
        st.integers(0, 400),
    ),
    max_size=30,
)


@given(POSTINGS, st.integers(0, 400))
def test_assets_are_liabilities_and_equity_on_any_day(postings: list[tuple], days: int) -> None:  # type: ignore[type-arg]  # drawn above
    ledger = Ledger()
    for account_id, nature in ACCOUNTS:
        ledger.open_account(account_id, nature.value, nature)
    for number, ((one, _), (other, _), amount, day) in enumerate(postings):
        on = FIRST + timedelta(days=day)
        ledger.post(Draft(DocumentRef("Entry", str(number)), on, [debit(one, amount), credit(other, amount)]), at=AT)
    sheet = balance_sheet(ledger, FIRST + timedelta(days=days))
    assert sheet.assets.total == sheet.claims
    whole = profit_and_loss(ledger, FIRST, FIRST + timedelta(days=400))
    parts = [
        profit_and_loss(ledger, FIRST, FIRST + timedelta(days=days)),
        profit_and_loss(ledger, FIRST + timedelta(days=days + 1), FIRST + timedelta(days=401)),
    ]
    assert whole.profit == sum(part.profit for part in parts)


def view(due_days_ago: int | None, balance: str, **more: object) -> DocumentView:
    today = date(2026, 3, 1)
    return DocumentView(
        ref=DocumentRef("Invoice", "1"),
        kind="Invoice",
        number="1",
        on=today - timedelta(days=45),
        due_on=None if due_days_ago is None else today - timedelta(days=due_days_ago),
        party="Amy",
        total=Decimal(balance),
        balance=Decimal(balance),
        status="Open",
        payable=True,
        **{"side": Side.RECEIVABLE, "currency": "USD", **more},  # type: ignore[arg-type]  # as each test says
    )


@pytest.mark.parametrize(
    ("due_days_ago", "place"),
    [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (None, 2)],
)
def test_a_document_stands_in_the_column_of_its_age(due_days_ago: int | None, place: int) -> None:
    (row,) = aged([view(due_days_ago, "10.00")], Side.RECEIVABLE, date(2026, 3, 1))
    assert [bool(amount) for amount in row.amounts].index(True) == place


def test_credits_count_against_and_the_other_side_is_left_out() -> None:
    documents = [
        view(1, "10.00"),
        view(1, "4.00", is_credit=True),
        view(1, "99.00", side=Side.PAYABLE),
        view(1, "7.00", currency="EUR"),
        view(1, "0.00"),
    ]
    rows = aged(documents, Side.RECEIVABLE, date(2026, 3, 1))
    assert [(row.currency, row.total) for row in rows] == [("EUR", Decimal(7)), ("USD", Decimal(6))]


def test_an_action_tells_its_fields_in_its_own_description() -> None:
    deed = read_deed("pay", "Record a payment: `{document_id | number, amount?, date}`; all that is open unless told.")
    assert deed.summary == "Record a payment; all that is open unless told"
    assert [(one.name, one.required) for one in deed.fields] == [
        ("document_id", False), ("number", False), ("amount", False), ("date", True),
    ]  # fmt: skip
    assert read_deed("rest", "Do nothing.").fields == ()


@pytest.mark.parametrize(
    ("said", "summary"),
    [
        ("Delete a draft: `{number}`. The rest can only be voided.", "Delete a draft. The rest can only be voided"),
        ("Archive an account: `{account}` by code.", "Archive an account by code"),
        ("Change the plan: `{without?}`, their names with commas.", "Change the plan, their names with commas"),
        ("Merge two: `{from, into}`; one is archived.", "Merge two; one is archived"),
        ("Turn tax off: new documents have none.", "Turn tax off: new documents have none"),
    ],
)
def test_a_summary_reads_on_where_the_fields_stood(said: str, summary: str) -> None:
    assert read_deed("act", said).summary == summary
