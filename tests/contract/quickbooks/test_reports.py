"""Reports are made from the journal and the open documents, in the platform's own form."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.contract.quickbooks.program import NOON, Connected, Platform, a_bill, a_payment, a_sale

from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.writing import create
from tieout.platforms.quickbooks.sandbox.refusals import Refusal
from tieout.platforms.quickbooks.sandbox.reports import sheets
from tieout.platforms.quickbooks.sandbox.reports.answering import answer_report
from tieout.platforms.quickbooks.sandbox.seeds.setting_up import put
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import empty_profile, fill_empty
from tieout.sandbox.simulator import seeded

_FOLDER = Path(os.environ.get("TIEOUT_REFERENCE_DIR", Path(__file__).parents[4] / "shared" / "reference"))
needs_recordings = pytest.mark.skipif(
    not (_FOLDER / "qbo-samples").is_dir(), reason=f"no recordings in {_FOLDER}: set TIEOUT_REFERENCE_DIR"
)


def rows_of(rows: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every row, sections before what is in them."""
    for row in rows.get("Row", ()):
        yield row
        yield from rows_of(row.get("Rows", {}))


def group(report: dict[str, Any], name: str) -> list[str]:
    """The summary of a group, without its title."""
    (found,) = [row for row in rows_of(report["Rows"]) if row.get("group") == name and "Summary" in row]
    return [cell["value"] for cell in found["Summary"]["ColData"][1:]]


def data(report: dict[str, Any]) -> list[list[str]]:
    return [[one["value"] for one in row["ColData"]] for row in rows_of(report["Rows"]) if "ColData" in row]


def keys(report: dict[str, Any]) -> list[str]:
    return [
        pair["Value"] for one in report["Columns"]["Column"] for pair in one["MetaData"] if pair["Name"] == "ColKey"
    ]


def titles(report: dict[str, Any]) -> list[str]:
    return [column["ColTitle"] for column in report["Columns"]["Column"]]


def recorded(name: str) -> dict[str, Any]:
    exchange = json.loads((_FOLDER / "qbo-samples" / "http" / f"{name}.json").read_text(encoding="utf-8"))[0]
    return dict(exchange["response"]["body"])


@needs_recordings
async def test_profit_and_loss_without_figures_is_word_for_word_the_recorded_one(connected: Connected) -> None:
    theirs = recorded("report-profitandloss-nodata")
    ours = await connected.get(
        "reports/ProfitAndLoss",
        customer="1",
        start_date="2015-01-01",
        end_date="2015-07-31",
        summarize_column_by="Customers",
    )
    assert ours["Header"].pop("Time")
    del theirs["Header"]["Time"]
    assert ours == theirs
    assert list(ours["Header"]) == list(theirs["Header"])


@needs_recordings
async def test_the_general_ledger_has_the_recorded_form(connected: Connected) -> None:
    theirs = recorded("report-generalledger")
    await connected.invoice()
    ours = await connected.get("reports/GeneralLedger")
    assert list(ours) == list(theirs)
    assert list(ours["Header"]) == list(theirs["Header"])
    assert ours["Header"]["DateMacro"] == theirs["Header"]["DateMacro"]
    for field in ("ColTitle", "ColType"):
        assert [one[field] for one in ours["Columns"]["Column"]] == [one[field] for one in theirs["Columns"]["Column"]]
    assert {form(row) for row in rows_of(ours["Rows"])} <= {form(row) for row in rows_of(theirs["Rows"])}
    order = [row["Header"]["ColData"][0]["value"] for row in theirs["Rows"]["Row"]]
    known = [name for row in ours["Rows"]["Row"] if (name := row["Header"]["ColData"][0]["value"]) in order]
    assert known == [name for name in order if name in known]
    assert len(known) >= 10


