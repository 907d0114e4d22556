"""Quotes and purchase orders, which have lines and totals and post nothing."""

from typing import Any

import pytest
from tests.contract.xero.world import World

KINDS = ("Quotes", "PurchaseOrders")
ID = {"Quotes": "QuoteID", "PurchaseOrders": "PurchaseOrderID"}


async def make(world: World, plural: str, **changes: Any) -> dict[str, Any]:
    contact = (await world.get("Contacts"))["Contacts"][0]
    line = {"Description": "Work", "Quantity": 2, "UnitAmount": "20.00", "AccountCode": "200"}
    said = {"Contact": {"ContactID": contact["ContactID"]}, "Date": "2026-09-10", "LineItems": [line]}
    return await world.write("PUT", plural, said | changes)


async def test_a_quote_speaks_its_own_dialect(demo: World) -> None:
    answer = await demo.call("GET", "Quotes")
    assert list(answer.json())[:2] == ["SummarizeErrors", "Id"]
    quote = await make(demo, "Quotes", ExpiryDate="2026-09-30", Terms="Soon", Title="Offer", Summary="All of it")
    assert (quote["QuoteNumber"], quote["Status"], quote["LineAmountTypes"]) == ("QU-0001", "DRAFT", "EXCLUSIVE")
    assert quote["Date"] == "/Date(1788998400000)/"
    assert quote["ExpiryDateString"] == "2026-09-30T00:00:00"
    assert list(quote["Contact"])[:3] == ["ContactID", "Name", "EmailAddress"]
    assert "AccountID" not in quote["LineItems"][0]
    assert (quote["SubTotal"], quote["TotalTax"], quote["Total"]) == (40.0, 3.3, 43.3)


async def test_a_purchase_order_pages_without_being_asked(demo: World) -> None:
    order = await make(
        demo, "PurchaseOrders", DeliveryDate="2026-09-20", AttentionTo="Peter", DeliveryInstructions="Bell"
    )
    assert (order["PurchaseOrderNumber"], order["Type"], order["AttentionTo"]) == ("PO-0001", "PURCHASEORDER", "Peter")
    listed = await demo.get("PurchaseOrders")
    assert listed["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 1}
    assert listed["PurchaseOrders"][0]["LineItems"][0]["Description"] == "Work"


@pytest.mark.parametrize("plural", KINDS)
async def test_nothing_is_posted_and_no_balance_moves(demo: World, plural: str) -> None:
    before = len(demo.organisation.ledger.entries)
    contact = (await demo.get("Contacts"))["Contacts"][0]
    made = await make(demo, plural)
    final = "ACCEPTED" if plural == "Quotes" else "AUTHORISED"
    for status in ("SENT", final) if plural == "Quotes" else (final,):
        await demo.write("POST", f"{plural}/{made[ID[plural]]}", {"Status": status})
    assert len(demo.organisation.ledger.entries) == before
    after = (await demo.get(f"Contacts/{contact['ContactID']}"))["Contacts"][0]
    assert after.get("Balances") == contact.get("Balances")


@pytest.mark.parametrize("plural", KINDS)
async def test_numbers_count_up_are_unique_and_find(demo: World, plural: str) -> None:
    first, second = await make(demo, plural), await make(demo, plural)
    number = "QuoteNumber" if plural == "Quotes" else "PurchaseOrderNumber"
    assert second[number].endswith("-0002")
    found = await demo.get(f"{plural}/{first[number]}")
    assert found[plural][0][ID[plural]] == first[ID[plural]]
    contact = {"ContactID": first["Contact"]["ContactID"]}
    line = {"Description": "Work", "UnitAmount": 1}
    assert await demo.refused("PUT", plural, {"Contact": contact, "LineItems": [line], number: first[number]})
    changed = await demo.write("POST", plural, {number: first[number], "Reference": "R"})
    assert (changed[ID[plural]], changed["Reference"]) == (first[ID[plural]], "R")


@pytest.mark.parametrize(
    ("plural", "way", "refused"),
    [
        ("Quotes", ["SENT", "ACCEPTED", "INVOICED"], "DECLINED"),
        ("Quotes", ["SENT", "DECLINED"], "INVOICED"),
        ("Quotes", ["DELETED"], "SENT"),
        ("PurchaseOrders", ["SUBMITTED", "AUTHORISED", "BILLED"], "DRAFT"),
        ("PurchaseOrders", ["AUTHORISED", "DELETED"], "DRAFT"),
    ],
)
async def test_a_status_goes_only_where_it_may(demo: World, plural: str, way: list[str], refused: str) -> None:
    path = f"{plural}/{(await make(demo, plural))[ID[plural]]}"
    for status in way:
        assert (await demo.write("POST", path, {"Status": status}))["Status"] == status
    assert await demo.refused("POST", path, {"Status": refused})


async def test_lists_are_narrowed_by_status_day_and_contact(demo: World) -> None:
    one = await make(demo, "Quotes", ExpiryDate="2026-09-30")
    await make(demo, "Quotes", Date="2026-08-01", Status="SENT")

    async def numbers(**params: str) -> list[str]:
        return [row["QuoteNumber"] for row in (await demo.get("Quotes", **params))["Quotes"]]

    assert await numbers(Status="SENT") == ["QU-0002"]
    assert await numbers(DateFrom="2026-09-01") == ["QU-0001"]
    assert await numbers(DateTo="2026-08-31") == ["QU-0002"]
    assert await numbers(ExpiryDateFrom="2026-09-30", ExpiryDateTo="2026-09-30") == ["QU-0001"]
    assert await numbers(ContactID=one["Contact"]["ContactID"], QuoteNumber="qu-0002") == ["QU-0002"]
    assert "pagination" not in await demo.get("Quotes", page=1)


async def test_lock_dates_do_not_bind_what_posts_nothing(demo: World) -> None:
    await demo.act("lock_period", date="2026-09-30")
    assert (await make(demo, "Quotes"))["Status"] == "DRAFT"


@pytest.mark.parametrize("plural", KINDS)
async def test_they_are_printed_and_take_files(demo: World, plural: str) -> None:
    path = f"{plural}/{(await make(demo, plural))[ID[plural]]}"
    printed = await demo.call("GET", path, headers={"accept": "application/pdf"})
    assert printed.content.startswith(b"%PDF")
    answer = await demo.call("PUT", f"{path}/Attachments/a.txt", content=b"x", headers={"content-type": "text/plain"})
    assert answer.status_code == 200
    assert (await demo.get(f"{path}/History"))["HistoryRecords"][-1]["Changes"] == "Created"
