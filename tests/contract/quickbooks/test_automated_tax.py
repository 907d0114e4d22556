"""Automated sales tax: the engine picks the rates by where the goods go, whatever the document says."""

from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_sale

from tieout.platforms.quickbooks.sandbox.seeds.us_automated import AUTOMATED_REALM


@pytest.fixture
async def automated(platform: Platform) -> Connected:
    return await platform.connect(AUTOMATED_REALM)


def to(city: str, state: str, **more: Any) -> dict[str, Any]:
    return {"ShipAddr": {"Line1": "1 Main Street", "City": city, "CountrySubDivisionCode": state, **more}}


def taxable(customer: str = "1", amount: str = "100.00", **more: Any) -> dict[str, Any]:
    return a_sale(amount, customer, code="TAX", **more)


async def test_preferences_say_that_the_engine_is_on_and_set_up(
    platform: Platform, automated: Connected, connected: Connected
) -> None:
    prefs = (await automated.get("preferences"))["Preferences"]["TaxPrefs"]
    assert (prefs["UsingSalesTax"], prefs["PartnerTaxEnabled"]) == (True, True)
    platform.books(AUTOMATED_REALM).switches.sales_tax_set_up = False
    prefs = (await automated.get("preferences"))["Preferences"]["TaxPrefs"]
    assert prefs == {"UsingSalesTax": False, "PartnerTaxEnabled": False}
    assert "PartnerTaxEnabled" not in (await connected.get("preferences"))["Preferences"]["TaxPrefs"]


@pytest.mark.parametrize(
    ("place", "percents"),
    [
        (to("Tucson", "AZ"), ["5.6", "0.5", "2.6"]),
        (to("tucson", "AZ"), ["5.6", "0.5", "2.6"]),
        (to("Flagstaff", "AZ"), ["5.6"]),
        (to("New York", "NY"), ["4", "4.5", "0.375"]),
        (to("San Francisco", "CA"), ["7.25", "1.375"]),
        (to("Portland", "OR"), []),
        (to("Toronto", "ON", Country="CAN"), []),
        ({"ShipAddr": {"Line1": "Ada King", "Line2": "1 Main Street, Tucson, AZ 85704"}}, ["5.6", "0.5", "2.6"]),
        ({"ShipAddr": {"Line1": "somewhere"}}, ["7.25", "1.875"]),
    ],
    ids=["city", "any-case", "state", "three-rates", "district", "no-agency", "abroad", "lines", "company"],
)
async def test_the_place_where_the_goods_go_decides(
    automated: Connected, place: dict[str, Any], percents: list[str]
) -> None:
    detail = (await automated.post("Invoice", taxable(**place)))["TxnTaxDetail"]
    assert [one["TaxLineDetail"]["TaxPercent"] for one in detail.get("TaxLine", [])] == [
        Decimal(one) for one in percents
    ]
    assert detail["TotalTax"] == sum(round(Decimal(one), 2) for one in percents)


async def test_the_customers_own_shipping_address_counts_where_none_is_sent(automated: Connected) -> None:
    assert (await automated.post("Invoice", taxable("2")))["TxnTaxDetail"]["TotalTax"] == Decimal("8.70")


async def test_a_customer_who_is_not_taxable_pays_none(automated: Connected) -> None:
    assert (await automated.post("Invoice", taxable("4")))["TxnTaxDetail"] == {"TotalTax": 0}


async def test_only_lines_that_say_so_are_taxed(automated: Connected) -> None:
    assert (await automated.post("Invoice", a_sale(code="NON")))["TxnTaxDetail"] == {"TotalTax": 0}
    code, _ = await automated.refused("POST", "invoice", json=a_sale(code="2"))
    assert code == "6100"


async def test_a_code_that_the_document_names_gives_way_to_the_engines(automated: Connected) -> None:
    named = taxable(TxnTaxDetail={"TxnTaxCodeRef": {"value": "6"}})
    invoice = await automated.post("Invoice", named)
    code = (await automated.get(f"taxcode/{invoice['TxnTaxDetail']['TxnTaxCodeRef']['value']}"))["TaxCode"]
    assert (code["Name"], code["TaxCodeConfigType"]) == ("Mountain View, CA", "SYSTEM_GENERATED")


async def test_a_total_that_is_stated_is_honoured_and_spread_over_the_engines_rates(
    platform: Platform, automated: Connected
) -> None:
    invoice = await automated.post("Invoice", taxable(**to("Tucson", "AZ"), TxnTaxDetail={"TotalTax": "10.00"}))
    amounts = [one["Amount"] for one in invoice["TxnTaxDetail"]["TaxLine"]]
    assert (sum(amounts), invoice["TotalAmt"]) == (Decimal("10.00"), Decimal("110.00"))
    assert amounts == [Decimal("6.44"), Decimal("0.57"), Decimal("2.99")]
    platform.books(AUTOMATED_REALM).ledger.assert_balanced()


async def test_tax_lines_that_are_stated_are_spread_all_the_same(automated: Connected) -> None:
    line = {"Amount": "9.00", "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": "9"}}}
    detail = {"TaxLine": [line]}
    invoice = await automated.post("Invoice", taxable(TxnTaxDetail=detail))
    assert invoice["TxnTaxDetail"]["TotalTax"] == Decimal("9.00")
    assert len(invoice["TxnTaxDetail"]["TaxLine"]) == 2


async def test_an_amount_where_nothing_is_due_is_refused(automated: Connected) -> None:
    body = taxable(**to("Portland", "OR"), TxnTaxDetail={"TotalTax": "5.00"})
    assert (await automated.refused("POST", "invoice", json=body))[0] == "6000"


async def test_another_address_brings_another_tax(automated: Connected) -> None:
    invoice = await automated.post("Invoice", taxable())
    body = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, **to("Seattle", "WA")}
    assert (await automated.post("Invoice", body))["TxnTaxDetail"]["TotalTax"] == Decimal("10.35")


async def test_the_engine_sets_customers_codes_and_taxes_estimates_and_credits_too(automated: Connected) -> None:
    customer = await automated.post("Customer", {"DisplayName": "New Place"})
    assert customer["DefaultTaxCodeRef"] == {"value": "3"}
    for entity in ("Estimate", "CreditMemo"):
        made = await automated.post(entity, taxable("2"))
        assert made["TxnTaxDetail"]["TotalTax"] == Decimal("8.70")


async def test_codes_can_be_made_and_are_passed_over(automated: Connected) -> None:
    rate = {"TaxRateName": "Own", "RateValue": "50", "TaxAgencyId": "1", "TaxApplicableOn": "Sales"}
    answer = await automated.call("POST", "taxservice/taxcode", json={"TaxCode": "Own", "TaxRateDetails": [rate]})
    code = {"TxnTaxCodeRef": {"value": answer.json()["TaxCodeId"]}}
    invoice = await automated.post("Invoice", taxable("2", TxnTaxDetail=code))
    assert invoice["TxnTaxDetail"]["TotalTax"] == Decimal("8.70")
