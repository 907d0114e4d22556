from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_journal_entry, a_payment, journal_of

DETAIL = "DepositLineDetail"


def a_deposit(*lines: dict[str, Any], bank: str = "35", **more: Any) -> dict[str, Any]:
    return {"DepositToAccountRef": {"value": bank}, "Line": list(lines), **more}


def linked(amount: str, kind: str, txn_id: str, line_id: str = "0") -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": txn_id, "TxnType": kind, "TxnLineId": line_id}]}


def direct(amount: str, account: str = "1", **detail: Any) -> dict[str, Any]:
    return {"Amount": amount, "DetailType": DETAIL, DETAIL: {"AccountRef": {"value": account}, **detail}}


async def test_other_income_is_deposited_as_recorded(platform: Platform, connected: Connected) -> None:
    deposit = await connected.post("Deposit", a_deposit(direct("100")))
    assert deposit["DepositToAccountRef"] == {"value": "35", "name": "Checking"}
    assert deposit["Line"] == [
        {
            "Id": "1",
            "LineNum": 1,
            "Amount": Decimal("100.00"),
            "DetailType": DETAIL,
            DETAIL: {"AccountRef": {"value": "1", "name": "Services"}},
            "CustomExtensions": [],
        }
    ]
    assert (deposit["TotalAmt"], "TxnTaxDetail" in deposit) == (Decimal("100.00"), False)
    assert await journal_of(platform, connected.realm, "Deposit", deposit["Id"]) == {
        "35": Decimal("100.00"),
        "1": Decimal("-100.00"),
    }


async def test_payments_leave_undeposited_funds_whole(platform: Platform, connected: Connected) -> None:
    first = await connected.post("Payment", a_payment("120.00", PaymentMethodRef={"value": "2"}, PaymentRefNum="6552"))
    second = await connected.post("Payment", a_payment("30.00", customer="2"))
    deposit = await connected.post(
        "Deposit",
        a_deposit(
            linked("120.00", "Payment", first["Id"]),
            linked("30.00", "Payment", second["Id"]),
            direct("-2.50", "7"),
            CashBack={"AccountRef": {"value": "36"}, "Amount": "40.00", "Memo": "Money to savings"},
        ),
    )
    told, plain, fee = deposit["Line"]
    assert "Id" not in told
    assert told["LinkedTxn"] == [{"TxnId": first["Id"], "TxnType": "Payment", "TxnLineId": "0"}]
    assert (told[DETAIL]["PaymentMethodRef"]["value"], told[DETAIL]["CheckNum"]) == ("2", "6552")
    assert (DETAIL in plain, fee["Id"]) == (False, "1")
    assert (deposit["TotalAmt"], deposit["CashBack"]["Amount"]) == (Decimal("107.50"), Decimal("40.00"))
    assert await journal_of(platform, connected.realm, "Deposit", deposit["Id"]) == {
        "35": Decimal("107.50"),
        "36": Decimal("40.00"),
        "4": Decimal("-150.00"),
        "7": Decimal("2.50"),
    }


async def test_a_deposited_payment_shows_its_deposit_and_cannot_be_changed(connected: Connected) -> None:
    invoice = await connected.invoice()
    payment = await connected.post("Payment", a_payment("100.00", ("100.00", "Invoice", invoice["Id"])))
    deposit = await connected.post("Deposit", a_deposit(linked("100.00", "Payment", payment["Id"])))
    read = (await connected.get(f"payment/{payment['Id']}"))["Payment"]
    assert read["LinkedTxn"] == [{"TxnId": deposit["Id"], "TxnType": "Deposit"}]
    assert (read["SyncToken"], read["MetaData"], read["UnappliedAmt"]) == ("0", payment["MetaData"], 0)
    assert read["DepositToAccountRef"]["value"] == "4"
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "No"}
    for query in ("", "?operation=delete", "?operation=update&include=void"):
        code, detail = await connected.refused("POST", f"payment{query}", json=body)
        assert (code, "This transaction has been deposited." in detail) == ("6540", True)


async def test_a_deposit_that_goes_frees_what_it_deposited(platform: Platform, connected: Connected) -> None:
    payment = await connected.post("Payment", a_payment("100.00"))
    deposit = await connected.post("Deposit", a_deposit(linked("100.00", "Payment", payment["Id"])))
    twice = a_deposit(linked("100.00", "Payment", payment["Id"]))
    assert (await connected.refused("POST", "deposit", json=twice))[0] == "620"
    await connected.call("POST", "deposit?operation=delete", json={"Id": deposit["Id"], "SyncToken": "0"})
    assert "LinkedTxn" not in (await connected.get(f"payment/{payment['Id']}"))["Payment"]
    assert await journal_of(platform, connected.realm, "Deposit", deposit["Id"]) == {}
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "Free"}
    assert (await connected.post("Payment", body))["SyncToken"] == "1"


async def test_a_deposit_changes_in_part_and_lets_go_of_a_line(connected: Connected) -> None:
    payment = await connected.post("Payment", a_payment("100.00"))
    deposit = await connected.post(
        "Deposit", a_deposit(linked("100.00", "Payment", payment["Id"]), direct("5.00"), PrivateNote="Both")
    )
    part = {"Id": deposit["Id"], "SyncToken": "0", "sparse": True}
    noted = await connected.post("Deposit", {**part, "PrivateNote": "Still both"})
    assert (noted["Line"], noted["SyncToken"]) == (deposit["Line"], "1")
    kept = await connected.post("Deposit", {**part, "SyncToken": "1", "Line": [deposit["Line"][1]]})
    assert (kept["TotalAmt"], kept["Line"]) == (Decimal("5.00"), [deposit["Line"][1]])
    assert "LinkedTxn" not in (await connected.get(f"payment/{payment['Id']}"))["Payment"]


