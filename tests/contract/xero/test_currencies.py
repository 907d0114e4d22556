"""More than one currency: subscriptions, day rates, payments across currencies, realised gains."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.xero.world import World, sale_of

from tieout.platforms.xero.sandbox.accounting.money.currencies import rate_on
from tieout.platforms.xero.sandbox.accounting.money.rates import LEVELS, day_rate

DAY = date(2026, 9, 10)


async def euro(world: World) -> str:
    """Subscribe to the euro and open a bank account in it; answers the account's id."""
    await world.write("PUT", "Currencies", {"Code": "EUR"})
    said = {"Code": "095", "Name": "Euro account", "Type": "BANK", "BankAccountNumber": "12-3", "CurrencyCode": "EUR"}
    account = await world.write("PUT", "Accounts", said)
    assert account["CurrencyCode"] == "EUR"
    account_id: str = account["AccountID"]
    return account_id


def net(world: World, system: str) -> Decimal:
    organisation = world.organisation
    return organisation.ledger.balance(organisation.system_account(system).id)


async def sale(world: World, **changes: Any) -> dict[str, Any]:
    contact = await world.write("POST", "Contacts", {"Name": "Euro People"})
    return await world.write("PUT", "Invoices", sale_of(contact["ContactID"]) | {"CurrencyCode": "EUR"} | changes)


async def pay(world: World, invoice: dict[str, Any], account: str, **changes: Any) -> dict[str, Any]:
    said = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Account": {"Code": account}, "Amount": 100} | changes
    return await world.write("PUT", "Payments", {"Date": "2026-09-12"} | said)


def test_rates_follow_from_seed_currency_and_day_alone() -> None:
    rates = {code: day_rate(7, "USD", code, DAY) for code in LEVELS}
    assert rates == {code: day_rate(7, "USD", code, DAY) for code in LEVELS}
    assert rates["USD"] == 1
    assert day_rate(8, "USD", "EUR", DAY) != rates["EUR"] != day_rate(7, "USD", "EUR", date(2026, 9, 17))
    for code, rate in rates.items():
        assert abs(rate / Decimal(LEVELS[code]) - 1) <= Decimal("0.0201")
        assert rate == rate.quantize(Decimal("0.000001"))


async def test_a_currency_is_added_once_and_cannot_be_made_up(demo: World) -> None:
    added = await demo.call("PUT", "Currencies", json={"Code": "NZD", "Description": "New Zealand Dollar"})
    assert added.json()["Currencies"] == [{"Code": "NZD", "Description": "New Zealand Dollar"}]
    assert (await demo.call("PUT", "Currencies", json={"Code": "NZD"})).status_code == 200
    codes = [one["Code"] for one in (await demo.get("Currencies"))["Currencies"]]
    assert codes == sorted(set(codes))
    assert await demo.refused("PUT", "Currencies", {"Code": "QQQ"}) == ["Currency code 'QQQ' is not valid"]
    where = await demo.get("Currencies", where='Code=="NZD"')
    assert [one["Code"] for one in where["Currencies"]] == ["NZD"]
    assert (await demo.call("DELETE", "Currencies/NZD")).status_code in {404, 501}


@pytest.mark.parametrize("path", ["Invoices", "CreditNotes"])
async def test_an_unsubscribed_currency_is_refused_with_the_reported_text(demo: World, path: str) -> None:
    contact = await demo.contact()
    said = sale_of(contact["ContactID"]) | {"CurrencyCode": "JPY"}
    if path == "CreditNotes":
        said = {name: value for name, value in said.items() if name != "DueDate"} | {"Type": "ACCRECCREDIT"}
    assert await demo.refused("PUT", path, said) == ["Organisation is not subscribed to currency JPY"]


async def test_a_plan_without_currencies_refuses_to_add_one(demo: World) -> None:
    demo.organisation.refused_actions.add("UseMulticurrency")
    actions = {one["Name"]: one["Status"] for one in (await demo.get("Organisation/Actions"))["Actions"]}
    assert actions["UseMulticurrency"] == "NOT-ALLOWED"
    assert await demo.refused("PUT", "Currencies", {"Code": "NZD"}) == [
        "The organisation's plan does not include multiple currencies"
    ]


async def test_a_document_without_a_rate_takes_the_days(demo: World) -> None:
    await euro(demo)
    made = await sale(demo)
    rate = rate_on(demo.organisation, "EUR", DAY)
    assert made["CurrencyRate"] == float(rate)
    entry = demo.organisation.ledger.entries[-1]
    assert entry.lines[0].net == (Decimal(100) / rate).quantize(Decimal("0.01"))
    edited = await demo.write("POST", f"Invoices/{made['InvoiceID']}", {"Reference": "same rate"})
    assert edited["CurrencyRate"] == made["CurrencyRate"]
    read = (await demo.get(f"Invoices/{made['InvoiceID']}"))["Invoices"][0]
    assert (read["CurrencyCode"], read["CurrencyRate"]) == ("EUR", made["CurrencyRate"])


async def test_a_payment_from_a_home_account_realises_the_gain(demo: World) -> None:
    await euro(demo)
    made = await sale(demo, CurrencyRate="0.8")
    paid = await pay(demo, made, "090", CurrencyRate="0.75")
    assert (paid["Amount"], paid["BankAmount"], paid["CurrencyRate"]) == (100, 133.33, 0.75)
    assert net(demo, "REALISEDCURRENCYGAIN") == Decimal("-8.33")
    await demo.write("POST", f"Payments/{paid['PaymentID']}", {"Status": "DELETED"})
    assert net(demo, "REALISEDCURRENCYGAIN") == 0
    demo.organisation.ledger.assert_balanced()


