"""/counterparts and everything below it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.support.partner import ADDRESS, Api, Partner

ORGANIZATION = {
    "type": "organization",
    "tax_id": "DE123",
    "organization": {
        "legal_name": "Bolts GmbH",
        "is_customer": True,
        "is_vendor": False,
        "email": "bolts@example.com",
        "address": ADDRESS,
    },
}
INDIVIDUAL = {
    "type": "individual",
    "individual": {
        "first_name": "Mary",
        "last_name": "O'Brien",
        "is_customer": False,
        "is_vendor": True,
        "address": ADDRESS | {"city": "Cork", "country": "IE"},
    },
}
ROOT_FIELDS = {
    "id",
    "created_at",
    "updated_at",
    "type",
    "language",
    "reminders_enabled",
    "tax_id",
    "external_reference",
    "default_billing_address_id",
    "default_shipping_address_id",
    "created_automatically",
    "created_by_entity_user_id",
}
CONTACT = {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com", "address": ADDRESS}


@pytest.fixture
async def trader(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


async def made(trader: Partner, body: dict[str, Any] = ORGANIZATION) -> dict[str, Any]:
    answer = await trader.post("/counterparts", json=body)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def with_details(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    kind = body["type"]
    return body | {kind: body[kind] | changes}


async def test_an_organization_is_made_with_its_address_as_the_default_one(trader: Partner) -> None:
    shown = await made(trader)
    assert set(shown) == ROOT_FIELDS | {"organization"}
    assert shown["organization"] == {
        "legal_name": "Bolts GmbH",
        "is_customer": True,
        "is_vendor": False,
        "email": "bolts@example.com",
        "phone": None,
        "tags": [],
    }
    assert (shown["language"], shown["reminders_enabled"]) == ("en", True)
    [address] = (await trader.get(f"/counterparts/{shown['id']}/addresses")).json()["data"]
    assert address == ADDRESS | {"line2": None, "id": address["id"], "counterpart_id": shown["id"]}
    assert shown["default_billing_address_id"] == shown["default_shipping_address_id"] == address["id"]
    assert (await trader.get(f"/counterparts/{shown['id']}")).json() == shown


async def test_an_individual_is_made(trader: Partner) -> None:
    shown = await made(trader, INDIVIDUAL)
    assert set(shown) == ROOT_FIELDS | {"individual"}
    assert shown["individual"]["last_name"] == "O'Brien"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (ORGANIZATION | {"organization": None}, ["body", "organization"]),
        (ORGANIZATION | {"individual": INDIVIDUAL["individual"]}, ["body", "individual"]),
        (ORGANIZATION | {"type": "company"}, ["body", "type"]),
        (ORGANIZATION | {"color": 1}, ["body", "color"]),
        (ORGANIZATION | {"reminders_enabled": 1}, ["body", "reminders_enabled"]),
        (ORGANIZATION | {"language": "xx"}, ["body", "language"]),
        (with_details(ORGANIZATION, is_customer="true"), ["body", "organization", "is_customer"]),
        (with_details(ORGANIZATION, email="nobody"), ["body", "organization", "email"]),
        (with_details(ORGANIZATION, address={"country": "US"}), ["body", "organization", "address", "city"]),
        (with_details(INDIVIDUAL, first_name=""), ["body", "individual", "first_name"]),
        (with_details(INDIVIDUAL, color=1), ["body", "individual", "color"]),
    ],
)
async def test_a_wrong_counterpart_is_refused(trader: Partner, body: dict[str, Any], place: list[str]) -> None:
    answer = await trader.post("/counterparts", json=body)
    assert answer.status_code == 422
    assert place in [fault["loc"] for fault in answer.json()["detail"]]
    assert (await trader.get("/counterparts")).json()["data"] == []


async def test_unknown_fields_of_an_organization_are_left_alone_as_the_contract_has_it(trader: Partner) -> None:
    shown = await made(trader, with_details(ORGANIZATION, unknown="x"))
    assert "unknown" not in shown["organization"]


async def test_tags_are_loudly_not_built(trader: Partner) -> None:
    answer = await trader.post("/counterparts", json=with_details(ORGANIZATION, tag_ids=[str(uuid4())]))
    assert answer.status_code == 501
    assert "tag_ids" in answer.json()["error"]["message"]
    await made(trader, with_details(ORGANIZATION, tag_ids=[]))


async def test_a_change_leaves_the_rest_as_it_was(trader: Partner) -> None:
    shown = await made(trader)
    answer = await trader.patch(
        f"/counterparts/{shown['id']}",
        json={"tax_id": None, "external_reference": "C-1", "organization": {"is_vendor": True}},
    )
    assert answer.status_code == 200
    expected = shown | {"tax_id": None, "external_reference": "C-1"}
    assert answer.json() == expected | {"organization": shown["organization"] | {"is_vendor": True}}


async def test_a_persons_new_name_is_found(trader: Partner) -> None:
    shown = await made(trader, INDIVIDUAL)
    await trader.patch(f"/counterparts/{shown['id']}", json={"individual": {"last_name": "Byrne"}})
    [found] = (await trader.get("/counterparts?counterpart_name=Mary Byrne")).json()["data"]
    assert found["individual"]["first_name"] == "Mary"
    assert (await trader.get("/counterparts?counterpart_name__icontains=brien")).json()["data"] == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"tax_id": "1"}, ["body", "organization"]),
        ({"individual": {}}, ["body", "individual"]),
        ({"organization": {"legal_name": None}}, ["body", "organization", "legal_name"]),
        ({"organization": {"is_vendor": None}}, ["body", "organization", "is_vendor"]),
        ({"organization": {"color": 1}}, ["body", "organization", "color"]),
        ({"organization": {}, "default_billing_address_id": str(uuid4())}, ["body", "default_billing_address_id"]),
        ({"organization": {}, "language": None}, ["body", "language"]),
    ],
)
async def test_a_wrong_change_is_refused(trader: Partner, change: dict[str, Any], place: list[str]) -> None:
    shown = await made(trader)
    answer = await trader.patch(f"/counterparts/{shown['id']}", json=change)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == place
    assert (await trader.get(f"/counterparts/{shown['id']}")).json() == shown


async def test_the_address_of_another_counterpart_cannot_become_the_default(trader: Partner) -> None:
    first, second = await made(trader), await made(trader, INDIVIDUAL)
    answer = await trader.patch(
        f"/counterparts/{first['id']}",
        json={"organization": {}, "default_shipping_address_id": second["default_shipping_address_id"]},
    )
    assert answer.status_code == 422


async def test_a_deleted_counterpart_is_gone_with_all_that_belongs_to_it(trader: Partner) -> None:
    shown = await made(trader)
    path = f"/counterparts/{shown['id']}"
    assert (await trader.delete(path)).status_code == 204
    assert (await trader.get(path)).status_code == 404
    assert (await trader.get(f"{path}/addresses")).status_code == 404
    assert (await trader.delete(path)).status_code == 404
    assert (await trader.get("/counterparts")).json()["data"] == []


async def test_counterparts_are_narrowed_by_every_filter(trader: Partner) -> None:
    bolts, mary = await made(trader), await made(trader, INDIVIDUAL)
    assert (
        await trader.post(f"/counterparts/{mary['id']}/vat_ids", json={"value": "IE1", "country": "IE"})
    ).status_code == 201
    for query, expected in (
        (f"id__in={mary['id']}", [mary]),
        ("type=organization", [bolts]),
        ("counterpart_name=Bolts GmbH", [bolts]),
        ("counterpart_name__iexact=bolts gmbh", [bolts]),
        ("counterpart_name__contains=bolts", []),
        ("counterpart_name__icontains=BOLTS", [bolts]),
        ("is_vendor=true", [mary]),
        ("is_customer=true", [bolts]),
        ("email=bolts@example.com", [bolts]),
        ("email__contains=bolts", [bolts]),
        ("email__icontains=BOLTS@", [bolts]),
        ("tax_id=DE123", [bolts]),
        ("vat_id=IE1", [mary]),
        ("created_at__gte=2026-03-02T09:30:00Z", [bolts, mary]),
        ("created_at__lt=2026-03-02T09:30:00Z", []),
        ("address.country=IE", [mary]),
        ("address.country=US&address.city=Cork", []),
        ("address.city=Cork&address.postal_code=12345&address.state=IL&address.line1=1 Main St", [mary]),
        ("address.line2=x", []),
        ("iban=DE89", []),
        ("sort_code=1", []),
        ("account_number=1", []),
        (f"tag_ids__in={uuid4()}", []),
        ("sort=counterpart_name&order=desc", [mary, bolts]),
    ):
        answer = await trader.get(f"/counterparts?{query}")
        assert answer.status_code == 200, answer.text
        found = answer.json()["data"]
        assert sorted(row["id"] for row in found) == sorted(row["id"] for row in expected), query


async def test_filters_survive_in_the_token_of_the_next_page(trader: Partner) -> None:
    for _ in range(3):
        await made(trader, INDIVIDUAL)
    await made(trader)
    first = (await trader.get("/counterparts?address.city=Cork&limit=2")).json()
    second = (await trader.get(f"/counterparts?pagination_token={first['next_pagination_token']}")).json()
    assert [len(first["data"]), len(second["data"])] == [2, 1]


async def test_addresses_come_change_and_go(trader: Partner) -> None:
    shown = await made(trader)
    path = f"/counterparts/{shown['id']}/addresses"
    answer = await trader.post(path, json=ADDRESS | {"city": "Bonn"})
    assert answer.status_code == 201
    address = answer.json()
    changed = await trader.patch(f"{path}/{address['id']}", json={"city": "Ulm", "state": None})
    assert changed.json() == address | {"city": "Ulm", "state": None}
    assert (await trader.patch(f"{path}/{address['id']}", json={"city": None})).status_code == 422
    assert (await trader.delete(f"{path}/{shown['default_billing_address_id']}")).status_code == 204
    assert [row["id"] for row in (await trader.get(path)).json()["data"]] == [address["id"]]
    after = (await trader.get(f"/counterparts/{shown['id']}")).json()
    assert after["default_billing_address_id"] is after["default_shipping_address_id"] is None


async def test_one_contact_is_always_the_default(api: Api, trader: Partner) -> None:
    shown = await made(trader)
    path = f"/counterparts/{shown['id']}/contacts"
    created = await trader.post(path, json=CONTACT)
    assert created.status_code == 200
    first = created.json()
    assert set(first) == {
        "id",
        "counterpart_id",
        "first_name",
        "last_name",
        "title",
        "email",
        "phone",
        "is_default",
        "address",
    }
    assert first["is_default"] is True
    api.clock.move(timedelta(seconds=1))
    second = (await trader.post(path, json=CONTACT | {"first_name": "Bob"})).json()
    assert second["is_default"] is False
    assert (await trader.post(f"{path}/{second['id']}/make_default")).json()["is_default"] is True
    assert [row["is_default"] for row in (await trader.get(path)).json()["data"]] == [False, True]
    assert (await trader.delete(f"{path}/{second['id']}")).status_code == 204
    assert (await trader.get(f"{path}/{first['id']}")).json()["is_default"] is True


async def test_a_contact_may_have_one_name(trader: Partner) -> None:
    shown = await made(trader)
    path = f"/counterparts/{shown['id']}/contacts"
    contact = (await trader.post(path, json=CONTACT | {"last_name": ""})).json()
    assert contact["last_name"] == ""
    refused = await trader.patch(f"{path}/{contact['id']}", json={"last_name": None})
    assert refused.status_code == 422


async def test_tax_numbers_come_change_and_go(trader: Partner) -> None:
    shown = await made(trader)
    path = f"/counterparts/{shown['id']}/vat_ids"
    number = (await trader.post(path, json={"value": "DE1"})).json()
    assert number == {
        "id": number["id"],
        "counterpart_id": shown["id"],
        "country": None,
        "type": "unknown",
        "value": "DE1",
    }
    changed = await trader.patch(f"{path}/{number['id']}", json={"type": "eu_vat", "country": "DE"})
    assert changed.json() == number | {"type": "eu_vat", "country": "DE"}
    assert (await trader.post(path, json={"value": "x" * 33})).status_code == 422
    assert (await trader.delete(f"{path}/{number['id']}")).status_code == 204
    assert (await trader.get(path)).json() == {"data": []}


async def test_metadata_is_kept_as_it_is(trader: Partner) -> None:
    shown = await made(trader)
    path = f"/counterparts/{shown['id']}/partner_metadata"
    assert (await trader.put(path, json={"metadata": {"a": [1]}})).json() == {"metadata": {"a": [1]}}
    assert (await trader.get(path)).json() == {"metadata": {"a": [1]}}


async def test_changes_are_events(trader: Partner) -> None:
    shown = await made(trader)
    await trader.patch(f"/counterparts/{shown['id']}", json={"organization": {"phone": "1"}})
    await trader.post(f"/counterparts/{shown['id']}/contacts", json=CONTACT)
    await trader.delete(f"/counterparts/{shown['id']}")
    events = (await trader.get("/events?order=asc")).json()["data"]
    assert sorted(event["action"] for event in events if event["object_type"] != "entity") == [
        "counterpart.created",
        "counterpart.delete",
        "counterpart.updated",
        "counterpart_contact_person.created",
    ]


async def actions(trader: Partner, object_type: str) -> list[str]:
    events = (await trader.get(f"/events?object_type={object_type}&order=asc")).json()["data"]
    return [event["action"].partition(".")[2] for event in events]


async def test_losing_a_default_address_is_a_change_of_the_counterpart(api: Api, trader: Partner) -> None:
    shown = await made(trader)
    path = f"/counterparts/{shown['id']}"
    other = (await trader.post(f"{path}/addresses", json=ADDRESS)).json()
    api.clock.move(timedelta(minutes=1))
    await trader.delete(f"{path}/addresses/{other['id']}")
    assert await actions(trader, "counterpart") == ["created"]
    await trader.delete(f"{path}/addresses/{shown['default_billing_address_id']}")
    assert await actions(trader, "counterpart") == ["created", "updated"]
    after = (await trader.get(path)).json()
    nothing = {"default_billing_address_id": None, "default_shipping_address_id": None}
    assert after == shown | nothing | {"updated_at": "2026-03-02T09:31:00Z"}
    assert await actions(trader, "counterpart_address") == ["created", "delete", "delete"]


async def test_every_contact_that_becomes_the_default_is_told(api: Api, trader: Partner) -> None:
    shown = await made(trader)
    path = f"/counterparts/{shown['id']}/contacts"
    first = (await trader.post(path, json=CONTACT)).json()
    api.clock.move(timedelta(seconds=1))
    second = (await trader.post(path, json=CONTACT)).json()
    for seconds, contact in ((1, first), (2, second), (3, second)):  # two of them change nothing
        api.clock.move(timedelta(seconds=seconds))
        assert (await trader.post(f"{path}/{contact['id']}/make_default")).json()["is_default"] is True
    api.clock.move(timedelta(seconds=1))
    await trader.delete(f"{path}/{second['id']}")
    told = await actions(trader, "counterpart_contact_person")
    assert sorted(told) == ["created", "created", "delete", "make_default", "make_default"]


async def test_the_longest_name_of_a_person_is_found(trader: Partner) -> None:
    long = {"first_name": "A" * 255, "last_name": "B" * 255}
    shown = await made(trader, with_details(INDIVIDUAL, **long))
    name = f"{'A' * 255} {'B' * 255}"
    [found] = (await trader.get("/counterparts", params={"counterpart_name": name})).json()["data"]
    assert found == shown
    assert (await trader.get("/counterparts", params={"counterpart_name": name + "C"})).status_code == 422


async def test_a_counterpart_that_documents_name_can_be_deleted_and_they_keep_it(trader: Partner) -> None:
    shown = await made(trader)
    product = {"name": "Work", "price": {"currency": "USD", "value": 100}}
    body = {
        "type": "invoice",
        "counterpart_id": shown["id"],
        "counterpart_billing_address_id": shown["default_billing_address_id"],
        "currency": "USD",
        "line_items": [{"product": product, "quantity": 1, "tax_rate_value": 0}],
    }
    invoice = (await trader.post("/receivables", json=body)).json()
    bill = (await trader.post("/payables", json={"counterpart_id": shown["id"], "currency": "USD"})).json()
    assert (await trader.delete(f"/counterparts/{shown['id']}")).status_code == 204
    assert (await trader.get(f"/receivables/{invoice['id']}")).json()["counterpart_name"] == "Bolts GmbH"
    assert (await trader.get(f"/payables/{bill['id']}")).json()["counterpart_id"] == shown["id"]
    assert (await trader.post("/receivables", json=body)).status_code == 404


async def test_what_belongs_to_others_is_not_there(api: Api, trader: Partner) -> None:
    mine, mine_too = await made(trader), await made(trader, INDIVIDUAL)
    path = f"/counterparts/{mine['id']}"
    belongings = {
        "addresses": (await trader.post(f"{path}/addresses", json=ADDRESS)).json()["id"],
        "contacts": (await trader.post(f"{path}/contacts", json=CONTACT)).json()["id"],
        "vat_ids": (await trader.post(f"{path}/vat_ids", json={"value": "1"})).json()["id"],
    }
    for kind, row_id in belongings.items():  # not below another counterpart of one's own either
        assert (await trader.get(f"/counterparts/{mine_too['id']}/{kind}/{row_id}")).status_code == 404
    other = await api.new_partner("Somebody Else Inc")
    await other.make_entity()
    second = Partner(trader.http, trader.id, trader.client_id, trader.client_secret, trader.token)
    await second.make_entity("Second Ltd")
    theirs = await made(second)
    bodies: dict[str, dict[str, Any]] = {
        "addresses": {"city": "X"},
        "contacts": {"title": "X"},
        "vat_ids": {"value": "X"},
    }
    for caller in (other, second):
        answers = [
            await caller.get(path),
            await caller.patch(path, json={"organization": {}}),
            await caller.delete(path),
            await caller.get(f"{path}/partner_metadata"),
            await caller.put(f"{path}/partner_metadata", json={"metadata": {}}),
            await caller.post(f"{path}/addresses", json=ADDRESS),
            await caller.post(f"{path}/contacts", json=CONTACT),
            await caller.post(f"{path}/vat_ids", json={"value": "1"}),
            await caller.post(f"{path}/contacts/{belongings['contacts']}/make_default"),
        ]
        for kind, row_id in belongings.items():
            answers += [
                await caller.get(f"{path}/{kind}"),
                await caller.get(f"{path}/{kind}/{row_id}"),
                await caller.patch(f"{path}/{kind}/{row_id}", json=bodies[kind]),
                await caller.delete(f"{path}/{kind}/{row_id}"),
            ]
        assert {answer.status_code for answer in answers} == {404}
    for kind, row_id in belongings.items():
        assert (await second.get(f"/counterparts/{theirs['id']}/{kind}/{row_id}")).status_code == 404
        assert (await trader.get(f"{path}/{kind}/{row_id}")).status_code == 200
