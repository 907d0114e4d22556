from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform

from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
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
    assert await connected.query("select * from Class") == {}
    assert await connected.query("select count(*) from Class") == {"totalCount": 0}


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


async def test_a_tax_rate_has_its_value_and_its_agency(connected: Connected) -> None:
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
        ("select * from Item where QtyOnHand < 'NaN'", "4001", "does not fit property QtyOnHand"),
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


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("select * from Invoice TxnDate", 'Encountered " <IDENTIFIER> "TxnDate "" at line 1, column 23.'),
        ("select *\nfrom Invoice\n  TxnDate", 'Encountered " <IDENTIFIER> "TxnDate "" at line 3, column 3.'),
        ("select * Invoice", 'Encountered " <IDENTIFIER> "Invoice "" at line 1, column 10.'),
        ("select * from Invoice WHERE", 'Encountered "<EOF>" at line 1, column 27.'),
        ("select * from Invoice where AND", 'Encountered " "and" "AND "" at line 1, column 29.'),
        ("select * from Invoice where Id IN ()", 'Encountered " ")" ") "" at line 1, column 36.'),
        (
            "select * from Invoice where Id # '1'",
            'Lexical error at line 1, column 32.  Encountered: "#" (35), after : ""',
        ),
        ("select * from Invoice 7", 'Encountered " <INTEGER> "7 "" at line 1, column 23.'),
    ],
)
async def test_a_statement_that_does_not_parse_says_at_which_line_and_column(
    connected: Connected, statement: str, place: str
) -> None:
    answer = await connected.call("POST", "query", content=statement.encode())
    (error,) = answer.json()["Fault"]["Error"]
    assert (error["Message"], error["code"]) == ("Error parsing query", "4000")
    assert error["Detail"] == f"QueryParserError: {place}"


async def test_a_statement_that_is_too_long_cannot_be_processed(connected: Connected) -> None:
    where = " and ".join(["TotalAmt > '1'"] * 200)
    answer = await connected.call("POST", "query", content=f"select * from Invoice where {where}".encode())  # noqa: S608 - the simulated language, not SQL
    fault = answer.json()["Fault"]
    assert (answer.status_code, fault["type"], fault["Error"][0]["code"]) == (400, "Service", "4002")


@pytest.mark.parametrize(
    "order",
    [
        "orderby TxnDate desc, DocNumber",
        "order by CustomerRef, TotalAmt desc",
        "orderby MetaData.CreateTime desc",
        "orderby TxnDate",
        "orderby Id",
        "",
    ],
)
async def test_pages_one_after_the_other_hold_every_row_once(
    platform: Platform, connected: Connected, order: str
) -> None:
    platform.app.state.simulator.companies[connected.realm].fill(60, 5)
    whole = (await connected.query(f"select * from Invoice {order} maxresults 1000"))["Invoice"]  # noqa: S608 - the simulated language, not SQL
    paged: list[Any] = []
    while len(paged) < len(whole):
        paging = f"{order} maxresults 7 startposition {len(paged) + 1}"
        paged += (await connected.query(f"select * from Invoice {paging}"))["Invoice"]  # noqa: S608 - the simulated language, not SQL
    assert paged == whole
    assert len({one["Id"] for one in whole}) == len(whole)


async def test_several_fields_order_one_within_the_other(connected: Connected) -> None:
    for amount, customer in (("10.00", "2"), ("30.00", "1"), ("20.00", "1")):
        await connected.invoice(amount, customer, TxnDate="2026-05-03")
    found = await connected.query(
        "select * from Invoice where TxnDate = '2026-05-03' orderby CustomerRef, TotalAmt desc"
    )
    assert [one["TotalAmt"] for one in found["Invoice"]] == [Decimal(30), Decimal(20), Decimal(10)]


