"""The companies that the platform starts with, one for each way of taxing."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill, a_sale

from tieout.platforms.quickbooks.sandbox.moments import Zone, in_zone
from tieout.platforms.quickbooks.sandbox.seeds.au_sample import AU_REALM
from tieout.platforms.quickbooks.sandbox.seeds.ca_sample import CA_REALM
from tieout.platforms.quickbooks.sandbox.seeds.gb_sample import GB_REALM
from tieout.platforms.quickbooks.sandbox.seeds.us_automated import AUTOMATED_REALM
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import EMPTY_REALM, SAMPLE_REALM

REALMS = (SAMPLE_REALM, EMPTY_REALM, GB_REALM, AU_REALM, CA_REALM, AUTOMATED_REALM)
EXPENSE = "AccountBasedExpenseLineDetail"


def bill(amount: str, vendor: str, account: str, code: str, mode: str = "TaxExcluded", **more: Any) -> dict[str, Any]:
    body = a_bill(amount, vendor, code=code, GlobalTaxCalculation=mode, **more)
    body["Line"][0][EXPENSE]["AccountRef"]["value"] = account
    return body


def rows(document: dict[str, Any]) -> list[tuple[Decimal, Decimal]]:
    """Of each tax line: what it is taken on, and what it comes to."""
    lines = document["TxnTaxDetail"].get("TaxLine", [])
    return [(line["TaxLineDetail"]["NetAmountTaxable"], line["Amount"]) for line in lines]


@pytest.mark.parametrize(
    ("realm", "country", "currency", "zone"),
    [
        (SAMPLE_REALM, "US", "USD", "America/Los_Angeles"),
        (EMPTY_REALM, "US", "USD", "America/Los_Angeles"),
        (GB_REALM, "GB", "GBP", "Europe/London"),
        (AU_REALM, "AU", "AUD", "Australia/Sydney"),
        (CA_REALM, "CA", "CAD", "America/Toronto"),
        (AUTOMATED_REALM, "US", "USD", "America/Los_Angeles"),
    ],
)
async def test_every_company_can_be_connected_and_tells_of_itself(
    platform: Platform, realm: str, country: str, currency: str, zone: str
) -> None:
    program = await platform.connect(realm)
    company = (await program.get(f"companyinfo/{realm}"))["CompanyInfo"]
    assert (company["Country"], company["DefaultTimeZone"]) == (country, zone)
    prefs = (await program.get("preferences"))["Preferences"]
    assert prefs["CurrencyPrefs"]["HomeCurrency"] == {"value": currency}
    platform.books(realm).ledger.assert_balanced()
    if realm != EMPTY_REALM:
        assert (await program.query("select count(*) from Invoice"))["totalCount"] >= 3


async def test_ledger_and_parties_agree_in_every_company(platform: Platform) -> None:
    for realm in REALMS:
        books = platform.books(realm)
        for kind, control, sign in (("Customer", "Accounts Receivable", 1), ("Vendor", "Accounts Payable", -1)):
            accounts = [one for one in books.shelf("Account") if one.content["AccountType"] == control]
            owed = sum(
                one.shaped.exchange.home(one.counts)
                for shelf in books.shelves.values()
                for one in shelf
                if one.shaped.party is not None and one.shaped.party.kind == kind and one.kind.posts
            )
            assert owed * sign == sum(books.ledger.balance(one.id) for one in accounts) or books.profile.multi_currency


async def test_australian_tax_is_within_or_on_top_of_prices(platform: Platform) -> None:
    program = await platform.connect(AU_REALM)
    on_top = await program.post("Invoice", a_sale("100.00", code="1", GlobalTaxCalculation="TaxExcluded"))
    assert (rows(on_top), on_top["TotalAmt"]) == ([(Decimal("100.00"), Decimal("10.00"))], Decimal("110.00"))
    within = await program.post("Invoice", a_sale("110.00", code="1", GlobalTaxCalculation="TaxInclusive"))
    assert (rows(within), within["TotalAmt"]) == ([(Decimal("100.00"), Decimal("10.00"))], Decimal("110.00"))
    detail = within["Line"][0]["SalesItemLineDetail"]
    assert (within["Line"][0]["Amount"], detail["TaxInclusiveAmt"]) == (Decimal("100.00"), Decimal("110.00"))


async def test_a_rate_of_nothing_is_told_and_a_code_without_rates_is_not(platform: Platform) -> None:
    program = await platform.connect(AU_REALM)
    free = await program.post("Invoice", a_sale(code="2", GlobalTaxCalculation="TaxExcluded"))
    assert rows(free) == [(Decimal("100.00"), Decimal(0))]
    outside = await program.post("Invoice", a_sale(code="6", GlobalTaxCalculation="TaxExcluded"))
    assert (rows(outside), outside["TxnTaxDetail"]) == ([], {"TotalTax": 0})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (a_sale(code="1"), "2020"),
        (a_sale(GlobalTaxCalculation="TaxExcluded"), "6230"),
        (a_sale(code="TAX", GlobalTaxCalculation="TaxExcluded"), "6160"),
        (a_sale(code="99", GlobalTaxCalculation="TaxExcluded"), "6160"),
        (a_sale(code="5", GlobalTaxCalculation="TaxExcluded"), "6160"),
        (a_sale(GlobalTaxCalculation="NotApplicable", TxnTaxDetail={"TotalTax": "10"}), "6170"),
        (a_sale(code="1", GlobalTaxCalculation="Sometimes"), "2170"),
    ],
    ids=["no-mode", "no-code", "mark", "unknown", "purchases-only", "tax-not-applicable", "no-such-mode"],
)
async def test_documents_without_a_proper_code_are_refused(platform: Platform, body: dict[str, Any], code: str) -> None:
    program = await platform.connect(AU_REALM)
    assert (await program.refused("POST", "invoice", json=body))[0] == code


async def test_a_code_of_sales_alone_is_refused_on_purchases(platform: Platform) -> None:
    program = await platform.connect(AU_REALM)
    assert (await program.refused("POST", "bill", json=bill("50.00", "5", "14", "3")))[0] == "6160"


async def test_canadian_taxes_stand_side_by_side(platform: Platform) -> None:
    program = await platform.connect(CA_REALM)
    quebec = await program.post("Invoice", a_sale("4495.16", code="7", GlobalTaxCalculation="TaxExcluded"))
    assert rows(quebec) == [(Decimal("4495.16"), Decimal("224.76")), (Decimal("4495.16"), Decimal("448.39"))]
    mixed = a_sale("10.05", code="4", GlobalTaxCalculation="TaxExcluded")
    mixed["Line"] += a_sale("10.05", code="6")["Line"] + a_sale("10.05", code="5")["Line"]
    told = await program.post("Invoice", mixed)
    assert rows(told) == [
        (Decimal("10.05"), Decimal("1.31")),
        (Decimal("20.10"), Decimal("1.01")),
        (Decimal("10.05"), Decimal("0.70")),
    ]


async def test_the_old_tax_of_quebec_is_taken_on_the_federal_one(platform: Platform) -> None:
    program = await platform.connect(CA_REALM)
    sale = a_sale(code="8", GlobalTaxCalculation="TaxExcluded", TxnDate="2012-06-01")
    assert rows(await program.post("Invoice", sale)) == [
        (Decimal("100.00"), Decimal("5.00")),
        (Decimal("105.00"), Decimal("9.98")),
    ]
    code = (await program.get("taxcode/8"))["TaxCode"]["SalesTaxRateList"]["TaxRateDetail"][1]
    assert (code["TaxTypeApplicable"], code["TaxOrder"]) == ("TaxOnAmountPlusTax", 1)


async def test_each_tax_is_owed_to_its_own_agency(platform: Platform) -> None:
    program, ledger = await platform.connect(CA_REALM), platform.books(CA_REALM).ledger
    before = ledger.balance("8"), ledger.balance("17")
    await program.post("Invoice", a_sale(code="7", GlobalTaxCalculation="TaxExcluded"))
    assert (ledger.balance("8") - before[0], ledger.balance("17") - before[1]) == (Decimal("-5.00"), Decimal("-9.98"))


async def test_stated_tax_needs_every_rate_of_the_codes_the_ones_of_nothing_too(platform: Platform) -> None:
    program = await platform.connect(CA_REALM)

    def stated(*rates: tuple[str, str]) -> dict[str, Any]:
        lines = [
            {"Amount": amount, "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": rate}}}
            for rate, amount in rates
        ]
        return a_sale(code="7", GlobalTaxCalculation="TaxExcluded", TxnTaxDetail={"TaxLine": lines})

    told = await program.post("Invoice", stated(("1", "5.01"), ("6", "9.97")))
    assert [amount for _, amount in rows(told)] == [Decimal("5.01"), Decimal("9.97")]
    code, detail = await program.refused("POST", "invoice", json=stated(("1", "5.01")))
    assert (code, "calculating tax" in detail) == ("6000", True)
    free = a_sale(code="2", GlobalTaxCalculation="TaxExcluded", TxnTaxDetail={"TaxLine": []})
    assert (await program.post("Invoice", free))["TxnTaxDetail"]["TotalTax"] == 0


async def test_tax_charged_to_oneself_is_told_twice_and_comes_to_nothing(
    platform: Platform, british: Connected
) -> None:
    ledger = platform.books(GB_REALM).ledger
    before = ledger.balance("8")
    made = await british.post("Bill", bill("250.00", "5", "15", "6"))
    assert [amount for _, amount in rows(made)] == [Decimal("50.00"), Decimal("-50.00")]
    assert (made["TotalAmt"], ledger.balance("8")) == (Decimal("250.00"), before)


@pytest.mark.parametrize(("realm", "longest"), [(GB_REALM, 7), (SAMPLE_REALM, 7), (AU_REALM, 20), (CA_REALM, 20)])
async def test_the_numbers_of_accounts_are_as_long_as_the_country_lets_them(
    platform: Platform, realm: str, longest: int
) -> None:
    program = await platform.connect(realm)
    body = {"Name": "Numbered", "AccountType": "Bank", "AcctNum": "1" * (longest + 1)}
    assert (await program.refused("POST", "account", json=body))[0] == "2050"
    assert (await program.post("Account", {**body, "AcctNum": "1" * longest}))["AcctNum"] == "1" * longest


@pytest.mark.parametrize(
    ("zone", "moment", "hours"),
    [
        (Zone.SYDNEY, datetime(2026, 4, 4, 15, 59, tzinfo=UTC), 11),
        (Zone.SYDNEY, datetime(2026, 4, 4, 16, 0, tzinfo=UTC), 10),
        (Zone.SYDNEY, datetime(2026, 10, 3, 15, 59, tzinfo=UTC), 10),
        (Zone.SYDNEY, datetime(2026, 10, 3, 16, 0, tzinfo=UTC), 11),
        (Zone.SYDNEY, datetime(2026, 12, 31, 20, 0, tzinfo=UTC), 11),
        (Zone.EASTERN, datetime(2026, 3, 8, 6, 59, tzinfo=UTC), -5),
        (Zone.EASTERN, datetime(2026, 3, 8, 7, 0, tzinfo=UTC), -4),
        (Zone.EASTERN, datetime(2026, 11, 1, 5, 59, tzinfo=UTC), -4),
        (Zone.EASTERN, datetime(2026, 11, 1, 6, 0, tzinfo=UTC), -5),
        (Zone.PACIFIC, datetime(2026, 3, 8, 10, 0, tzinfo=UTC), -7),
        (Zone.PACIFIC, datetime(2026, 11, 1, 9, 0, tzinfo=UTC), -8),
        (Zone.LONDON, datetime(2026, 3, 29, 1, 0, tzinfo=UTC), 1),
        (Zone.LONDON, datetime(2026, 10, 25, 1, 0, tzinfo=UTC), 0),
    ],
)
def test_clocks_change_on_the_days_of_each_country(zone: Zone, moment: datetime, hours: int) -> None:
    offset = in_zone(moment, zone).utcoffset()
    assert offset is not None
    assert offset.total_seconds() == hours * 3600


@pytest.mark.parametrize(
    ("path", "number", "total", "customer"),
    [
        ("invoice/130", "1037", "362.07", "24"),
        ("invoice/103", "1033", "629.10", "10"),
        ("salesreceipt/11", "1003", "337.50", "6"),
        ("salesreceipt/38", "1011", "78.75", "15"),
        ("refundreceipt/66", "1020", "87.50", "15"),
        ("estimate/48", "1001", "1005.00", "18"),
    ],
)
async def test_transactions_of_the_sample_company_have_the_ids_that_everybody_knows(
    connected: Connected, path: str, number: str, total: str, customer: str
) -> None:
    (told,) = (one for name, one in (await connected.get(path)).items() if name != "time")
    assert (told["DocNumber"], str(told["TotalAmt"]), told["CustomerRef"]["value"]) == (number, total, customer)


async def test_the_sample_company_has_some_of_everything_that_posts(platform: Platform, connected: Connected) -> None:
    for kind in ("SalesReceipt", "RefundReceipt", "Purchase", "Deposit", "JournalEntry", "Transfer"):
        assert await connected.query(f"select * from {kind}"), kind  # noqa: S608 - the simulated language, not SQL
    receipt = (await connected.get("salesreceipt/47"))["SalesReceipt"]
    assert receipt["LinkedTxn"] == [{"TxnId": "62", "TxnType": "Deposit"}]
    assert "CustomerRef" not in (await connected.get("salesreceipt/17"))["SalesReceipt"]
    assert (await connected.get("estimate/100"))["Estimate"]["LinkedTxn"] == [{"TxnId": "130", "TxnType": "Invoice"}]
    assert (await connected.refused("GET", "estimate/75"))[0] == "610"
    made = await connected.invoice()
    assert (made["Id"], made["DocNumber"]) == ("145", "1038")
    platform.books().ledger.assert_balanced()