async def test_a_payment_into_an_account_of_the_same_currency_keeps_the_amount(demo: World) -> None:
    account = await euro(demo)
    made = await sale(demo, CurrencyRate="0.8")
    paid = await pay(demo, made, "095", CurrencyRate="0.75", Amount=60)
    assert (paid["Amount"], paid["BankAmount"], paid["CurrencyRate"]) == (60, 60, 0.75)
    ledger = demo.organisation.ledger
    assert (ledger.balance(account), ledger.foreign_balance(account)) == (Decimal("80.00"), Decimal("60.00"))
    assert net(demo, "REALISEDCURRENCYGAIN") == Decimal("-5.00")
    rest = await pay(demo, made, "095", Amount=40)
    assert rest["CurrencyRate"] == float(rate_on(demo.organisation, "EUR", date(2026, 9, 12)))
    assert rest["Invoice"]["Status"] == "PAID"
    ledger.assert_balanced()


async def test_a_bank_amount_goes_before_a_rate(demo: World) -> None:
    await euro(demo)
    made = await sale(demo, CurrencyRate="0.8")
    paid = await pay(demo, made, "090", BankAmount="120.00")
    assert (paid["BankAmount"], paid["CurrencyRate"]) == (120, 0.833333)
    assert net(demo, "REALISEDCURRENCYGAIN") == Decimal("5.00")


async def test_a_home_invoice_is_paid_from_a_foreign_account(demo: World) -> None:
    account = await euro(demo)
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    paid = await pay(demo, made, "095", CurrencyRate="0.9")
    assert (paid["Amount"], paid["BankAmount"], paid["CurrencyRate"]) == (100, 90, 0.9)
    ledger = demo.organisation.ledger
    assert (ledger.balance(account), ledger.foreign_balance(account)) == (Decimal("100.00"), Decimal("90.00"))
    assert net(demo, "REALISEDCURRENCYGAIN") == 0


async def test_three_currencies_meet_in_one_payment(demo: World) -> None:
    account = await euro(demo)
    await demo.write("PUT", "Currencies", {"Code": "GBP"})
    made = await sale(demo, CurrencyCode="GBP", CurrencyRate="0.75")
    paid = await pay(demo, made, "095", CurrencyRate="0.8")
    rate = rate_on(demo.organisation, "EUR", date(2026, 9, 12))
    assert Decimal(str(paid["BankAmount"])) == (125 * rate).quantize(Decimal("0.01"))
    assert demo.organisation.ledger.balance(account) == Decimal("125.00")
    demo.organisation.ledger.assert_balanced()


@pytest.mark.parametrize(
    ("account", "changes", "message"),
    [
        ("095", {"BankAmount": 99}, "The BankAmount must equal the Amount when the currencies are the same"),
        (
            "090",
            {"BankAmount": 120, "CurrencyRate": "0.5"},
            "The BankAmount does not agree with the Amount and the CurrencyRate",
        ),
        ("090", {"CurrencyRate": -1}, "The currency rate must be greater than zero"),
        ("090", {"BankAmount": -5}, "The BankAmount must be greater than zero"),
    ],
)
async def test_amounts_that_contradict_each_other_are_refused(
    demo: World, account: str, changes: dict[str, Any], message: str
) -> None:
    await euro(demo)
    made = await sale(demo, CurrencyRate="0.8")
    said = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Account": {"Code": account}, "Amount": 100} | changes
    assert await demo.refused("PUT", "Payments", said) == [message]


async def test_a_doubtful_rate_is_warned_about(demo: World) -> None:
    await euro(demo)
    made = await sale(demo, CurrencyRate="0.8")
    paid = await pay(demo, made, "090", CurrencyRate="8")
    assert paid["Warnings"] == [{"Message": "The currency rate may be incorrect."}]


async def test_balances_of_contacts_are_in_home_currency(demo: World) -> None:
    await euro(demo)
    made = await sale(demo, CurrencyRate="0.8")
    contact = (await demo.get(f"Contacts/{made['Contact']['ContactID']}"))["Contacts"][0]
    assert contact["Balances"]["AccountsReceivable"]["Outstanding"] == 125
    await pay(demo, made, "090", CurrencyRate="0.75", Amount=40)
    contact = (await demo.get(f"Contacts/{made['Contact']['ContactID']}"))["Contacts"][0]
    assert contact["Balances"]["AccountsReceivable"]["Outstanding"] == 75


async def test_a_credit_at_another_rate_realises_the_difference(demo: World) -> None:
    await euro(demo)
    made = await sale(demo, CurrencyRate="0.8")
    said = {name: value for name, value in sale_of(made["Contact"]["ContactID"]).items() if name != "DueDate"}
    note = await demo.write(
        "PUT", "CreditNotes", said | {"Type": "ACCRECCREDIT", "CurrencyCode": "EUR", "CurrencyRate": "1"}
    )
    body = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": 100}
    answer = await demo.call("PUT", f"CreditNotes/{note['CreditNoteID']}/Allocations", json=body)
    assert answer.status_code == 200
    assert net(demo, "REALISEDCURRENCYGAIN") == Decimal("25.00")
    demo.organisation.ledger.assert_balanced()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"Type": "BANK", "CurrencyCode": "JPY"}, "Organisation is not subscribed to currency JPY"),
        ({"Type": "EXPENSE", "CurrencyCode": "EUR"}, "Only bank accounts can be in a foreign currency"),
    ],
)
async def test_an_account_in_a_currency_that_cannot_be_is_refused(
    demo: World, said: dict[str, Any], message: str
) -> None:
    await euro(demo)
    body = {"Code": "096", "Name": "Another", "BankAccountNumber": "1"} | said
    assert await demo.refused("PUT", "Accounts", body) == [message]