async def test_an_index_and_a_look_at_every_row_find_the_same(platform: Platform, connected: Connected) -> None:
    platform.app.state.simulator.companies[connected.realm].fill(120, 8)
    everything = (await connected.query("select * from Invoice maxresults 1000"))["Invoice"]
    middle = sorted(one["MetaData"]["LastUpdatedTime"] for one in everything)[len(everything) // 2]
    number, customer = everything[3]["DocNumber"], everything[5]["CustomerRef"]["value"]
    for where, wanted in (
        (f"MetaData.LastUpdatedTime >= '{middle}'", lambda one: one["MetaData"]["LastUpdatedTime"] >= middle),
        (f"MetaData.LastUpdatedTime > '{middle}'", lambda one: one["MetaData"]["LastUpdatedTime"] > middle),
        (f"CustomerRef = '{customer}'", lambda one: one["CustomerRef"]["value"] == customer),
        (f"CustomerRef IN ('{customer}', '1')", lambda one: one["CustomerRef"]["value"] in (customer, "1")),
        (f"DocNumber = '{number}' and TotalAmt > '0'", lambda one: one["DocNumber"] == number),
        ("TxnDate >= '2026-04-01' and TxnDate < '2026-05-01'", lambda one: "2026-04" <= one["TxnDate"] < "2026-05"),
        ("Balance = '0'", lambda one: one["Balance"] == 0),
    ):
        found = await connected.query(f"select * from Invoice where {where} maxresults 1000")  # noqa: S608 - the simulated language, not SQL
        rows = [one for one in everything if wanted(one)]
        assert found.get("Invoice", []) == rows, where
        counted = await connected.query(f"select count(*) from Invoice where {where}")  # noqa: S608 - the simulated language, not SQL
        assert counted == {"totalCount": len(rows)}, where


async def test_an_index_follows_what_changes(platform: Platform, connected: Connected) -> None:
    made = await connected.post("Customer", {"DisplayName": "Alpha first"})
    assert (await names(connected, "where DisplayName = 'Alpha first'")) == ["Alpha first"]
    assert (await names(connected, "maxresults 1")) == ["Alpha first"]
    platform.clock.move(timedelta(minutes=1))
    await connected.post("Customer", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "DisplayName": "Zulu last"})
    assert (await names(connected, "where DisplayName = 'Alpha first'")) == []
    assert (await names(connected, ""))[-1] == "Zulu last"
    await connected.post("Customer", {"Id": made["Id"], "SyncToken": "1", "sparse": True, "Active": False})
    assert "Zulu last" not in "".join(await names(connected, ""))
    assert "Zulu last" in (await names(connected, "where Active in (true, false)"))[-1]
    invoice = await connected.invoice()
    assert (await connected.query("select * from Invoice maxresults 1"))["Invoice"][0]["Id"] == invoice["Id"]
    await connected.call("POST", "invoice?operation=delete", json={"Id": invoice["Id"], "SyncToken": "0"})
    assert (await connected.query("select * from Invoice maxresults 1"))["Invoice"][0]["Id"] != invoice["Id"]


async def test_operators_that_are_only_reported_work_until_a_rule_refuses_them(
    platform: Platform, connected: Connected
) -> None:
    for where in ("DisplayName NOT IN ('Amy\\'s Bird Sanctuary')", "DisplayName NOT LIKE 'A%'"):
        assert "Amy's Bird Sanctuary" not in await names(connected, f"where {where}")
    await platform.http.post("/_sandbox/rules", json={"undocumented_query_operators": False})
    for where in ("CompanyName != 'x'", "DisplayName NOT LIKE 'A%'", "DisplayName NOT IN ('A')"):
        statement = f"select * from Customer where {where}"  # noqa: S608 - the simulated language, not SQL
        code, detail = await connected.refused("GET", "query", params={"query": statement})
        assert (code, "Encountered" in detail) == ("4000", True)


async def test_one_tax_code_brings_the_pseudo_codes_with_it(connected: Connected, british: Connected) -> None:
    found = await connected.query("select * from TaxCode maxresults 1")
    assert [one["Id"] for one in found["TaxCode"]] == ["TAX", "NON", "CustomSalesTax", "2"]
    assert len((await british.query("select * from TaxCode maxresults 1"))["TaxCode"]) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "select * from Account where Name = 'CHECKING'",
        "select * from Account where Name IN ('checking')",
        "select * from Account where FullyQualifiedName LIKE 'cHeck%'",
    ],
)
async def test_texts_are_compared_without_regard_to_case(connected: Connected, statement: str) -> None:
    found = await connected.query(statement)
    assert [one["Name"] for one in found["Account"]] == ["Checking"]
