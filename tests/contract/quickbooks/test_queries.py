from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill

from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.writing import create
from tieout.platforms.quickbooks.sandbox.application import build_simulator
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import SAMPLE_REALM
from tieout.sandbox.people import ActionRefusedError


async def names(connected: Connected, where: str) -> list[str]:
    found = await connected.query(f"select * from Customer {where}")  # noqa: S608 - the simulated language, not SQL
    return [one["DisplayName"] for one in found.get("Customer", [])]


async def test_every_kind_can_be_queried(connected: Connected) -> None:
    for name in KINDS:
        await connected.query(f"select * from {name}")  # noqa: S608 - the simulated language, not SQL


async def test_a_page_says_where_it_starts_and_how_many_it_has(connected: Connected) -> None:
    page = await connected.query("SELECT * FROM Vendor MAXRESULTS 5 STARTPOSITION 6")
    assert (page["startPosition"], page["maxResults"], "totalCount" in page) == (6, 5, False)
    assert [one["DisplayName"] for one in page["Vendor"]] == [
        "Cigna Health Care",
        "Computers by Jenni",
        "Diego's Road Warrior Bodyshop",
        "EDD",
        "Ellis Equipment Rental",
    ]


async def test_only_invoices_and_bills_are_counted_on_their_pages(connected: Connected) -> None:
    invoices = await connected.query("select * from invoice maxresults 2")
    assert invoices["totalCount"] == (await connected.query("select count(*) from Invoice"))["totalCount"]
    assert "totalCount" in await connected.query("select * from Bill")
    assert "totalCount" not in await connected.query("select * from Payment")


async def test_past_the_end_and_without_rows_the_answer_is_empty(connected: Connected) -> None:
    assert await connected.query("select * from Customer startposition 1000") == {}
    assert await connected.query("select * from Estimate") == {}
    assert await connected.query("select count(*) from Estimate") == {"totalCount": 0}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (r"where DisplayName = 'Amy\'s Bird Sanctuary'", ["Amy's Bird Sanctuary"]),
        ("where Id IN ('5', '6', '7')", ["Dukes Basketball Camp", "Dylan Sollfrank", "Freeman Sporting Goods"]),
        ("where id = '3' and Active in (true, false)", ["Cool Cars"]),
        ("where DisplayName LIKE '%Family%'", ["Sonnenschein Family Store"]),
        ("where Balance > '600' and Balance <= '629.10'", ["Geeta Kalapatapu"]),
        ("where Balance >= 954.75", ["Paulsen Medical Supplies"]),
        ("where Job = true orderby DisplayName desc", ["Barnett Design", "55 Twin Lane", "0969 Ocean View Road"]),
        (
            "where CompanyName != 'x' and DisplayName < 'B'",
            ["Amy's Bird Sanctuary", "0969 Ocean View Road", "55 Twin Lane"],
        ),
        ("where GivenName = 'Shara' order by FullyQualifiedName desc", ["Barnett Design", "Shara Barnett"]),
        ("where Active = false", []),
    ],
)
async def test_conditions_select(connected: Connected, where: str, found: list[str]) -> None:
    assert await names(connected, where) == found


async def test_times_select_and_sort_with_any_offset(platform: Platform, connected: Connected) -> None:
    platform.clock.move(timedelta(minutes=30))
    since = platform.clock.now()
    first = await connected.invoice()
    platform.clock.move(timedelta(seconds=5))
    second = await connected.invoice()
    for stamp in (since.isoformat(), f"{since:%Y-%m-%dT%H:%M:%SZ}", "2026-05-04T12:30:00-07:00", "2026-05-04T12:30:00"):
        found = await connected.query(
            f"select Id from Invoice where MetaData.LastUpdatedTime >= '{stamp}' orderby MetaData.CreateTime"  # noqa: S608 - the simulated language, not SQL
        )
        assert [one["Id"] for one in found["Invoice"]] == [first["Id"], second["Id"]]
    newest = await connected.query("select * from Invoice maxresults 1")
    assert newest["Invoice"][0]["Id"] == second["Id"]


