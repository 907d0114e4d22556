"""What payments settle and use besides invoices and bills, credit memos and vendor credits."""

from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill, a_journal_entry, a_payment, journal_of

DETAIL = "AccountBasedExpenseLineDetail"


def customer(customer_id: str) -> dict[str, Any]:
    return {"Entity": {"Type": "Customer", "EntityRef": {"value": customer_id}}}


def vendor(vendor_id: str) -> dict[str, Any]:
    return {"Entity": {"Type": "Vendor", "EntityRef": {"value": vendor_id}}}


def a_bill_payment(amount: str, *targets: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    """`targets`: amount, kind, id."""
    lines = [{"Amount": part, "LinkedTxn": [{"TxnId": txn, "TxnType": kind}]} for part, kind, txn in targets]
    bank = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}
    return {"VendorRef": {"value": "30"}, "TotalAmt": amount, "Line": lines, **bank, **more}


async def charge(connected: Connected, amount: str = "50.00", customer_id: str = "1") -> dict[str, Any]:
    lines = (("Debit", "84", amount, customer(customer_id)), ("Credit", "1", amount))
    return await connected.post("JournalEntry", a_journal_entry(*lines, DocNumber="JE-9"))


async def credit(connected: Connected, amount: str = "50.00") -> dict[str, Any]:
    lines = (("Credit", "84", amount, customer("1")), ("Debit", "1", amount))
    return await connected.post("JournalEntry", a_journal_entry(*lines))


