"""Notifications of the simulated QuickBooks: both formats, signature, gathering, retries, and what is told at all."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from tests.contract.quickbooks.program import CALLBACK, Connected, Platform, a_payment
from tests.support.receiver import ADDRESS, Receiver

from tieout.platforms.quickbooks.sandbox.seeds.us_sample import EMPTY_REALM
from tieout.platforms.quickbooks.sandbox.webhooks import signature
from tieout.sandbox.webhooks.notices import Reply


async def listen(connected: Connected, **more: Any) -> Receiver:
    platform, client_id = connected.platform, connected.app["client_id"]
    answer = await platform.http.post(f"/_sandbox/apps/{client_id}/webhook", json={"url": ADDRESS, **more})
    assert answer.status_code == 201, answer.text
    receiver = Receiver(key=answer.json()["key"], signature_header="intuit-signature")
    platform.app.state.simulator.post.send = receiver
    return receiver


async def pass_time(platform: Platform, seconds: int) -> None:
    answer = await platform.http.post("/_sandbox/clock", json={"advance_s": seconds})
    assert answer.status_code == 200, answer.text


async def history(platform: Platform) -> list[dict[str, Any]]:
    answer = await platform.http.get("/_sandbox/webhooks")
    attempts: list[dict[str, Any]] = answer.json()["attempts"]
    return attempts


async def also_connected(connected: Connected) -> Connected:
    """The same program, connected to a second company."""
    platform = connected.platform
    back = await platform.consent(connected.app["client_id"], EMPTY_REALM)
    answer = await platform.token(
        connected.app, grant_type="authorization_code", code=back["code"], redirect_uri=CALLBACK
    )
    return Connected(platform, connected.app, EMPTY_REALM, answer.json())


@pytest.fixture
async def receiver(connected: Connected) -> Receiver:
    return await listen(connected)


async def test_a_write_is_told_as_a_cloud_event(connected: Connected, receiver: Receiver) -> None:
    customer = await connected.post("Customer", {"DisplayName": "Notified Ltd"})
    await pass_time(connected.platform, 10)
    headers, body = receiver.came[0]
    [event] = json.loads(body)
    assert {name: event[name] for name in ("specversion", "type", "intuitentityid", "intuitaccountid", "data")} == {
        "specversion": "1.0",
        "type": "qbo.customer.created.v1",
        "intuitentityid": customer["Id"],
        "intuitaccountid": connected.realm,
        "data": {},
    }
    assert re.fullmatch(r"2026-05-04T19:00:00\.\d{9}Z", event["time"])
    assert event["source"].startswith("intuit.")
    assert receiver.is_signed(headers, body)
    assert {"intuit-t-id", "intuit-created-time", "intuit-notification-schema-version"} <= set(headers)


async def test_the_older_format_is_grouped_by_company(platform: Platform) -> None:
    connected = await platform.connect()
    receiver = await listen(connected, format="eventnotifications")
    customer = await connected.post("Customer", {"DisplayName": "Notified Ltd"})
    await (await also_connected(connected)).post("Customer", {"DisplayName": "Elsewhere Ltd"})
    await pass_time(platform, 10)
    [body] = receiver.bodies()
    first, second = body["eventNotifications"]
    assert (first["realmId"], second["realmId"]) == (connected.realm, EMPTY_REALM)
    assert first["dataChangeEvent"]["entities"] == [
        {"name": "Customer", "id": customer["Id"], "operation": "Create", "lastUpdated": "2026-05-04T12:00:00-0700"}
    ]


async def test_one_notification_may_hold_events_of_several_companies(connected: Connected, receiver: Receiver) -> None:
    other = await also_connected(connected)
    await connected.post("Customer", {"DisplayName": "Here Ltd"})
    await other.post("Customer", {"DisplayName": "Elsewhere Ltd"})
    await pass_time(connected.platform, 10)
    [body] = receiver.bodies()
    assert [event["intuitaccountid"] for event in body] == [connected.realm, EMPTY_REALM]
    assert len({event["id"] for event in body}) == 2


@pytest.mark.parametrize("number", [0, 1])
def test_the_published_signatures_come_out(number: int) -> None:
    folder = os.environ.get("TIEOUT_REFERENCE_DIR")
    vectors = Path(folder or "") / "qbo-samples" / "webhooks" / "signature-vectors.json"
    if folder is None or not vectors.exists():
        pytest.skip("the published vectors are not here")
    vector = json.loads(vectors.read_text())[number]
    assert signature(vector["verifier_token"], vector["payload"].encode()) == vector["intuit-signature"]


async def test_every_verb_is_told_and_a_payment_changes_its_invoice(connected: Connected, receiver: Receiver) -> None:
    invoice = await connected.invoice("100.00")
    await pass_time(connected.platform, 10)
    payment = await connected.post("Payment", a_payment("100.00", ("100.00", "Invoice", invoice["Id"])))
    await pass_time(connected.platform, 10)
    key = {"Id": payment["Id"], "SyncToken": payment["SyncToken"]}
    await connected.call("POST", "payment", json=key, params={"operation": "delete"})
    await pass_time(connected.platform, 10)
    standing = (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]
    key = {"Id": invoice["Id"], "SyncToken": standing["SyncToken"]}
    await connected.call("POST", "invoice", json=key, params={"operation": "void"})
    await pass_time(connected.platform, 10)
    told = [{event["type"] for event in body} for body in receiver.bodies()]
    assert told == [
        {"qbo.invoice.created.v1"},
        {"qbo.payment.created.v1", "qbo.invoice.updated.v1"},
        {"qbo.payment.deleted.v1", "qbo.invoice.updated.v1"},
        {"qbo.invoice.void.v1"},
    ]


async def test_void_is_spelled_as_the_rule_says(connected: Connected, receiver: Receiver) -> None:
    await connected.platform.http.post("/_sandbox/rules", json={"webhook_void_spelling": "voided"})
    invoice = await connected.invoice("100.00")
    key = {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"]}
    await connected.call("POST", "invoice", json=key, params={"operation": "void"})
    await pass_time(connected.platform, 10)
    assert [event["type"] for event in receiver.bodies()[0]] == ["qbo.invoice.created.v1", "qbo.invoice.voided.v1"]


async def test_what_people_do_is_told_too(connected: Connected, receiver: Receiver) -> None:
    connected.platform.app.state.simulator.begin()
    connected.platform.people().act("create_customer", {"name": "Walk-in"})
    await pass_time(connected.platform, 10)
    assert [event["type"] for event in receiver.bodies()[0]] == ["qbo.customer.created.v1"]


async def test_a_balance_that_moves_is_told_only_when_the_rule_says_so(
    connected: Connected, receiver: Receiver
) -> None:
    await connected.invoice("100.00")
    await pass_time(connected.platform, 10)
    await connected.platform.http.post("/_sandbox/rules", json={"webhook_balance_events": True})
    await connected.invoice("100.00")
    await pass_time(connected.platform, 10)
    told = [{event["type"] for event in body} for body in receiver.bodies()]
    assert told == [{"qbo.invoice.created.v1"}, {"qbo.invoice.created.v1", "qbo.customer.updated.v1"}]


async def test_events_are_gathered_before_they_are_sent(connected: Connected, receiver: Receiver) -> None:
    await connected.post("Customer", {"DisplayName": "One"})
    await pass_time(connected.platform, 9)
    await connected.post("Customer", {"DisplayName": "Two"})
    assert receiver.came == []
    await pass_time(connected.platform, 1)
    assert [len(body) for body in receiver.bodies()] == [2]


async def test_a_notification_is_tried_again_on_the_ladder_with_the_same_bytes(
    connected: Connected, receiver: Receiver
) -> None:
    receiver.answers = [Reply(0)] * 10
    await connected.post("Customer", {"DisplayName": "Patient"})
    await pass_time(connected.platform, 10 + 10 + 20 + 30 + 300 + 1200 + 7200 + 14400 + 21600 + 21600 + 21600)
    attempts = list(reversed(await history(connected.platform)))
    assert [int(one["attempt"]) for one in attempts] == list(range(1, 12))
    assert len({body for _, body in receiver.came}) == 1
    times = [one["at"][8:19] for one in attempts]
    assert times[:5] == ["04T19:00:10", "04T19:00:20", "04T19:00:40", "04T19:01:10", "04T19:06:10"]
    assert attempts[-1]["outcome"] == "received"


async def test_later_events_wait_until_the_first_are_taken(connected: Connected, receiver: Receiver) -> None:
    receiver.answers = [Reply(500), Reply(503)]
    await connected.post("Customer", {"DisplayName": "First"})
    await pass_time(connected.platform, 10)
    await connected.post("Customer", {"DisplayName": "Second"})
    await pass_time(connected.platform, 19)
    assert len(receiver.came) == 2
    await pass_time(connected.platform, 11)
    ids = [[event["intuitentityid"] for event in body] for body in receiver.bodies()]
    assert ids[0] == ids[1] == ids[2] != ids[3]


async def test_a_notification_is_given_up_after_so_many_attempts(connected: Connected, receiver: Receiver) -> None:
    await connected.platform.http.post("/_sandbox/rules", json={"webhook_attempts_max": 2})
    receiver.answers = [Reply(400), Reply(302)]
    await connected.post("Customer", {"DisplayName": "Lost"})
    await pass_time(connected.platform, 600)
    assert [one["outcome"] for one in await history(connected.platform)] == ["answered 302; given up", "answered 400"]
    await connected.post("Customer", {"DisplayName": "Next"})
    await pass_time(connected.platform, 10)
    assert len(receiver.came) == 3


async def test_only_subscribed_kinds_of_connected_companies_are_told(platform: Platform) -> None:
    connected = await platform.connect()
    receiver = await listen(connected, entities=["Invoice"])
    await connected.post("Customer", {"DisplayName": "Unheard"})
    await pass_time(platform, 10)
    assert receiver.came == []
    platform.people().act("disconnect", {})
    platform.people().act("create_customer", {"name": "Unheard, too"})
    await pass_time(platform, 10)
    assert receiver.came == []


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"url": "ftp://localhost/"},
        {"url": "http://example.com/hooks"},
        {"url": "http://10.0.0.1/hooks"},
        {"url": ADDRESS, "format": "xml"},
        {"url": ADDRESS, "entities": ["TaxCode"]},
        {"url": ADDRESS, "entities": []},
        {"url": ADDRESS, "colour": "red"},
    ],
    ids=lambda wish: "-".join(f"{name}" for name in wish) or "nothing",
)
async def test_a_webhook_that_makes_no_sense_is_refused(connected: Connected, wish: dict[str, Any]) -> None:
    address = f"/_sandbox/apps/{connected.app['client_id']}/webhook"
    assert (await connected.platform.http.post(address, json=wish)).status_code == 422
    assert (await connected.platform.http.get(address)).status_code == 404


async def test_the_key_is_told_once_and_can_be_renewed(connected: Connected, receiver: Receiver) -> None:
    address = f"/_sandbox/apps/{connected.app['client_id']}/webhook"
    http = connected.platform.http
    assert "key" not in (await http.get(address)).json()
    assert "key" not in (await http.post(address, json={"format": "eventnotifications"})).json()
    renewed = (await http.post(address, json={"new_key": True})).json()["key"]
    assert renewed != receiver.key
    assert (await http.delete(address)).json() == {"removed": "1"}
    assert (await http.delete(address)).json() == {"removed": "0"}


@pytest.mark.parametrize(
    ("kind", "sent"),
    [("webhook_missing", 0), ("webhook_duplicated", 2), ("webhook_delayed", 1), ("webhook_reordered", 1)],
)
async def test_a_notification_can_fail_on_the_way(
    connected: Connected, receiver: Receiver, kind: str, sent: int
) -> None:
    await connected.platform.http.post("/_sandbox/faults", json={"kind": kind})
    await connected.post("Customer", {"DisplayName": "One"})
    await connected.post("Customer", {"DisplayName": "Two"})
    await pass_time(connected.platform, 10)
    at_once = len(receiver.came)
    await pass_time(connected.platform, 600)
    bodies = receiver.bodies()
    assert (len(bodies), at_once) == (sent, {"webhook_missing": 0, "webhook_duplicated": 1}.get(kind, 0))
    if kind == "webhook_duplicated":
        assert bodies[0] == bodies[1]
    if kind == "webhook_reordered":
        assert bodies[0][0]["time"][:19] == bodies[0][1]["time"][:19]
        assert int(bodies[0][0]["intuitentityid"]) > int(bodies[0][1]["intuitentityid"])


async def test_a_later_notification_overtakes_a_reordered_one(connected: Connected, receiver: Receiver) -> None:
    await connected.platform.http.post("/_sandbox/faults", json={"kind": "webhook_reordered", "delay_s": 60})
    first = await connected.post("Customer", {"DisplayName": "One"})
    await pass_time(connected.platform, 11)
    second = await connected.post("Customer", {"DisplayName": "Two"})
    await pass_time(connected.platform, 120)
    assert [body[0]["intuitentityid"] for body in receiver.bodies()] == [second["Id"], first["Id"]]


async def test_made_up_history_is_no_news(connected: Connected, receiver: Receiver) -> None:
    filled = await connected.platform.http.post(
        f"/_sandbox/companies/{connected.realm}/fill", json={"documents": 20, "seed": 5}
    )
    assert filled.status_code == 201, filled.text
    await pass_time(connected.platform, 60)
    assert receiver.came == []


async def test_a_merge_tells_the_id_that_is_gone_and_sending_is_told(connected: Connected, receiver: Receiver) -> None:
    platform = connected.platform
    first = await connected.post("Customer", {"DisplayName": "Twice Ltd"})
    second = await connected.post("Customer", {"DisplayName": "Twice Limited"})
    invoice = await connected.invoice("10.00", customer=first["Id"], BillEmail={"Address": "twice@example.com"})
    await pass_time(platform, 10)
    receiver.came.clear()
    sent = await connected.call(
        "POST", f"invoice/{invoice['Id']}/send", headers={"content-type": "application/octet-stream"}
    )
    assert sent.status_code == 200, sent.text
    answer = await platform.http.post(
        f"/_sandbox/companies/{connected.realm}/people/merge",
        json={"kind": "Customer", "from": first["Id"], "into": second["Id"]},
    )
    assert answer.status_code == 200, answer.text
    await pass_time(platform, 10)
    told = {(event["type"], event["intuitentityid"]): event["data"] for event in receiver.bodies()[0]}
    assert ("qbo.invoice.emailed.v1", invoice["Id"]) in told
    assert told["qbo.customer.merged.v1", second["Id"]] == {"deletedid": first["Id"]}
    assert ("qbo.customer.updated.v1", first["Id"]) in told