def form(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a row is made of: its parts, and which of its cells carry ids."""
    parts = [("", row)] + [(name, row[name]) for name in ("Header", "Summary") if name in row]
    cells = [(name, tuple(tuple(one) for one in part.get("ColData", ()))) for name, part in parts]
    return (tuple(row), row["type"], tuple(cells))


async def test_the_general_ledger_tells_every_line_with_its_running_balance(connected: Connected) -> None:
    made = await connected.invoice("100.00", PrivateNote="For the garden")
    report = await connected.get("reports/GeneralLedger", account="84")
    (section,) = report["Rows"]["Row"]
    assert section["Header"]["ColData"][0] == {"value": "Accounts Receivable (A/R)", "id": "84"}
    beginning, line = section["Rows"]["Row"]
    assert [cell["value"] for cell in beginning["ColData"]] == ["Beginning Balance", *[""] * 6, "4804.02"]
    assert line["ColData"] == [
        {"value": "2026-05-04"},
        {"value": "Invoice", "id": made["Id"]},
        {"value": made["DocNumber"]},
        {"value": "Amy's Bird Sanctuary", "id": "1"},
        {"value": "For the garden"},
        {"value": "Services", "id": "1"},
        {"value": "100.00"},
        {"value": "4904.02"},
    ]
    assert [cell["value"] for cell in section["Summary"]["ColData"][-2:]] == ["100.00", ""]


async def test_the_general_ledger_shows_the_columns_asked_for_in_its_own_order(connected: Connected) -> None:
    report = await connected.get(
        "reports/GeneralLedger", columns="subt_nat_amount,debt_amt,account_name", start_date="2026-01-01", customer="2"
    )
    assert keys(report) == ["account_name", "debt_amt", "subt_nat_amount"]
    assert report["Header"]["Customer"] == "2"
    assert data(report) == [["Accounts Receivable (A/R)", "85.00", "85.00"], ["Landscaping Services", "", "85.00"]]


async def test_a_bill_with_several_lines_is_a_split_in_the_ledger_of_what_is_payable(connected: Connected) -> None:
    bill = a_bill("80.00")
    bill["Line"].append({**bill["Line"][0], "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "17"}}})
    await connected.post("Bill", bill)
    rows = data(await connected.get("reports/GeneralLedger", account="33,17"))
    assert [row[5:7] for row in rows if row[1] == "Bill"] == [
        ["-Split-", "160.00"],
        ["Accounts Payable (A/P)", "80.00"],
    ]


async def test_a_balance_sheet_balances_and_says_what_the_year_earned(connected: Connected) -> None:
    report = await connected.get("reports/BalanceSheet")
    assert report["Header"]["DateMacro"] == "this calendar year-to-date"
    assert report["Header"]["SummarizeColumnsBy"] == "Total"
    assert group(report, "TotalAssets") == group(report, "TotalLiabilitiesAndEquity")
    (earned,) = [row["ColData"] for row in rows_of(report["Rows"]) if row.get("group") == "NetIncome"]
    profit = await connected.get("reports/ProfitAndLoss")
    assert [earned[1]["value"]] == group(profit, "NetIncome")
    assert group(report, "AR") == ["5805.26"]


async def test_sub_accounts_stand_in_sections_of_their_parents(connected: Connected) -> None:
    report = await connected.get("reports/ProfitAndLoss", start_date="2026-01-01", end_date="2026-05-04")
    (labor,) = [
        row for row in rows_of(report["Rows"]) if row.get("Header", {}).get("ColData", [{}])[0].get("id") == "51"
    ]
    assert [row["ColData"][0]["id"] for row in labor["Rows"]["Row"]] == ["52", "53"]
    assert labor["Summary"]["ColData"] == [{"value": "Total Labor"}, {"value": "905.74"}]


async def test_earlier_years_are_retained(platform: Platform, connected: Connected) -> None:
    await connected.invoice("500.00", TxnDate="2025-12-31")
    report = await connected.get("reports/BalanceSheet", end_date="2026-05-04", start_date="2026-01-01")
    (retained,) = [row for row in data(report) if row[0] == "Retained Earnings"]
    assert retained == ["Retained Earnings", "500.00"]
    ledger = await connected.get("reports/GeneralLedger", account="2")
    assert data(ledger) == [["Beginning Balance", *[""] * 6, "500.00"]]
    assert platform.books().ledger.balance("2") == 0


async def test_profit_and_loss_by_month_adds_up_to_its_total(connected: Connected) -> None:
    report = await connected.get(
        "reports/ProfitAndLoss", start_date="2026-02-15", end_date="2026-05-04", summarize_column_by="Month"
    )
    assert titles(report) == ["", "Feb 15 - 28, 2026", "Mar 2026", "Apr 2026", "May 1 - 4, 2026", "Total"]
    assert report["Columns"]["Column"][2]["MetaData"] == [
        {"Name": "StartDate", "Value": "2026-03-01"},
        {"Name": "EndDate", "Value": "2026-03-31"},
        {"Name": "ColKey", "Value": "Mar 2026"},
    ]
    *months, total = map(Decimal, group(report, "NetIncome"))
    assert sum(months) == total


async def test_profit_and_loss_by_customer_has_a_column_for_each(connected: Connected) -> None:
    params = {"start_date": "2026-01-01", "end_date": "2026-05-04"}
    whole = await connected.get("reports/ProfitAndLoss", **params)
    by_customer = await connected.get("reports/ProfitAndLoss", summarize_column_by="Customers", **params)
    assert titles(by_customer)[-2:] == ["Not Specified", "TOTAL"]
    assert "Red Rock Diner" in titles(by_customer)
    assert group(by_customer, "NetIncome")[-1:] == group(whole, "NetIncome")
    one = await connected.get("reports/ProfitAndLoss", customer="20", **params)
    assert group(one, "Income") == ["226.00"]


async def test_ageing_sums_what_is_open_by_how_late_it_is(connected: Connected) -> None:
    report = await connected.get("reports/AgedReceivables")
    assert titles(report) == ["", "Current", "1 - 30", "31 - 60", "61 - 90", "91 and over", "Total"]
    assert report["Header"]["Option"][0] == {"Name": "report_date", "Value": "2026-05-04"}
    assert "ReportBasis" not in report["Header"]
    assert ["Red Rock Diner", "", "226.00", "", "", "", "226.00"] in data(report)
    assert group(report, "GrandTotal") == ["2189.96", "2285.20", "1330.10", "0.00", "0.00", "5805.26"]
    (freeman,) = [
        row for row in report["Rows"]["Row"] if row.get("Header", {}).get("ColData", [{}])[0].get("id") == "7"
    ]
    assert freeman["Rows"]["Row"][0]["ColData"][0] == {"value": "55 Twin Lane", "id": "9"}
    assert freeman["Summary"]["ColData"][-1] == {"value": "85.00"}


async def test_ageing_periods_can_be_chosen(connected: Connected) -> None:
    report = await connected.get("reports/AgedPayables", aging_period="15", num_periods="2", vendor="36,48")
    assert titles(report) == ["", "Current", "1 - 15", "16 and over", "Total"]
    assert [row[0] for row in data(report)] == ["Diego's Road Warrior Bodyshop", "PG&E"]
    moved = await connected.get("reports/AgedPayables", report_date="2026-04-04", aging_method="Current", vendor="48")
    assert group(moved, "GrandTotal")[1] == "86.44"


async def test_ageing_sees_only_what_was_paid_by_its_day(connected: Connected) -> None:
    await connected.post("Payment", a_payment("85.00", ("85.00", "Invoice", "23"), customer="2", TxnDate="2026-05-01"))
    before = await connected.get("reports/AgedReceivables", report_date="2026-04-30", customer="2")
    assert group(before, "GrandTotal")[-1] == "85.00"
    after = await connected.get("reports/AgedReceivables", customer="2")
    assert after["Rows"] == {}
    assert {"Name": "NoReportData", "Value": "true"} in after["Header"]["Option"]


async def test_ageing_follows_what_is_paid_and_taken_back(connected: Connected) -> None:
    async def owed() -> list[str]:
        rows = data(await connected.get("reports/AgedReceivables", customer="2"))
        return [row[-1] for row in rows]

    assert await owed() == ["85.00"]
    paid = await connected.post("Payment", a_payment("85.00", ("85.00", "Invoice", "23"), customer="2"))
    assert await owed() == []
    await connected.post("Payment", {"Id": paid["Id"], "SyncToken": "0", "sparse": True, "Line": []})
    report = await connected.get("reports/AgedReceivableDetail", customer="2")
    assert [row[-1] for row in data(report)] == ["85.00", "-85.00"]
    await connected.call("POST", "payment?operation=delete", json={"Id": paid["Id"], "SyncToken": "1"})
    assert await owed() == ["85.00"]


async def test_unapplied_money_and_credits_lessen_what_is_owed(connected: Connected) -> None:
    await connected.post("Payment", a_payment("500.00"))
    await connected.post("CreditMemo", a_sale("39.00"))
    report = await connected.get("reports/AgedReceivableDetail", customer="1")
    figures = {(row[1], row[-2], row[-1]) for row in data(report)}
    assert figures == {
        ("Payment", "-500.00", "-500.00"),
        ("Credit Memo", "-39.00", "-39.00"),
        ("Invoice", "239.00", "239.00"),
    }


async def test_the_detail_of_payables_has_the_recorded_columns(connected: Connected) -> None:
    report = await connected.get("reports/AgedPayableDetail")
    assert keys(report) == [
        "tx_date", "txn_type", "doc_num", "vend_name", "due_date", "past_due", "subt_neg_amount", "subt_neg_open_bal",
    ]  # fmt: skip
    assert [row["Header"]["ColData"][0]["value"] for row in report["Rows"]["Row"][:-1]] == [
        "31 - 60 days past due",
        "1 - 30 days past due",
    ]
    assert report["Rows"]["Row"][-1]["Summary"]["ColData"][-1] == {"value": "3633.69"}
    assert (report["Header"]["DateMacro"], report["Header"]["StartPeriod"]) == ("today", "2026-05-04")


async def test_detail_can_be_narrowed_by_when_things_are_due(connected: Connected) -> None:
    report = await connected.get(
        "reports/AgedReceivableDetail",
        report_date="2026-05-04",
        start_duedate="2026-05-01",
        end_duedate="2026-05-06",
        columns="due_date,cust_name",
    )
    assert keys(report) == ["cust_name", "due_date"]
    assert data(report) == [["Sonnenschein Family Store", "2026-05-02"], ["Sushi by Katsuyuki", "2026-05-06"]]
    late = await connected.get("reports/AgedReceivableDetail", past_due="55")
    assert {row[3] for row in data(late)} == {"Bill's Windsurf Shop", "55 Twin Lane"}


@pytest.mark.parametrize(
    ("name", "total"), [("CustomerBalance", "5805.26"), ("VendorBalance", "3633.69")], ids=["customers", "vendors"]
)
async def test_balances_add_up_to_the_control_accounts(connected: Connected, name: str, total: str) -> None:
    report = await connected.get(f"reports/{name}")
    assert group(report, "GrandTotal") == [total]
    assert report["Header"]["DateMacro"] == "all"
    assert "StartPeriod" not in report["Header"]


def control_balance(books: Books, report: str, until: date) -> Decimal:
    """What stands on the control accounts of a report, of every currency."""
    kind = {"AgedReceivables": "Accounts Receivable", "AgedPayables": "Accounts Payable"}[report]
    ours = [one.id for one in books.shelf("Account") if one.content["AccountType"] == kind]
    return sum((books.ledger.balance(one, until=until) for one in ours), Decimal(0))


async def test_on_every_day_of_a_long_history_the_reports_agree(platform: Platform) -> None:
    books = platform.books()
    platform.app.state.simulator.companies[books.profile.id].fill(300, 5)
    for days in (0, 1, 10, 40, 100, 200, 364, 500):
        day = books.today() - timedelta(days=days)
        on = {"report_date": day.isoformat()}
        for name, sign in (("AgedReceivables", 1), ("AgedPayables", -1)):
            report = answer_report(books, name, on)
            total = Decimal(group(report, "GrandTotal")[-1]) if report["Rows"] else Decimal(0)
            assert total == sign * control_balance(books, name, day)
        dated = {"start_date": day.isoformat(), "end_date": day.isoformat()}
        sheet = answer_report(books, "BalanceSheet", dated)
        assert group(sheet, "TotalAssets") == group(sheet, "TotalLiabilitiesAndEquity")
        trial = answer_report(books, "TrialBalance", dated)
        if trial["Rows"]:
            debit, credit = group(trial, "GrandTotal")
            assert debit == credit


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("TrialBalance?start_date=2026-02-30", "2010"),
        ("TrialBalance?start_date=2026-03-01&end_date=2026-02-01", "6000"),
        ("TrialBalance?date_macro=This%20Decade", "2170"),
        ("TrialBalance?accounting_method=Guess", "2170"),
        ("ProfitAndLoss?customer=99999", "2500"),
        ("AgedReceivables?num_periods=0", "2010"),
        ("AgedReceivables?aging_method=Yesterday", "2170"),
        ("Nonsense", "500"),
    ],
)
async def test_what_makes_no_sense_is_refused(connected: Connected, query: str, code: str) -> None:
    assert (await connected.refused("GET", f"reports/{query}"))[0] == code


@pytest.mark.parametrize(
    "query",
    [
        "TrialBalance?accounting_method=Cash",
        "BalanceSheet?accounting_method=Cash",
        "ProfitAndLoss?accounting_method=Cash&customer=1",
        "TrialBalance?summarize_column_by=Month",
        "ProfitAndLoss?summarize_column_by=Classes",
        "ProfitAndLoss?class=1",
        "ProfitAndLoss?qzurl=true",
        "BalanceSheet?sort_order=descend",
        "GeneralLedger?columns=tx_date,quantity",
        "GeneralLedger?colour=red",
        "AgedPayables?customer=1",
        "TransactionList?group_by=Week",
        "CashFlow",
    ],
)
async def test_what_is_not_computed_is_never_ignored(connected: Connected, query: str) -> None:
    answer = await connected.call("GET", f"reports/{query}")
    assert (answer.status_code, answer.json()["error"].startswith("not simulated")) == (501, True)


async def test_options_that_change_nothing_pass(connected: Connected) -> None:
    await connected.get("reports/profitandloss", qzurl="false", sort_order="ascend", minorversion="75")


async def test_a_report_that_is_too_large_is_refused(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "CELLS_MAX", 40)
    with pytest.raises(Refusal, match="10100"):
        answer_report(platform.books(), "TrialBalance", {})


def test_ageing_agrees_with_the_control_accounts_in_every_currency() -> None:
    books = Books(replace(empty_profile(), multi_currency=True), ManualClock(NOON), seeded(1, "currencies"))
    fill_empty(books)
    books.currencies["EUR"] = put(books, "CompanyCurrency", 1, {"Code": "EUR", "Name": "Euro", "Active": True}).id
    euro: dict[str, Any] = {"CurrencyRef": {"value": "EUR"}}
    customer = create(books, KINDS["Customer"], {"DisplayName": "Anna", **euro}).id
    vendor = create(books, KINDS["Vendor"], {"DisplayName": "Vito", **euro}).id
    days = [f"2026-04-{day:02}" for day in range(1, 21)]
    for place, day in enumerate(days[::4]):
        rate: dict[str, Any] = {"ExchangeRate": Decimal("1.1") + place * Decimal("0.0137"), **euro}
        sold = create(books, KINDS["Invoice"], a_sale(f"{100 + place}.37", customer, TxnDate=day, **rate))
        part = f"{30 + place}.21"
        paid = a_payment("50.00", (part, "Invoice", sold.id), customer=customer, TxnDate=days[place * 4 + 2])
        create(books, KINDS["Payment"], paid | euro | {"ExchangeRate": Decimal("1.2")})
        create(books, KINDS["Bill"], a_bill(f"{70 + place}.11", vendor, TxnDate=day, **rate))
    entry = [
        {"Amount": 25, "DetailType": DETAIL, DETAIL: {"PostingType": "Debit", "AccountRef": {"value": "84"}, **who}}
        for who in ({"Entity": {"Type": "Customer", "EntityRef": {"value": a_home_customer(books)}}},)
    ]
    entry.append({"Amount": 25, "DetailType": DETAIL, DETAIL: {"PostingType": "Credit", "AccountRef": {"value": "1"}}})
    create(books, KINDS["JournalEntry"], {"TxnDate": "2026-04-10", "Line": entry})
    for day in days:
        for name, kind, sign in (
            ("AgedReceivables", "Accounts Receivable", 1),
            ("AgedPayables", "Accounts Payable", -1),
        ):
            report = answer_report(books, name, {"report_date": day})
            total = Decimal(group(report, "GrandTotal")[-1]) if report["Rows"] else Decimal(0)
            controls = [one.id for one in books.shelf("Account") if one.content["AccountType"] == kind]
            until = date.fromisoformat(day)
            assert total == sign * sum(books.ledger.balance(one, until=until) for one in controls)


DETAIL = "JournalEntryLineDetail"


def a_home_customer(books: Books) -> str:
    return create(books, KINDS["Customer"], {"DisplayName": "Hank"}).id


async def test_transactions_are_listed_with_where_they_are_booked(connected: Connected) -> None:
    invoice = await connected.invoice("100.00", DocNumber="L-1")
    await connected.post("Payment", a_payment("100.00", ("100.00", "Invoice", invoice["Id"])))
    report = await connected.get("reports/TransactionList", customer="1", start_date="2026-05-01")
    assert keys(report) == [
        "tx_date", "txn_type", "doc_num", "is_no_post", "name", "memo", "account_name", "other_account",
        "subt_nat_amount",
    ]  # fmt: skip
    whom = ["Amy's Bird Sanctuary", ""]
    assert [row[1:] for row in data(report)] == [
        ["Invoice", "L-1", "Yes", *whom, "Accounts Receivable (A/R)", "Services", "100.00"],
        ["Payment", "", "Yes", *whom, "Undeposited Funds", "Accounts Receivable (A/R)", "100.00"],
    ]
    one = await connected.get("reports/TransactionList", docnum="L-1")
    assert len(data(one)) == 1


async def test_transactions_can_be_narrowed_and_grouped(connected: Connected) -> None:
    report = await connected.get(
        "reports/TransactionList",
        start_date="2026-01-01",
        end_date="2026-05-04",
        transaction_type="Bill,BillPaymentCreditCard",
        group_by="Transaction Type",
        columns="tx_date,txn_type,subt_nat_amount",
    )
    sums = [[one["value"] for one in row["Summary"]["ColData"]] for row in report["Rows"]["Row"]]
    assert [row[0] for row in sums] == ["Total for Bill", "Total for Bill Payment (Credit Card)"]
    assert Decimal(sums[0][-1]) == sum(Decimal(row[-1]) for row in data(report) if row[1] == "Bill") > 3_000
    assert sums[1][-1] == "74.36"


def test_every_company_of_the_platform_has_reports_that_agree(platform: Platform) -> None:
    for realm, company in platform.app.state.simulator.companies.items():
        books = platform.books(realm)
        company.fill(60, 11)
        dates = {"start_date": "2025-01-01", "end_date": "2026-05-04"}
        for name in ("GeneralLedger", "TransactionList", "ProfitAndLoss", "TrialBalance"):
            assert answer_report(books, name, dates)["Rows"]
        sheet = answer_report(books, "BalanceSheet", dates)
        assert group(sheet, "TotalAssets") == group(sheet, "TotalLiabilitiesAndEquity"), realm
        for side, name in (("Customer", "AgedReceivables"), ("Vendor", "AgedPayables")):
            listed = answer_report(books, f"{name[:-1]}Detail", {})
            total = listed["Rows"]["Row"][-1]["Summary"]["ColData"][-1]["value"]
            assert group(answer_report(books, name, {}), "GrandTotal")[-1] == total
            if not books.profile.multi_currency:
                assert answer_report(books, "ProfitAndLoss", {**dates, "accounting_method": "Cash"})["Rows"]
                assert Decimal(total) == sum(one.balance for one in books.shelf(side))


@pytest.mark.parametrize(
    ("country", "groups"),
    [
        ("US", ["Income", "GrossProfit", "Expenses", "NetOperatingIncome", "NetIncome"]),
        ("AU", ["Income", "GrossProfit", "Expenses", "NetIncome"]),
        ("CA", ["Income", "Expenses", "NetIncome"]),
    ],
)
def test_the_groups_of_profit_and_loss_are_those_of_the_country(
    platform: Platform, country: str, groups: list[str]
) -> None:
    books = next(one for one in platform.app.state.quickbooks.books.values() if one.profile.country == country)
    report = answer_report(books, "ProfitAndLoss", {"start_date": "2031-01-01", "end_date": "2031-01-31"})
    assert [row["group"] for row in report["Rows"]["Row"]] == groups


async def test_on_cash_basis_income_counts_as_far_as_it_is_paid(british: Connected) -> None:
    cash = {"accounting_method": "Cash", "start_date": "2026-05-01", "end_date": "2026-05-31"}
    before = Decimal((group(await british.get("reports/ProfitAndLoss", **cash), "NetIncome") or ["0"])[0] or "0")
    sale = a_sale("100.00", code="1", TxnDate="2026-04-01", GlobalTaxCalculation="TaxExcluded")
    invoice = await british.post("Invoice", sale)
    await british.post("Payment", a_payment("60.00", ("60.00", "Invoice", invoice["Id"]), TxnDate="2026-05-02"))
    report = await british.get("reports/ProfitAndLoss", **cash)
    assert report["Header"]["ReportBasis"] == "Cash"
    assert Decimal(group(report, "NetIncome")[0]) - before == Decimal("50.00")
    await british.post("Payment", a_payment("25.00", TxnDate="2026-05-03"))
    report = await british.get("reports/ProfitAndLoss", **cash)
    assert ["Unapplied Cash Payment Income", "25.00"] in data(report)
    assert Decimal(group(report, "NetIncome")[0]) - before == Decimal("75.00")


def test_the_two_bases_agree_once_everything_is_settled() -> None:
    books = Books(empty_profile(), ManualClock(NOON), seeded(1, "bases"))
    fill_empty(books)
    for place, on in enumerate(("2026-01-10", "2026-02-10", "2026-03-10")):
        customer = create(books, KINDS["Customer"], {"DisplayName": f"C{place}"}).id
        sold = create(books, KINDS["Invoice"], a_sale(f"{100 + place}.37", customer, TxnDate=on))
        back = create(books, KINDS["CreditMemo"], a_sale("10.00", customer, TxnDate=on))
        rest = str(sold.open - 10)
        for_all = [(str(sold.open), "Invoice", sold.id), ("10.00", "CreditMemo", back.id)]
        create(books, KINDS["Payment"], a_payment(rest, *for_all, customer=customer, TxnDate="2026-04-01"))
    params = {"start_date": "2026-01-01", "end_date": "2026-05-04", "summarize_column_by": "Month"}
    accrual = group(answer_report(books, "ProfitAndLoss", params), "NetIncome")
    cash = group(answer_report(books, "ProfitAndLoss", {**params, "accounting_method": "Cash"}), "NetIncome")
    assert accrual[-1] == cash[-1]
    assert cash[:3] == ["0.00", "0.00", "0.00"]
    assert cash[3] == cash[-1]


async def test_what_was_bought_for_a_customer_is_not_left_out_in_silence(connected: Connected) -> None:
    bill = a_bill("80.00")
    bill["Line"][0]["AccountBasedExpenseLineDetail"]["CustomerRef"] = {"value": "1"}
    await connected.post("Bill", bill)
    for query in (
        "ProfitAndLoss?customer=1",
        "ProfitAndLoss?summarize_column_by=Customers",
        "GeneralLedger?customer=1",
    ):
        answer = await connected.call("GET", f"reports/{query}")
        assert (answer.status_code, "for customers" in answer.json()["error"]) == (501, True)
    await connected.get("reports/ProfitAndLoss", vendor="30")