@pytest.mark.parametrize("source", ["JournalEntry", "Transfer"])
async def test_other_money_in_undeposited_funds_can_be_deposited(
    platform: Platform, connected: Connected, source: str
) -> None:
    if source == "Transfer":
        sent = {"FromAccountRef": {"value": "36"}, "ToAccountRef": {"value": "4"}, "Amount": "9.00"}
        line_id = "0"
    else:
        sent = a_journal_entry(("Credit", "36", "9.00"), ("Debit", "4", "9.00"))
        line_id = "1"
    money = await connected.post(source, sent)
    deposit = await connected.post("Deposit", a_deposit(linked("9.00", source, money["Id"], line_id)))
    assert await journal_of(platform, connected.realm, "Deposit", deposit["Id"]) == {"35": 9, "4": -9}
    read = (await connected.get(f"{source.lower()}/{money['Id']}"))[source]
    assert read["LinkedTxn"] == [{"TxnId": deposit["Id"], "TxnType": "Deposit"}]
    wrong = a_deposit(linked("9.00", source, money["Id"], "7"))
    assert (await connected.refused("POST", "deposit", json=wrong))[0] == "620"


async def test_a_line_on_a_control_account_opens_a_balance(connected: Connected) -> None:
    owed = (await connected.get("vendor/30"))["Vendor"]["Balance"]
    vendor = {"value": "30", "type": "VENDOR"}
    deposit = await connected.post("Deposit", a_deposit(direct("60.00", "33", Entity=vendor)))
    assert deposit["Line"][0][DETAIL]["Entity"] == {"value": "30", "name": "Books by Bessie", "type": "VENDOR"}
    assert (await connected.get("vendor/30"))["Vendor"]["Balance"] == owed + 60
    nobody = a_deposit(direct("60.00", "33"))
    assert (await connected.refused("POST", "deposit", json=nobody))[0] == "6000"


async def test_deposits_are_queried_with_a_total(connected: Connected) -> None:
    deposit = await connected.post("Deposit", a_deposit(direct("3.33")))
    found = await connected.query("select * from Deposit where TotalAmt = '3.33' and DepositToAccountRef = '35'")
    assert (found["Deposit"], found["totalCount"]) == ([deposit], 1)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"Line": [direct("1.00")]}, "2020", "DepositToAccountRef"),
        (a_deposit(), "2020", "Required parameter Line is missing"),
        (a_deposit(direct("1.00"), bank="7"), "6430", "DepositToAccountRef"),
        (a_deposit(direct("1.00"), bank="4"), "6000", "Select a bank account for this deposit"),
        (a_deposit(direct("1.00", "4")), "6000", "Select a bank account for this deposit"),
        (a_deposit(direct("-1.00")), "6000", "0 or greater"),
        (a_deposit({"Amount": "1.00"}), "2020", "DetailType"),
        (a_deposit({"Amount": "1.00", "DetailType": DETAIL}), "2020", "Line.DepositLineDetail.AccountRef"),
        (a_deposit(linked("1.00", "Payment", "999999")), "620", "cannot be linked"),
        (a_deposit(linked("1.00", "Invoice", "9")), "620", "cannot be linked"),
        (a_deposit(direct("1.00"), CashBack={"AccountRef": {"value": "36"}, "Amount": "2"}), "6000", "0 or greater"),
        (a_deposit(direct("5.00"), CashBack={"AccountRef": {"value": "7"}, "Amount": "2"}), "6430", "CashBack"),
    ],
    ids=[
        "no bank", "no line", "no bank account", "into undeposited funds", "from undeposited funds by hand", "negative",
        "no detail", "no account", "no payment", "an invoice", "too much cash back", "cash back into an expense",
    ],
)  # fmt: skip
async def test_a_deposit_that_is_none_is_refused(
    connected: Connected, body: dict[str, Any], code: str, words: str
) -> None:
    refusal = await connected.refused("POST", "deposit", json=body)
    assert (refusal[0], words in refusal[1]) == (code, True), refusal


async def test_a_linked_line_names_its_line_its_whole_amount_and_no_account(connected: Connected) -> None:
    payment = await connected.post("Payment", a_payment("100.00"))
    good = linked("100.00", "Payment", payment["Id"])
    without = {"Amount": "100.00", "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment"}]}
    refusal = await connected.refused("POST", "deposit", json=a_deposit(without))
    assert (refusal[0], "LinkedTxn.TxnLineId" in refusal[1]) == ("2020", True)
    part = linked("60.00", "Payment", payment["Id"])
    assert (await connected.refused("POST", "deposit", json=a_deposit(part)))[0] == "6000"
    refusal = await connected.refused("POST", "deposit", json=a_deposit({**good, "DetailType": DETAIL}))
    assert (refusal[0], "Line.DepositLineDetail.AccountRef" in refusal[1]) == ("2020", True)
    both = {**direct("100.00"), **good}
    assert (await connected.refused("POST", "deposit", json=a_deposit(both)))[0] == "6000"
    assert (await connected.refused("POST", "deposit", json=a_deposit(good, good)))[0] == "620"
    banked = await connected.post("Payment", a_payment("9.00", DepositToAccountRef={"value": "35"}))
    body = a_deposit(linked("9.00", "Payment", banked["Id"]))
    assert (await connected.refused("POST", "deposit", json=body))[0] == "620"
