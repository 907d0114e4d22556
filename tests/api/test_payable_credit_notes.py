"""What vendors credit: written, added up, judged, and handed in."""

from typing import Any

import pytest
from tests.support.crediting import NOTE, make_bill, make_note
from tests.support.documents import Trader, connect_books, events_of, make_counterpart
from tests.support.partner import Api, Partner

SOMEBODY = "5f0c9c6e-5d0a-4d3a-9a57-2a3b8f6f4c11"
"""An id that nobody has."""
LINE = {"name": "Returned paper", "quantity": 3, "unit_price": 333, "tax": 2_000}


pytestmark = pytest.mark.usefixtures("vendor")


@pytest.fixture
async def vendor(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner)


@pytest.fixture
async def bill_id(partner: Partner, vendor: Trader) -> str:
    return await make_bill(partner, vendor)


async def shown(partner: Partner, note_id: str) -> dict[str, Any]:
    answer = await partner.get(f"/payable_credit_notes/{note_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def lacking(partner: Partner, note_id: str) -> list[str]:
    """Where the credit note is not complete."""
    answer = await partner.get(f"/payable_credit_notes/{note_id}/validate")
    assert answer.json()["id"] == note_id
    return [".".join(str(part) for part in each["loc"]) for each in answer.json()["validation_errors"]]


async def test_a_credit_note_begins_as_a_draft_and_is_new_when_nothing_is_missing(
    api: Api, partner: Partner, vendor: Trader, bill_id: str
) -> None:
    made = await make_note(partner, counterpart_id=vendor.id, counterpart_address_id=vendor.address_id)
    assert (made["status"], made["origin"], made["source_of_data"]) == ("draft", "upload", "user_specified")
    assert (made["document_id"], made["issued_at"], made["currency"]) == ("CN-1", "2026-03-01", "USD")
    assert (made["total_amount"], made["tags"], made["currency_exchange"]) == (None, [], None)
    assert await lacking(partner, made["id"]) == ["based_on", "tax_amount", "total_amount", "subtotal"]
    path = f"/payable_credit_notes/{made['id']}"
    line = await partner.post(f"{path}/line_items", json=LINE)
    assert line.status_code == 201
    changed = (await partner.patch(path, json={"based_on": bill_id})).json()
    assert (changed["status"], changed["based_on"], changed["based_on_document_id"]) == ("new", bill_id, "SUP-7")
    assert (changed["subtotal"], changed["tax_amount"], changed["total_amount"]) == (999, 200, 1_199)
    assert await lacking(partner, made["id"]) == []
    assert (await partner.get(path)).json() == changed
    assert await events_of(api, made["id"]) == [
        "payables_credit_note.created",
        "payables_credit_note.updated",
        "payables_credit_note.updated",
    ]


async def test_the_currency_is_the_euro_unless_it_is_named(partner: Partner) -> None:
    answer = await partner.post("/payable_credit_notes", json={"document_id": "CN-1", "issued_at": "2026-03-01"})
    assert answer.json()["currency"] == "EUR"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"subtotal": 1_000, "tax": 2_000}, (1_000, 200, 1_200)),
        ({"subtotal": 333, "tax": 887}, (333, 30, 363)),
        ({"subtotal": 1_000, "tax_amount": 7}, (1_000, 7, 1_007)),
        ({"subtotal": 1_000}, (1_000, None, 1_000)),
        ({"total_amount": 500}, (None, None, 500)),
        ({}, (None, None, None)),
    ],
)
async def test_amounts_that_are_not_stated_follow_from_those_that_are(
    partner: Partner, stated: dict[str, int], expected: tuple[int | None, ...]
) -> None:
    made = await make_note(partner, **stated)
    assert (made["subtotal"], made["tax_amount"], made["total_amount"]) == expected


async def test_stated_amounts_are_held_against_the_lines(partner: Partner, bill_id: str) -> None:
    made = await make_note(partner, based_on=bill_id, subtotal=1_000, tax_amount=200, total_amount=1_200)
    assert made["status"] == "new"
    path = f"/payable_credit_notes/{made['id']}"
    await partner.post(f"{path}/line_items", json={"name": "Paper", "quantity": 1, "unit_price": 900, "tax": 2_000})
    assert (await shown(partner, made["id"]))["status"] == "draft"
    assert await lacking(partner, made["id"]) == ["subtotal", "tax_amount"]
    emptied = await partner.patch(path, json={"subtotal": None, "tax_amount": None, "total_amount": None})
    assert (emptied.json()["status"], emptied.json()["total_amount"]) == ("new", 1_080)


