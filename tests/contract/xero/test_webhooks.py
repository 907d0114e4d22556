"""Notifications of the simulated Xero: the intent to receive, what is told, numbering, retries, and the end of them."""

import json
from typing import Any

import pytest
from tests.contract.xero.test_payments import payment_of
from tests.contract.xero.world import World
from tests.support.receiver import ADDRESS, Receiver

from tieout.sandbox.webhooks.notices import Reply


async def listen(world: World, receiver: Receiver, **more: Any) -> dict[str, Any]:
    """Register a webhook, learn its key, and switch it on."""
    world.app.state.simulator.post.send = receiver
    address = f"/_sandbox/apps/{world.client_id}/webhook"
    registered = await world.http.post(address, json={"url": ADDRESS, **more})
    assert (registered.status_code, registered.json()["state"]) == (201, "unconfirmed"), registered.text
    receiver.key = registered.json()["key"]
    return await enable(world)


async def enable(world: World) -> dict[str, Any]:
    answer = await world.http.post(f"/_sandbox/apps/{world.client_id}/webhook/enable", json={})
    told: dict[str, Any] = answer.json()
    return told


def a_receiver(*, checks: bool = True) -> Receiver:
    return Receiver(signature_header="x-xero-signature", checks=checks)


async def pass_time(world: World, seconds: float) -> None:
    answer = await world.http.post("/_sandbox/clock", json={"advance_s": seconds})
    assert answer.status_code == 200, answer.text


async def standing(world: World) -> dict[str, Any]:
    told: dict[str, Any] = (await world.http.get(f"/_sandbox/apps/{world.client_id}/webhook")).json()
    return told


@pytest.fixture
async def receiver(demo: World) -> Receiver:
    receiver = a_receiver()
    told = await listen(demo, receiver)
    assert told["state"] == "active"
    receiver.came.clear()
    return receiver


async def test_a_receiver_that_checks_signatures_is_accepted(demo: World) -> None:
    receiver = a_receiver()
    assert (await listen(demo, receiver))["state"] == "active"
    assert {receiver.is_signed(*one) for one in receiver.came} == {True, False}
    bodies = receiver.bodies()
    assert len(bodies) > 2
    for body in bodies:
        assert (body["events"], body["firstEventSequence"], body["lastEventSequence"]) == ([], 0, 0)
        assert len(body["entropy"]) == 20


async def test_a_receiver_that_takes_everything_is_not_accepted_and_told_nothing(demo: World) -> None:
    receiver = a_receiver(checks=False)
    assert (await listen(demo, receiver))["state"] == "unconfirmed"
    receiver.came.clear()
    await demo.contact()
    await pass_time(demo, 600)
    assert receiver.came == []
    receiver.checks = True
    assert (await enable(demo))["state"] == "active"


@pytest.mark.parametrize(
    "reply",
    [Reply(200, body_bytes=2), Reply(200, cookies=True), Reply(500), Reply(0)],
    ids=["body", "cookie", "500", "silent"],
)
async def test_the_intent_to_receive_is_answered_with_nothing_but_a_status(demo: World, reply: Reply) -> None:
    receiver = a_receiver()
    receiver.answers = [reply] * 9
    assert (await listen(demo, receiver))["state"] == "unconfirmed"


async def test_a_new_address_has_to_show_its_intent_again(demo: World, receiver: Receiver) -> None:
    address = f"/_sandbox/apps/{demo.client_id}/webhook"
    await demo.http.post(address, json={"categories": ["INVOICE"]})
    assert receiver.came == []
    answer = await demo.http.post(address, json={"url": f"{ADDRESS}/new"})
    assert answer.json()["state"] == "unconfirmed"
    assert (await enable(demo))["state"] == "active"
    assert len(receiver.came) > 2


async def test_a_contact_is_told_with_its_address_and_a_moment_without_zone(demo: World, receiver: Receiver) -> None:
    contact = await demo.contact()
    await pass_time(demo, 5)
    headers, body = receiver.came[0]
    assert receiver.is_signed(headers, body)
    told = json.loads(body)
    assert told["events"] == [
        {
            "resourceUrl": f"http://xero.test/api.xro/2.0/Contacts/{contact['ContactID']}",
            "resourceId": contact["ContactID"],
            "tenantId": demo.tenant_id,
            "tenantType": "ORGANISATION",
            "eventCategory": "CONTACT",
            "eventType": "CREATE",
            "eventDateUtc": "2026-09-15T02:00:00.123",
        }
    ]
    assert (told["firstEventSequence"], told["lastEventSequence"]) == (1, 1)


async def test_events_are_numbered_on_and_a_payment_updates_its_invoice(demo: World, receiver: Receiver) -> None:
    contact = await demo.contact()
    invoice = await demo.sale(contact["ContactID"])
    await pass_time(demo, 5)
    await demo.write("PUT", "Payments", payment_of(invoice))
    await pass_time(demo, 5)
    first, second = receiver.bodies()
    kinds = [(event["eventCategory"], event["eventType"]) for event in first["events"]]
    assert kinds == [("CONTACT", "CREATE"), ("INVOICE", "CREATE")]
    assert [(event["eventCategory"], event["eventType"]) for event in second["events"]] == [("INVOICE", "UPDATE")]
    assert [(one["firstEventSequence"], one["lastEventSequence"]) for one in (first, second)] == [(1, 2), (3, 3)]
    assert first["entropy"] != second["entropy"]


