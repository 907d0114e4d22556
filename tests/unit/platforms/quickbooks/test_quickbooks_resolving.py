import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.unit.platforms.quickbooks.quickbooks_books import (
    MARKER,
    NOW,
    REALM,
    UK,
    answer,
    document,
    echoed,
    line,
    sent,
    write,
)

from tieout.books.changes import Change
from tieout.books.records import Invoice, Item, Kind, Party, Payment
from tieout.platforms.errors import Explanation, Gone, Unavailable, WriteRefused
from tieout.platforms.port import Answer, CallKind, Operation, Request, Write
from tieout.platforms.quickbooks.platform import PLATFORM

NATIVE = {Kind.INVOICE: "Invoice", Kind.BILL: "Bill", Kind.PAYMENT: "Payment", Kind.CUSTOMER: "Customer"}
INVOICE = write(document(Kind.INVOICE, [line("100.00")]), Kind.INVOICE)


class Found:
    """Answers every query with the same rows, and every read with the first."""

    def __init__(self, native: str, *rows: Mapping[str, Any], gone: bool = False) -> None:
        self.native = native
        self.rows = rows
        self.gone = gone
        self.asked: list[str] = []

    async def send(self, request: Request) -> Answer:
        assert request.kind in (CallKind.READ, CallKind.REPORT)
        query = parse_qs(urlsplit(request.path).query).get("query")
        self.asked.append(query[0] if query else request.path)
        if self.gone:
            raise Gone(Explanation("record_gone", "gone", ""))
        told = {self.native: self.rows[0]} if query is None else {"QueryResponse": {self.native: list(self.rows)}}
        return answer(json.dumps({**told, "time": NOW.isoformat()}).encode())


def row(planned: Write, **changes: Any) -> dict[str, Any]:
    """What QuickBooks would hold if the write had been carried out; None takes a field away."""
    shown = json.loads(echoed("It", sent(PLATFORM.plan_write(REALM, planned)), **changes))["It"]
    return {name: value for name, value in shown.items() if value is not None}


async def looked_up(found: Found, planned: Write) -> Change | None:
    return await PLATFORM.look_up(found, REALM, planned, first_sent_at=NOW)


async def test_a_document_is_found_by_its_number_and_known_by_its_mark() -> None:
    found = Found("Invoice", row(INVOICE))
    change = await looked_up(found, INVOICE)
    assert change is not None
    assert isinstance(change.record, Invoice)
    assert found.asked == ["SELECT * FROM Invoice WHERE DocNumber = 'INV-7' MAXRESULTS 1000"]


async def test_what_is_not_there_was_not_carried_out() -> None:
    assert await looked_up(Found("Invoice"), INVOICE) is None


async def test_a_document_without_a_mark_is_ours_if_everything_agrees_and_it_is_younger() -> None:
    change = await looked_up(Found("Invoice", row(INVOICE, PrivateNote=None)), INVOICE)
    assert change is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"PrivateNote": "[Tieout somebody-else]"},
        {"PrivateNote": None, "CustomerRef": {"value": "9"}},
        {"PrivateNote": None, "TxnDate": "2026-11-19"},
        {"PrivateNote": None, "CurrencyRef": {"value": "CAD"}},
        {"PrivateNote": None, "TotalAmt": 100, "Balance": 0, "Line": [{"Amount": 100}], "TxnDate": "2026-01-01"},
        {"PrivateNote": None, "MetaData": {"CreateTime": (NOW - timedelta(days=1)).isoformat()}},
        {"PrivateNote": None, "MetaData": {}},
    ],
)
async def test_a_document_that_is_not_surely_ours_has_taken_the_number(changes: dict[str, Any]) -> None:
    with pytest.raises(WriteRefused) as refused:
        await looked_up(Found("Invoice", row(INVOICE, **changes)), INVOICE)
    assert refused.value.explanation.code == "number_taken"
    assert refused.value.explanation.field == "number"


async def test_ours_is_found_beside_another_of_the_same_number() -> None:
    other = row(INVOICE, Id="9", PrivateNote=None, CustomerRef={"value": "9"})
    change = await looked_up(Found("Invoice", other, row(INVOICE)), INVOICE)
    assert change is not None
    assert change.ref.external_id == "155"


async def test_another_vendors_bill_of_the_same_number_is_no_collision() -> None:
    bill = write(document(Kind.BILL, [line("100.00", account_id="7")]), Kind.BILL)
    other = row(bill, PrivateNote=None, VendorRef={"value": "9"})
    assert await looked_up(Found("Bill", other), bill) is None
    with pytest.raises(WriteRefused):
        await looked_up(Found("Bill", row(bill, PrivateNote=None, TxnDate="2026-01-01")), bill)


async def test_a_document_without_a_number_is_looked_for_among_its_partys_latest() -> None:
    unnumbered = write(document(Kind.INVOICE, [line("100.00")], number=None), Kind.INVOICE)
    found = Found("Invoice", row(unnumbered, Id="1", PrivateNote=None), row(unnumbered, Id="2"))
    change = await looked_up(found, unnumbered)
    assert change is not None
    assert change.ref.external_id == "2"
    assert "WHERE CustomerRef = '58' AND MetaData.CreateTime >= '2026-11-22T11:58:00Z'" in found.asked[0]


async def test_a_payment_is_known_by_its_mark_alone() -> None:
    paid = Payment(
        party_id="58",
        currency="USD",
        paid_on=date(2026, 11, 21),
        amount=Decimal(10),
        unapplied=Decimal(10),
        marker=MARKER,
    )
    planned = write(paid, Kind.PAYMENT)
    assert await looked_up(Found("Payment", row(planned, PrivateNote="[Tieout other]")), planned) is None
    assert await looked_up(Found("Payment", row(planned)), planned) is not None