async def test_references_dates_and_numbers_select(connected: Connected) -> None:
    invoice = await connected.invoice("12.34", "3", DocNumber="Q-77", TxnDate="2026-04-01")
    for where in (
        "DocNumber = 'Q-77'",
        "CustomerRef = '3' and TxnDate = '2026-04-01'",
        "TotalAmt = '12.34' and Balance = '12.34'",
        "TxnDate > '2026-03-31' and TxnDate < '2026-04-02' and CustomerRef in ('3', '4')",
        "DueDate = '2026-05-01' and DocNumber like 'Q-%'",
    ):
        found = await connected.query(f"select * from Invoice where {where}")  # noqa: S608 - the simulated language, not SQL
        assert [one["Id"] for one in found["Invoice"]] == [invoice["Id"]], where


async def test_chosen_fields_come_alone_and_sparse(connected: Connected) -> None:
    found = await connected.query("select Id, DisplayName, MetaData.CreateTime from Customer where Id = '1'")
    (row,) = found["Customer"]
    assert set(row) == {"sparse", "Id", "DisplayName", "MetaData"}
    assert (row["sparse"], set(row["MetaData"])) == (True, {"CreateTime"})


async def test_a_statement_may_be_posted(connected: Connected) -> None:
    answer = await connected.call(
        "POST", "query", content=b"select * from Term", headers={"content-type": "application/text"}
    )
    assert len(answer.json()["QueryResponse"]["Term"]) == 4


async def test_tax_codes_come_all_at_once_whatever_was_asked(connected: Connected) -> None:
    found = await connected.query("select * from TaxCode maxresults 1")
    assert [one["Id"] for one in found["TaxCode"]] == ["TAX", "NON", "CustomSalesTax", "2", "3"]
    (rate,) = (await connected.query("select * from TaxRate where Id = '3'"))["TaxRate"]
    assert (rate["RateValue"], rate["AgencyRef"]) == (8, {"value": "2"})


@pytest.mark.parametrize(
    ("statement", "code", "detail"),
    [
        ("SELECT * FROM Custmoer", "4001", "QueryValidationError: invalid context declaration: Custmoer"),
        (
            "select * from Bill where NoSuchField = '1'",
            "4001",
            "QueryValidationError: Property NoSuchField not found for Entity Bill",
        ),
        (
            "select * from Bill startposition 0",
            "4001",
            "QueryValidationError: value 0 is too small. Min allowed value is 1",
        ),
        ("select * from Bill maxresults 1001", "4001", "too large"),
        ("select * from Invoice where PrivateNote = 'x'", "4001", "property 'PrivateNote' is not queryable"),
        ("select * from Customer where CustomerTypeRef = '1'", "4001", "property 'CustomerTypeRef' is not queryable"),
        ("select * from Invoice where Id > '1'", "4001", "not supported for property Id"),
        ("select * from Invoice where TotalAmt = 'much'", "4001", "does not fit property TotalAmt"),
        ("select * from Invoice where MetaData.CreateTime > 'then'", "4001", "does not fit"),
        ("select * from Invoice where TotalAmt like '1%'", "4001", "LIKE"),
        ("select * from Customer where Active = 'maybe'", "4001", "no boolean"),
        ("select Colour from Invoice", "4001", "Property Colour not found"),
        (
            "select * from Invoice TxnDate",
            "4000",
            'QueryParserError: Encountered " <IDENTIFIER> "TxnDate "" at line 1, column 23.',
        ),
        ("select * from Invoice where Id = '1' or Id = '2'", "4000", "<IDENTIFIER>"),
        ("select * from Invoice where Id = 'open", "4000", "Lexical error"),
        ("select from Invoice where", "4000", None),
        ("select * from", "4000", "<EOF>"),
        ("", "4000", "The query provided was empty"),
    ],
)
async def test_statements_that_are_wrong_say_where(
    connected: Connected, statement: str, code: str, detail: str | None
) -> None:
    got = await connected.refused("GET", "query", params={"query": statement})
    assert got[0] == code
    assert detail is None or detail in got[1]


