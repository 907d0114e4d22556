"""Whatever is refused leaves no trace: no id, no number, no account, no entry, no time."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from tests.contract.quickbooks.program import NOON, Connected, Platform, a_bill, a_journal_entry, a_payment, a_sale

from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.writing import create, update
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError, Refusal
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import empty_profile, fill_empty
from tieout.sandbox.simulator import seeded

ADDRESS = {"Line1": "5 Mill Lane", "City": "Bayshore"}
BANK = {"value": "35"}
STOCKED = {
    "Type": "Inventory", "IncomeAccountRef": {"value": "79"}, "ExpenseAccountRef": {"value": "80"},
    "AssetAccountRef": {"value": "81"}, "QtyOnHand": 10, "InvStartDate": "2026-01-01", "PurchaseCost": "4",
}  # fmt: skip
MONTHLY = {"Name": "Rent", "RecurType": "Automated", "ScheduleInfo": {"IntervalType": "Monthly"}}
MONEY_LINE = {"Amount": "75", "DetailType": "DepositLineDetail", "DepositLineDetail": {"AccountRef": {"value": "1"}}}
BODIES: dict[str, dict[str, Any]] = {
    "Customer": {"DisplayName": "Cleo", "BillAddr": ADDRESS, "PrimaryEmailAddr": {"Address": "c@d.e"}},
    "Vendor": {"DisplayName": "Viola", "BillAddr": ADDRESS},
    "Account": {"Name": "Dues", "AccountType": "Expense"},
    "Item": {"Name": "Lamp", **STOCKED},
    "Invoice": a_sale("100.00", BillAddr=ADDRESS, ShipAddr=ADDRESS, BillEmail={"Address": "c@d.e"}),
    "CreditMemo": a_sale("40.00", BillAddr=ADDRESS),
    "Estimate": a_sale("40.00", BillAddr=ADDRESS),
    "SalesReceipt": a_sale("60.00", BillAddr=ADDRESS, DepositToAccountRef=BANK),
    "RefundReceipt": a_sale("20.00", BillAddr=ADDRESS, DepositToAccountRef=BANK),
    "Payment": a_payment("30.00", ("30.00", "Invoice", "1")),
    "Bill": a_bill("80.00", "3", DocNumber="B-1"),
    "VendorCredit": a_bill("8.00", "3"),
    "Purchase": {"Line": a_bill("9.00")["Line"], "PaymentType": "Cash", "AccountRef": BANK},
    "Deposit": {"DepositToAccountRef": BANK, "Line": [MONEY_LINE]},
    "JournalEntry": a_journal_entry(("Debit", "7", "5.00"), ("Credit", "35", "5.00")),
    "Transfer": {"FromAccountRef": BANK, "ToAccountRef": {"value": "36"}, "Amount": "5"},
    "RecurringTransaction": {"Bill": a_bill("80.00", "3", RecurringInfo=MONTHLY)},
}  # fmt: skip
DAMAGES = (None, "x" * 5000, -1, {"value": "999"}, "1999-01-01")
_COUNTED = ("own_accounts", "adjustments", "currencies", "sales_number", "order_numbers", "names", "_sequences")


def everything(books: Books) -> str:
    """All that a write could have changed, as text."""
    shelves = [
        (record.id, record.token, record.updated_at, id(record.shaped), record.balance, len(record.settlements))
        for shelf in books.shelves.values()
        for record in shelf
    ]
    numbers = {number: owners for number, owners in books.numbers.items() if owners}
    entries = len(books.ledger.entries), len(books.ledger.accounts)
    return repr((shelves, numbers, entries, [getattr(books, name) for name in _COUNTED]))


def places(told: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a body."""
    inner = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


def damaged(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with one thing in it replaced, or gone."""
    for path in places(body):
        for damage in (*DAMAGES, ...):
            told: Any = deepcopy(body)
            holder = told
            for key in path[:-1]:
                holder = holder[key]
            if damage is ...:
                del holder[path[-1]]
            else:
                holder[path[-1]] = damage
            yield told


@pytest.fixture(scope="module")
def books() -> Books:
    books = Books(empty_profile(), ManualClock(NOON), seeded(1, "refusals"))
    fill_empty(books)
    for kind, name in (("Customer", "Ann"), ("Customer", "Bob"), ("Vendor", "Vera")):
        create(books, KINDS[kind], {"DisplayName": name})
    create(books, KINDS["Invoice"], a_sale("500.00"))
    return books


@pytest.mark.parametrize("kind", BODIES)
def test_a_refused_object_leaves_no_trace(books: Books, kind: str) -> None:
    standing = create(books, KINDS[kind], {**BODIES[kind], **_fresh(kind)})
    refused, before = 0, everything(books)
    for body in damaged(BODIES[kind]):
        for write, wish in ((create, body), (update, {**body, "Id": standing.id, "SyncToken": str(standing.token)})):
            try:
                write(books, KINDS[kind], wish)
            except (Refusal, NotSimulatedError):
                refused += 1
                assert everything(books) == before
            else:
                before = everything(books)
    assert refused
    books.ledger.assert_balanced()


def _fresh(kind: str) -> dict[str, str]:
    """Another name for the object that is changed, where names are unique."""
    field = {"Customer": "DisplayName", "Vendor": "DisplayName", "Account": "Name", "Item": "Name"}.get(kind)
    return {field: f"Standing {kind}"} if field else {"DocNumber": "B-0"} if kind == "Bill" else {}


async def test_a_refused_count_of_stock_opens_no_account(platform: Platform, connected: Connected) -> None:
    item = (await connected.get("item/11"))["Item"]
    before = everything(platform.books())
    body = {"Id": "11", "SyncToken": item["SyncToken"], "sparse": True, "QtyOnHand": 3, "Name": "Rock Fountain"}
    assert (await connected.refused("POST", "item", json=body))[0] == "6240"
    assert everything(platform.books()) == before
    counted = await connected.post("Item", {**body, "Name": "Pump"})
    assert counted["QtyOnHand"] == 3
    found = await connected.query("select * from Account where Name = 'Inventory Shrinkage'")
    assert len(found["Account"]) == 1


async def test_a_sub_account_has_the_type_of_its_parent(connected: Connected) -> None:
    body = {"Name": "Harbour", "AccountType": "Bank", "SubAccount": True, "ParentRef": {"value": "7"}}
    assert (await connected.refused("POST", "account", json=body))[0] == "6000"
    made = await connected.post("Account", {**body, "AccountType": "Expense"})
    assert made["FullyQualifiedName"] == "Advertising:Harbour"


async def test_an_account_with_transactions_keeps_its_side_of_the_books(connected: Connected) -> None:
    bill = await connected.post("Bill", a_bill("80.00"))
    await connected.call("POST", "bill?operation=delete", json={"Id": bill["Id"], "SyncToken": "0"})
    account = (await connected.get("account/7"))["Account"]
    body = {"Id": "7", "SyncToken": account["SyncToken"], "sparse": True, "AccountType": "Other Current Asset"}
    assert (await connected.refused("POST", "account", json=body))[0] == "6000"
    assert (await connected.get("account/7"))["Account"] == account


@pytest.mark.parametrize("account_id", ["84", "33", "4", "90"])
async def test_accounts_that_the_books_need_stay_active(connected: Connected, account_id: str) -> None:
    body = {"Id": account_id, "SyncToken": "0", "sparse": True, "Active": False}
    assert (await connected.refused("POST", "account", json=body))[0] == "6000"
