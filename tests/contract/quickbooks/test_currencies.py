"""Several currencies: rates, documents at their rate, control accounts of each currency, gains and losses."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.quickbooks.program import NOON, Connected, Platform, a_bill, a_payment, a_sale

from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import in_home
from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import Exchange, RateTable
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import empty_profile
from tieout.sandbox.ledger import DocumentRef, credit, debit
from tieout.sandbox.simulator import seeded

AMOUNTS = st.decimals(min_value=Decimal(-500), max_value=Decimal(500), places=2)
RATES = st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(200), places=6)


CAD_CUSTOMER, EUR_CUSTOMER, EUR_VENDOR = "58", "59", "62"
"""Of the sample company."""


def entry_of(platform: Platform, kind: str, record_id: str) -> dict[str, Decimal]:
    entry = platform.books().ledger.standing(DocumentRef(kind, record_id))
    assert entry is not None
    return {line.account_id: line.net for line in entry.lines}


def euros(amount: str, rate: str | None = None, **more: Any) -> dict[str, Any]:
    stated = {"ExchangeRate": rate} if rate is not None else {}
    return a_sale(amount, EUR_CUSTOMER, CurrencyRef={"value": "EUR"}, **stated, **more)


@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=8), rate=RATES)
def test_an_entry_in_another_currency_balances_at_any_rate(amounts: list[Decimal], rate: Decimal) -> None:
    books = Books(empty_profile(), ManualClock(NOON), seeded(1, "x"))
    total = sum(amounts, Decimal(0))
    others = [credit(str(place), amount) for place, amount in enumerate(amounts, 2)]
    control, *rest = in_home(books, Exchange("EUR", rate), debit("1", total), others)
    assert control.net == Exchange("EUR", rate).home(total)
    assert control.net + sum(line.net for line in rest) == 0
    for line, amount in zip(rest, amounts, strict=True):
        assert abs(line.net + amount * rate) <= Decimal("0.01") * len(amounts)


@pytest.mark.parametrize("home", ["USD", "GBP", "JPY"])
def test_rates_walk_without_leaps_and_a_seed_repeats_them(home: str) -> None:
    table, again = RateTable(home, 7), RateTable(home, 7)
    day, before = date(2024, 12, 1), None
    for place in range(60):
        rate = table.rate("EUR", day + timedelta(days=place))
        assert rate == again.rate("EUR", day + timedelta(days=place))
        assert before is None or abs(rate / before - 1) < Decimal("0.03")
        before = rate
    assert table.rate(home, day) == 1


async def test_a_document_says_what_it_is_worth_at_home(platform: Platform, connected: Connected) -> None:
    made = await connected.post("Invoice", euros("100.10", "1.10555"))
    assert (made["CurrencyRef"], made["ExchangeRate"]) == ({"value": "EUR", "name": "Euro"}, Decimal("1.10555"))
    assert (made["TotalAmt"], made["HomeTotalAmt"]) == (Decimal("100.10"), Decimal("110.67"))
    assert (made["Balance"], made["HomeBalance"]) == (Decimal("100.10"), Decimal("110.67"))
    assert entry_of(platform, "Invoice", made["Id"]) == {"94": Decimal("110.67"), "1": Decimal("-110.67")}


async def test_at_home_the_rate_is_1_and_shown(connected: Connected) -> None:
    made = await connected.invoice("10.00")
    assert (made["ExchangeRate"], made["HomeTotalAmt"], made["HomeBalance"]) == (1, 10, 10)


async def test_one_currency_only_shows_neither_rate_nor_worth_at_home(empty: Connected) -> None:
    customer = await empty.post("Customer", {"DisplayName": "Ann"})
    made = await empty.invoice("10.00", customer=customer["Id"])
    assert not {"ExchangeRate", "HomeTotalAmt", "HomeBalance"} & made.keys()
    sale = a_sale("10.00", customer["Id"], CurrencyRef={"value": "EUR"})
    assert (await empty.refused("POST", "invoice", json=sale))[0] == "6000"
    assert (await empty.refused("GET", "exchangerate?sourcecurrencycode=EUR"))[0] == "6000"
    assert (await empty.refused("POST", "companycurrency", json={"Code": "EUR"}))[0] == "6000"


async def test_an_omitted_currency_is_the_partys_and_an_omitted_rate_the_days(connected: Connected) -> None:
    rate = await connected.get("exchangerate", sourcecurrencycode="EUR", asofdate="2026-04-01")
    made = await connected.post("Invoice", a_sale("50.00", EUR_CUSTOMER, TxnDate="2026-04-01"))
    assert (made["CurrencyRef"]["value"], made["ExchangeRate"]) == ("EUR", rate["ExchangeRate"]["Rate"])
    kept = await connected.post(
        "Invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "TxnDate": "2026-04-20", "PrivateNote": "x"}
    )
    assert kept["ExchangeRate"] == made["ExchangeRate"]


async def test_another_currency_brings_its_own_rate(connected: Connected) -> None:
    made = await connected.post("Invoice", euros("50.00", "1.40"))
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "CurrencyRef": {"value": "USD"}}
    home = await connected.post("Invoice", body)
    assert (home["ExchangeRate"], home["HomeTotalAmt"]) == (1, 50)
    body = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "CustomerRef": {"value": CAD_CUSTOMER}}
    moved = await connected.post("Invoice", body | {"CurrencyRef": {"value": "CAD"}, "ExchangeRate": "0.7"})
    assert (moved["CurrencyRef"]["value"], moved["HomeTotalAmt"]) == ("CAD", 35)
    body = {"Id": made["Id"], "SyncToken": "2", "sparse": True, "CustomerRef": {"value": EUR_CUSTOMER}}
    back = await connected.post("Invoice", body)
    assert (back["CurrencyRef"]["value"], back["ExchangeRate"] > 1) == ("EUR", True)


@pytest.mark.parametrize(
    ("customer", "more", "code"),
    [
        (EUR_CUSTOMER, {"CurrencyRef": {"value": "GBP"}}, "6000"),
        ("1", {"CurrencyRef": {"value": "EUR"}}, "6000"),
        (EUR_CUSTOMER, {"CurrencyRef": {"value": "CHF"}}, "2500"),
        ("1", {"ExchangeRate": "1.2"}, "6000"),
        (EUR_CUSTOMER, {"ExchangeRate": "-1"}, "6000"),
        (EUR_CUSTOMER, {"ARAccountRef": {"value": "84"}}, "6000"),
    ],
    ids=["another", "a stranger's", "not in use", "a rate at home", "a negative rate", "another's control account"],
)
async def test_a_document_is_in_its_partys_currency_or_its_own(
    connected: Connected, customer: str, more: dict[str, Any], code: str
) -> None:
    assert (await connected.refused("POST", "invoice", json=a_sale("10.00", customer, **more)))[0] == code


async def test_the_currency_of_a_party_stays(connected: Connected) -> None:
    made = (await connected.get(f"customer/{EUR_CUSTOMER}"))["Customer"]
    body = {"Id": EUR_CUSTOMER, "SyncToken": made["SyncToken"], "sparse": True, "CurrencyRef": {"value": "USD"}}
    assert (await connected.refused("POST", "customer", json=body))[0] == "6000"
    child = {"DisplayName": "Below", "Job": True, "ParentRef": {"value": EUR_CUSTOMER}}
    assert (await connected.post("Customer", child))["CurrencyRef"]["value"] == "EUR"
    other = child | {"DisplayName": "Besides", "CurrencyRef": {"value": "USD"}}
    assert (await connected.refused("POST", "customer", json=other))[0] == "6000"


async def test_a_currency_brings_its_control_account_when_it_is_first_needed(connected: Connected) -> None:
    await connected.post("CompanyCurrency", {"Code": "CHF"})
    vendor = await connected.post("Vendor", {"DisplayName": "Uhren AG", "CurrencyRef": {"value": "CHF"}})
    bill = await connected.post("Bill", a_bill("20.00", vendor["Id"], ExchangeRate="1.25"))
    account = (await connected.get(f"account/{bill['APAccountRef']['value']}"))["Account"]
    assert (account["Name"], account["AccountType"]) == ("Accounts Payable (A/P) - CHF", "Accounts Payable")
    assert (account["CurrencyRef"]["value"], account["CurrentBalance"]) == ("CHF", Decimal("20.00"))
    assert (await connected.get(f"vendor/{vendor['Id']}"))["Vendor"]["Balance"] == Decimal("20.00")


async def test_a_payment_at_another_rate_gains_or_loses(platform: Platform, connected: Connected) -> None:
    invoice = await connected.post("Invoice", euros("200.00", "1.10"))
    paid = a_payment("200.00", ("200.00", "Invoice", invoice["Id"]), customer=EUR_CUSTOMER, ExchangeRate="1.15")
    payment = await connected.post("Payment", paid)
    assert (payment["CurrencyRef"]["value"], payment["ExchangeRate"]) == ("EUR", Decimal("1.15"))
    assert entry_of(platform, "Payment", payment["Id"]) == {
        "4": Decimal("230.00"), "94": Decimal("-220.00"), "98": Decimal("-10.00"),
    }  # fmt: skip
    settled = (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]
    assert (settled["Balance"], settled["HomeBalance"]) == (0, 0)


async def test_another_rate_on_a_paid_document_changes_the_gain(platform: Platform, connected: Connected) -> None:
    invoice = await connected.post("Invoice", euros("100.00", "1.10"))
    paid = a_payment("100.00", ("100.00", "Invoice", invoice["Id"]), customer=EUR_CUSTOMER, ExchangeRate="1.15")
    payment = await connected.post("Payment", paid)
    body = {"Id": invoice["Id"], "SyncToken": "1", "sparse": True, "ExchangeRate": "1.20"}
    await connected.post("Invoice", body)
    assert entry_of(platform, "Payment", payment["Id"])["98"] == Decimal("5.00")


async def test_parts_of_a_document_come_to_all_of_it_at_home(platform: Platform, connected: Connected) -> None:
    invoice = await connected.post("Invoice", euros("10.00", "1.00333"))
    before = platform.books().ledger.balance("94")
    for part in ("3.33", "3.33", "3.34"):
        target = (part, "Invoice", invoice["Id"])
        await connected.post("Payment", a_payment(part, target, customer=EUR_CUSTOMER, ExchangeRate="1.00333"))
    assert platform.books().ledger.balance("94") == before - Decimal("10.03")


async def test_a_credit_linked_to_a_charge_gains_without_money(platform: Platform, connected: Connected) -> None:
    invoice = await connected.post("Invoice", euros("100.00", "1.10"))
    credit_memo = await connected.post("CreditMemo", euros("100.00", "1.20"))
    targets = (("100.00", "Invoice", invoice["Id"]), ("100.00", "CreditMemo", credit_memo["Id"]))
    payment = await connected.post("Payment", a_payment("0", *targets, customer=EUR_CUSTOMER, ExchangeRate="1.30"))
    assert "DepositToAccountRef" not in payment
    assert entry_of(platform, "Payment", payment["Id"]) == {"94": Decimal("10.00"), "98": Decimal("-10.00")}


async def test_a_bill_is_paid_from_an_account_in_its_currency(platform: Platform, connected: Connected) -> None:
    bill = await connected.post("Bill", a_bill("100.00", EUR_VENDOR, ExchangeRate="1.10"))
    before = (await connected.get("account/99"))["Account"]["CurrentBalance"]
    link = {"Amount": "100.00", "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
    body = {"VendorRef": {"value": EUR_VENDOR}, "TotalAmt": "100.00", "Line": [link], "PayType": "Check"}
    other = {"CheckPayment": {"BankAccountRef": {"value": "99"}}, "CurrencyRef": {"value": "USD"}}
    assert (await connected.refused("POST", "billpayment", json=body | other))[0] == "6000"
    from_there = {"CheckPayment": {"BankAccountRef": {"value": "99"}}, "ExchangeRate": "1.25"}
    payment = await connected.post("BillPayment", body | from_there)
    assert entry_of(platform, "BillPayment", payment["Id"]) == {
        "99": Decimal("-125.00"), "97": Decimal("110.00"), "98": Decimal("15.00"),
    }  # fmt: skip
    after = (await connected.get("account/99"))["Account"]
    assert (after["CurrentBalance"], after["CurrencyRef"]["value"]) == (before - 100, "EUR")


async def test_a_payment_settles_its_own_currency_alone(connected: Connected) -> None:
    invoice = await connected.post("Invoice", euros("100.00"))
    paid = a_payment("100.00", ("100.00", "Invoice", invoice["Id"]), customer=EUR_CUSTOMER)
    assert (await connected.refused("POST", "payment", json=paid | {"CurrencyRef": {"value": "USD"}}))[0] == "6000"
    wrong = paid | {"DepositToAccountRef": {"value": "99"}, "CurrencyRef": {"value": "USD"}, "Line": []}
    assert (await connected.refused("POST", "payment", json=wrong))[0] == "6000"


async def test_a_partys_balance_is_in_its_currency(connected: Connected) -> None:
    before = (await connected.get(f"customer/{EUR_CUSTOMER}"))["Customer"]["Balance"]
    await connected.post("Invoice", euros("80.00", "1.10"))
    home = await connected.post("Invoice", a_sale("100.00", EUR_CUSTOMER, CurrencyRef={"value": "USD"}))
    rate = (await connected.get("exchangerate", sourcecurrencycode="EUR"))["ExchangeRate"]["Rate"]
    after = (await connected.get(f"customer/{EUR_CUSTOMER}"))["Customer"]["Balance"]
    assert after == before + 80 + (Decimal(100) / rate).quantize(Decimal("0.01"))
    paid = a_payment("100.00", ("100.00", "Invoice", home["Id"]), customer=EUR_CUSTOMER, TxnDate="2026-02-02")
    await connected.post("Payment", paid | {"CurrencyRef": {"value": "USD"}})
    assert (await connected.get(f"customer/{EUR_CUSTOMER}"))["Customer"]["Balance"] == before + 80


async def test_equity_income_and_expenses_are_at_home(connected: Connected) -> None:
    body = {"Name": "Abroad", "CurrencyRef": {"value": "EUR"}}
    assert (await connected.refused("POST", "account", json=body | {"AccountType": "Income"}))[0] == "6000"
    made = await connected.post("Account", body | {"AccountType": "Bank"})
    assert made["CurrencyRef"] == {"value": "EUR", "name": "Euro"}
    changed = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "CurrencyRef": {"value": "USD"}}
    assert (await connected.refused("POST", "account", json=changed))[0] == "6000"


async def test_currencies_are_adopted_one_by_one(connected: Connected) -> None:
    made = await connected.post("CompanyCurrency", {"Code": "CHF"})
    assert (made["Name"], made["Active"], made["SyncToken"]) == ("Swiss Franc", True, "0")
    for code, refusal in (("CHF", "6240"), ("USD", "6240"), ("XXQ", "2170")):
        assert (await connected.refused("POST", "companycurrency", json={"Code": code}))[0] == refusal
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False}
    assert (await connected.post("CompanyCurrency", body))["Active"] is False
    assert [one["Code"] for one in (await connected.query("select * from CompanyCurrency"))["CompanyCurrency"]] == [
        "GBP", "CAD", "EUR",
    ]  # fmt: skip
    told = await connected.get("cdc", entities="CompanyCurrency", changedSince="2026-05-04T00:00:00Z")
    assert [one["Code"] for one in told["CDCResponse"][0]["QueryResponse"][0]["CompanyCurrency"]] == ["CHF"]
    vendor = {"DisplayName": "Uhren AG", "CurrencyRef": {"value": "CHF"}}
    assert (await connected.refused("POST", "vendor", json=vendor))[0] == "610"
    used = {"Id": "2", "SyncToken": "0", "sparse": True, "Active": False}
    assert (await connected.refused("POST", "companycurrency", json=used))[0] == "6000"


async def test_a_rate_can_be_read_and_set_for_a_day(connected: Connected) -> None:
    told = (await connected.get("exchangerate", sourcecurrencycode="EUR", asofdate="2026-03-03"))["ExchangeRate"]
    assert list(told) == ["SourceCurrencyCode", "TargetCurrencyCode", "Rate", "AsOfDate", "MetaData"]
    assert (told["SourceCurrencyCode"], told["TargetCurrencyCode"], told["AsOfDate"]) == ("EUR", "USD", "2026-03-03")
    wish = {"SourceCurrencyCode": "EUR", "TargetCurrencyCode": "USD", "AsOfDate": "2026-03-03", "Rate": "1.5"}
    assert (await connected.post("ExchangeRate", wish))["Rate"] == Decimal("1.5")
    made = await connected.post("Invoice", a_sale("2.00", EUR_CUSTOMER, TxnDate="2026-03-03"))
    assert made["HomeTotalAmt"] == 3
    day_after = await connected.get("exchangerate", sourcecurrencycode="EUR", asofdate="2026-03-04")
    assert day_after["ExchangeRate"]["Rate"] != Decimal("1.5")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Rate": 1}, "2020"),
        ({"SourceCurrencyCode": "EUR"}, "2020"),
        ({"SourceCurrencyCode": "CHF", "Rate": 1}, "2500"),
        ({"SourceCurrencyCode": "USD", "Rate": 1}, "6000"),
        ({"SourceCurrencyCode": "EUR", "Rate": -1}, "6000"),
        ({"SourceCurrencyCode": "EUR", "Rate": 1, "Colour": "red"}, "2010"),
    ],
)
async def test_rates_that_break_a_rule_are_refused(connected: Connected, body: dict[str, Any], code: str) -> None:
    assert (await connected.refused("POST", "exchangerate", json=body))[0] == code


async def test_rates_are_queried_by_day(connected: Connected) -> None:
    today = (await connected.query("select * from ExchangeRate"))["ExchangeRate"]
    assert {one["SourceCurrencyCode"]: one["AsOfDate"] for one in today} == dict.fromkeys(
        ("USD", "CAD", "EUR", "GBP"), "2026-05-04"
    )
    assert all("Id" not in one for one in today)
    where = "SourceCurrencyCode = 'EUR' and AsOfDate >= '2026-04-01' and AsOfDate <= '2026-04-03'"
    days = await connected.query(f"select * from ExchangeRate where {where}")  # noqa: S608 - the simulated language
    assert [one["AsOfDate"] for one in days["ExchangeRate"]] == ["2026-04-01", "2026-04-02", "2026-04-03"]


async def test_a_deleted_payment_gives_the_gain_back(platform: Platform, connected: Connected) -> None:
    before = platform.books().ledger.balance("98")
    invoice = await connected.post("Invoice", euros("100.00", "1.10"))
    paid = a_payment("100.00", ("100.00", "Invoice", invoice["Id"]), customer=EUR_CUSTOMER, ExchangeRate="1.15")
    payment = await connected.post("Payment", paid)
    assert platform.books().ledger.balance("98") == before - 5
    await connected.call("POST", "payment?operation=delete", json={"Id": payment["Id"], "SyncToken": "0"})
    assert platform.books().ledger.balance("98") == before
    assert (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]["HomeBalance"] == Decimal("110.00")


async def test_the_page_of_a_company_tells_each_document_in_its_currency(
    platform: Platform, connected: Connected
) -> None:
    await connected.post("Invoice", euros("1234.56", "1.10"))
    await connected.invoice("77.11")
    page = (await platform.http.get(f"/_sandbox/companies/{connected.realm}", params={"kind": "Invoice"})).text
    assert "EUR 1,234.56" in page
    assert "USD 77.11" in page
    assert "USD 1,234.56" not in page
    report = {"show": "reports", "report": "aged-receivables"}
    aged = (await platform.http.get(f"/_sandbox/companies/{connected.realm}", params=report)).text
    assert aged.index("Total EUR") < aged.index("Total USD")


@pytest.mark.parametrize("rate", ["1e-20", "9e29", "-1", "0"])
async def test_a_rate_that_no_currency_can_have_is_refused(connected: Connected, rate: str) -> None:
    body = {"SourceCurrencyCode": "EUR", "Rate": rate, "AsOfDate": "2026-05-04"}
    assert (await connected.refused("POST", "exchangerate", json=body))[0] == "6000"
