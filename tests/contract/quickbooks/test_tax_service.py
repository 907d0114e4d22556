"""Making tax codes and rates, and rates that change."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill, a_sale, decode

from tieout.platforms.quickbooks.sandbox.accounting.taxes.rates import change_rate
from tieout.platforms.quickbooks.sandbox.seeds.gb_sample import GB_REALM

ROUTE = "taxservice/taxcode"


def a_rate(name: str = "City", value: Any = "8", **more: Any) -> dict[str, Any]:
    return {"TaxRateName": name, "RateValue": value, "TaxAgencyId": "1", "TaxApplicableOn": "Sales", **more}


def a_code(*details: dict[str, Any], name: str = "Town") -> dict[str, Any]:
    return {"TaxCode": name, "TaxRateDetails": list(details) or [a_rate()]}


async def made(program: Connected, body: dict[str, Any]) -> dict[str, Any]:
    answer = await program.call("POST", ROUTE, json=body)
    assert answer.status_code == 200, answer.text
    return dict(decode(answer))


async def test_a_code_with_a_new_rate_is_answered_with_their_ids_and_without_an_envelope(connected: Connected) -> None:
    assert await made(connected, a_code(a_rate("City", "8"), a_rate("County", "0.5"))) == {
        "TaxCode": "Town",
        "TaxCodeId": "4",
        "TaxRateDetails": [
            {"TaxRateName": "City", "TaxRateId": "4", "RateValue": 8, "TaxAgencyId": "1", "TaxApplicableOn": "Sales"},
            {
                "TaxRateName": "County",
                "TaxRateId": "5",
                "RateValue": Decimal("0.5"),
                "TaxAgencyId": "1",
                "TaxApplicableOn": "Sales",
            },
        ],
    }
    code = (await connected.get("taxcode/4"))["TaxCode"]
    uses = code["SalesTaxRateList"]["TaxRateDetail"]
    assert [use["TaxRateRef"] for use in uses] == [{"value": "4", "name": "City"}, {"value": "5", "name": "County"}]
    assert (code["Taxable"], code["TaxGroup"], code["TaxCodeConfigType"]) == (True, True, "USER_DEFINED")
    assert code["PurchaseTaxRateList"] == {"TaxRateDetail": []}
    invoice = await connected.post("Invoice", a_sale(code="TAX", TxnTaxDetail={"TxnTaxCodeRef": {"value": "4"}}))
    assert invoice["TxnTaxDetail"]["TotalTax"] == Decimal("8.50")


async def test_a_rate_that_stands_is_used_again(connected: Connected) -> None:
    answer = await made(connected, a_code({"TaxRateId": "3", "TaxApplicableOn": "Sales"}))
    assert answer["TaxRateDetails"] == [
        {
            "TaxRateName": "California",
            "TaxRateId": "3",
            "RateValue": 8,
            "TaxAgencyId": "2",
            "TaxApplicableOn": "Sales",
        }
    ]
    assert (await connected.query("select count(*) from TaxRate"))["totalCount"] == 3


async def test_a_new_rates_tax_is_owed_on_the_account_of_its_agency(connected: Connected) -> None:
    agency = await connected.post("TaxAgency", {"DisplayName": "Town of Ajo"})
    code = await made(connected, a_code(a_rate(TaxAgencyId=agency["Id"])))
    detail = {"TxnTaxCodeRef": {"value": code["TaxCodeId"]}}
    await connected.post("Invoice", a_sale(code="TAX", TxnTaxDetail=detail))
    found = await connected.query("select * from Account where Name = 'Town of Ajo Payable'")
    assert found["Account"][0]["CurrentBalance"] == Decimal("8.00")


async def test_a_request_with_an_id_makes_one_code(connected: Connected) -> None:
    for _ in range(2):
        answer = await connected.call("POST", ROUTE, json=a_code(), params={"requestid": "once"})
        assert decode(answer)["TaxCodeId"] == "4"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"TaxRateDetails": [a_rate()]}, "2020"),
        ({"TaxCode": "Town"}, "2020"),
        ({"TaxCode": "Town", "TaxRateDetails": []}, "2020"),
        (a_code(name="x" * 101), "2050"),
        (a_code(name="california"), "6240"),
        (a_code(a_rate("tucson city")), "6240"),
        (a_code(a_rate(), a_rate("CITY")), "6240"),
        (a_code(a_rate(value="101")), "2110"),
        (a_code(a_rate(value="-1")), "2110"),
        (a_code(a_rate(value="8%")), "2010"),
        (a_code(a_rate(TaxAgencyId=None)), "2020"),
        (a_code(a_rate(TaxAgencyId="77")), "2500"),
        (a_code({"TaxRateId": "77"}), "2500"),
        (a_code({"TaxRateId": "3"}, {"TaxRateId": "3"}), "6000"),
        (a_code(a_rate(TaxApplicableOn="Both")), "2170"),
        (a_code(a_rate(Colour="red")), "2010"),
        (a_code() | {"Colour": "red"}, "2010"),
    ],
)
async def test_codes_that_break_a_rule_are_refused_and_leave_nothing_behind(
    connected: Connected, body: dict[str, Any], code: str
) -> None:
    assert (await connected.refused("POST", ROUTE, json=body))[0] == code
    assert (await connected.query("select count(*) from TaxRate"))["totalCount"] == 3
    assert (await connected.query("select count(*) from TaxCode"))["totalCount"] == 5


async def test_a_taken_name_is_refused_in_the_recorded_words(connected: Connected) -> None:
    _, detail = await connected.refused("POST", ROUTE, json=a_code(a_rate("California")))
    assert detail == (
        "The name supplied already exists. : Another tax rate is already using this name. Please use a different name."
    )


async def test_a_code_may_serve_both_sides_where_lines_have_codes(british: Connected) -> None:
    purchase = a_rate("Local (Purchases)", "3", TaxApplicableOn="Purchase")
    code = (await made(british, a_code(a_rate("Local (Sales)", "4"), purchase)))["TaxCodeId"]
    sale = a_sale(code=code, GlobalTaxCalculation="TaxExcluded")
    assert (await british.post("Invoice", sale))["TxnTaxDetail"]["TotalTax"] == Decimal("4.00")
    bill = a_bill("100.00", "5", code=code, GlobalTaxCalculation="TaxExcluded")
    bill["Line"][0]["AccountBasedExpenseLineDetail"]["AccountRef"]["value"] = "13"
    assert (await british.post("Bill", bill))["TxnTaxDetail"]["TotalTax"] == Decimal("3.00")


async def test_a_document_has_the_rate_of_its_own_day(platform: Platform, british: Connected) -> None:
    books = platform.books(GB_REALM)
    change_rate(books, books.shelf("TaxRate").records["1"], Decimal(21), date(2026, 5, 1))
    totals = []
    for day in ("2011-01-03", "2011-01-04", "2026-04-30", "2026-05-01"):
        sale = a_sale(code="1", GlobalTaxCalculation="TaxExcluded", TxnDate=day)
        totals.append((await british.post("Invoice", sale))["TxnTaxDetail"]["TotalTax"])
    assert totals == [Decimal("17.50"), Decimal("20.00"), Decimal("20.00"), Decimal("21.00")]
    rate = (await british.get("taxrate/1"))["TaxRate"]
    assert (rate["RateValue"], rate["SyncToken"]) == (21, "1")
    assert [one["RateValue"] for one in rate["EffectiveTaxRate"]] == [Decimal("17.5"), 20, 21]
    assert [one.get("EndDate", "")[:10] for one in rate["EffectiveTaxRate"]] == ["2011-01-03", "2026-04-30", ""]


async def test_without_a_tax_centre_nothing_carries_tax(platform: Platform, connected: Connected) -> None:
    people = f"/_sandbox/companies/{connected.realm}/people"
    assert (await platform.http.post(f"{people}/turn_off_sales_tax", json={})).status_code == 200
    assert (await connected.get("preferences"))["Preferences"]["TaxPrefs"] == {"UsingSalesTax": False}
    assert (await connected.invoice(code="NON"))["TxnTaxDetail"] == {"TotalTax": 0}
    for body in (a_sale(code="TAX"), a_sale(TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}})):
        code, detail = await connected.refused("POST", "invoice", json=body)
        assert (code, "tax centre" in detail) == ("6000", True)
    assert (await connected.refused("POST", ROUTE, json=a_code()))[0] == "6000"


async def test_without_a_tax_centre_documents_abroad_need_no_mode_and_have_no_codes(
    platform: Platform, british: Connected
) -> None:
    platform.books(GB_REALM).switches.sales_tax_set_up = False
    assert (await british.post("Invoice", a_sale()))["TxnTaxDetail"] == {"TotalTax": 0}
    taxed = a_sale(code="1", GlobalTaxCalculation="TaxExcluded")
    assert (await british.refused("POST", "invoice", json=taxed))[0] == "6000"


@pytest.mark.parametrize(("value", "code"), [("CustomSalesTax", "6000"), ("TAX", "6160"), ("99", "2500")])
async def test_a_document_cannot_have_a_mark_of_lines_as_its_code(connected: Connected, value: str, code: str) -> None:
    body = a_sale(code="TAX", TxnTaxDetail={"TxnTaxCodeRef": {"value": value}})
    assert (await connected.refused("POST", "invoice", json=body))[0] == code
