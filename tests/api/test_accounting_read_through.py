"""Documents, accounts and rates of the connected books, as they were last pulled."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from tests.support.connected import Connected, connect_books
from tests.support.partner import AT, Api, Partner

from tieout.books.records import Bill, DocumentStatus, Invoice, Line
from tieout.kit.identifiers import derived_id
from tieout.storage.tables.connections import Connection, LedgerAccount

LISTS = ("/accounting/payables", "/accounting/receivables", "/ledger_accounts", "/accounting_tax_rates")
LINE = Line(
    description="Logo design",
    quantity=Decimal("2.5"),
    unit_price=Decimal("99.99"),
    discount_percent=Decimal(10),
    amount=Decimal("224.98"),
    account_id="400",
    tax_rate_id="OUTPUT2",
)


@pytest.fixture
async def books(api: Api, partner: Partner) -> Connected:
    return await connect_books(api, partner)


def document(external_id: str, **more: Any) -> dict[str, Any]:
    """A document of one line, in pounds."""
    return {
        "external_id": external_id,
        "number": f"N-{external_id}",
        "party_id": "9",
        "party_name": "Paper & Ink",
        "currency": "GBP",
        "issued_on": date(2026, 2, 1),
        "due_on": date(2026, 3, 3),
        "lines": (LINE,),
        "subtotal": Decimal("224.98"),
        "tax": Decimal("45.00"),
        "total": Decimal("269.98"),
        "balance": Decimal("69.98"),
        "status": DocumentStatus.PARTIALLY_PAID,
        "memo": "as agreed",
        **more,
    }


async def test_a_bill_is_shown_with_decimal_amounts_and_the_platforms_own_ids(books: Connected) -> None:
    await books.document(Bill(**document("77")))
    shown = (await books.partner.get("/accounting/payables/77")).json()
    account_id = str(derived_id(books.company_id, "account", "400"))
    assert shown == {
        "id": "77",
        "amount_due": 69.98,
        "currency": "GBP",
        "currency_rate": 1.0,
        "due_date": "2026-03-03",
        "invoice_number": "N-77",
        "lines": [
            {
                "description": "Logo design",
                "discount_amount": 25.0,
                "discount_percentage": 10.0,
                "ledger_account_id": account_id,
                "quantity": 2.5,
                "tax_rate_ref": {"id": "OUTPUT2"},
                "unit_amount": 99.99,
            }
        ],
        "memo": "as agreed",
        "posted_date": "2026-02-01",
        "purchase_order_refs": [],
        "status": "partially_paid",
        "subtotal": 224.98,
        "tax_amount": 45.0,
        "total_amount": 269.98,
        "vendor_ref": {"id": "9", "name": "Paper & Ink"},
    }
    assert (await books.partner.get("/accounting/payables")).json() == {"data": [shown]}


async def test_an_invoice_is_shown_with_what_its_platform_says_beyond(books: Connected) -> None:
    record = Invoice(**document("INV 1/2", exchange_rate=Decimal("1.17"), currency="EUR"))
    await books.document(record, raw=b'{"CustomField": [{"Name": "Crew"}]}')
    shown = (await books.partner.get("/accounting/receivables")).json()["data"][0]
    assert (shown["id"], shown["currency"], shown["currency_rate"]) == ("INV 1/2", "EUR", 1.17)
    assert shown["customer_ref"] == {"id": "9", "company_name": "Paper & Ink"}
    assert shown["pass_through"] == {"CustomField": [{"Name": "Crew"}]}
    assert "status" not in shown
    assert (await books.partner.get("/accounting/payables/INV%201")).status_code == 404


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (DocumentStatus.OPEN, "open"),
        (DocumentStatus.DRAFT, "draft"),
        (DocumentStatus.PAID, "paid"),
        (DocumentStatus.VOID, "void"),
    ],
)
async def test_a_bills_status_is_one_of_the_contracts_words(
    books: Connected, status: DocumentStatus, word: str
) -> None:
    await books.document(Bill(**document("1", status=status)))
    assert (await books.partner.get("/accounting/payables/1")).json()["status"] == word


async def test_pages_are_cut_by_limit_and_offset_in_the_order_of_arrival(books: Connected) -> None:
    for number in range(5):
        seen = AT + timedelta(minutes=5 - number)
        await books.document(Bill(**document(str(number))), first_seen_at=seen)
    await books.document(Bill(**document("gone")), gone_at=AT)
    await books.document(Invoice(**document("other")))

    async def ids(**query: int) -> list[str]:
        answer = await books.partner.get("/accounting/payables", params=query)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["data"]]

    assert await ids() == ["4", "3", "2", "1", "0"]
    assert await ids(limit=2) == ["4", "3"]
    assert await ids(limit=2, offset=3) == ["1", "0"]
    assert await ids(limit=500, offset=5) == []
    assert await ids(offset=2**40) == []
    assert (await books.partner.get("/accounting/payables/gone")).status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "offset=-1", "limit=many"])
@pytest.mark.parametrize("path", LISTS[:2])
async def test_a_limit_or_offset_that_is_none_is_refused_with_its_place(
    books: Connected, path: str, query: str
) -> None:
    answer = await books.partner.get(f"{path}?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]


async def test_accounts_and_rates_are_sorted_by_name_and_archived_ones_say_so(books: Connected) -> None:
    for name, status in (("Sales", "Active"), ("Office", "Archived"), ("Bank", "Active")):
        await books.account(name, status=status, current_balance=1_234_500, nominal_code="200")
        await books.rate(name, "8.875", status=status, purchases=False)
    accounts = (await books.partner.get("/ledger_accounts?sort=name&order=desc")).json()["data"]
    assert [(one["name"], one["status"]) for one in accounts] == [
        ("Sales", "Active"),
        ("Office", "Archived"),
        ("Bank", "Active"),
    ]
    assert (accounts[0]["current_balance"], accounts[0]["nominal_code"], accounts[0]["type"]) == (
        1_234_500,
        "200",
        "Income",
    )
    rates = (await books.partner.get("/accounting_tax_rates")).json()["data"]
    assert [one["name"] for one in rates] == ["Bank", "Office", "Sales"]
    assert (rates[0]["effective_tax_rate"], rates[0]["total_tax_rate"]) == (888, 888)
    assert rates[0]["components"] == [{"name": "Bank", "rate": 888, "is_compound": False}]
    assert (rates[0]["on_sales"], rates[0]["on_purchases"]) == (True, False)
    for path, one in (("/ledger_accounts", accounts[1]), ("/accounting_tax_rates", rates[1])):
        assert (await books.partner.get(f"{path}/{one['id']}")).json() == one


async def test_pages_of_accounts_with_one_name_are_complete(books: Connected) -> None:
    for code in range(5):
        await books.account(f"account {code}")
    async with books.api.services.database.write() as session:
        for row in await session.scalars(select(LedgerAccount)):
            row.name = "Suspense"
    seen: set[str] = set()
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await books.partner.get("/ledger_accounts", params=query)).json()
        assert not seen & {one["id"] for one in page["data"]}
        seen |= {one["id"] for one in page["data"]}
        if page["next_pagination_token"] is None:
            break
        query = {"limit": 2, "pagination_token": page["next_pagination_token"]}
    assert len(seen) == 5


async def test_books_that_need_a_new_consent_can_still_be_read_disconnected_ones_cannot(books: Connected) -> None:
    await books.document(Bill(**document("77")))
    await books.document(Invoice(**document("78")))
    account, rate = await books.account("Sales"), await books.rate("Standard", "20")
    single = ["/accounting/payables/77", "/accounting/receivables/78", f"/ledger_accounts/{account}"]
    single.append(f"/accounting_tax_rates/{rate}")
    for status, expected in (("deauthorized", (1, 200)), ("disconnected", (0, 404))):
        await books.change(Connection, books.connection_id, status=status)
        for path in LISTS:
            assert len((await books.partner.get(path)).json()["data"]) == expected[0], path
        for path in single:
            assert (await books.partner.get(path)).status_code == expected[1], path


async def test_books_of_others_are_not_there(api: Api, books: Connected, other_partner: Partner) -> None:
    await books.document(Bill(**document("77")))
    account, rate = await books.account("Sales"), await books.rate("Standard", "20")
    await connect_books(api, other_partner)
    for path in LISTS:
        assert (await other_partner.get(path)).json()["data"] == []
    for path in ("/accounting/payables/77", f"/ledger_accounts/{account}", f"/accounting_tax_rates/{rate}"):
        assert (await other_partner.get(path)).status_code == 404


async def test_the_chart_is_the_books_own_and_cannot_be_written(books: Connected) -> None:
    account = await books.account("Sales")
    for method, path in (
        ("POST", "/ledger_accounts"),
        ("PATCH", f"/ledger_accounts/{account}"),
        ("DELETE", f"/ledger_accounts/{account}"),
    ):
        answer = await books.partner.call(method, path)
        assert answer.status_code == 405, f"{method} {path}: {answer.text}"
        assert answer.json()["error"]["message"]
    assert (await books.partner.get(f"/ledger_accounts/{uuid4()}")).status_code == 404
