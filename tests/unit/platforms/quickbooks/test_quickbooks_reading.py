import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from tests.unit.platforms.quickbooks.quickbooks_books import REALM, answer

from tieout.books.changes import Change, Page, Tombstone
from tieout.books.records import Company, Invoice, Item, Kind, TaxRate, Untranslated
from tieout.platforms.errors import Unavailable
from tieout.platforms.port import Answer, Request
from tieout.platforms.quickbooks.platform import PLATFORM
from tieout.platforms.quickbooks.reading import STREAMS

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
LISTED = ("Account", "Customer", "Vendor", "Item")


class Shelf:
    """Answers queries from rows in memory, by Intuit's documented rules; notes every call."""

    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None, *, counted: bool = True) -> None:
        self.rows = {name: list(own) for name, own in (rows or {}).items()}
        self.changed: dict[str, list[Mapping[str, Any]]] = {}
        self.now = START
        self.calls: list[str] = []
        self.counted = counted
        self.preferences: dict[str, Any] = {"CurrencyPrefs": {"HomeCurrency": {"value": "USD"}}}

    async def send(self, request: Request) -> Answer:
        parts = urlsplit(request.path)
        resource = parts.path.removeprefix(f"/v3/company/{REALM}/")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert query["minorversion"] == "75"
        self.calls.append(query.get("query") or unquote(request.path.partition("/v3/company/")[2]))
        if resource == "query":
            return self._answer({"QueryResponse": self._select(query["query"])})
        if resource == "cdc":
            return self._answer(self._changes(query["entities"]))
        if resource == "preferences":
            return self._answer({"Preferences": {"Id": "1", "SyncToken": "0", **self.preferences}})
        info = {"Id": "1", "SyncToken": "4", "CompanyName": "Craig's", "Country": "USA"}
        return self._answer({"CompanyInfo": info})

    def _answer(self, body: dict[str, Any]) -> Answer:
        return answer(json.dumps({**body, "time": self.now.isoformat()}).encode())

    def _select(self, statement: str) -> dict[str, Any]:
        words = statement.split()
        native = words[words.index("FROM") + 1]
        rows = [row for row in self.rows.get(native, []) if _is_after(row, statement) and _is_named(row, statement)]
        if "ORDERBY" in words:
            field = words[words.index("ORDERBY") + 1].removeprefix("MetaData.")
            rows = sorted(rows, key=lambda row: row["MetaData"][field])
        total, start = len(rows), int(words[words.index("STARTPOSITION") + 1]) if "STARTPOSITION" in words else 1
        page = rows[start - 1 : start - 1 + int(words[words.index("MAXRESULTS") + 1])]
        if not page:
            return {}
        counted = {"totalCount": total} if self.counted and native in ("Invoice", "Bill") else {}
        return {native: page, "startPosition": start, "maxResults": len(page), **counted}

    def _changes(self, entities: str) -> dict[str, Any]:
        groups: list[dict[str, Any]] = []
        left = 1000
        for name in entities.split(","):
            rows = self.changed.get(name, [])[:left]
            left -= len(rows)
            groups.append({name: rows, "startPosition": 1, "maxResults": len(rows)} if rows else {})
        return {"CDCResponse": [{"QueryResponse": groups}]}


def _is_after(row: Mapping[str, Any], statement: str) -> bool:
    marker = "MetaData."
    if ">= '" not in statement:
        return True
    field = statement.split(marker)[1].split(maxsplit=1)[0]
    floor = statement.split(">= '")[1].split("'", maxsplit=1)[0].replace("Z", "+00:00")
    return datetime.fromisoformat(row["MetaData"][field]) >= datetime.fromisoformat(floor)


def _is_named(row: Mapping[str, Any], statement: str) -> bool:
    _, found, ids = statement.partition("WHERE Id IN (")
    return not found or f"'{row['Id']}'" in ids.partition(")")[0].split(",")


def times(at: datetime) -> dict[str, str]:
    return {"CreateTime": at.isoformat(), "LastUpdatedTime": at.isoformat()}


