from datetime import timedelta
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_payment, a_sale, decode

RULES = "/_sandbox/rules"


async def batch(connected: Connected, *items: dict[str, Any], **params: str) -> list[dict[str, Any]]:
    answer = await connected.call("POST", "batch", json={"BatchItemRequest": list(items)}, params=params)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = decode(answer)["BatchItemResponse"]
    return told


def a_query(item_id: str, statement: str) -> dict[str, Any]:
    return {"bId": item_id, "Query": statement}


def code_of(item: dict[str, Any]) -> str:
    return str(item["Fault"]["Error"][0]["code"])


async def test_every_item_is_answered_in_its_place_whatever_became_of_the_others(connected: Connected) -> None:
    kept = await connected.invoice()
    told = await batch(
        connected,
        {"bId": "bid1", "operation": "create", "Vendor": {"DisplayName": "Boraski Family Store"}},
        {"bId": "bid2", "operation": "delete", "Invoice": {"Id": "999999", "SyncToken": "0"}},
        {"bId": "bid3", "operation": "update", "Customer": {"Id": "1", "SyncToken": "9", "sparse": True}},
        a_query("bid4", f"select * from Invoice where Id = '{kept['Id']}'"),  # noqa: S608 - the simulated language, not SQL
        {"bId": "bid5", "operation": "delete", "Invoice": {"Id": kept["Id"], "SyncToken": "0"}},
    )
    assert [item["bId"] for item in told] == ["bid1", "bid2", "bid3", "bid4", "bid5"]
    assert told[0]["Vendor"]["DisplayName"] == "Boraski Family Store"
    assert (code_of(told[1]), code_of(told[2])) == ("610", "5010")
    assert told[3]["QueryResponse"]["Invoice"] == [kept]
    assert told[4]["Invoice"] == {"domain": "QBO", "status": "Deleted", "Id": kept["Id"]}
    assert (await connected.query("select * from Vendor where DisplayName = 'Boraski Family Store'"))["Vendor"]


async def test_invoices_and_payments_are_voided_each_in_its_own_way(connected: Connected) -> None:
    invoice, payment = await connected.invoice(), await connected.post("Payment", a_payment("5.00"))
    by_operation = {"bId": "1", "operation": "void", "Invoice": {"Id": invoice["Id"], "SyncToken": "0"}}
    wish = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    by_option = {"bId": "2", "operation": "update", "optionsData": "void", "Payment": wish}
    voided, gone = await batch(connected, by_operation, by_option)
    assert (voided["Invoice"]["TotalAmt"], gone["Payment"]["TotalAmt"]) == (0, 0)


async def test_a_later_item_sees_what_an_earlier_one_wrote(connected: Connected) -> None:
    told = await batch(
        connected,
        {"bId": "1", "operation": "create", "Customer": {"DisplayName": "Just made"}},
        a_query("2", "select * from Customer where DisplayName = 'Just made'"),
    )
    assert told[1]["QueryResponse"]["Customer"] == [told[0]["Customer"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"BatchItemRequest": [a_query(str(number), "select * from Term") for number in range(31)]}, "1040"),
        ({"BatchItemRequest": [a_query("1", "select * from Term")] * 2}, "630"),
        ({"BatchItemRequest": [{"Query": "select * from Term"}]}, "2020"),
        ({"BatchItemRequest": [a_query("x" * 51, "select * from Term")]}, "2130"),
        ({"BatchItemRequest": []}, "2020"),
        ({}, "2020"),
        ({"Items": []}, "2010"),
        ({"BatchItemRequest": [{"bId": "1", "Colour": {}}]}, "2010"),
        ({"BatchItemRequest": ["1"]}, "2010"),
        ([1], "2010"),
    ],
)
async def test_a_batch_that_is_none_is_refused_whole(connected: Connected, body: Any, code: str) -> None:
    assert (await connected.refused("POST", "batch", json=body))[0] == code


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"Customer": {"DisplayName": "x"}}, "2020"),
        ({"operation": "fold", "Customer": {"DisplayName": "x"}}, "500"),
        ({"operation": "create"}, "2020"),
        ({"operation": "create", "Customer": {}, "Vendor": {}}, "2600"),
        ({"operation": "create", "Customer": "x"}, "2010"),
        ({"operation": "create", "Customer": {"Colour": "red"}}, "2010"),
        ({"operation": "void", "Bill": {"Id": "1"}}, "500"),
        ({"Query": "select * from Custmoer"}, "4001"),
        ({"Query": "select"}, "4000"),
        ({"operation": "update", "optionsData": "invoiceLink", "Customer": {}}, "501"),
        ({"CDCQuery": {"Entities": "Customer"}}, "501"),
    ],
)
async def test_an_item_that_breaks_a_rule_has_its_fault_in_its_place(
    connected: Connected, item: dict[str, Any], code: str
) -> None:
    (told, fine) = await batch(connected, {"bId": "1", **item}, a_query("2", "select * from Term"))
    assert (code_of(told), told["bId"]) == (code, "1")
    assert fine["QueryResponse"]["Term"]