async def test_lines_are_added_replaced_changed_and_removed(partner: Partner) -> None:
    path = f"/payable_credit_notes/{(await make_note(partner))['id']}"
    first = (await partner.post(f"{path}/line_items", json=LINE)).json()
    assert (first["subtotal"], first["tax_amount"], first["total"]) == (999, 200, 1_199)
    second = (await partner.post(f"{path}/line_items", json={"name": "Fee", "unit_price": 50, "quantity": 2})).json()
    assert (second["subtotal"], second["tax_amount"], second["total"]) == (100, None, 100)
    assert (await partner.get(f"{path}/line_items/{first['id']}")).json() == first
    changed = await partner.patch(f"{path}/line_items/{first['id']}", json={"quantity": 1.5, "name": "Some"})
    assert (changed.json()["name"], changed.json()["quantity"], changed.json()["total"]) == ("Some", 1.5, 600)
    assert (await partner.get(path)).json()["total_amount"] == 700
    listed = (await partner.get(f"{path}/line_items")).json()
    assert [line["name"] for line in listed["data"]] == ["Some", "Fee"]
    left = await partner.delete(f"{path}/line_items/{first['id']}")
    assert (left.status_code, [line["id"] for line in left.json()["data"]]) == (200, [second["id"]])
    assert (await partner.get(f"{path}/line_items/{first['id']}")).status_code == 404
    replaced = await partner.put(f"{path}/line_items", json={"data": [LINE, LINE]})
    assert [line["total"] for line in replaced.json()["data"]] == [1_199, 1_199]
    assert (await partner.get(path)).json()["total_amount"] == 2_398
    assert (await partner.put(f"{path}/line_items", json={"data": []})).json()["data"] == []
    assert (await partner.get(path)).json()["total_amount"] is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"surprise": 1}, 422),
        ({"document_id": None}, 422),
        ({"document_id": "x" * 256}, 422),
        ({"issued_at": "2026-13-01"}, 422),
        ({"issued_at": "2026-03-04"}, 422),
        ({"currency": "ZZZ"}, 422),
        ({"subtotal": -1}, 422),
        ({"subtotal": 1.5}, 422),
        ({"total_amount": "100"}, 422),
        ({"total_amount": 2**53}, 422),
        ({"tax": 10_001}, 422),
        ({"based_on": SOMEBODY}, 404),
        ({"counterpart_id": SOMEBODY}, 404),
        ({"counterpart_bank_account_id": SOMEBODY}, 501),
        ({"project_id": SOMEBODY}, 501),
        ({"tag_ids": [SOMEBODY]}, 501),
    ],
)
async def test_a_wrong_credit_note_is_refused_and_nothing_is_kept(
    partner: Partner, change: dict[str, Any], status: int
) -> None:
    answer = await partner.post("/payable_credit_notes", json=NOTE | change)
    assert answer.status_code == status, answer.text
    assert (await partner.get("/payable_credit_notes")).json()["data"] == []


async def test_what_is_refused_by_name_names_itself(partner: Partner) -> None:
    refused = await partner.post("/payable_credit_notes", json=NOTE | {"tag_ids": [SOMEBODY]})
    assert "tag_ids" in refused.json()["error"]["message"]
    for path in ("upload_from_file", f"{SOMEBODY}/cancel_ocr"):
        answer = await partner.post(f"/payable_credit_notes/{path}")
        assert (answer.status_code, path in answer.json()["error"]["message"]) == (501, True)


@pytest.mark.parametrize(
    "change",
    [{"tax": -1}, {"tax": 10_001}, {"quantity": -1}, {"unit_price": -1}, {"unit_price": 1.5}, {"total": 5}],
)
async def test_a_wrong_line_is_refused_and_nothing_is_kept(partner: Partner, change: dict[str, Any]) -> None:
    path = f"/payable_credit_notes/{(await make_note(partner))['id']}/line_items"
    kept = (await partner.post(path, json=LINE)).json()
    assert (await partner.post(path, json=LINE | change)).status_code == 422
    assert (await partner.put(path, json={"data": [LINE, LINE | change]})).status_code == 422
    assert (await partner.patch(f"{path}/{kept['id']}", json=change)).status_code == 422
    assert (await partner.get(path)).json()["data"] == [kept]


async def test_a_line_that_no_amount_can_hold_is_refused(partner: Partner) -> None:
    path = f"/payable_credit_notes/{(await make_note(partner))['id']}"
    large = {"name": "Island", "quantity": 2, "unit_price": 2**53 - 1}
    assert (await partner.post(f"{path}/line_items", json=large)).status_code == 422
    once = large | {"quantity": 1}
    assert (await partner.post(f"{path}/line_items", json=once)).status_code == 201
    assert (await partner.post(f"{path}/line_items", json=once)).status_code == 422
    assert len((await partner.get(f"{path}/line_items")).json()["data"]) == 1


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({"currency": "EUR"}, ["currency"]),
        ({"issued_at": "2026-01-31"}, ["issued_at"]),
        ({"document_id": ""}, ["document_id"]),
        ({"subtotal": 900}, ["total_amount"]),
        ({"tax_amount": None}, ["tax_amount", "total_amount"]),
    ],
)
async def test_a_credit_note_must_fit_itself_and_its_bill(
    partner: Partner, bill_id: str, change: dict[str, Any], lacks: list[str]
) -> None:
    made = await make_note(partner, based_on=bill_id, subtotal=1_000, tax_amount=200, total_amount=1_200)
    changed = await partner.patch(f"/payable_credit_notes/{made['id']}", json=change)
    assert (changed.status_code, changed.json()["status"]) == (200, "draft")
    assert await lacking(partner, made["id"]) == lacks


