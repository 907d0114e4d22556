"""The financial reports: their layout as documented, and figures that agree with the ledger and with one another."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.xero.world import SCOPES, World

from tieout.platforms.xero.sandbox.reports.periods import Timeframe, compared_days, compared_spans, months_before

REPORTS = " ".join(
    f"accounting.reports.{family}.read"
    for family in ("aged", "balancesheet", "banksummary", "profitandloss", "executivesummary", "budgetsummary")
)


@pytest.fixture
async def books(world: World) -> World:
    """An app that may read the reports of the demo organisation."""
    world.xero.api.limits.enforced = False
    await world.connect("Demo Company (Global)", scope=f"{SCOPES} {REPORTS}")
    return world


async def report(world: World, name: str, **params: Any) -> dict[str, Any]:
    one: dict[str, Any] = (await world.get(f"Reports/{name}", **params))["Reports"][0]
    assert list(one) == [
        "ReportID", "ReportName", "ReportType", "ReportTitles", "ReportDate", "UpdatedDateUTC", "Fields", "Rows",
    ]  # fmt: skip
    assert one["ReportID"] == one["ReportType"] == name
    return one


def cells(row: dict[str, Any]) -> list[str]:
    return [one["Value"] for one in row["Cells"]]


def find(one: dict[str, Any], name: str) -> list[Decimal]:
    """The figures of the row of that name."""
    for row in one["Rows"]:
        for inner in row.get("Rows", [row]):
            if cells(inner)[0] == name:
                return [Decimal(value) for value in cells(inner)[1:] if value]
    raise AssertionError(name)


def titles(one: dict[str, Any]) -> list[str]:
    return [row["Title"] for row in one["Rows"] if row["RowType"] == "Section"]


async def test_a_balance_sheet_balances_and_compares_with_the_year_before(books: World) -> None:
    one = await report(books, "BalanceSheet")
    assert one["ReportTitles"] == ["Balance Sheet", "Demo Company (Global)", "As at 30 September 2026"]
    assert one["ReportDate"] == "14 September 2026"
    assert cells(one["Rows"][0]) == ["", "30 Sep 2026", "30 Sep 2025"]
    assert titles(one)[:2] == ["Assets", "Bank"]
    assert one["Rows"][1] == {"RowType": "Section", "Title": "Assets", "Rows": []}
    assets, debts = find(one, "Total Assets"), find(one, "Total Liabilities")
    assert find(one, "Net Assets") == [left - right for left, right in zip(assets, debts, strict=True)]
    assert find(one, "Net Assets") == find(one, "Total Equity")
    assert find(one, "Net Assets")[0] > 0


async def test_a_balance_sheet_compares_as_many_periods_as_asked(books: World) -> None:
    one = await report(books, "BalanceSheet", date="2026-07-15", periods=2, timeframe="MONTH")
    assert cells(one["Rows"][0]) == ["", "31 Jul 2026", "30 Jun 2026", "31 May 2026"]
    quarters = await report(books, "BalanceSheet", periods=1, timeframe="QUARTER", standardLayout="True")
    assert cells(quarters["Rows"][0]) == ["", "30 Sep 2026", "30 Jun 2026"]


async def test_every_account_row_says_its_account(books: World) -> None:
    one = await report(books, "BalanceSheet")
    bank = next(row for row in one["Rows"] if row.get("Title") == "Bank")["Rows"][0]
    account = next(a for a in books.organisation.accounts.values() if a.name == cells(bank)[0])
    assert [cell["Attributes"] for cell in bank["Cells"]] == [[{"Value": account.id, "Id": "account"}]] * 3
    assert Decimal(cells(bank)[1]) == books.organisation.ledger.balance(account.id)
    earned = next(row for row in one["Rows"] if row.get("Title") == "Equity")["Rows"][0]
    assert cells(earned)[0] == "Current Year Earnings"
    assert earned["Cells"][1]["Attributes"][1:] == [
        {"Value": "1/1/2026", "Id": "fromDate"},
        {"Value": "9/30/2026", "Id": "toDate"},
    ]


async def test_a_profit_and_loss_is_of_this_month_unless_told(books: World) -> None:
    one = await report(books, "ProfitAndLoss")
    assert one["ReportTitles"] == ["Profit & Loss", "Demo Company (Global)", "1 September 2026 to 30 September 2026"]
    assert cells(one["Rows"][0]) == ["", "30 Sep 26"]


async def test_the_profit_of_the_year_is_the_earnings_of_the_balance_sheet(books: World) -> None:
    year = {"fromDate": "2026-01-01", "toDate": "2026-09-30"}
    one = await report(books, "ProfitAndLoss", **year)
    assert "Income" in titles(one)
    assert "Less Operating Expenses" in titles(one)
    gross, net = find(one, "Gross Profit"), find(one, "Net Profit")
    assert gross[0] - find(one, "Total Operating Expenses")[0] == net[0]
    assert net == find(await report(books, "BalanceSheet"), "Current Year Earnings")[:1]


async def test_compared_months_add_up_to_the_quarter(books: World) -> None:
    months = await report(books, "ProfitAndLoss", periods=2, timeframe="MONTH")
    assert cells(months["Rows"][0]) == ["", "30 Sep 26", "31 Aug 26", "31 Jul 26"]
    quarter = await report(books, "ProfitAndLoss", fromDate="2026-07-01", toDate="2026-09-30")
    assert sum(find(months, "Net Profit")) == find(quarter, "Net Profit")[0]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ProfitAndLoss", {"fromDate": "2025-01-01", "toDate": "2026-06-30"}),
        ("ProfitAndLoss", {"fromDate": "2026-10-01", "toDate": "2026-09-01"}),
        ("ProfitAndLoss", {"periods": "12"}),
        ("BalanceSheet", {"periods": "x"}),
        ("BalanceSheet", {"timeframe": "WEEK"}),
        ("BalanceSheet", {"date": "yesterday"}),
        ("AgedReceivablesByContact", {}),
        ("AgedPayablesByContact", {"contactId": "none"}),
    ],
)
async def test_what_a_report_cannot_be_asked_is_refused(books: World, name: str, params: dict[str, str]) -> None:
    assert (await books.call("GET", f"Reports/{name}", params=params)).status_code == 400


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ProfitAndLoss", {"trackingCategoryID": "x"}),
        ("BalanceSheet", {"trackingOptionID1": "x"}),
        ("ExecutiveSummary", {}),
        ("BudgetSummary", {}),
    ],
)
async def test_what_no_report_is_made_for_says_so(books: World, name: str, params: dict[str, str]) -> None:
    assert (await books.call("GET", f"Reports/{name}", params=params)).status_code == 501


async def test_unknown_reports_do_not_exist_and_no_tax_return_is_published(books: World) -> None:
    assert (await books.call("GET", "Reports/Nothing")).status_code == 404
    assert (await books.get("Reports"))["Reports"] == []


async def test_aged_receivables_list_a_contacts_documents_and_what_is_due(books: World) -> None:
    contact = await books.contact()
    late = await books.sale(contact["ContactID"], "80.00", Date="2026-08-01", DueDate="2026-08-20")
    paid = await books.sale(contact["ContactID"], "50.00", Date="2026-09-01", DueDate="2026-09-20")
    bank = books.organisation.account_by_code("090")
    assert bank is not None
    payment = {"Invoice": {"InvoiceID": paid["InvoiceID"]}, "Account": {"AccountID": bank.id}, "Amount": "50.00"}
    await books.write("PUT", "Payments", payment | {"Date": "2026-09-05"})
    one = await report(books, "AgedReceivablesByContact", contactId=contact["ContactID"], date="2026-09-14")
    assert one["ReportTitles"] == [
        "Invoices",
        "Acme Ltd",
        "To 14 September 2026",
        "Showing payments to 14 September 2026",
    ]
    rows = one["Rows"][1]["Rows"]
    assert cells(rows[0])[0] == "2026-08-01T00:00:00"
    assert cells(rows[0])[2:] == ["2026-08-20T00:00:00", "25 days overdue", "80.00", "0.00", "0.00", "80.00"]
    assert cells(rows[1])[3:] == ["", "50.00", "50.00", "0.00", "0.00"]
    assert rows[0]["Cells"][0]["Attributes"] == [{"Value": late["InvoiceID"], "Id": "invoiceID"}]
    assert cells(rows[2]) == ["Total", "", "", "", "130.00", "50.00", "0.00", "80.00"]
    before = await report(
        books, "AgedReceivablesByContact", contactId=contact["ContactID"], date="2026-09-04", fromDate="2026-09-01"
    )
    assert cells(before["Rows"][1]["Rows"][0])[1:] == ["Opening Balance", "", "", "", "", "", "80.00"]
    assert cells(before["Rows"][2]["Rows"][0])[3:] == ["", "50.00", "0.00", "0.00", "50.00"]
    assert cells(before["Rows"][3]["Rows"][0])[-1] == "130.00"


async def test_aged_payables_agree_with_the_contacts_balance(books: World) -> None:
    invoices = (await books.get("Invoices", where='Type=="ACCPAY" AND Status=="AUTHORISED"', page=1))["Invoices"]
    contact_id = invoices[0]["Contact"]["ContactID"]
    one = await report(books, "AgedPayablesByContact", contactId=contact_id)
    contact = (await books.get(f"Contacts/{contact_id}"))["Contacts"][0]
    assert find(one, "Total")[-1] == Decimal(str(contact["Balances"]["AccountsPayable"]["Outstanding"]))


async def test_a_bank_summary_tells_what_came_and_went(books: World) -> None:
    one = await report(books, "BankSummary", fromDate="2026-01-01", toDate="2026-09-30")
    assert one["ReportTitles"][2] == "From 1 January 2026 to 30 September 2026"
    assert cells(one["Rows"][0])[1:] == ["Opening Balance", "Cash Received", "Cash Spent", "Closing Balance"]
    opening, received, spent, closing = find(one, "Business Bank Account")
    assert opening + received - spent == closing
    payments = [one for one in books.organisation.payments.values() if one.type == "ACCRECPAYMENT"]
    assert received == sum(one.bank_amount for one in payments)
    row = one["Rows"][1]["Rows"][0]
    assert [cell.get("Attributes", [{"Id": None}])[0]["Id"] for cell in row["Cells"]] == [
        "accountID", None, "account", "account", None,
    ]  # fmt: skip


async def test_a_payment_taken_back_was_neither_received_nor_spent(books: World) -> None:
    span = {"fromDate": "2026-09-01", "toDate": "2026-09-30"}
    before = find(await report(books, "BankSummary", **span), "Business Bank Account")
    contact = await books.contact()
    paid = await books.sale(contact["ContactID"], "50.00")
    done = (await books.act("pay", document_id=paid["InvoiceID"])).json()
    assert find(await report(books, "BankSummary", **span), "Business Bank Account") != before
    await books.act("delete_payment", payment_id=done["payment_id"])
    assert find(await report(books, "BankSummary", **span), "Business Bank Account") == before


@pytest.mark.parametrize("name", ["BalanceSheet", "ProfitAndLoss", "BankSummary", "AgedReceivablesByContact"])
async def test_every_family_of_reports_asks_for_its_own_scope(demo: World, name: str) -> None:
    answer = await demo.call("GET", f"Reports/{name}")
    assert (answer.status_code, answer.json()["Detail"]) == (401, "AuthorizationUnsuccessful")


def test_the_end_of_a_month_stays_one_and_a_span_keeps_its_days() -> None:
    assert months_before(date(2026, 4, 30), 1) == date(2026, 3, 31)
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert compared_days(date(2024, 2, 29), 1, Timeframe.YEAR) == [date(2024, 2, 29), date(2023, 2, 28)]
    asked = compared_spans(date(2026, 6, 1), date(2026, 6, 30), 1, Timeframe.MONTH, whole=False)
    assert asked[1] == (date(2026, 5, 1), date(2026, 5, 30))


# On a cash basis --------------------------------------------------------------------------------------------------


async def test_on_a_cash_basis_only_what_was_paid_counts(books: World) -> None:
    span = {"fromDate": "2026-09-01", "toDate": "2026-09-30", "paymentsOnly": "true"}
    before = find(await report(books, "ProfitAndLoss", **span), "Sales")[0]
    contact = await books.contact()
    sold = await books.sale(contact["ContactID"], "300.00")
    assert find(await report(books, "ProfitAndLoss", **span), "Sales")[0] == before
    paid = await books.act("pay", document_id=sold["InvoiceID"], amount="100.00", date="2026-09-12")
    assert paid.status_code == 200, paid.text
    assert find(await report(books, "ProfitAndLoss", **span), "Sales")[0] == before + 100
    await books.act("pay", document_id=sold["InvoiceID"], amount="200.00", date="2026-09-13")
    assert find(await report(books, "ProfitAndLoss", **span), "Sales")[0] == before + 300


async def test_on_a_cash_basis_the_statements_balance_and_nobody_owes_anything(books: World) -> None:
    trial = await report(books, "TrialBalance", paymentsOnly="true")
    totals = find(trial, "Total")
    assert totals[0] == totals[1]
    assert totals[2] == totals[3]
    sheet = await report(books, "BalanceSheet", paymentsOnly="true")
    assert find(sheet, "Net Assets") == find(sheet, "Total Equity")
    names = [cells(row)[0] for part in sheet["Rows"] for row in part.get("Rows", [])]
    assert "Accounts Receivable" not in names
    assert "Accounts Payable" not in names


async def test_shares_of_a_tax_that_does_not_divide_add_up_with_the_last(books: World) -> None:
    year = {"fromDate": "2026-01-01", "toDate": "2026-09-30"}

    async def sales(**more: str) -> Decimal:
        return find(await report(books, "ProfitAndLoss", **year, **more), "Sales")[0]

    accrued, cash = await sales(), await sales(paymentsOnly="true")
    contact = await books.contact()
    line = {"Description": "Work", "Quantity": 1, "UnitAmount": "99.99", "AccountCode": "200", "TaxType": "OUTPUT"}
    sold = await books.sale(contact["ContactID"], LineAmountTypes="Exclusive", LineItems=[line])
    for amount in ("33.33", "33.33", "41.58"):
        paid = await books.act("pay", document_id=sold["InvoiceID"], amount=amount)
        assert paid.status_code == 200, paid.text
    assert await sales() - accrued == await sales(paymentsOnly="true") - cash == Decimal("99.99")