def customer(created_at: str, name: str = "O'Neil - East") -> dict[str, Any]:
    return {"Id": "7", "SyncToken": "0", "DisplayName": name, "MetaData": {"CreateTime": created_at}}


async def test_a_party_is_found_by_the_name_it_was_written_under() -> None:
    planned = write(Party(name="O'Neil: East", is_customer=True), Kind.CUSTOMER)
    found = Found("Customer", customer(NOW.isoformat()))
    assert await looked_up(found, planned) is not None
    assert "DisplayName = 'O\\'Neil - East' AND Active IN (true,false)" in found.asked[0]


async def test_a_party_that_was_there_before_has_taken_the_name() -> None:
    planned = write(Party(name="O'Neil: East", is_customer=True), Kind.CUSTOMER)
    with pytest.raises(WriteRefused) as refused:
        await looked_up(Found("Customer", customer("2020-01-01T00:00:00-08:00")), planned)
    assert refused.value.explanation.code == "name_taken"
    assert await looked_up(Found("Customer"), planned) is None


async def test_an_item_is_found_by_its_name_with_the_code_that_a_star_leaves_out() -> None:
    planned = write(Item(name="Hours", income_account_id="1"), Kind.ITEM)
    found = Found("Item")
    assert await looked_up(found, planned) is None
    assert found.asked[0].startswith("SELECT *, Sku FROM Item WHERE Name = 'Hours'")


def ending(operation: Operation, kind: Kind = Kind.INVOICE) -> Write:
    record = Party(name="Acme", is_customer=True) if kind is Kind.CUSTOMER else INVOICE.record
    return write(record, kind, operation=operation, external_id="155", version_token="0")


async def test_a_deleted_document_is_not_found_and_a_standing_one_is() -> None:
    assert await looked_up(Found("Invoice", gone=True), ending(Operation.DELETE)) is None
    found = Found("Invoice", row(INVOICE))
    assert await looked_up(found, ending(Operation.DELETE)) is not None
    assert found.asked == [f"/v3/company/{REALM}/invoice/155?minorversion=75"]


async def test_a_party_that_was_made_inactive_counts_as_deleted() -> None:
    inactive = {**customer(NOW.isoformat()), "Active": False}
    assert await looked_up(Found("Customer", inactive), ending(Operation.DELETE, Kind.CUSTOMER)) is None
    active = customer(NOW.isoformat())
    assert await looked_up(Found("Customer", active), ending(Operation.DELETE, Kind.CUSTOMER)) is not None


async def test_a_void_shows_in_the_record() -> None:
    assert await looked_up(Found("Invoice", row(INVOICE)), ending(Operation.VOID)) is None
    nothing = [{"Amount": 0, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}]
    void = row(INVOICE, Line=nothing, TotalAmt=0, Balance=0, PrivateNote=f"Voided - [Tieout {MARKER}]")
    assert await looked_up(Found("Invoice", void), ending(Operation.VOID)) is not None
    with pytest.raises(Gone):
        await looked_up(Found("Invoice", gone=True), ending(Operation.VOID))


async def test_an_update_shows_in_the_version_and_the_name() -> None:
    planned = write(
        Party(name="New"), Kind.CUSTOMER, UK, operation=Operation.UPDATE, external_id="7", version_token="0"
    )
    renamed = {**customer(NOW.isoformat(), "New"), "SyncToken": "1"}
    assert await looked_up(Found("Customer", renamed), planned) is not None
    assert await looked_up(Found("Customer", {**renamed, "SyncToken": "0"}), planned) is None
    assert await looked_up(Found("Customer", {**renamed, "DisplayName": "Old"}), planned) is None


# The trial balance.


def report(*rows: Mapping[str, Any], titles: tuple[str, ...] = ("", "Debit", "Credit")) -> Found:
    class Report(Found):
        async def send(self, request: Request) -> Answer:
            self.asked.append(request.path)
            columns = {"Column": [{"ColTitle": title, "ColType": "Money"} for title in titles]}
            return answer({"Header": {}, "Columns": columns, "Rows": {"Row": list(rows)}})

    return Report("Report")


def data(account: str, *figures: str) -> dict[str, Any]:
    cells = [{"value": "Name", "id": account}, *({"value": figure} for figure in figures)]
    return {"ColData": cells, "type": "Data"}


async def test_the_trial_balance_is_debit_less_credit_by_account_and_knows_no_totals() -> None:
    total = {"Summary": {"ColData": [{"value": "TOTAL"}, {"value": "9.00"}, {"value": "9.00"}]}, "type": "Section"}
    nested = {"Header": {"ColData": [{"value": "Group"}]}, "Rows": {"Row": [data("7", "", "1,157.72")]}}
    found = report(data("35", "4151.70", ""), nested, total)
    assert await PLATFORM.fetch_trial_balance(found, REALM) == {"35": "4151.7", "7": "-1157.72"}
    assert found.asked == [f"/v3/company/{REALM}/reports/TrialBalance?accounting_method=Accrual&minorversion=75"]


async def test_columns_are_found_by_their_names_wherever_they_stand() -> None:
    found = report(data("35", "1.00", "x", "2.00"), titles=("", "Credit", "Note", "Debit"))
    assert await PLATFORM.fetch_trial_balance(found, REALM) == {"35": "1"}


@pytest.mark.parametrize(
    "found", [report(data("1", "1.00", ""), titles=("", "Soll", "Haben")), report(data("1", "one", ""))]
)
async def test_a_report_of_another_form_is_refused_instead_of_misread(found: Found) -> None:
    with pytest.raises(Unavailable):
        await PLATFORM.fetch_trial_balance(found, REALM)