async def test_a_credit_note_of_another_vendor_does_not_fit(api: Api, partner: Partner, bill_id: str) -> None:
    other = await make_counterpart(api, partner, "Somebody else")
    made = await make_note(partner, based_on=bill_id, counterpart_id=other.id, subtotal=10, tax_amount=0)
    assert await lacking(partner, made["id"]) == ["counterpart_id"]


async def test_a_bill_that_was_canceled_takes_no_credit(partner: Partner) -> None:
    payable = (await partner.post("/payables", json={"document_id": "SUP-8", "currency": "USD"})).json()["id"]
    made = await make_note(partner, based_on=payable, subtotal=10, tax_amount=0)
    assert made["status"] == "new"
    assert (await partner.post(f"/payables/{payable}/cancel")).status_code == 200
    assert await lacking(partner, made["id"]) == ["based_on"]
    for action in ("submit_for_approval", "approve"):
        refused = await partner.post(f"/payable_credit_notes/{made['id']}/{action}")
        assert (refused.status_code, "based_on" in refused.json()["error"]["message"]) == (409, True)
    assert (await partner.delete(f"/payables/{payable}")).status_code == 204
    assert await lacking(partner, made["id"]) == ["based_on"]
    assert (await shown(partner, made["id"]))["based_on"] == payable


async def test_a_bill_has_one_draft_at_a_time(partner: Partner, bill_id: str) -> None:
    first = await make_note(partner, based_on=bill_id)
    second = await partner.post("/payable_credit_notes", json=NOTE | {"based_on": bill_id})
    assert (second.status_code, first["id"] in second.json()["error"]["message"]) == (409, True)
    complete = await make_note(partner, based_on=bill_id, subtotal=10, tax_amount=0)
    refused = await partner.patch(f"/payable_credit_notes/{complete['id']}", json={"subtotal": None})
    assert refused.status_code == 409
    assert (await shown(partner, complete["id"])) == complete
    await partner.post(f"/payable_credit_notes/{first['id']}/cancel")
    assert (await make_note(partner, based_on=bill_id))["status"] == "draft"


async def test_connected_books_ask_for_a_vendor_and_for_taxes_that_they_know(
    api: Api, partner: Partner, vendor: Trader
) -> None:
    await partner.put("/payable_credit_notes/validations", json={"required_fields": []})
    await connect_books(api, partner)
    made = await make_note(partner, subtotal=1_000, tax=700)
    assert (made["status"], await lacking(partner, made["id"])) == ("draft", ["counterpart_id", "tax"])
    path = f"/payable_credit_notes/{made['id']}"
    changed = await partner.patch(path, json={"counterpart_id": vendor.id, "tax": 2_000})
    assert changed.json()["status"] == "new"
    await partner.post(f"{path}/line_items", json={"quantity": 1, "unit_price": 1_000, "tax": 1_900})
    assert "line_items.0.tax" in await lacking(partner, made["id"])


async def test_a_partner_chooses_what_is_required(partner: Partner) -> None:
    path = "/payable_credit_notes/validations"
    entity_id, partner.entity_id = partner.entity_id, ""
    defaults = ["currency", "document_id", "issued_at", "based_on", "tax_amount", "total_amount", "subtotal"]
    assert (await partner.get(path)).json() == {"required_fields": defaults}
    chosen = ["description", "line_items", "line_items.name"]
    answer = await partner.put(path, json={"required_fields": [*chosen, "description"]})
    assert answer.json() == {"required_fields": chosen}
    assert (await partner.get(path)).json() == {"required_fields": chosen}
    assert (await partner.put(path, json={"required_fields": ["due_date"]})).status_code == 422
    assert (await partner.put(path, json={})).status_code == 422
    partner.entity_id = entity_id
    made = await make_note(partner)
    assert await lacking(partner, made["id"]) == ["description", "line_items"]
    await partner.post(f"/payable_credit_notes/{made['id']}/line_items", json={"quantity": 1})
    assert await lacking(partner, made["id"]) == ["description", "line_items.0.name"]
    assert (await partner.post(f"{path}/reset")).json() == {"required_fields": defaults}
    assert (await partner.get("/payables/validations")).json()["required_fields"] != defaults


async def test_required_fields_are_each_partners_own(partner: Partner, other_partner: Partner) -> None:
    await partner.put("/payable_credit_notes/validations", json={"required_fields": []})
    assert len((await other_partner.get("/payable_credit_notes/validations")).json()["required_fields"]) == 7
