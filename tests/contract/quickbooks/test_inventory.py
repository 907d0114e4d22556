"""Stock and its cost: first in, first out; sold before it was bought; counted; taken back."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.quickbooks.program import Connected, Platform

from tieout.platforms.quickbooks.sandbox.accounting.records import StockMove
from tieout.platforms.quickbooks.sandbox.accounting.stock import Stock
from tieout.sandbox.ledger import DocumentRef

PUMP = "11"
"""Of the sample company: 25 units at 10 and 8 units of a later bill at 10, with those that were sold gone."""
ASSET, COST, INCOME = "81", "80", "79"


def entry_of(platform: Platform, kind: str, record_id: str) -> dict[str, Decimal]:
    entry = platform.books().ledger.standing(DocumentRef(kind, record_id))
    assert entry is not None
    return {line.account_id: line.net for line in entry.lines}


async def an_item(connected: Connected, quantity: str = "0", cost: str = "10", **more: Any) -> dict[str, Any]:
    accounts = {"IncomeAccountRef": INCOME, "ExpenseAccountRef": COST, "AssetAccountRef": ASSET}
    body: dict[str, Any] = {field: {"value": account} for field, account in accounts.items()}
    body |= {"Name": "Valve", "Type": "Inventory", "TrackQtyOnHand": True, "PurchaseCost": cost}
    return await connected.post("Item", body | {"QtyOnHand": quantity, "InvStartDate": "2026-01-01"} | more)


async def buy(connected: Connected, item: str, quantity: int, amount: str, on: str, **more: Any) -> dict[str, Any]:
    kind = "ItemBasedExpenseLineDetail"
    line = {"Amount": amount, "DetailType": kind, kind: {"ItemRef": {"value": item}, "Qty": quantity}}
    return await connected.post("Bill", {"VendorRef": {"value": "46"}, "Line": [line], "TxnDate": on, **more})


def sale(item: str, quantity: int, on: str) -> dict[str, Any]:
    detail = {"ItemRef": {"value": item}, "Qty": quantity, "UnitPrice": 20}
    line = {"Amount": 20 * quantity, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return {"CustomerRef": {"value": "1"}, "Line": [line], "TxnDate": on}


async def sell(connected: Connected, item: str, quantity: int, on: str) -> dict[str, Any]:
    return await connected.post("Invoice", sale(item, quantity, on))


async def on_hand(connected: Connected, item: str) -> Decimal:
    return Decimal((await connected.get(f"item/{item}"))["Item"]["QtyOnHand"])


async def test_the_oldest_units_leave_first(platform: Platform, connected: Connected) -> None:
    item = (await an_item(connected, "2", "10"))["Id"]
    await buy(connected, item, 3, "36.00", "2026-02-01")
    invoice = await sell(connected, item, 4, "2026-03-01")
    entry = entry_of(platform, "Invoice", invoice["Id"])
    assert (entry[COST], entry[ASSET]) == (Decimal("44.00"), Decimal("-44.00"))
    assert await on_hand(connected, item) == 1


async def test_opening_stock_is_posted_on_its_first_day(platform: Platform, connected: Connected) -> None:
    item = await an_item(connected, "4", "2.5")
    entry = platform.books().ledger.standing(DocumentRef("Item", item["Id"]))
    assert entry is not None
    assert (entry.date, {line.account_id: line.net for line in entry.lines}) == (
        date(2026, 1, 1),
        {ASSET: Decimal("10.00"), "34": Decimal("-10.00")},
    )


async def test_a_late_or_changed_purchase_costs_later_sales_anew(platform: Platform, connected: Connected) -> None:
    item = (await an_item(connected, "1", "10"))["Id"]
    await buy(connected, item, 2, "30.00", "2026-02-10")
    invoice = await sell(connected, item, 2, "2026-03-01")
    assert entry_of(platform, "Invoice", invoice["Id"])[COST] == Decimal("25.00")
    late = await buy(connected, item, 1, "4.00", "2026-02-01")
    assert entry_of(platform, "Invoice", invoice["Id"])[COST] == Decimal("14.00")
    line = {**late["Line"][0], "Amount": "6.00"}
    late = await connected.post("Bill", {"Id": late["Id"], "SyncToken": "0", "sparse": True, "Line": [line]})
    assert entry_of(platform, "Invoice", invoice["Id"])[COST] == Decimal("16.00")
    await connected.call("POST", "bill?operation=delete", json={"Id": late["Id"], "SyncToken": "1"})
    assert entry_of(platform, "Invoice", invoice["Id"])[COST] == Decimal("25.00")
    assert (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]["SyncToken"] == "0"


async def test_units_sold_before_they_came_cost_what_they_then_come_for(
    platform: Platform, connected: Connected
) -> None:
    item = (await an_item(connected, "1", "10"))["Id"]
    invoice = await sell(connected, item, 3, "2026-02-01")
    assert entry_of(platform, "Invoice", invoice["Id"])[COST] == Decimal("30.00")
    assert await on_hand(connected, item) == -2
    await buy(connected, item, 5, "60.00", "2026-02-05")
    assert entry_of(platform, "Invoice", invoice["Id"])[COST] == Decimal("34.00")
    assert await on_hand(connected, item) == 3


async def test_a_voided_sale_puts_its_units_back(platform: Platform, connected: Connected) -> None:
    item = (await an_item(connected, "2", "10"))["Id"]
    await buy(connected, item, 2, "40.00", "2026-01-05")
    first, second = await sell(connected, item, 2, "2026-02-01"), await sell(connected, item, 2, "2026-02-02")
    assert entry_of(platform, "Invoice", second["Id"])[COST] == Decimal("40.00")
    await connected.post("Invoice", {"Id": first["Id"], "SyncToken": "0"}, operation="void")
    assert entry_of(platform, "Invoice", second["Id"])[COST] == Decimal("20.00")
    assert await on_hand(connected, item) == 2


async def test_what_comes_back_counts_for_what_it_left_for(platform: Platform, connected: Connected) -> None:
    item = (await an_item(connected, "2", "10"))["Id"]
    await buy(connected, item, 2, "40.00", "2026-01-05")
    await sell(connected, item, 3, "2026-02-01")
    memo = await connected.post("CreditMemo", sale(item, 1, "2026-02-02"))
    assert entry_of(platform, "CreditMemo", memo["Id"])[COST] == Decimal("-13.33")
    assert await on_hand(connected, item) == 2


async def test_goods_sent_back_leave_at_their_cost_and_the_difference_is_cost(
    platform: Platform, connected: Connected
) -> None:
    item = (await an_item(connected, "2", "10"))["Id"]
    kind = "ItemBasedExpenseLineDetail"
    line = {"Amount": "12.00", "DetailType": kind, kind: {"ItemRef": {"value": item}, "Qty": 1}}
    body = {"VendorRef": {"value": "46"}, "Line": [line], "TxnDate": "2026-02-01"}
    made = await connected.post("VendorCredit", body)
    entry = platform.books().ledger.standing(DocumentRef("VendorCredit", made["Id"]))
    assert entry is not None
    nets: dict[str, Decimal] = {}
    for one in entry.lines:
        nets[one.account_id] = nets.get(one.account_id, Decimal(0)) + one.net
    assert nets == {"33": Decimal("12.00"), ASSET: Decimal("-10.00"), COST: Decimal("-2.00")}


async def test_stock_bought_abroad_costs_what_it_did_at_home(platform: Platform, connected: Connected) -> None:
    item = (await an_item(connected))["Id"]
    await buy(connected, item, 2, "10.00", "2026-02-01", VendorRef={"value": "62"}, ExchangeRate="1.25")
    invoice = await sell(connected, item, 2, "2026-02-02")
    assert entry_of(platform, "Invoice", invoice["Id"])[COST] == Decimal("12.50")


@pytest.mark.parametrize("sparse", [True, False])
async def test_writing_another_quantity_counts_the_stock(
    platform: Platform, connected: Connected, sparse: bool
) -> None:
    item = await an_item(connected, "5", "10")
    sold = await sell(connected, item["Id"], 1, "2026-02-01")
    body = {"Id": item["Id"], "SyncToken": item["SyncToken"], "QtyOnHand": 5, "sparse": sparse}
    if not sparse:
        body = {**item, **body}
    counted = await connected.post("Item", body)
    assert (counted["QtyOnHand"], counted["SyncToken"]) == (5, "1")
    accounts = (await connected.query("select * from Account where Name = 'Inventory Shrinkage'"))["Account"]
    assert platform.books().ledger.balance(accounts[0]["Id"]) == Decimal("-10.00")
    again = {**body, "SyncToken": "1"}
    assert (await connected.post("Item", again))["SyncToken"] == "1"
    assert entry_of(platform, "Invoice", sold["Id"])[COST] == Decimal("10.00")


async def test_nothing_moves_before_the_first_day(connected: Connected) -> None:
    item = (await an_item(connected, "5"))["Id"]
    assert (await connected.refused("POST", "invoice", json=sale(item, 1, "2025-12-31")))[0] == "6270"
    kind = "ItemBasedExpenseLineDetail"
    line = {"Amount": "12.00", "DetailType": kind, kind: {"ItemRef": {"value": item}, "Qty": 1}}
    body = {"VendorRef": {"value": "46"}, "Line": [line], "TxnDate": "2025-12-31"}
    assert (await connected.refused("POST", "bill", json=body))[0] == "6270"
    await sell(connected, item, 1, "2026-02-01")
    token = (await connected.get(f"item/{item}"))["Item"]["SyncToken"]
    later = {"Id": item, "SyncToken": token, "sparse": True, "InvStartDate": "2026-03-01"}
    assert (await connected.refused("POST", "item", json=later))[0] == "6270"


MOVES = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=6),
        st.integers(min_value=-6, max_value=6),
        st.decimals(min_value=0, max_value=90, places=2),
        st.booleans(),
    ),
    max_size=90,
)


@given(rows=MOVES, dropped=st.integers(min_value=0, max_value=89))
def test_the_order_of_writing_makes_no_difference(rows: list[tuple[int, int, Decimal, bool]], dropped: int) -> None:
    moves = []
    for serial, (day, quantity, value, has_value) in enumerate(rows):
        worth = value.copy_sign(quantity) if has_value and quantity else None
        move = StockMove("1", Decimal(quantity), ASSET, COST, Decimal("1.11"), worth)
        moves.append((DocumentRef("Bill", str(serial)), date(2026, 1, 1) + timedelta(days=day), serial, move))
    forwards, backwards = Stock(), Stock()
    for ref, on, serial, move in moves:
        forwards.replace(ref, on, serial, [(0, move)])
    for ref, on, serial, move in reversed(moves):
        backwards.replace(ref, on, serial, [(0, move)])
    assert forwards.costs == backwards.costs
    own = sum((move.value or Decimal(0) for *_, move in moves), Decimal(0))
    assert forwards.value == backwards.value == own - sum(forwards.costs.values(), Decimal(0))
    assert forwards.quantity == sum(move.quantity for *_, move in moves)
    if moves:
        ref, on, serial, move = moves[dropped % len(moves)]
        before = dict(forwards.costs)
        forwards.replace(ref, on, serial, [])
        forwards.replace(ref, on, serial, [(0, move)])
        assert forwards.costs == before
