"""The books behind the interface: tax by line, reports, and whatever order of work people think of."""

from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill

from tieout.sandbox.ledger import DocumentRef


def british_sale(mode: str, *lines: tuple[str, str | None], **more: Any) -> dict[str, Any]:
    told = []
    for amount, code in lines:
        detail: dict[str, Any] = {"ItemRef": {"value": "1"}}
        if code is not None:
            detail["TaxCodeRef"] = {"value": code}
        told.append({"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail})
    return {"CustomerRef": {"value": "1"}, "GlobalTaxCalculation": mode, "Line": told, **more}


async def test_tax_on_top_is_rounded_once_per_rate(platform: Platform, british: Connected) -> None:
    sale = british_sale("TaxExcluded", ("0.33", "1"), ("0.33", "1"), ("0.33", "1"), ("10.00", "2"))
    invoice = await british.post("Invoice", sale)
    assert invoice["TxnTaxDetail"]["TotalTax"] == Decimal("0.70")
    assert [
        (line["TaxLineDetail"]["TaxRateRef"]["value"], line["Amount"]) for line in invoice["TxnTaxDetail"]["TaxLine"]
    ] == [("1", Decimal("0.20")), ("3", Decimal("0.50"))]
    entry = platform.books(british.realm).ledger.standing(DocumentRef("Invoice", invoice["Id"]))
    assert entry is not None
    assert {line.account_id: line.net for line in entry.lines} == {
        "6": Decimal("11.69"),
        "2": Decimal("-10.99"),
        "8": Decimal("-0.70"),
    }


async def test_tax_within_leaves_the_gross_alone(british: Connected) -> None:
    invoice = await british.post("Invoice", british_sale("TaxInclusive", ("100.00", "1"), ("0.01", "1")))
    assert (invoice["TotalAmt"], invoice["TxnTaxDetail"]["TotalTax"]) == (Decimal("100.01"), Decimal("16.67"))
    first, second, _ = invoice["Line"]
    assert (first["Amount"] + second["Amount"], first["SalesItemLineDetail"]["TaxInclusiveAmt"]) == (
        Decimal("83.34"),
        Decimal("100.00"),
    )
    body = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    assert (await british.post("Invoice", body))["TotalAmt"] == Decimal("100.01")


async def test_stated_tax_lines_need_every_rate_of_the_codes(british: Connected) -> None:
    def line(rate: str, amount: str) -> dict[str, Any]:
        return {"Amount": amount, "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": rate}}}

    lines = (("10.00", "1"), ("5.00", "3"))
    whole = {"TxnTaxDetail": {"TaxLine": [line("1", "2.01"), line("5", "0")]}}
    invoice = await british.post("Invoice", british_sale("TaxExcluded", *lines, **whole))
    assert invoice["TotalAmt"] == Decimal("17.01")
    for wrong in ([line("1", "2.01")], [line("1", "2.01"), line("5", "0"), line("3", "1")]):
        sale = british_sale("TaxExcluded", *lines, TxnTaxDetail={"TaxLine": wrong})
        assert (await british.refused("POST", "invoice", json=sale))[0] == "6000"


async def test_a_stated_total_alone_is_not_heeded_outside_the_united_states(british: Connected) -> None:
    sale = british_sale("TaxExcluded", ("10.00", "1"), TxnTaxDetail={"TotalTax": "9.99"})
    assert (await british.post("Invoice", sale))["TxnTaxDetail"]["TotalTax"] == Decimal("2.00")


@pytest.mark.parametrize(
    ("mode", "code", "more", "refusal"),
    [
        (None, "1", {}, "2020"),
        ("TaxExcluded", None, {}, "6230"),
        ("TaxExcluded", "TAX", {}, "6160"),
        ("NotApplicable", None, {"TxnTaxDetail": {"TotalTax": 1}}, "6170"),
        ("Sometimes", "1", {}, "2170"),
    ],
)
async def test_tax_by_line_has_its_rules(
    british: Connected, mode: Any, code: str | None, more: dict[str, Any], refusal: str
) -> None:
    sale = british_sale(mode, ("10.00", code), **more)
    assert (await british.refused("POST", "invoice", json=sale))[0] == refusal


async def test_tax_on_a_bill_can_be_had_back(platform: Platform, british: Connected) -> None:
    bill = a_bill("100.00", "5", code="1", GlobalTaxCalculation="TaxExcluded")
    bill["Line"][0]["AccountBasedExpenseLineDetail"]["AccountRef"] = {"value": "14"}
    made = await british.post("Bill", bill)
    entry = platform.books(british.realm).ledger.standing(DocumentRef("Bill", made["Id"]))
    assert entry is not None
    assert {line.account_id: line.net for line in entry.lines} == {
        "14": Decimal("100.00"),
        "8": Decimal("20.00"),
        "7": Decimal("-120.00"),
    }
    rate = made["TxnTaxDetail"]["TaxLine"][0]["TaxLineDetail"]["TaxRateRef"]
    assert rate == {"value": "2"}


async def test_the_trial_balance_comes_from_the_journal_and_balances(platform: Platform, connected: Connected) -> None:
    await connected.invoice("250.00")
    report = await connected.get("reports/TrialBalance", start_date="2026-01-01", end_date="2026-05-04")
    assert report["Header"]["ReportName"] == "TrialBalance"
    rows = [row["ColData"] for row in report["Rows"]["Row"] if row["type"] == "Data"]
    (total,) = [row["Summary"]["ColData"] for row in report["Rows"]["Row"] if row.get("group") == "GrandTotal"]
    assert total[1] == total[2]
    assert Decimal(total[1]["value"]) == sum(Decimal(row[1]["value"] or 0) for row in rows)
    receivable = next(row for row in rows if row[0].get("id") == "84")
    assert Decimal(receivable[1]["value"]) == platform.books().ledger.balance("84")
    assert receivable[2]["value"] == ""


async def test_earlier_years_stand_in_retained_earnings(platform: Platform, connected: Connected) -> None:
    await connected.invoice("70.00", TxnDate="2024-06-01")
    report = await connected.get("reports/TrialBalance", start_date="2026-01-01", end_date="2026-01-01")
    rows = {row["ColData"][0]["id"]: row["ColData"] for row in report["Rows"]["Row"] if row["type"] == "Data"}
    assert Decimal(rows["2"][2]["value"]) >= 70
    assert "1" not in rows
    assert platform.books().ledger.balance("1") < 0


async def test_a_report_without_figures_says_so(empty: Connected) -> None:
    report = await empty.get("reports/TrialBalance")
    assert report["Header"]["DateMacro"] == "this month-to-date"
    assert report["Header"]["Option"] == [{"Name": "NoReportData", "Value": "true"}]
    assert report["Rows"] == {}
