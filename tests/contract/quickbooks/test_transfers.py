from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, journal_of


def a_transfer(source: str = "35", goal: str = "36", amount: str = "200.00", **more: Any) -> dict[str, Any]:
    return {"FromAccountRef": {"value": source}, "ToAccountRef": {"value": goal}, "Amount": amount, **more}


async def test_a_transfer_moves_money_between_accounts(platform: Platform, connected: Connected) -> None:
    transfer = await connected.post("Transfer", a_transfer(PrivateNote="To savings"))
    assert transfer["FromAccountRef"] == {"value": "35", "name": "Checking"}
    assert (transfer["Amount"], transfer["TxnDate"]) == (Decimal("200.00"), "2026-05-04")
    assert "Line" not in transfer
    assert await journal_of(platform, connected.realm, "Transfer", transfer["Id"]) == {
        "36": Decimal("200.00"),
        "35": Decimal("-200.00"),
    }
    assert (await connected.get(f"transfer/{transfer['Id']}"))["Transfer"] == transfer


async def test_a_transfer_changes_and_goes(platform: Platform, connected: Connected) -> None:
    transfer = await connected.post("Transfer", a_transfer())
    body = {"Id": transfer["Id"], "SyncToken": "0", "sparse": True, "Amount": "50.00"}
    changed = await connected.post("Transfer", body)
    assert (changed["Amount"], changed["SyncToken"]) == (Decimal("50.00"), "1")
    assert (await journal_of(platform, connected.realm, "Transfer", transfer["Id"]))["36"] == 50
    found = await connected.query("select * from Transfer where TxnDate = '2026-05-04'")
    assert (found["Transfer"], "totalCount" in found) == ([changed], False)
    body = {"Id": transfer["Id"], "SyncToken": "1"}
    await connected.call("POST", "transfer?operation=delete", json=body)
    assert await journal_of(platform, connected.realm, "Transfer", transfer["Id"]) == {}
    assert (await connected.refused("GET", f"transfer/{transfer['Id']}"))[0] == "610"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"FromAccountRef": None}, "2020"),
        ({"Amount": None}, "2020"),
        ({"Amount": "0"}, "6000"),
        ({"Amount": "-5"}, "6000"),
        ({"ToAccountRef": {"value": "35"}}, "6000"),
        ({"ToAccountRef": {"value": "7"}}, "6430"),
        ({"ToAccountRef": {"value": "41"}}, "6430"),
        ({"ToAccountRef": {"value": "84"}}, "6430"),
    ],
    ids=["from nowhere", "no amount", "nothing", "backwards", "to itself", "expense", "card", "receivable"],
)
async def test_a_transfer_that_is_none_is_refused(connected: Connected, change: dict[str, Any], code: str) -> None:
    assert (await connected.refused("POST", "transfer", json=a_transfer() | change))[0] == code