def invoices(count: int, *, per_second: int = 1) -> list[Mapping[str, Any]]:
    return [
        {
            "Id": str(number),
            "SyncToken": "0",
            "MetaData": times(START - timedelta(days=9) + timedelta(seconds=number // per_second)),
            "CustomerRef": {"value": "1"},
            "TxnDate": "2026-11-01",
            "TotalAmt": 1,
            "Balance": 1,
            "Line": [{"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}],
        }
        for number in range(count)
    ]


async def pulled(shelf: Shelf, cursor: str | None = None, *, now: datetime | None = None) -> tuple[list[Page], str]:
    """All pages of one pull, and the cursor of the next."""
    pages: list[Page] = []
    for _ in range(100):
        pages.append(await PLATFORM.fetch_page(shelf, REALM, cursor, now=now or shelf.now))
        cursor = pages[-1].cursor
        if pages[-1].finished:
            return pages, cursor
    raise AssertionError("the pull does not end")


def changes(pages: Sequence[Page]) -> list[Change]:
    return [change for page in pages for change in page.changes if isinstance(change, Change)]


async def test_a_first_pull_of_small_books_is_two_reads_and_one_query_for_each_type() -> None:
    shelf = Shelf({"Invoice": invoices(3)})
    pages, _ = await pulled(shelf)
    assert len(pages) == len(STREAMS)
    assert len(shelf.calls) == 15
    assert [kind for page in pages for kind in page.complete] == [
        Kind.COMPANY,
        Kind.ACCOUNT,
        Kind.TAX_RATE,
        Kind.CUSTOMER,
        Kind.VENDOR,
        Kind.ITEM,
        Kind.INVOICE,
        Kind.BILL,
        Kind.CREDIT_NOTE,
        Kind.VENDOR_CREDIT,
        Kind.PAYMENT,
        Kind.BILL_PAYMENT,
        Kind.ATTACHMENT,
    ]
    assert all(page.whole | page.read_through == page.complete for page in pages)


async def test_lists_are_asked_for_with_what_is_inactive_and_in_the_order_of_creation() -> None:
    shelf = Shelf()
    await pulled(shelf)
    for native in LISTED:
        (statement,) = (call for call in shelf.calls if f" FROM {native} " in call)
        assert "WHERE Active IN (true,false) ORDERBY MetaData.CreateTime STARTPOSITION 1 MAXRESULTS 1000" in statement
    assert any(call.startswith("SELECT *, Sku FROM Item") for call in shelf.calls)
    (statement,) = (call for call in shelf.calls if " FROM Payment " in call)
    assert statement == "SELECT * FROM Payment ORDERBY MetaData.CreateTime STARTPOSITION 1 MAXRESULTS 1000"


async def test_a_page_goes_on_from_the_time_of_its_last_row_and_brings_every_row() -> None:
    shelf = Shelf({"Invoice": invoices(2500)})
    pages, _ = await pulled(shelf)
    seen = {change.ref.external_id for change in changes(pages) if isinstance(change.record, Invoice)}
    assert len(seen) == 2500
    assert sum("FROM Invoice" in call for call in shelf.calls) == 3
    assert all(Kind.INVOICE not in page.whole for page in pages)


async def test_a_row_that_is_deleted_between_two_pages_hides_no_other() -> None:
    shelf = Shelf({"Invoice": invoices(1500)})
    cursor, seen = None, set[str]()
    while True:
        page = await PLATFORM.fetch_page(shelf, REALM, cursor, now=START)
        cursor = page.cursor
        seen |= {change.ref.external_id for change in page.changes if change.ref.kind is Kind.INVOICE}
        if Kind.INVOICE not in page.complete and seen:
            shelf.rows["Invoice"] = [row for row in shelf.rows["Invoice"] if int(row["Id"]) >= 10]
        if page.finished:
            break
    assert seen == {str(number) for number in range(1500)}


async def test_thousands_of_rows_of_one_second_are_read_by_position() -> None:
    shelf = Shelf({"Invoice": invoices(2500, per_second=5000)})
    pages, _ = await pulled(shelf)
    assert len({change.ref.external_id for change in changes(pages) if change.ref.kind is Kind.INVOICE}) == 2500


async def test_a_last_page_that_is_exactly_full_costs_no_further_call_once_totals_are_known() -> None:
    shelf = Shelf({"Invoice": invoices(1999)})
    pages, _ = await pulled(shelf)
    assert len({change.ref.external_id for change in changes(pages) if change.ref.kind is Kind.INVOICE}) == 1999
    assert sum("FROM Invoice" in call for call in shelf.calls) == 2


async def test_a_total_that_may_only_be_that_of_the_page_is_not_believed() -> None:
    shelf = Shelf({"Invoice": invoices(1000)})
    await pulled(shelf)
    assert sum("FROM Invoice" in call for call in shelf.calls) == 2


async def test_the_next_pull_is_one_call_since_the_servers_own_time_less_an_overlap() -> None:
    shelf = Shelf({"Invoice": invoices(2)})
    _, cursor = await pulled(shelf)
    shelf.calls.clear()
    shelf.now += timedelta(hours=1)
    shelf.changed = {
        "Invoice": [
            {**invoices(1)[0], "SyncToken": "1"},
            {"domain": "QBO", "status": "Deleted", "Id": "979", "MetaData": {"LastUpdatedTime": START.isoformat()}},
        ]
    }
    pages, cursor = await pulled(shelf, cursor)
    assert len(shelf.calls) == 2, "one for the changes, one to confirm that what is said to be deleted is gone"
    assert "FROM Invoice WHERE Id IN ('979')" in shelf.calls[1]
    assert "changedSince=2026-11-22T11:55:00Z" in shelf.calls[0]
    entities = shelf.calls[0].split("entities=")[1].split("&")[0].split(",")
    assert len(entities) == 11
    assert "TaxCode" not in entities
    change, gone = pages[0].changes
    assert isinstance(change, Change)
    assert change.version.token == "1"
    assert gone == Tombstone(gone.ref, START)
    assert gone.ref.kind is Kind.INVOICE
    shelf.calls.clear()
    await pulled(shelf, cursor)
    assert "changedSince=2026-11-22T12:55:00Z" in shelf.calls[0]


async def test_company_and_tax_are_read_again_once_a_day() -> None:
    shelf = Shelf()
    _, cursor = await pulled(shelf)
    counts = []
    for _ in range(26):
        shelf.now += timedelta(hours=1)
        shelf.calls.clear()
        _, cursor = await pulled(shelf, cursor)
        counts.append(len(shelf.calls))
    assert counts == [1] * 23 + [5] + [1] * 2


async def test_when_more_changed_than_one_answer_holds_the_type_that_fills_it_is_asked_alone() -> None:
    shelf = Shelf({"Customer": [], "Invoice": invoices(600)})
    _, cursor = await pulled(shelf)
    shelf.now += timedelta(hours=1)
    deleted = {"domain": "QBO", "status": "Deleted", "Id": "7", "MetaData": {"LastUpdatedTime": START.isoformat()}}
    customers: list[Mapping[str, Any]] = [
        {"Id": str(n), "SyncToken": "0", "DisplayName": f"C{n}", "MetaData": times(START + timedelta(seconds=n))}
        for n in range(1200)
    ]
    shelf.rows["Customer"] = customers
    shelf.changed = {"Customer": customers, "Invoice": invoices(600), "Bill": [deleted]}
    shelf.calls.clear()
    pages, cursor = await pulled(shelf, cursor)
    found = {change.ref for page in pages for change in page.changes}
    assert sum(ref.kind is Kind.CUSTOMER for ref in found) == 1200
    assert sum(ref.kind is Kind.INVOICE for ref in found) == 600
    assert any(isinstance(change, Tombstone) for page in pages for change in page.changes)
    assert pages[-1].finished
    assert len(shelf.calls) == 5, "all, all but customers with what was deleted, customers in two pages"
    shelf.changed = {}
    assert len((await pulled(shelf, cursor))[0]) == 1


async def test_when_one_type_alone_does_not_fit_its_rows_are_paged_by_their_time_of_change() -> None:
    shelf = Shelf()
    _, cursor = await pulled(shelf)
    shelf.now += timedelta(hours=1)
    many: list[Mapping[str, Any]] = [
        {**row, "MetaData": times(START + timedelta(seconds=n // 2))} for n, row in enumerate(invoices(2100))
    ]
    shelf.rows["Invoice"] = shelf.changed["Invoice"] = many
    shelf.calls.clear()
    pages, _ = await pulled(shelf, cursor)
    found = {change.ref.external_id for change in changes(pages) if change.ref.kind is Kind.INVOICE}
    assert len(found) == 2100
    windows = [call for call in shelf.calls if "FROM Invoice" in call]
    assert "MetaData.LastUpdatedTime >= '2026-11-22T11:55:00Z' ORDERBY MetaData.LastUpdatedTime" in windows[0]


@pytest.mark.parametrize("moved", ["ours", "theirs"])
async def test_after_too_long_a_silence_everything_is_read_again(moved: str) -> None:
    shelf = Shelf({"Invoice": invoices(2)})
    _, cursor = await pulled(shelf)
    later = START + timedelta(days=26)
    if moved == "theirs":
        shelf.now = later
    pages, _ = await pulled(shelf, cursor, now=later if moved == "ours" else START)
    assert Kind.INVOICE in {kind for page in pages for kind in page.read_through}


async def test_a_deletion_that_did_not_happen_is_not_believed() -> None:
    """Reported once of a row that was merely updated: the news say Deleted, and the record is there."""
    shelf = Shelf({"Invoice": invoices(2)})
    _, cursor = await pulled(shelf)
    shelf.now += timedelta(hours=1)
    false = {"domain": "QBO", "status": "Deleted", "Id": "1", "MetaData": {"LastUpdatedTime": START.isoformat()}}
    shelf.changed = {"Invoice": [false]}
    pages, _ = await pulled(shelf, cursor)
    (change,) = pages[0].changes
    assert isinstance(change, Change)
    assert isinstance(change.record, Invoice)


async def test_once_a_month_everything_is_read_again() -> None:
    shelf = Shelf({"Invoice": invoices(2)})
    _, cursor = await pulled(shelf)
    whole = []
    for day in range(1, 64):
        shelf.now = START + timedelta(days=day)
        pages, cursor = await pulled(shelf, cursor)
        if Kind.INVOICE in {kind for page in pages for kind in page.read_through}:
            whole.append(day)
    assert whole == [31, 62]


async def test_the_company_and_its_rules_are_one_record_and_both_objects_are_kept() -> None:
    shelf = Shelf()
    shelf.preferences |= {
        "AccountingInfoPrefs": {"BookCloseDate": "2026-09-30"},
        "SalesFormsPrefs": {"CustomTxnNumbers": True},
        "TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True},
    }
    pages, _ = await pulled(shelf)
    change = changes(pages)[0]
    company = change.record
    assert isinstance(company, Company)
    assert (company.external_id, company.country, company.base_currency) == (REALM, "US", "USD")
    assert company.closed_until is not None
    assert company.closed_until.isoformat() == "2026-09-30"
    assert company.numbers_are_custom
    assert company.tax_is_computed_there
    assert json.loads(change.raw).keys() == {"CompanyInfo", "Preferences"}


async def test_a_tax_code_brings_the_rates_of_both_sides_and_changes_with_them() -> None:
    code = {
        "Id": "5",
        "SyncToken": "0",
        "Name": "20.0% S",
        "Active": True,
        "SalesTaxRateList": {
            "TaxRateDetail": [{"TaxRateRef": {"value": "9"}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}]
        },
        "PurchaseTaxRateList": {
            "TaxRateDetail": [{"TaxRateRef": {"value": "10"}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}]
        },
    }
    rates = [
        {"Id": "9", "SyncToken": "1", "Name": "VAT sales", "RateValue": 20},
        {"Id": "10", "SyncToken": "2", "Name": "VAT purchases", "RateValue": 17.5},
    ]
    shelf = Shelf({"TaxCode": [code], "TaxRate": rates})
    pages, _ = await pulled(shelf)
    (change,) = (each for each in changes(pages) if each.ref.kind is Kind.TAX_RATE)
    assert isinstance(change.record, TaxRate)
    assert [each.external_id for each in change.record.components] == ["9"]
    assert [str(each.rate) for each in change.record.purchase_components] == ["17.5"]
    assert change.version.token == "5:0.9:1.10:2"


async def test_a_row_that_cannot_be_understood_is_kept_with_the_reason_and_stops_nothing() -> None:
    odd = {**invoices(1)[0], "TotalAmt": 2}
    broken = {**invoices(2)[1], "TotalAmt": "much"}
    category = {"Id": "3", "Name": "Heading", "Type": "Category", "MetaData": times(START)}
    shelf = Shelf({"Invoice": [odd, broken], "Item": [category]})
    pages, _ = await pulled(shelf)
    kept = [change.record for change in changes(pages) if isinstance(change.record, Untranslated)]
    assert [record.native_kind for record in kept] == ["Item", "Invoice", "Invoice"]
    assert "add up" in kept[1].reason
    assert not any(isinstance(change.record, Item) for change in changes(pages))


async def test_a_page_that_is_no_answer_of_a_query_is_refused_and_can_be_asked_again() -> None:
    class Proxy(Shelf):
        async def send(self, request: Request) -> Answer:
            await super().send(request)
            return answer(b"{}")

    with pytest.raises(Unavailable):
        await PLATFORM.fetch_page(Proxy(), REALM, None, now=START)


async def test_a_cursor_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="cursor"):
        await PLATFORM.fetch_page(Shelf(), REALM, "page-2", now=START)