async def changes(connected: Connected, entities: str, since: str) -> list[dict[str, Any]]:
    told = await connected.get("cdc", entities=entities, changedSince=since)
    return list(told["CDCResponse"][0]["QueryResponse"])


async def test_changes_hold_whole_objects_and_deletions(platform: Platform, connected: Connected) -> None:
    platform.clock.move(timedelta(minutes=30))
    since = platform.clock.now().isoformat()
    kept, gone = await connected.invoice(), await connected.invoice()
    await connected.call("POST", "invoice?operation=delete", json={"Id": gone["Id"], "SyncToken": "0"})
    invoices, customers, bills = await changes(connected, "Invoice,customer,Bill", since)
    assert invoices["Invoice"] == [
        kept,
        {
            "domain": "QBO",
            "status": "Deleted",
            "Id": gone["Id"],
            "MetaData": {"LastUpdatedTime": "2026-05-04T12:30:00-07:00"},
        },
    ]
    assert [one["Id"] for one in customers["Customer"]] == ["1"]
    assert bills == {}


async def test_a_payment_by_a_person_shows_in_the_changes(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice()
    platform.clock.move(timedelta(minutes=10))
    since = platform.clock.now().isoformat()
    paid = platform.people().act("pay", {"document_id": invoice["Id"], "amount": "30"})
    assert paid["document"]["balance"] == Decimal("70.00")
    invoices, payments = await changes(connected, "Invoice,Payment", since)
    assert [(one["Id"], one["Balance"]) for one in invoices["Invoice"]] == [(invoice["Id"], Decimal("70.00"))]
    assert payments["Payment"][0]["Line"][0]["LinkedTxn"] == [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]


async def test_deletions_are_forgotten_after_thirty_days(platform: Platform, connected: Connected) -> None:
    since = platform.clock.now().isoformat()
    made = await connected.post("Bill", a_bill())
    await connected.call("POST", "bill?operation=delete", json={"Id": made["Id"], "SyncToken": "0"})
    platform.clock.move(timedelta(days=31))
    again = await platform.connect()
    assert await changes(again, "Bill", since) == [{}]


async def test_an_answer_of_changes_stops_at_a_thousand_objects(platform: Platform, connected: Connected) -> None:
    for place in range(1_001):
        create(platform.books(), KINDS["Customer"], {"DisplayName": f"Customer {place}"})
    told = await changes(connected, "Customer,Invoice,Payment,Bill", "2020-01-01")
    assert sum(one.get("maxResults", 0) for one in told) == 1_000
    assert told[-1] == {}


@pytest.mark.parametrize("entities", ["TaxCode", "TaxRate", "Nonsense", ""])
async def test_kinds_that_are_not_covered_are_refused(connected: Connected, entities: str) -> None:
    params = {"entities": entities, "changedSince": "2026-01-01"}
    assert (await connected.refused("GET", "cdc", params=params))[0] in ("4001", "2020")


async def test_a_page_of_a_thousand_of_ten_thousand_is_whole(platform: Platform, connected: Connected) -> None:
    platform.app.state.simulator.companies[connected.realm].fill(2_000, 5)
    total = (await connected.query("select count(*) from Invoice"))["totalCount"]
    seen: list[str] = []
    while len(seen) < total:
        page = await connected.query(
            f"select * from Invoice orderby MetaData.CreateTime startposition {len(seen) + 1} maxresults 1000"  # noqa: S608 - the simulated language, not SQL
        )
        seen += [one["Id"] for one in page["Invoice"]]
    assert len(set(seen)) == total


async def test_a_fill_repeats_with_its_seed_and_balances(platform: Platform) -> None:
    other = build_simulator(clock=platform.clock, seed=1, origin="http://other.test")
    first, second = (app.state.simulator.companies[SAMPLE_REALM] for app in (platform.app, other))
    told = first.fill(300, 9)
    assert sum(told["kinds"].values()) == 300
    assert second.fill(300, 9) == told
    assert first.ledger.trial_balance() == second.ledger.trial_balance()
    first.ledger.assert_balanced()
    with pytest.raises(ActionRefusedError):
        first.fill(300, 9)
