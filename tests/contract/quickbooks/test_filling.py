"""Years of trade that nobody did: the same for the same seed, plausible, and as sound as if somebody had."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.application import build_simulator
from tieout.platforms.quickbooks.sandbox.reports.answering import answer_report
from tieout.platforms.quickbooks.sandbox.seeds.gb_sample import GB_REALM
from tieout.platforms.quickbooks.sandbox.seeds.planning import VOID, plan_trade
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import EMPTY_REALM
from tieout.sandbox.people import ActionRefusedError
from tieout.sandbox.simulator import seeded

TODAY = date(2026, 5, 4)


def fill(platform: Platform, documents: int, seed: int = 3, realm: str = EMPTY_REALM) -> tuple[Books, dict[str, Any]]:
    company = platform.app.state.simulator.companies[realm]
    return platform.books(realm), company.fill(documents, seed)


@pytest.mark.parametrize("documents", [1, 2, 7, 40, 333])
@pytest.mark.parametrize("realm", [EMPTY_REALM, GB_REALM], ids=["us", "gb"])
def test_there_are_exactly_so_many_documents(platform: Platform, documents: int, realm: str) -> None:
    company = platform.app.state.simulator.companies[realm]
    before, _ = company.documents(offset=0, limit=0)
    books, told = fill(platform, documents, realm=realm)
    after, _ = company.documents(offset=0, limit=0)
    assert after - before == sum(told["kinds"].values()) == documents
    books.ledger.assert_balanced()


def test_the_same_seed_makes_the_same_documents_and_another_makes_others(platform: Platform) -> None:
    other = build_simulator(clock=platform.clock, seed=9, origin="http://other.test")
    mine, told = fill(platform, 200, 5)
    theirs = other.state.quickbooks.books[EMPTY_REALM]
    assert other.state.simulator.companies[EMPTY_REALM].fill(200, 5) == told
    for kind in ("Customer", "Item", "Invoice", "Bill", "Payment", "BillPayment", "CreditMemo"):
        for left, right in zip(mine.shelf(kind), theirs.shelf(kind), strict=True):
            assert (left.id, left.content, left.created_at, left.token) == (
                right.id, right.content, right.created_at, right.token
            )  # fmt: skip
    assert plan_trade(seeded(1, "a"), 200, TODAY) != plan_trade(seeded(1, "b"), 200, TODAY)


def test_trade_goes_back_for_years_and_ends_today(platform: Platform) -> None:
    books, _ = fill(platform, 1_200)
    days = sorted(record.content["TxnDate"] for record in books.shelf("Invoice"))
    assert "2024-05-04" <= days[0] < "2024-07-01"
    assert "2026-04-01" < days[-1] <= "2026-05-04"
    created = [record.created_at for record in books.shelf("Invoice")]
    assert created == sorted(created)
    assert all(record.updated_at <= books.now() for record in books.shelf("Invoice"))
    for record in books.shelf("Invoice"):
        assert record.created_at.date().isoformat() == record.content["TxnDate"]


def test_most_of_what_is_due_is_paid_and_some_only_in_part(platform: Platform) -> None:
    books, told = fill(platform, 1_200)
    due = [one for one in books.shelf("Invoice") if one.content["DueDate"] < "2026-03-01" and not one.shaped.voided]
    paid = [one for one in due if not one.open]
    assert len(paid) > 0.85 * len(due)
    assert any(len(one.settlements) > 1 for one in paid)
    assert any(len(one.shaped.applications) > 1 for one in books.shelf("Payment"))
    assert told["voided"] == sum(one.shaped.voided for one in books.shelf("Invoice")) > 0
    assert any(not one.open for one in books.shelf("CreditMemo"))


def test_no_payment_comes_before_what_it_pays(platform: Platform) -> None:
    books, _ = fill(platform, 400)
    for kind in ("Payment", "BillPayment"):
        for payment in books.shelf(kind):
            for one in payment.shaped.applications:
                assert books.record(one.target).content["TxnDate"] <= payment.content["TxnDate"]


def test_a_season_shows() -> None:
    plan = plan_trade(seeded(7, "season"), 8_000, TODAY)
    months = [0] * 12
    weekdays = [0] * 7
    for one in plan.happenings:
        if one.what == "Invoice" and one.day < TODAY - timedelta(days=40):
            months[one.day.month - 1] += 1
            weekdays[one.day.weekday()] += 1
    assert months[5] > 1.4 * months[0]
    assert months[11] > 1.4 * months[7]
    assert weekdays[6] < weekdays[0] / 4
    assert sum(one.what != VOID for one in plan.happenings) == 8_000


def test_reports_agree_on_made_up_trade(platform: Platform) -> None:
    books, _ = fill(platform, 500, realm=GB_REALM)
    for day in ("2025-09-30", "2026-04-05", "2026-05-04"):
        rows = answer_report(books, "AgedReceivables", {"report_date": day})["Rows"].get("Row", [])
        total = Decimal(rows[-1]["Summary"]["ColData"][-1]["value"]) if rows else Decimal(0)
        assert total == books.ledger.balance("6", until=date.fromisoformat(day))


async def test_a_seed_works_once_and_refusals_make_nothing(platform: Platform, connected: Connected) -> None:
    address = f"/_sandbox/companies/{connected.realm}/fill"
    assert (await platform.http.post(address, json={"documents": 5, "seed": 1})).status_code == 201
    entries = len(platform.books().ledger.entries)
    again = await platform.http.post(address, json={"documents": 5, "seed": 1})
    assert (again.status_code, "used already" in again.text) == (409, True)
    platform.people().act("close_books", {"date": "2026-04-30"})
    with pytest.raises(ActionRefusedError, match="6210"):
        fill(platform, 5, 2, connected.realm)
    platform.people().act("open_books", {})
    platform.people().act("end_subscription", {})
    with pytest.raises(ActionRefusedError, match="6190"):
        fill(platform, 5, 2, connected.realm)
    assert len(platform.books().ledger.entries) == entries
    assert platform.books().now() == platform.clock.now()
