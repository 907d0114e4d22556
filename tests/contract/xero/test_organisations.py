"""The organisations that there are: one or two of every edition, each with its own tax, chart, year and clock."""

from decimal import Decimal
from typing import Any

import pytest
from tests.contract.xero.world import ORIGIN, STARTED_AT, World, sale_of

from tieout.kit.clock import ManualClock
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.application import build_simulator

CASEY = "casey@example.com"
EDITIONS: dict[str, tuple[str, str, str, str, tuple[int, int], dict[str, float]]] = {
    "Kauri Lane Studio": ("NZ", "NZ", "NZD", "NEWZEALANDSTANDARDTIME", (31, 3), {"OUTPUT2": 15, "INPUT2": 15}),
    "Thornbury Garden Supplies": (
        "UK", "GB", "GBP", "GMTSTANDARDTIME", (31, 3),
        {"OUTPUT2": 20, "RROUTPUT": 5, "ZERORATEDOUTPUT": 0, "INPUT2": 20},
    ),
    "Maple & Main Coffee": ("US", "US", "USD", "CENTRALSTANDARDTIME", (31, 12), {"TAX001": 7.75, "NONE": 0}),
    "Meridian Trading House": ("GLOBAL", "SG", "SGD", "SINGAPORESTANDARDTIME", (31, 12), {"OUTPUT": 9}),
}  # fmt: skip
EMPTY = ("Fresh Page (NZ)", "Fresh Page (UK)", "Fresh Page (US)", "Fresh Page (Global)")


async def reach(world: World, name: str) -> World:
    world.xero.api.limits.enforced = False
    await world.connect(name, email=CASEY)
    return world


@pytest.mark.parametrize("name", sorted(EDITIONS))
async def test_an_organisation_tells_its_edition(world: World, name: str) -> None:
    await reach(world, name)
    version, country, currency, zone, (day, month), rates = EDITIONS[name]
    told = (await world.get("Organisation"))["Organisations"][0]
    assert (told["Version"], told["CountryCode"], told["BaseCurrency"]) == (version, country, currency)
    assert (told["Timezone"], told["FinancialYearEndDay"], told["FinancialYearEndMonth"]) == (zone, day, month)
    assert told["ShortCode"].startswith("!")
    known = {one["TaxType"]: one["EffectiveRate"] for one in (await world.get("TaxRates"))["TaxRates"]}
    assert {tax_type: known[tax_type] for tax_type in rates} == rates
    contact = await world.contact()
    sale = await world.sale(contact["ContactID"], LineAmountTypes="Exclusive")
    default = next(iter(rates))
    assert sale["LineItems"][0]["TaxType"] == default
    assert Decimal(str(sale["TotalTax"])) == Decimal(str(rates[default]))
    accounts = (await world.get("Accounts"))["Accounts"]
    assert {one["TaxType"] for one in accounts} <= set(known)
    systems = {one.get("SystemAccount") for one in accounts}
    assert {"DEBTORS", "CREDITORS", "GST", "RETAINEDEARNINGS", "ROUNDING", "REALISEDCURRENCYGAIN"} <= systems


@pytest.mark.parametrize("name", EMPTY)
async def test_an_empty_organisation_has_a_chart_and_nothing_else(world: World, name: str) -> None:
    await reach(world, name)
    for path in ("Invoices", "Contacts", "Payments", "BankTransactions", "CreditNotes"):
        assert (await world.get(path))[path] == []
    assert len((await world.get("Accounts"))["Accounts"]) > 50
    assert world.organisation.ledger.entries == []


async def test_the_consent_page_offers_each_person_their_organisations(world: World) -> None:
    await world.register()
    page = await world.sign_in(world.ask(), CASEY)
    for name in (*EDITIONS, *EMPTY):
        assert name.replace("&", "&amp;") in page.text
    assert "Harbour Bridge" not in page.text


async def test_a_house_of_many_currencies_has_bank_accounts_in_them(world: World) -> None:
    await reach(world, "Meridian Trading House")
    codes = [one["Code"] for one in (await world.get("Currencies"))["Currencies"]]
    assert codes == ["AUD", "EUR", "GBP", "SGD", "USD"]
    accounts = (await world.get("Accounts", where='Type=="BANK"'))["Accounts"]
    assert {one["Code"]: one["CurrencyCode"] for one in accounts} == {
        "090": "SGD", "091": "USD", "092": "EUR", "093": "GBP",
    }  # fmt: skip
    actions = {one["Name"]: one["Status"] for one in (await world.get("Organisation/Actions"))["Actions"]}
    assert actions["UseMulticurrency"] == "ALLOWED"


async def test_a_plan_without_currencies_says_so_and_refuses(world: World) -> None:
    await reach(world, "Maple & Main Coffee")
    actions = {one["Name"]: one["Status"] for one in (await world.get("Organisation/Actions"))["Actions"]}
    assert actions["UseMulticurrency"] == "NOT-ALLOWED"
    assert (await world.refused("PUT", "Currencies", {"Code": "EUR"}))[0].startswith("The organisation's plan")
    contact = await world.contact()
    said = sale_of(contact["ContactID"]) | {"CurrencyCode": "EUR"}
    assert await world.refused("PUT", "Invoices", said) == ["Organisation is not subscribed to currency EUR"]


async def test_the_locks_of_a_year_and_of_a_period_both_hold(world: World) -> None:
    await reach(world, "Thornbury Garden Supplies")
    told = (await world.get("Organisation"))["Organisations"][0]
    assert {"PeriodLockDate", "EndOfYearLockDate"} <= set(told)
    contact = await world.contact()
    locked = sale_of(contact["ContactID"]) | {"Date": "2024-03-01"}
    assert (await world.refused("PUT", "Invoices", locked))[0].startswith(
        "The document date cannot be before the period"
    )
    world.organisation.period_lock = None
    assert await world.refused("PUT", "Invoices", locked | {"Date": "2025-03-31"}) == [
        "The document date cannot be before the end of year lock date of 31 March 2025"
    ]


def organisations() -> dict[str, Organisation]:
    app = build_simulator(clock=ManualClock(STARTED_AT), seed=7, origin=ORIGIN)
    found: dict[str, Organisation] = app.state.xero.organisations
    return found


def test_every_book_balances_and_the_same_seed_makes_the_same_organisations() -> None:
    left, right = organisations(), organisations()
    assert list(left) == list(right)
    for one, other in zip(left.values(), right.values(), strict=True):
        one.ledger.assert_balanced()

        def figures(organisation: Organisation) -> list[tuple[Any, ...]]:
            return [(row.id, row.number, row.total, row.rate) for row in organisation.invoices.values()]

        assert figures(one) == figures(other)
        for system, receivable in (("DEBTORS", True), ("CREDITORS", False)):
            open_ = sum(
                (
                    -row.home_due if row.id in one.credit_notes else row.home_due
                    for row in (*one.invoices.values(), *one.credit_notes.values())
                    if row.receivable is receivable
                ),
                Decimal(0),
            )
            assert one.ledger.balance(one.system_account(system).id) == (open_ if receivable else -open_)
