"""Receipts, expenses, journal entries, transfers and deposits in another currency."""

from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_journal_entry, a_payment, a_sale, journal_of

EUR, EURO_BANK, EURO_RECEIVABLE, GAINS = {"value": "EUR"}, "99", "94", "98"
DUTCH = {"Entity": {"Type": "Customer", "EntityRef": {"value": "59"}}}


def banking(amount: str, payment: dict[str, Any], bank: str = EURO_BANK, **more: Any) -> dict[str, Any]:
    link = {"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}
    return {"DepositToAccountRef": {"value": bank}, "Line": [{"Amount": amount, "LinkedTxn": [link]}], **more}


@pytest.mark.parametrize("bank", [EURO_BANK, "35"], ids=["euros", "dollars"])
async def test_money_that_waited_to_be_deposited_gained_meanwhile(
    platform: Platform, connected: Connected, bank: str
) -> None:
    payment = await connected.post("Payment", a_payment("100.00", customer="59", ExchangeRate="1.10"))
    body = banking("100.00", payment, bank, CurrencyRef=EUR, ExchangeRate="1.25")
    deposit = await connected.post("Deposit", body)
    assert (deposit["TotalAmt"], deposit["HomeTotalAmt"]) == (Decimal("100.00"), Decimal("125.00"))
    assert await journal_of(platform, connected.realm, "Deposit", deposit["Id"]) == {
        bank: Decimal("125.00"),
        "4": Decimal("-110.00"),
        GAINS: Decimal("-15.00"),
    }


async def test_a_deposit_takes_only_money_of_its_own_currency(connected: Connected) -> None:
    payment = await connected.post("Payment", a_payment("100.00"))
    assert (await connected.refused("POST", "deposit", json=banking("100.00", payment)))[0] == "6000"
    body = banking("100.00", payment, "35", CurrencyRef={"value": "ZZZ"})
    assert (await connected.refused("POST", "deposit", json=body))[0] == "2500"


async def test_a_charge_of_a_journal_entry_is_relieved_at_its_own_rate(
    platform: Platform, connected: Connected
) -> None:
    lines = (("Debit", EURO_RECEIVABLE, "100.00", DUTCH), ("Credit", "1", "100.00"))
    body = a_journal_entry(*lines, CurrencyRef=EUR, ExchangeRate="1.20")
    owed = (await connected.get("customer/59"))["Customer"]["Balance"]
    entry = await connected.post("JournalEntry", body)
    assert (entry["TotalAmt"], entry["HomeTotalAmt"], entry["ExchangeRate"]) == (0, 0, Decimal("1.2"))
    assert (await connected.get("customer/59"))["Customer"]["Balance"] == owed + 100
    assert await journal_of(platform, connected.realm, "JournalEntry", entry["Id"]) == {
        EURO_RECEIVABLE: Decimal("120.00"),
        "1": Decimal("-120.00"),
    }
    settled = ("100.00", "JournalEntry", entry["Id"])
    payment = await connected.post("Payment", a_payment("100.00", settled, customer="59", ExchangeRate="1.30"))
    assert await journal_of(platform, connected.realm, "Payment", payment["Id"]) == {
        "4": Decimal("130.00"),
        EURO_RECEIVABLE: Decimal("-120.00"),
        GAINS: Decimal("-10.00"),
    }


async def test_a_payment_follows_the_rate_of_the_entry_that_it_settled(
    platform: Platform, connected: Connected
) -> None:
    lines = (("Debit", EURO_RECEIVABLE, "100.00", DUTCH), ("Credit", "1", "100.00"))
    entry = await connected.post("JournalEntry", a_journal_entry(*lines, CurrencyRef=EUR, ExchangeRate="1.20"))
    settled = ("60.00", "JournalEntry", entry["Id"])
    payment = await connected.post("Payment", a_payment("60.00", settled, customer="59", ExchangeRate="1.30"))
    part = {"Id": entry["Id"], "SyncToken": "1", "sparse": True, "ExchangeRate": "1.40"}
    await connected.post("JournalEntry", part)
    assert await journal_of(platform, connected.realm, "Payment", payment["Id"]) == {
        "4": Decimal("78.00"),
        EURO_RECEIVABLE: Decimal("-84.00"),
        GAINS: Decimal("6.00"),
    }


@pytest.mark.parametrize(
    ("account", "party", "currency"),
    [("84", DUTCH, "EUR"), ("84", DUTCH, "USD"), (EURO_RECEIVABLE, DUTCH, "USD")],
    ids=["the dollar account", "dollars of a euro customer", "the euro account in dollars"],
)
async def test_a_control_line_is_in_the_currency_of_its_account_and_party(
    connected: Connected, account: str, party: dict[str, Any], currency: str
) -> None:
    lines = (("Debit", account, "100.00", party), ("Credit", "1", "100.00"))
    body = a_journal_entry(*lines, CurrencyRef={"value": currency})
    assert (await connected.refused("POST", "journalentry", json=body))[0] == "6000"


async def test_a_transfer_is_in_the_currency_of_its_foreign_account(platform: Platform, connected: Connected) -> None:
    before = (await connected.get(f"account/{EURO_BANK}"))["Account"]["CurrentBalance"]
    body = {"FromAccountRef": {"value": EURO_BANK}, "ToAccountRef": {"value": "35"}, "Amount": "40.00"}
    transfer = await connected.post("Transfer", {**body, "ExchangeRate": "1.15"})
    assert (transfer["CurrencyRef"]["value"], transfer["Amount"]) == ("EUR", Decimal("40.00"))
    assert await journal_of(platform, connected.realm, "Transfer", transfer["Id"]) == {
        "35": Decimal("46.00"),
        EURO_BANK: Decimal("-46.00"),
    }
    assert (await connected.get(f"account/{EURO_BANK}"))["Account"]["CurrentBalance"] == before - 40


async def test_an_expense_from_a_foreign_bank_is_in_its_currency(platform: Platform, connected: Connected) -> None:
    kind = "AccountBasedExpenseLineDetail"
    line = {"Amount": "33.33", "DetailType": kind, kind: {"AccountRef": {"value": "7"}}}
    body = {"PaymentType": "Cash", "AccountRef": {"value": EURO_BANK}, "Line": [line], "ExchangeRate": "1.5"}
    purchase = await connected.post("Purchase", {**body, "EntityRef": {"value": "62"}})
    assert (purchase["CurrencyRef"]["value"], purchase["TotalAmt"]) == ("EUR", Decimal("33.33"))
    assert await journal_of(platform, connected.realm, "Purchase", purchase["Id"]) == {
        "7": Decimal("50.00"),
        EURO_BANK: Decimal("-50.00"),
    }
    stranger = {**body, "EntityRef": {"value": "61"}, "CurrencyRef": {"value": "CAD"}}
    assert (await connected.refused("POST", "purchase", json=stranger))[0] == "6000"


async def test_a_receipt_of_a_foreign_customer_is_worth_its_rate(platform: Platform, connected: Connected) -> None:
    receipt = await connected.post("SalesReceipt", a_sale("80.00", "59", ExchangeRate="1.25"))
    assert (receipt["CurrencyRef"]["value"], receipt["HomeTotalAmt"], receipt["HomeBalance"]) == ("EUR", 100, 0)
    assert (await journal_of(platform, connected.realm, "SalesReceipt", receipt["Id"]))["4"] == 100
    refund = await connected.post("RefundReceipt", a_sale("80.00", "59", DepositToAccountRef={"value": EURO_BANK}))
    rate = refund["ExchangeRate"]
    posted = await journal_of(platform, connected.realm, "RefundReceipt", refund["Id"])
    assert posted[EURO_BANK] == -(80 * rate).quantize(Decimal("0.01"))


async def test_the_books_balance_after_work_abroad(platform: Platform, connected: Connected) -> None:
    payment = await connected.post("Payment", a_payment("99.99", customer="59", ExchangeRate="1.1111"))
    kind = "DepositLineDetail"
    fee = {"Amount": "-0.33", "DetailType": kind, kind: {"AccountRef": {"value": "7"}}}
    body = banking("99.99", payment, ExchangeRate="1.2345")
    body["Line"].append(fee)
    await connected.post("Deposit", body)
    answer = await platform.http.get(f"/_sandbox/companies/{connected.realm}/trial-balance")
    told = answer.json()
    assert told["total_debit"] == told["total_credit"]
    platform.books().ledger.assert_balanced()