async def test_a_journal_entry_that_charges_is_paid_like_an_invoice(platform: Platform, connected: Connected) -> None:
    entry, owed = await charge(connected), (await connected.get("customer/1"))["Customer"]["Balance"]
    body = a_payment("50.00", ("30.00", "JournalEntry", entry["Id"]))
    payment = await connected.post("Payment", body)
    assert payment["UnappliedAmt"] == Decimal("20.00")
    facts = {one["value"]["Name"]: one["value"]["Value"] for one in payment["Line"][0]["LineEx"]["any"]}
    assert facts == {"txnId": entry["Id"], "txnOpenBalance": "50.00", "txnReferenceNumber": "JE-9"}
    read = (await connected.get(f"journalentry/{entry['Id']}"))["JournalEntry"]
    assert read["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "Payment"}]
    assert read["SyncToken"] == "1"
    assert (await connected.get("customer/1"))["Customer"]["Balance"] == owed - 50
    too_much = a_payment("50.00", ("20.01", "JournalEntry", entry["Id"]))
    assert (await connected.refused("POST", "payment", json=too_much))[0] == "6000"
    again = {**body, "Id": payment["Id"], "SyncToken": "0", "sparse": True}
    again["Line"][0]["Amount"] = "50.00"
    assert (await connected.post("Payment", again))["UnappliedAmt"] == 0
    assert await journal_of(platform, connected.realm, "Payment", payment["Id"]) == {"4": 50, "84": -50}


async def test_a_journal_entry_that_credits_is_used_like_a_credit_memo(connected: Connected) -> None:
    entry, invoice = await credit(connected, "60.00"), await connected.invoice("100.00")
    links = (("100.00", "Invoice", invoice["Id"]), ("60.00", "JournalEntry", entry["Id"]))
    payment = await connected.post("Payment", a_payment("40.00", *links))
    assert payment["UnappliedAmt"] == 0
    assert (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]["Balance"] == 0
    more = a_payment("0", ("1.00", "JournalEntry", entry["Id"]))
    assert (await connected.refused("POST", "payment", json=more))[0] == "6000"


async def test_an_entry_for_several_names_is_paid_by_line(connected: Connected) -> None:
    lines = (
        ("Debit", "84", "10.00", customer("8")),
        ("Debit", "84", "20.00", customer("9")),
        ("Credit", "1", "30.00"),
    )
    entry = await connected.post("JournalEntry", a_journal_entry(*lines))
    parent = (await connected.get("customer/8"))["Customer"]["ParentRef"]["value"]
    body = a_payment("20.00", ("20.00", "JournalEntry", entry["Id"]), customer=parent)
    if parent == (await connected.get("customer/9"))["Customer"].get("ParentRef", {}).get("value"):
        assert (await connected.refused("POST", "payment", json=body))[0] == "2020"
    body["Line"][0]["LinkedTxn"][0]["TxnLineId"] = "0"
    assert (await connected.refused("POST", "payment", json=body))[0] == "6000"
    body["CustomerRef"] = {"value": "9"}
    body["Line"][0]["LinkedTxn"][0]["TxnLineId"] = "1"
    payment = await connected.post("Payment", body)
    assert payment["Line"][0]["LinkedTxn"][0]["TxnLineId"] == "1"
    stranger = a_payment("5.00", ("5.00", "JournalEntry", entry["Id"]), customer="1")
    assert (await connected.refused("POST", "payment", json=stranger))[0] == "6000"


async def test_a_paid_entry_keeps_what_was_paid_and_does_not_go(platform: Platform, connected: Connected) -> None:
    entry = await charge(connected)
    payment = await connected.post("Payment", a_payment("30.00", ("30.00", "JournalEntry", entry["Id"])))
    part = {"Id": entry["Id"], "SyncToken": "1", "sparse": True}

    def lines(amount: str, first: str = "Debit") -> list[dict[str, Any]]:
        second = "Credit" if first == "Debit" else "Debit"
        told: list[dict[str, Any]] = a_journal_entry((first, "84", amount, customer("1")), (second, "1", amount))[
            "Line"
        ]
        return told

    for refused in (lines("29.99"), lines("50.00", "Credit")):
        assert (await connected.refused("POST", "journalentry", json={**part, "Line": refused}))[0] == "6000"
    assert (await connected.post("JournalEntry", {**part, "Line": lines("30.00")}))["SyncToken"] == "2"
    body = {"Id": entry["Id"], "SyncToken": "2"}
    assert (await connected.refused("POST", "journalentry?operation=delete", json=body))[0] == "6000"
    platform.books().switches.keeps_settled_documents = False
    assert (await connected.call("POST", "journalentry?operation=delete", json=body)).status_code == 200
    left = (await connected.get(f"payment/{payment['Id']}"))["Payment"]
    assert (left["UnappliedAmt"], left["Line"]) == (Decimal("30.00"), [])


@pytest.mark.parametrize(
    ("how", "word"),
    [("Cash", "Expense"), ("Check", "Check")],
)
async def test_money_given_back_to_a_customer_is_settled_by_what_it_overpaid(
    connected: Connected, how: str, word: str
) -> None:
    line = {"Amount": "15.00", "DetailType": DETAIL, DETAIL: {"AccountRef": {"value": "84"}}}
    body = {"PaymentType": how, "AccountRef": {"value": "35"}, "EntityRef": {"value": "1"}, "Line": [line]}
    expense = await connected.post("Purchase", body)
    other = "Check" if word == "Expense" else "Expense"
    wrong = a_payment("15.00", ("15.00", other, expense["Id"]))
    assert (await connected.refused("POST", "payment", json=wrong))[0] == "620"
    entry = await credit(connected, "15.00")
    links = (("15.00", word, expense["Id"]), ("15.00", "JournalEntry", entry["Id"]))
    payment = await connected.post("Payment", a_payment("0", *links))
    assert [line["LinkedTxn"][0]["TxnType"] for line in payment["Line"]] == [word, "JournalEntry"]
    assert "LinkedTxn" not in (await connected.get(f"purchase/{expense['Id']}"))["Purchase"]


async def test_a_bill_payment_uses_what_a_journal_entry_and_a_refund_opened(
    platform: Platform, connected: Connected
) -> None:
    bill = await connected.post("Bill", a_bill("80.00"))
    lines = (("Debit", "33", "30.00", vendor("30")), ("Credit", "7", "30.00"))
    entry = await connected.post("JournalEntry", a_journal_entry(*lines))
    detail = {"AccountRef": {"value": "33"}, "Entity": {"value": "30", "type": "VENDOR"}}
    refund = {"Amount": "10.00", "DetailType": "DepositLineDetail", "DepositLineDetail": detail}
    deposit = await connected.post("Deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [refund]})
    owed = (await connected.get("vendor/30"))["Vendor"]["Balance"]
    links = (
        ("80.00", "Bill", bill["Id"]),
        ("10.00", "Deposit", deposit["Id"]),
        ("30.00", "JournalEntry", entry["Id"]),
    )
    payment = await connected.post("BillPayment", a_bill_payment("60.00", *links))
    assert payment["TotalAmt"] == Decimal("60.00")
    assert await journal_of(platform, connected.realm, "BillPayment", payment["Id"]) == {"33": 60, "35": -60}
    assert (await connected.get("vendor/30"))["Vendor"]["Balance"] == owed - 60
    assert (await connected.get(f"bill/{bill['Id']}"))["Bill"]["Balance"] == 0
    read = (await connected.get(f"journalentry/{entry['Id']}"))["JournalEntry"]
    assert read["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "BillPaymentCheck"}]
    assert "LinkedTxn" not in (await connected.get(f"deposit/{deposit['Id']}"))["Deposit"]
    body = {"Id": deposit["Id"], "SyncToken": "1"}
    assert (await connected.refused("POST", "deposit?operation=delete", json=body))[0] == "6000"


async def test_a_check_over_nothing_needs_no_bank(connected: Connected) -> None:
    bill = await connected.post("Bill", a_bill("30.00"))
    lines = (("Debit", "33", "30.00", vendor("30")), ("Credit", "7", "30.00"))
    entry = await connected.post("JournalEntry", a_journal_entry(*lines))
    links = (("30.00", "Bill", bill["Id"]), ("30.00", "JournalEntry", entry["Id"]))
    body = a_bill_payment("0", *links, CheckPayment={"PrintStatus": "NotSet"})
    payment = await connected.post("BillPayment", body)
    assert (payment["TotalAmt"], payment["CheckPayment"]) == (0, {"PrintStatus": "NotSet"})
    assert (await connected.get(f"bill/{bill['Id']}"))["Bill"]["Balance"] == 0


async def test_a_payment_names_only_what_its_kind_may_name(connected: Connected) -> None:
    bill, invoice = await connected.post("Bill", a_bill()), await connected.invoice()
    plain = await connected.post("JournalEntry", a_journal_entry(("Debit", "7", "5.00"), ("Credit", "35", "5.00")))
    line = {"Amount": "15.00", "DetailType": DETAIL, DETAIL: {"AccountRef": {"value": "33"}}}
    body = {"PaymentType": "Check", "AccountRef": {"value": "35"}, "EntityRef": {"value": "30"}, "Line": [line]}
    expense = await connected.post("Purchase", body)
    for target in (("80.00", "Bill", bill["Id"]), ("5.00", "JournalEntry", plain["Id"]), ("1.00", "Nothing", "1")):
        assert (await connected.refused("POST", "payment", json=a_payment("80.00", target)))[0] == "620"
    for target in (("100.00", "Invoice", invoice["Id"]), ("15.00", "Check", expense["Id"])):
        assert (await connected.refused("POST", "billpayment", json=a_bill_payment("15.00", target)))[0] == "620"
