"""/entities: exact shapes, refusals, isolation, settings."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from tests.support.partner import ADDRESS, Api, Partner

from tieout.api.entities.document_numbers import plan_number
from tieout.storage import audit_trail
from tieout.storage.tables.access import AuditEntry
from tieout.storage.tables.business import Entity

ORGANIZATION = {
    "type": "organization",
    "email": "acme@example.com",
    "address": ADDRESS,
    "organization": {"legal_name": "Acme Ltd", "business_structure": "private_corporation"},
}
INDIVIDUAL = {
    "type": "individual",
    "email": "mary@example.com",
    "address": ADDRESS,
    "individual": {"first_name": "Mary", "last_name": "O'Brien", "date_of_birth": "1980-02-29"},
}
SHARED_FIELDS = {
    "id",
    "created_at",
    "updated_at",
    "status",
    "type",
    "email",
    "phone",
    "website",
    "tax_id",
    "registration_number",
    "registration_authority",
    "address",
    "logo",
}


async def test_an_organization_is_made_and_read_back(partner: Partner) -> None:
    answer = await partner.post("/entities", json=ORGANIZATION | {"website": "https://acme.example", "tax_id": "12-3"})
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == SHARED_FIELDS | {"organization"}
    assert made["status"] == "active"
    assert made["created_at"] == "2026-03-02T09:30:00Z"
    assert made["website"] == "https://acme.example"
    assert made["organization"]["legal_name"] == "Acme Ltd"
    assert made["address"] == ADDRESS | {"line2": None}
    assert (await partner.get(f"/entities/{made['id']}")).json() == made


async def test_an_individual_is_made(partner: Partner) -> None:
    made = (await partner.post("/entities", json=INDIVIDUAL)).json()
    assert set(made) == SHARED_FIELDS | {"individual"}
    assert made["individual"]["date_of_birth"] == "1980-02-29"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"organization": None}, ["body", "organization"]),
        ({"individual": INDIVIDUAL["individual"]}, ["body", "individual"]),
        ({"type": "company"}, ["body", "type"]),
        ({"email": "nobody"}, ["body", "email"]),
        ({"website": "not a url"}, ["body", "website"]),
        ({"color": "red"}, ["body", "color"]),
        ({"address": ADDRESS | {"country": "ZZ"}}, ["body", "address", "country"]),
        ({"address": {"country": "US"}}, ["body", "address", "city"]),
        ({"organization": {"legal_name": ""}}, ["body", "organization", "legal_name"]),
        ({"organization": {"legal_name": "A\x00B"}}, ["body", "organization", "legal_name"]),
        ({"organization": {"legal_name": "A", "owners_provided": "yes"}}, ["body", "organization", "owners_provided"]),
    ],
)
async def test_a_wrong_entity_is_refused_at_the_place_of_its_fault(
    partner: Partner, change: dict[str, Any], place: list[str]
) -> None:
    answer = await partner.post("/entities", json=ORGANIZATION | change)
    assert answer.status_code == 422
    assert place in [fault["loc"] for fault in answer.json()["detail"]]
    assert (await partner.get("/entities")).json()["data"] == []


async def test_a_change_leaves_the_rest_as_it_was(api: Api, partner: Partner) -> None:
    made = (await partner.post("/entities", json=ORGANIZATION | {"phone": "555"})).json()
    api.clock.move(timedelta(minutes=20))
    answer = await partner.patch(
        f"/entities/{made['id']}",
        json={"phone": None, "address": {"city": "Shelbyville"}, "organization": {"owners_provided": True}},
    )
    assert answer.status_code == 200
    changed = answer.json()
    assert changed["phone"] is None
    assert changed["address"] == made["address"] | {"city": "Shelbyville"}
    assert changed["organization"] == made["organization"] | {"owners_provided": True}
    assert changed["updated_at"] == "2026-03-02T09:50:00Z"
    assert changed["email"] == made["email"]


async def test_what_an_answer_needs_cannot_be_emptied(partner: Partner) -> None:
    made = (await partner.post("/entities", json=ORGANIZATION)).json()
    answer = await partner.patch(
        f"/entities/{made['id']}",
        json={"address": {"city": None}, "organization": {"legal_name": None}},
    )
    assert answer.status_code == 200
    assert answer.json()["address"]["city"] == "Springfield"
    assert answer.json()["organization"]["legal_name"] == "Acme Ltd"


async def test_an_organization_does_not_take_the_details_of_a_person(partner: Partner) -> None:
    made = (await partner.post("/entities", json=ORGANIZATION)).json()
    answer = await partner.patch(f"/entities/{made['id']}", json={"individual": {"first_name": "Mary"}})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "individual"]


async def test_an_entity_goes_out_of_use_and_back(partner: Partner) -> None:
    entity_id = await partner.make_entity()
    assert (await partner.post(f"/entities/{entity_id}/deactivate")).json()["status"] == "inactive"
    assert (await partner.get("/entities?status=active")).json()["data"] == []
    assert (await partner.post(f"/entities/{entity_id}/activate")).json()["status"] == "active"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"phone": "1"}),
        ("POST", "/activate", None),
        ("POST", "/deactivate", None),
        ("GET", "/settings", None),
        ("PATCH", "/settings", {"language": "de"}),
        ("GET", "/settings/next_document_numbers", None),
        ("GET", "/partner_metadata", None),
        ("PUT", "/partner_metadata", {"metadata": {}}),
        ("GET", "/vat_ids", None),
        ("POST", "/vat_ids", {"country": "DE", "value": "1"}),
    ],
)
async def test_another_partners_entity_is_not_there(
    partner: Partner, other_partner: Partner, method: str, path: str, body: dict[str, Any] | None
) -> None:
    entity_id = await other_partner.make_entity()
    answer = await partner.call(method, f"/entities/{entity_id}{path}", json=body)
    assert answer.status_code == 404
    assert answer.json() == {"error": {"message": f"There is no entity {entity_id}."}}


async def test_a_list_shows_only_the_partners_own(partner: Partner, other_partner: Partner) -> None:
    await other_partner.make_entity()
    mine = await partner.make_entity()
    listed = (await partner.get("/entities")).json()
    assert [entity["id"] for entity in listed["data"]] == [mine]
    assert set(listed) == {"data", "next_pagination_token", "prev_pagination_token"}


async def test_lists_are_narrowed_by_every_filter(api: Api, partner: Partner) -> None:
    organization = (await partner.post("/entities", json=ORGANIZATION)).json()
    api.clock.move(timedelta(minutes=1))
    individual = (await partner.post("/entities", json=INDIVIDUAL)).json()
    for query, expected in (
        ("type=individual", [individual]),
        ("email=acme@example.com", [organization]),
        ("email__in=acme@example.com&email__in=x@example.com", [organization]),
        ("email__not_in=acme@example.com", [individual]),
        (f"id__in={organization['id']}", [organization]),
        (f"id__not_in={organization['id']}", [individual]),
        ("created_at__gt=2026-03-02T09:30:00Z", [individual]),
        ("created_at__gte=2026-03-02T09:30:00%2B00:00", [organization, individual]),
        ("created_at__lt=2026-03-02T09:31:00", [organization]),
        ("created_at__lte=2026-03-02T10:31:00%2B01:00", [organization, individual]),
        ("order=desc", [individual, organization]),
        ("status=deleted", []),
    ):
        answer = await partner.get(f"/entities?{query}")
        assert answer.status_code == 200, query
        assert answer.json()["data"] == expected, query


@pytest.mark.parametrize(
    "query", ["type=x", "limit=0", "limit=101", "sort=email", "created_at__gt=0001-01-01T00:00:00%2B14:00"]
)
async def test_wrong_list_parameters_are_422(partner: Partner, query: str) -> None:
    answer = await partner.get(f"/entities?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]


async def test_settings_begin_with_their_defaults(partner: Partner) -> None:
    entity_id = await partner.make_entity()
    settings = (await partner.get(f"/entities/{entity_id}/settings")).json()
    assert settings["accounting"] is None
    assert settings["vat_mode"] == "exclusive"
    assert settings["payables_skip_approval_flow"] is False
    assert settings["document_ids"]["document_type_prefix"]["invoice"] == "INV"
    assert settings["document_rendering"]["line_items"]["vat_amount"]["display"] is False


async def test_a_change_of_settings_is_merged(partner: Partner) -> None:
    entity_id = await partner.make_entity()
    path = f"/entities/{entity_id}/settings"
    first = await partner.patch(path, json={"document_ids": {"prefix": "ACME"}, "vat_mode": "inclusive"})
    assert first.status_code == 200
    second = await partner.patch(path, json={"document_ids": {"min_digits": 3}})
    assert second.json()["document_ids"]["prefix"] == "ACME"
    assert second.json()["document_ids"]["min_digits"] == 3
    assert second.json()["vat_mode"] == "inclusive"
    assert (await partner.get(path)).json() == second.json()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"colour": "red"}, ["body", "colour"]),
        ({"accounting": {"defaults": {}}}, ["body", "accounting", "defaults"]),
        (
            {"accounting": {"ledger_account_ids": {"bills": None}}},
            ["body", "accounting", "ledger_account_ids", "bills"],
        ),
        ({"payables_skip_approval_flow": "true"}, ["body", "payables_skip_approval_flow"]),
        ({"document_ids": {"min_digits": 3.5}}, ["body", "document_ids", "min_digits"]),
        ({"language": "xx"}, ["body", "language"]),
    ],
)
async def test_a_wrong_setting_is_refused(partner: Partner, change: dict[str, Any], place: list[str]) -> None:
    entity_id = await partner.make_entity()
    answer = await partner.patch(f"/entities/{entity_id}/settings", json=change)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == place


async def test_accounts_that_the_entitys_books_do_not_have_are_refused(partner: Partner) -> None:
    entity_id = await partner.make_entity()
    unknown = str(uuid4())
    answer = await partner.patch(
        f"/entities/{entity_id}/settings",
        json={"accounting": {"ledger_account_ids": {"payments": unknown, "products": None}}},
    )
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "accounting", "ledger_account_ids", "payments"]
    taxes = await partner.patch(
        f"/entities/{entity_id}/settings", json={"accounting": {"tax_ids": {"deductions": unknown}}}
    )
    assert taxes.json()["detail"][0]["loc"] == ["body", "accounting", "tax_ids", "deductions"]


async def test_document_numbers_only_go_up(api: Api, partner: Partner) -> None:
    entity_id = await partner.make_entity()
    path = f"/entities/{entity_id}/settings"
    numbers = f"{path}/next_document_numbers"
    assert (await partner.get(numbers)).json() == dict.fromkeys(
        ("invoice", "credit_note", "quote", "purchase_order", "delivery_note"), 1
    )
    set_up = await partner.patch(path, json={"document_ids": {"next_number": {"invoice": 41}, "include_date": True}})
    assert "next_number" not in set_up.json()["document_ids"]
    assert (await partner.get(numbers)).json()["invoice"] == 41
    async with api.services.database.write() as session:
        entity = (await session.scalars(select(Entity))).one()
        number, entity.settings = plan_number(entity.settings, "invoice", year=2026)
    assert number == "INV-2026-00041"
    refused = await partner.patch(path, json={"document_ids": {"next_number": {"invoice": 41}}})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "document_ids", "next_number", "invoice"]


async def test_partner_metadata_is_kept_as_it_is(partner: Partner) -> None:
    entity_id = await partner.make_entity()
    path = f"/entities/{entity_id}/partner_metadata"
    assert (await partner.get(path)).json() == {"metadata": {}}
    kept = {"metadata": {"crm": {"id": 7, "tags": ["a", None]}}}
    assert (await partner.put(path, json=kept)).json() == kept
    assert (await partner.get(path)).json() == kept
    assert (await partner.put(path, json={"metadata": {"a": "\x00"}})).status_code == 422


async def test_every_change_of_an_entity_is_an_event_with_the_entity_as_it_was(api: Api, partner: Partner) -> None:
    entity_id = await partner.make_entity()
    api.clock.move(timedelta(seconds=1))
    await partner.patch(f"/entities/{entity_id}", json={"phone": "1"})
    events = (await partner.get("/events?object_type=entity")).json()["data"]
    assert [event["action"] for event in events] == ["entity.created", "entity.updated"]
    assert [event["object"]["phone"] for event in events] == [None, "1"]
    one = (await partner.get(f"/events/{events[0]['id']}", headers={"x-monite-entity-id": ""})).json()
    assert one == events[0]


async def test_a_change_of_settings_is_an_event_with_all_settings(partner: Partner) -> None:
    entity_id = await partner.make_entity()
    path = f"/entities/{entity_id}/settings"
    settings = (await partner.patch(path, json={"vat_mode": "inclusive"})).json()
    await partner.patch(path, json={"vat_mode": "neither"})
    [event] = (await partner.get("/events?object_type=entity_settings")).json()["data"]
    assert event["action"] == "entity_settings.updated"
    assert event["object"] == settings | {"id": entity_id}


async def test_events_of_others_are_not_there(partner: Partner, other_partner: Partner) -> None:
    await partner.make_entity()
    await other_partner.make_entity()
    [event] = (await partner.get("/events")).json()["data"]
    assert (await other_partner.get(f"/events/{event['id']}")).status_code == 404


async def test_sensitive_changes_are_in_the_audit_trail_and_its_chain_holds(api: Api, partner: Partner) -> None:
    entity_id = await partner.make_entity()
    await partner.post(f"/entities/{entity_id}/deactivate")
    await partner.patch(f"/entities/{entity_id}/settings", json={"accounting": {"tax_ids": {"deductions": None}}})
    async with api.services.database.read() as session:
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.number))).all()
        assert [entry.action for entry in entries] == [
            "partner.created",
            "api_client.created",
            "entity.status_changed",
            "entity.accounting_settings_changed",
        ]
        assert entries[2].actor == f"api_client:{partner.client_id}"
        assert await audit_trail.verify(session, partner.id) is None