async def test_a_batch_that_is_sent_again_under_its_id_is_answered_again_and_not_done(connected: Connected) -> None:
    body = {"BatchItemRequest": [{"bId": "1", "operation": "create", "Invoice": a_sale()}]}
    count = (await connected.query("select count(*) from Invoice"))["totalCount"]
    first = await connected.call("POST", "batch", json=body, params={"requestid": "x" * 36})
    again = await connected.call("POST", "batch", json=body, params={"requestid": "x" * 36})
    assert again.content == first.content
    assert (await connected.query("select count(*) from Invoice"))["totalCount"] == count + 1


async def test_ids_are_shorter_where_the_batch_has_a_request_id(connected: Connected) -> None:
    body = {"BatchItemRequest": [a_query("x" * 11, "select * from Term")]}
    assert (await connected.call("POST", "batch", json=body)).status_code == 200
    assert (await connected.refused("POST", "batch?requestid=b-1", json=body))[0] == "2130"
    assert (await connected.refused("POST", f"batch?requestid={'x' * 37}", json={}))[0] == "2130"


async def test_a_batch_costs_as_much_as_reading(platform: Platform, connected: Connected) -> None:
    await batch(connected, {"bId": "1", "operation": "create", "Customer": {"DisplayName": "Metered"}})
    assert platform.app.state.simulator.meter.calls(kind="CorePlus", app_id=connected.app["client_id"]) == 1


async def test_batches_have_limits_of_their_own(platform: Platform, connected: Connected) -> None:
    await platform.http.post(RULES, json={"limits_watched": True})
    other, third = await platform.connect(), await platform.connect()
    body = {"BatchItemRequest": [a_query("1", "select * from Term")]}

    async def sent(program: Connected, calls: int) -> list[int]:
        statuses = []
        for _ in range(calls):
            platform.clock.move(timedelta(milliseconds=150))
            statuses.append((await program.call("POST", "batch", json=body)).status_code)
        return statuses

    assert await sent(connected, 41) == [200] * 40 + [429]
    assert await sent(other, 40) + await sent(third, 40) == [200] * 80
    fourth = await platform.connect()
    assert await sent(fourth, 1) == [429]
    platform.clock.move(timedelta(minutes=1))
    assert await sent(connected, 1) == [200]


async def test_all_queries_of_a_batch_find_a_thousand_rows_at_most(platform: Platform, connected: Connected) -> None:
    platform.app.state.simulator.companies[connected.realm].fill(1_500, 5)
    wanted = "select * from Invoice maxresults 600"
    first, second, third = await batch(connected, a_query("1", wanted), a_query("2", wanted), a_query("3", wanted))
    assert first["QueryResponse"]["maxResults"] == 600
    assert (code_of(second), code_of(third)) == ("10100", "10100")


async def test_an_ended_subscription_refuses_the_writes_of_a_batch_and_answers_its_queries(
    platform: Platform, connected: Connected
) -> None:
    platform.books().switches.subscription_ended = True
    written, read = await batch(
        connected, {"bId": "1", "operation": "create", "Invoice": a_sale()}, a_query("2", "select * from Term")
    )
    assert code_of(written) == "6190"
    assert read["QueryResponse"]["Term"]
