"""Subscribing to webhooks: what is taken, what is refused, and what is shown of the secret."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs
from tests.support.partner import Api, Partner, start_api

from tieout.api.enumerations import ENUMERATIONS
from tieout.api.webhook_subscriptions import service
from tieout.kit.identifiers import new_id
from tieout.storage.tables.access import AuditEntry
from tieout.storage.tables.webhooks import WebhookSubscription

URL = "https://hooks.example/tieout?key=1"


async def subscribe(partner: Partner, object_type: str = "payable", **fields: Any) -> dict[str, Any]:
    answer = await partner.post("/webhook_subscriptions", json={"object_type": object_type, "url": URL, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_subscription_shows_its_secret_once(api: Api, partner: Partner) -> None:
    with capture_logs() as lines:
        made = await subscribe(partner, event_types=["created", "payable.paid"])
    assert made["secret"].startswith("whsec_")
    assert {name: made[name] for name in ("object_type", "event_types", "status", "url")} == {
        "object_type": "payable",
        "event_types": ["created", "payable.paid"],
        "status": "enabled",
        "url": URL,
    }
    seen = (await partner.get(f"/webhook_subscriptions/{made['id']}")).json()
    assert seen == {name: value for name, value in made.items() if name != "secret"}
    assert (await partner.get("/webhook_subscriptions")).json()["data"] == [seen]
    assert made["secret"] not in str(lines)
    async with api.services.database.read() as session:
        row = await session.get_one(WebhookSubscription, UUID(made["id"]))
    assert made["secret"].encode() not in row.secret


async def test_every_object_type_can_be_subscribed_to(partner: Partner) -> None:
    for object_type in (*ENUMERATIONS["WebhookObjectType"], "accounting_synced_record", "accounting_sync_run"):
        assert (await subscribe(partner, object_type))["object_type"] == object_type


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"object_type": "ledger_account"}, ["body", "object_type"]),
        ({"object_type": None}, ["body", "object_type"]),
        ({"url": ""}, ["body", "url"]),
        ({"url": None}, ["body", "url"]),
        ({"url": "no address"}, ["body", "url"]),
        ({"url": "http://hooks.example/"}, ["body", "url"]),
        ({"url": "ftp://hooks.example/"}, ["body", "url"]),
        ({"url": "https://user:password@hooks.example/"}, ["body", "url"]),
        ({"url": "https://hooks.example/" + "a" * 2062}, ["body", "url"]),
        ({"event_types": "created"}, ["body", "event_types"]),
        ({"event_types": None}, ["body", "event_types"]),
        ({"event_types": [""]}, ["body", "event_types", 0]),
        ({"event_types": ["created", "receivable.created"]}, ["body", "event_types", 1]),
        ({"event_types": [f"event{number}" for number in range(101)]}, ["body", "event_types"]),
        ({"secret": "whsec_mine"}, ["body", "secret"]),
    ],
)
async def test_what_cannot_be_subscribed_to_is_refused(partner: Partner, fields: dict[str, Any], place: Any) -> None:
    body = {"object_type": "payable", "url": URL, **fields}
    answer = await partner.post("/webhook_subscriptions", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"] == place
    assert (await partner.get("/webhook_subscriptions")).json()["data"] == []


PRIVATE_HOSTS = [
    "localhost", "LOCALHOST.", "hooks.localhost", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "10.0.0.1",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[fd00::1]",
    "[fe80::1]", "[64:ff9b::7f00:1]",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
async def test_private_and_loopback_addresses_are_refused(partner: Partner, host: str) -> None:
    body = {"object_type": "payable", "url": f"https://{host}/hooks"}
    answer = await partner.post("/webhook_subscriptions", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "url"]
    made = await subscribe(partner)
    changed = await partner.patch(f"/webhook_subscriptions/{made['id']}", json={"url": body["url"]})
    assert changed.status_code == 422
    assert (await partner.get(f"/webhook_subscriptions/{made['id']}")).json()["url"] == URL


@pytest.mark.parametrize("url", ["https://1.1.1.1/", "https://[2606:4700::1111]:8443/", "https://hooks.example:8443/a"])
async def test_public_addresses_are_taken_as_they_are_written(partner: Partner, url: str) -> None:
    assert (await subscribe(partner, url=url))["url"] == url


async def test_an_address_of_the_greatest_length_is_taken(partner: Partner) -> None:
    url = "https://hooks.example/" + "a" * 2061
    assert len(url) == 2083
    assert (await subscribe(partner, url=url))["url"] == url


async def test_private_addresses_and_plain_http_are_taken_where_the_operator_allows_them(tmp_path: Path) -> None:
    api = await start_api(tmp_path, allow_private_addresses=True)
    partner = await api.new_partner()
    for url in ("http://127.0.0.1:9000/hooks", "https://localhost/hooks", "http://hooks.example/"):
        assert (await subscribe(partner, url=url))["url"] == url
    await api.close()


async def test_a_change_touches_what_it_names_and_nothing_else(api: Api, partner: Partner) -> None:
    made = await subscribe(partner, event_types=["created"])
    api.clock.move(timedelta(minutes=1))
    path = f"/webhook_subscriptions/{made['id']}"
    expected = {name: value for name, value in made.items() if name != "secret"}
    assert (await partner.patch(path, json={})).json() == expected
    nothing = {"event_types": None, "object_type": None, "url": None}
    assert (await partner.patch(path, json=nothing)).json() == expected
    changed = await partner.patch(path, json={"url": "https://other.example/"})
    assert changed.json() == expected | {"url": "https://other.example/"}
    changed = await partner.patch(path, json={"object_type": "receivable", "event_types": ["receivable.issued"]})
    assert changed.json()["object_type"] == "receivable"
    assert changed.json()["event_types"] == ["receivable.issued"]
    assert (await partner.patch(path, json={"event_types": []})).json()["event_types"] == []


async def test_a_change_that_would_leave_event_types_of_another_object_is_refused(partner: Partner) -> None:
    made = await subscribe(partner, event_types=["payable.created"])
    answer = await partner.patch(f"/webhook_subscriptions/{made['id']}", json={"object_type": "receivable"})
    assert answer.status_code == 422
    assert (await partner.get(f"/webhook_subscriptions/{made['id']}")).json()["object_type"] == "payable"


async def test_event_types_may_have_dots_of_their_own(partner: Partner) -> None:
    names = ["onboarding_requirements.updated", "entity.created"]
    assert (await subscribe(partner, "entity", event_types=names))["event_types"] == names
    lines = ["payable.line_item.created", "created"]
    assert (await subscribe(partner, "payable.line_item", event_types=lines))["event_types"] == lines


async def test_disabling_and_enabling_may_be_repeated(partner: Partner) -> None:
    path = f"/webhook_subscriptions/{(await subscribe(partner))['id']}"
    for status in ("disabled", "disabled", "enabled", "enabled"):
        answer = await partner.post(f"{path}/{status.removesuffix('d')}")
        assert answer.status_code == 200
        assert answer.json()["status"] == status
        assert (await partner.get(path)).json()["status"] == status
        health = (await partner.get(f"{path}/health")).json()
        assert health["disabled_reason"] == ("by_request" if status == "disabled" else None)


async def test_a_new_secret_replaces_the_old_one(partner: Partner) -> None:
    made = await subscribe(partner)
    answer = await partner.post(f"/webhook_subscriptions/{made['id']}/regenerate_secret")
    assert answer.status_code == 200
    assert answer.json()["secret"].startswith("whsec_")
    assert answer.json()["secret"] != made["secret"]
    assert {**answer.json(), "secret": ""} == {**made, "secret": ""}


async def test_a_deleted_subscription_is_gone_and_keeps_no_secret(api: Api, partner: Partner) -> None:
    made = await subscribe(partner)
    path = f"/webhook_subscriptions/{made['id']}"
    answer = await partner.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await partner.get("/webhook_subscriptions")).json()["data"] == []
    for method, at in EVERYTHING:
        answer = await partner.call(method, at.format(made["id"]), json={} if method == "PATCH" else None)
        assert answer.status_code == 404, at
    async with api.services.database.read() as session:
        row = await session.get_one(WebhookSubscription, UUID(made["id"]))
    assert api.services.vault.open(row.secret, place=f"webhook_subscriptions.secret:{row.id}") == ""


EVERYTHING = [
    ("GET", "/webhook_subscriptions/{}"),
    ("PATCH", "/webhook_subscriptions/{}"),
    ("DELETE", "/webhook_subscriptions/{}"),
    ("POST", "/webhook_subscriptions/{}/enable"),
    ("POST", "/webhook_subscriptions/{}/disable"),
    ("POST", "/webhook_subscriptions/{}/regenerate_secret"),
    ("GET", "/webhook_subscriptions/{}/health"),
]


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
async def test_a_subscription_of_somebody_else_is_not_there(
    partner: Partner, other_partner: Partner, method: str, path: str
) -> None:
    made = await subscribe(partner)
    for caller, subscription_id in ((other_partner, made["id"]), (partner, new_id())):
        answer = await caller.call(method, path.format(subscription_id), json={} if method == "PATCH" else None)
        assert answer.status_code == 404
    assert (await other_partner.get("/webhook_subscriptions")).json()["data"] == []
    seen = (await partner.get(f"/webhook_subscriptions/{made['id']}")).json()
    assert seen == {name: value for name, value in made.items() if name != "secret"}


async def test_the_list_is_narrowed_and_paged(api: Api, partner: Partner) -> None:
    made = []
    for object_type in ("payable", "receivable", "payable"):
        made.append((await subscribe(partner, object_type))["id"])
        api.clock.move(timedelta(minutes=1))
    at = (api.clock.now() - timedelta(minutes=2, seconds=30)).isoformat()

    async def ids(**query: str) -> list[str]:
        answer = await partner.get("/webhook_subscriptions", params=query)
        return [one["id"] for one in answer.json()["data"]]

    assert await ids() == made
    assert await ids(order="desc") == made[::-1]
    assert await ids(object_type="payable") == [made[0], made[2]]
    assert await ids(created_at__gt=at) == made[1:]
    assert await ids(created_at__lte=at) == made[:1]
    first = (await partner.get("/webhook_subscriptions", params={"limit": "2"})).json()
    assert [one["id"] for one in first["data"]] == made[:2]
    assert await ids(pagination_token=first["next_pagination_token"]) == made[2:]
    assert (await partner.get("/webhook_subscriptions", params={"object_type": "x"})).status_code == 422


async def test_a_partner_has_a_bounded_number_of_subscriptions(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SUBSCRIPTIONS_MAX", 2)
    first = await subscribe(partner)
    await subscribe(partner)
    answer = await partner.post("/webhook_subscriptions", json={"object_type": "payable", "url": URL})
    assert answer.status_code == 409
    await partner.delete(f"/webhook_subscriptions/{first['id']}")
    await subscribe(partner)


async def test_the_audit_trail_tells_of_every_change_without_the_secret(api: Api, partner: Partner) -> None:
    made = await subscribe(partner)
    path = f"/webhook_subscriptions/{made['id']}"
    await partner.patch(path, json={"url": "https://other.example/"})
    again = (await partner.post(f"{path}/regenerate_secret")).json()
    await partner.post(f"{path}/disable")
    await partner.post(f"{path}/enable")
    await partner.delete(path)
    async with api.services.database.read() as session:
        query = select(AuditEntry).where(AuditEntry.subject_id == made["id"]).order_by(AuditEntry.number)
        entries = (await session.scalars(query)).all()
    assert [entry.action.partition(".")[2] for entry in entries] == [
        "created", "updated", "secret_regenerated", "disabled", "enabled", "deleted",
    ]  # fmt: skip
    told = str([entry.details for entry in entries])
    assert made["secret"] not in told
    assert again["secret"] not in told
