"""Events for partners that missed a webhook: the contract's filters and sorts, and whose they are."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.support.partner import Api, Partner

from tieout.kit.identifiers import new_id
from tieout.sync.events import record_event


@pytest.fixture
async def seller(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


async def happen(api: Api, partner: Partner, object_type: str, verb: str = "created") -> None:
    async with api.services.database.write() as session:
        record_event(
            session,
            partner_id=partner.id,
            entity_id=UUID(partner.entity_id),
            object_type=object_type,
            object_id=new_id(),
            action=f"{object_type}.{verb}",
            at=api.clock.now(),
            payload={"id": "1"},
        )
    api.clock.move(timedelta(minutes=1))


async def actions(partner: Partner, **query: str) -> list[str]:
    answer = await partner.get("/events", params=query)
    assert answer.status_code == 200, answer.text
    return [event["action"] for event in answer.json()["data"]]


async def test_events_are_narrowed_sorted_and_paged(api: Api, seller: Partner) -> None:
    api.clock.move(timedelta(minutes=1))
    began = api.clock.now()
    for object_type in ("payable", "receivable", "payable.line_item"):
        await happen(api, seller, object_type)
    everything = ["payable.created", "receivable.created", "payable.line_item.created"]
    since: dict[str, Any] = {"created_at__gte": began.isoformat()}
    assert await actions(seller, **since) == everything
    for sort in ("created_at", "updated_at"):
        assert await actions(seller, **since, sort=sort, order="desc") == everything[::-1]
    assert await actions(seller, object_type="payable") == ["payable.created"]
    assert await actions(seller, object_type="tag") == []
    later = (began + timedelta(minutes=1)).isoformat()
    assert await actions(seller, created_at__gt=later) == everything[2:]
    assert await actions(seller, **since, created_at__lt=later) == everything[:1]
    assert await actions(seller, **since, created_at__lte=later) == everything[:2]
    first = (await seller.get("/events", params={**since, "limit": "2"})).json()
    assert await actions(seller, pagination_token=first["next_pagination_token"]) == everything[2:]
    for wrong in ({"object_type": "ledger_account"}, {"sort": "action"}, {"created_at__gt": "soon"}, {"limit": "101"}):
        assert (await seller.get("/events", params=wrong)).status_code == 422


async def test_an_event_tells_the_object_type_whole_and_the_verb_apart(api: Api, seller: Partner) -> None:
    await happen(api, seller, "payable.line_item", "updated")
    (event,) = (await seller.get("/events", params={"object_type": "payable.line_item"})).json()["data"]
    assert event["object_type"] == "payable.line_item"
    assert event["action"] == "payable.line_item.updated"
    assert event["description"].endswith(": updated")
    assert event["object"] == {"id": "1"}
    assert event["api_version"] == "2024-05-25"
    assert (await seller.get(f"/events/{event['id']}")).json() == event


async def test_a_list_is_of_one_entity_and_an_event_of_any_of_the_partners(
    api: Api, seller: Partner, other_partner: Partner
) -> None:
    await happen(api, seller, "payable")
    (event,) = (await seller.get("/events?object_type=payable")).json()["data"]
    first_entity = seller.entity_id
    await seller.make_entity("Other Ltd")
    assert await actions(seller, object_type="payable") == []
    seller.entity_id = ""
    assert (await seller.get("/events")).status_code in {400, 422}
    assert (await seller.get(f"/events/{event['id']}")).json() == event
    await other_partner.make_entity()
    assert (await other_partner.get(f"/events/{event['id']}")).status_code == 404
    other_partner.entity_id = first_entity
    assert (await other_partner.get("/events")).status_code == 404
    assert (await seller.get(f"/events/{new_id()}")).status_code == 404


async def test_events_that_the_contract_lacks_are_shown_to_those_who_know_them(api: Api, seller: Partner) -> None:
    await happen(api, seller, "accounting_synced_record", "pushed")
    await happen(api, seller, "payable")
    assert "accounting_synced_record.pushed" not in await actions(seller)
    assert await actions(seller, object_type="accounting_synced_record") == ["accounting_synced_record.pushed"]
    made = await seller.post(
        "/webhook_subscriptions", json={"object_type": "accounting_synced_record", "url": "https://hooks.example/"}
    )
    assert "accounting_synced_record.pushed" in await actions(seller)
    await seller.delete(f"/webhook_subscriptions/{made.json()['id']}")
    assert "accounting_synced_record.pushed" not in await actions(seller)