async def test_voiding_and_archiving_are_updates(demo: World, receiver: Receiver) -> None:
    contact = await demo.contact()
    invoice = await demo.sale(contact["ContactID"])
    await pass_time(demo, 5)
    receiver.came.clear()
    await demo.write("POST", f"Invoices/{invoice['InvoiceID']}", {"Status": "VOIDED"})
    await demo.write("POST", f"Contacts/{contact['ContactID']}", {"ContactStatus": "ARCHIVED"})
    await pass_time(demo, 5)
    [body] = receiver.bodies()
    kinds = [(event["eventCategory"], event["eventType"]) for event in body["events"]]
    assert kinds == [("INVOICE", "UPDATE"), ("CONTACT", "UPDATE")]


async def test_a_credit_note_is_told_with_its_type_and_status(demo: World, receiver: Receiver) -> None:
    contact = await demo.contact()
    lines = [{"Description": "Back", "Quantity": 1, "UnitAmount": "10.00", "AccountCode": "200"}]
    sent = {
        "Type": "ACCRECCREDIT",
        "Contact": {"ContactID": contact["ContactID"]},
        "Status": "DRAFT",
        "LineItems": lines,
    }
    note = await demo.write("PUT", "CreditNotes", sent)
    await pass_time(demo, 5)
    await demo.write("POST", f"CreditNotes/{note['CreditNoteID']}", {"Status": "AUTHORISED"})
    await pass_time(demo, 5)
    first, second = receiver.bodies()
    assert "data" not in first["events"][0]
    assert first["events"][1]["data"] == {"Type": "ACCRECCREDIT", "Status": "DRAFT"}
    assert second["events"][0]["data"] == {"Type": "ACCRECCREDIT", "Status": "AUTHORISED"}


async def test_people_are_told_of_and_categories_left_out_are_not(demo: World) -> None:
    receiver = a_receiver()
    await listen(demo, receiver, categories=["INVOICE"])
    receiver.came.clear()
    await demo.act("create_contact", name="Unheard")
    await pass_time(demo, 5)
    assert receiver.came == []
    await demo.http.post(f"/_sandbox/apps/{demo.client_id}/webhook", json={"categories": ["CONTACT"]})
    await demo.act("create_contact", name="Heard")
    await pass_time(demo, 5)
    assert [event["eventType"] for event in receiver.bodies()[0]["events"]] == ["CREATE"]


async def test_a_subscription_category_is_refused(demo: World) -> None:
    answer = await demo.http.post(
        f"/_sandbox/apps/{demo.client_id}/webhook", json={"url": ADDRESS, "categories": ["SUBSCRIPTION"]}
    )
    assert answer.status_code == 422
    assert "SUBSCRIPTION" in answer.json()["error"]


async def test_a_notification_is_tried_for_a_day_and_then_the_webhook_is_disabled(
    demo: World, receiver: Receiver
) -> None:
    receiver.answers = [Reply(500)] * 1_000
    await demo.contact()
    await pass_time(demo, 3_600)
    early = len(receiver.came)
    assert (await standing(demo))["state"] == "active"
    await pass_time(demo, 24 * 3_600)
    assert (await standing(demo))["state"] == "disabled"
    assert early < len(receiver.came) < 30
    receiver.came.clear()
    await demo.connect("Demo Company (Global)")
    await demo.contact("Unheard")
    await pass_time(demo, 600)
    assert receiver.came == []
    receiver.answers.clear()
    assert (await enable(demo))["state"] == "active"


async def test_later_events_do_not_wait_for_earlier_ones(demo: World, receiver: Receiver) -> None:
    receiver.answers = [Reply(500)]
    await demo.contact("First")
    await pass_time(demo, 5)
    await demo.contact("Second")
    await pass_time(demo, 5)
    assert [body["firstEventSequence"] for body in receiver.bodies()] == [1, 2]
    await pass_time(demo, 60)
    assert [body["firstEventSequence"] for body in receiver.bodies()] == [1]


async def test_a_200_with_a_body_is_taken_only_when_the_rule_is_lax(demo: World, receiver: Receiver) -> None:
    await demo.http.post("/_sandbox/rules", json={"webhook_strict_answers": False, "webhook_titled_types": True})
    receiver.answers = [Reply(200, body_bytes=2)]
    await demo.contact()
    await pass_time(demo, 120)
    [body] = receiver.bodies()
    assert body["events"][0]["eventType"] == "Create"


async def test_one_notification_may_hold_events_of_several_organisations(demo: World, receiver: Receiver) -> None:
    first = demo.tenant_id
    await demo.contact()
    await demo.connect("Harbour Bridge Consulting")
    await demo.contact()
    await pass_time(demo, 5)
    [body] = receiver.bodies()
    assert [event["tenantId"] for event in body["events"]] == [first, demo.tenant_id]
