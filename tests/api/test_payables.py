"""Payables: complete by themselves, judged by the books, and what is refused."""

from typing import Any
from uuid import uuid4

import pytest
from tests.support.documents import Trader, change_settings, connect_books, events_of, make_counterpart
from tests.support.partner import Api, Partner

SOMEBODY = "5f0c9c6e-5d0a-4d3a-9a57-2a3b8f6f4c11"
"""An id that nobody has; the same in every process, since tests are named by it."""


COMPLETE = {"currency": "USD", "document_id": "V-17", "due_date": "2026-04-01", "issued_at": "2026-03-01"}
LINE = {"name": "Paper", "quantity": 1.5, "unit_price": 333, "tax": 1250}


@pytest.fixture
async def vendor(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner, "Books by Bessie")


async def create(partner: Partner, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = await partner.post("/payables", json=COMPLETE | fields)
    assert answer.status_code == 200, answer.text
    payable_id = answer.json()["id"]
    for line in lines:
        added = await partner.post(f"/payables/{payable_id}/line_items", json=line)
        assert added.status_code == 201, added.text
    return await seen(partner, payable_id)


async def seen(partner: Partner, payable_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await partner.get(f"/payables/{payable_id}")).json()
    return shown


async def errors_of(partner: Partner, payable_id: str) -> list[str]:
    answer = await partner.post(f"/payables/{payable_id}/validate")
    assert answer.status_code == 200
    return [".".join(str(part) for part in error["loc"]) for error in answer.json()["validation_errors"]]


async def test_a_payable_without_lines_is_a_draft(api: Api, partner: Partner, vendor: Trader) -> None:
    made = await create(partner, counterpart_id=vendor.id, counterpart_address_id=vendor.address_id)
    assert (made["status"], made["payable_origin"], made["credit_notes"]) == ("draft", "upload", [])
    assert (made["total_amount"], made["amount_due"], made["amount_paid"]) == (None, None, 0)
    assert made["counterpart_address_id"] == vendor.address_id
    assert await errors_of(partner, made["id"]) == ["total_amount", "line_items"]
    assert await events_of(api, made["id"]) == ["payable.created"]


async def test_a_payable_becomes_new_when_it_is_complete(partner: Partner, vendor: Trader) -> None:
    del vendor
    made = await create(partner, LINE)
    assert (made["status"], made["subtotal"], made["tax_amount"], made["total_amount"]) == ("new", 500, 63, 563)
    assert await errors_of(partner, made["id"]) == []
    answer = await partner.patch(f"/payables/{made['id']}", json={"document_id": None})
    assert answer.json()["status"] == "draft"
    assert (await partner.patch(f"/payables/{made['id']}", json={"document_id": "V-18"})).json()["status"] == "new"


async def test_lines_can_be_added_read_changed_replaced_and_removed(api: Api, partner: Partner, vendor: Trader) -> None:
    del vendor
    made = await create(partner, LINE, {"name": "Ink", "quantity": 1, "unit_price": 1_000})
    path = f"/payables/{made['id']}/line_items"
    listed = (await partner.get(path)).json()["data"]
    assert [(x["name"], x["subtotal"], x["tax_amount"], x["total"]) for x in listed] == [
        ("Paper", 500, 63, 563),
        ("Ink", 1_000, None, 1_000),
    ]
    first = listed[0]["id"]
    assert (await partner.get(f"{path}/{first}")).json() == listed[0]
    changed = await partner.patch(f"{path}/{first}", json={"quantity": 2})
    assert (changed.status_code, changed.json()["subtotal"]) == (200, 666)
    assert (await seen(partner, made["id"]))["total_amount"] == 666 + 83 + 1_000
    removed = await partner.delete(f"{path}/{first}")
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await partner.get(f"{path}/{first}")).status_code == 404
    replaced = await partner.put(path, json={"data": [{"name": "All of it", "subtotal": 70, "tax": 1000}]})
    assert [(x["subtotal"], x["tax_amount"], x["total"]) for x in replaced.json()["data"]] == [(70, 7, 77)]
    assert (await seen(partner, made["id"]))["total_amount"] == 77
    assert (await events_of(api, first))[-1] == "payable.line_item.deleted"
    assert (await partner.get(f"{path}?sort=updated_at&order=desc&limit=1")).json()["data"][0]["total"] == 77
    assert (await partner.get(f"{path}?was_created_by_user_id={uuid4()}")).json()["data"] == []


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"quantity": -1}, "quantity"),
        ({"tax": 10_001}, "tax"),
        ({"unit_price": 1.5}, "unit_price"),
        ({"ledger_account_id": SOMEBODY}, "ledger_account_id"),
        ({"accounting_tax_rate_id": SOMEBODY}, "accounting_tax_rate_id"),
        ({"colour": "red"}, "colour"),
        ({"quantity": 2_147_483_647, "unit_price": 9_007_199_254_740_991}, "unit_price"),
    ],
)
async def test_a_wrong_line_is_refused_and_nothing_is_kept(
    partner: Partner, vendor: Trader, line: dict[str, Any], field: str
) -> None:
    del vendor
    made = await create(partner)
    answer = await partner.post(f"/payables/{made['id']}/line_items", json=line)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][-1] == field
    assert (await partner.get(f"/payables/{made['id']}/line_items")).json()["data"] == []


async def test_stated_amounts_of_a_line_must_agree_with_its_price(partner: Partner, vendor: Trader) -> None:
    del vendor
    made = await create(partner)
    wrong = {"data": [{**LINE, "subtotal": 499}]}
    answer = await partner.put(f"/payables/{made['id']}/line_items", json=wrong)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "data", 0, "subtotal"]


async def test_stated_amounts_stay_and_must_agree_with_the_lines(partner: Partner, vendor: Trader) -> None:
    del vendor
    made = await create(partner, LINE, total_amount=600, subtotal=500)
    assert (made["status"], made["total_amount"]) == ("draft", 600)
    assert await errors_of(partner, made["id"]) == ["total_amount"]
    answer = await partner.patch(f"/payables/{made['id']}", json={"total_amount": None})
    assert (answer.json()["status"], answer.json()["total_amount"]) == ("new", 563)


async def test_the_vendors_rounding_of_the_tax_is_accepted(partner: Partner, vendor: Trader) -> None:
    del vendor
    lines = [{"name": "x", "quantity": 1, "unit_price": price, "tax": 1500} for price in (2506, 2561, 2563)]
    made = await create(partner, *lines, tax_amount=1145)
    assert (made["status"], made["tax_amount"], made["total_amount"]) == ("new", 1145, 8775)
    answer = await partner.patch(f"/payables/{made['id']}", json={"tax_amount": 1150})
    assert answer.json()["status"] == "draft"
    assert await errors_of(partner, made["id"]) == ["tax_amount"]


async def test_a_discount_lowers_the_total(partner: Partner, vendor: Trader) -> None:
    del vendor
    made = await create(partner, LINE, discount=63)
    assert (made["discount"], made["total_amount"], made["status"]) == (63, 500, "new")


async def test_the_due_date_follows_from_the_payment_terms(partner: Partner, vendor: Trader) -> None:
    del vendor
    terms = {
        "name": "2/10 net 30",
        "term_1": {"discount": 200, "number_of_days": 10},
        "term_final": {"number_of_days": 30},
    }
    made = await create(partner, LINE, due_date=None, payment_terms=terms)
    assert (made["due_date"], made["status"]) == ("2026-03-31", "new")
    assert (made["amount_due"], made["amount_to_pay"]) == (563, 552)  # 2 % of 5.63 is 0.11
    moved = await partner.patch(f"/payables/{made['id']}", json={"issued_at": "2026-03-02"})
    assert moved.json()["due_date"] == "2026-04-01"
    endless = await partner.patch(f"/payables/{made['id']}", json={"issued_at": "9999-12-31"})
    assert endless.status_code == 422
    stated = await partner.patch(f"/payables/{made['id']}", json={"due_date": "2026-05-01"})
    assert stated.json()["due_date"] == "2026-05-01"


async def test_connected_books_ask_for_more(api: Api, partner: Partner, vendor: Trader) -> None:
    books = await connect_books(api, partner)
    made = await create(partner, LINE)
    assert made["status"] == "draft"
    assert await errors_of(partner, made["id"]) == [
        "counterpart_id",
        "line_items.0.ledger_account_id",
        "line_items.0.tax",
    ]
    line_id = (await partner.get(f"/payables/{made['id']}/line_items")).json()["data"][0]["id"]
    path = f"/payables/{made['id']}/line_items/{line_id}"
    await partner.patch(path, json={"tax": 2000, "ledger_account_id": books.account_id})
    await partner.patch(f"/payables/{made['id']}", json={"counterpart_id": vendor.id})
    assert (await seen(partner, made["id"]))["status"] == "new"


async def test_a_line_that_names_a_rate_of_the_books_has_its_tax(api: Api, partner: Partner, vendor: Trader) -> None:
    books = await connect_books(api, partner)
    line = {"name": "x", "quantity": 1, "unit_price": 100_000, "ledger_account_id": books.account_id}
    made = await create(partner, {**line, "accounting_tax_rate_id": books.rates["887.5"]}, counterpart_id=vendor.id)
    assert (made["status"], made["tax_amount"]) == ("new", 8_875)
    answer = await partner.post(
        f"/payables/{made['id']}/line_items",
        json={**line, "accounting_tax_rate_id": books.rates["2000"], "tax": 1900},
    )
    assert answer.status_code == 422


async def test_the_partner_chooses_what_is_required(partner: Partner, vendor: Trader) -> None:
    del vendor
    assert (await partner.get("/payables/validations")).json()["required_fields"] == [
        "currency",
        "document_id",
        "due_date",
        "issued_at",
        "total_amount",
        "line_items",
    ]
    chosen = {"required_fields": ["currency", "line_items.unit", "sender"]}
    assert (await partner.put("/payables/validations", json=chosen)).json() == chosen
    made = await create(partner, LINE)
    assert made["status"] == "draft"
    assert await errors_of(partner, made["id"]) == ["line_items.0.unit", "sender"]
    wrong = await partner.put("/payables/validations", json={"required_fields": ["colour"]})
    assert wrong.status_code == 422
    await partner.post("/payables/validations/reset")
    assert (await partner.patch(f"/payables/{made['id']}", json={})).json()["status"] == "new"


async def test_validations_of_one_partner_are_not_those_of_another(partner: Partner, other_partner: Partner) -> None:
    await partner.put("/payables/validations", json={"required_fields": ["currency"]})
    assert len((await other_partner.get("/payables/validations")).json()["required_fields"]) == 6


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("project_id", SOMEBODY),
        ("purchase_order_id", SOMEBODY),
        ("counterpart_bank_account_id", SOMEBODY),
    ],
)
async def test_what_is_not_built_says_so_by_name(partner: Partner, vendor: Trader, field: str, value: Any) -> None:
    del vendor
    answer = await partner.post("/payables", json={field: value})
    assert answer.status_code == 501
    assert field in answer.json()["error"]["message"]


async def test_paid_amounts_are_told_by_payments_only(partner: Partner, vendor: Trader) -> None:
    del vendor
    made = await create(partner, LINE)
    answer = await partner.patch(f"/payables/{made['id']}", json={"amount_paid": 5, "description": "x"})
    assert answer.status_code == 409
    assert "mark_as_partially_paid" in answer.json()["error"]["message"]
    same = await partner.patch(f"/payables/{made['id']}", json={"amount_paid": 0})
    assert (same.status_code, same.json()["description"]) == (200, None)


async def test_counterparts_and_their_parts_must_exist(api: Api, partner: Partner, vendor: Trader) -> None:
    other = await make_counterpart(api, partner, "Bob's Burger Joint")
    for fields in (
        {"counterpart_id": str(uuid4())},
        {"counterpart_id": vendor.id, "counterpart_address_id": other.address_id},
        {"counterpart_address_id": vendor.address_id},
        {"counterpart_id": vendor.id, "counterpart_vat_id_id": str(uuid4())},
    ):
        assert (await partner.post("/payables", json=fields)).status_code == 404
    made = await create(partner, counterpart_id=vendor.id, counterpart_address_id=vendor.address_id)
    changed = await partner.patch(f"/payables/{made['id']}", json={"counterpart_id": other.id})
    assert (changed.json()["counterpart_id"], changed.json()["counterpart_address_id"]) == (other.id, None)


async def test_payables_of_others_do_not_exist(partner: Partner, vendor: Trader, other_partner: Partner) -> None:
    del vendor
    made = await create(partner, LINE)
    line_id = (await partner.get(f"/payables/{made['id']}/line_items")).json()["data"][0]["id"]
    await other_partner.make_entity()
    path = f"/payables/{made['id']}"
    lines = f"{path}/line_items"
    answers = [
        await other_partner.get(path),
        await other_partner.patch(path, json={}),
        await other_partner.delete(path),
        await other_partner.get(lines),
        await other_partner.post(lines, json=LINE),
        await other_partner.put(lines, json={"data": []}),
        await other_partner.get(f"{lines}/{line_id}"),
        await other_partner.patch(f"{lines}/{line_id}", json={}),
        await other_partner.delete(f"{lines}/{line_id}"),
        await other_partner.post(f"{path}/mark_as_partially_paid", json={"amount_paid": 1}),
    ]
    actions = ("validate", "submit_for_approval", "approve_payment_operation", "reject", "reopen", "cancel")
    answers += [await other_partner.post(f"{path}/{action}") for action in (*actions, "mark_as_paid")]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert (await other_partner.get("/payables")).json()["data"] == []


async def test_a_line_belongs_to_one_payable(partner: Partner, vendor: Trader) -> None:
    del vendor
    first, second = await create(partner, LINE), await create(partner)
    line_id = (await partner.get(f"/payables/{first['id']}/line_items")).json()["data"][0]["id"]
    assert (await partner.get(f"/payables/{second['id']}/line_items/{line_id}")).status_code == 404
    assert (await partner.delete(f"/payables/{second['id']}/line_items/{line_id}")).status_code == 404


async def test_lists_can_be_narrowed_and_sorted(api: Api, partner: Partner, vendor: Trader) -> None:
    await change_settings(api, partner)
    paper = await create(partner, LINE, counterpart_id=vendor.id)
    ink = await create(partner, document_id="W-1", issued_at="2026-02-01", currency="EUR", total_amount=9)
    line_id = (await partner.get(f"/payables/{paper['id']}/line_items")).json()["data"][0]["id"]
    names = {paper["id"]: "paper", ink["id"]: "ink"}
    expected = {
        "": {"paper", "ink"},
        "status=new": {"paper"},
        "status__in=draft&status__in=paid": {"ink"},
        "currency=EUR": {"ink"},
        "document_id=V-17": {"paper"},
        "document_id__icontains=w-": {"ink"},
        "document_id__contains=w-": set(),
        "counterpart_name=Books%20by%20Bessie": {"paper"},
        "counterpart_name__contains=bessie": set(),
        "counterpart_name__icontains=bessie": {"paper"},
        "search_text=bessie": {"paper"},
        "search_text=w-": {"ink"},
        "total_amount__gt=9": {"paper"},
        "amount=9": {"ink"},
        "issued_at=2026-02-01": {"ink"},
        "due_date__lte=2026-03-31": set(),
        f"counterpart_id={vendor.id}": {"paper"},
        f"line_item_id={line_id}": {"paper"},
        f"id__in={ink['id']}": {"ink"},
        "source_of_payable_data=user_specified": {"paper", "ink"},
        "source_of_payable_data=ocr": set(),
        "origin=email": set(),
        "has_file=false": {"paper", "ink"},
        "has_file=true": set(),
        "ocr_status=success": set(),
        "created_at__gt=2026-03-02T09:30:00Z": set(),
    }
    found = {}
    for query in expected:
        answer = await partner.get(f"/payables?{query}")
        assert answer.status_code == 200, answer.text
        found[query] = {names[row["id"]] for row in answer.json()["data"]}
    assert found == expected
    rows = (await partner.get("/payables?sort=issued_at&order=desc")).json()["data"]
    assert [names[row["id"]] for row in rows] == ["paper", "ink"]


async def test_what_nobody_can_set_is_found_nowhere(partner: Partner, vendor: Trader) -> None:
    made = await create(partner, LINE, counterpart_id=vendor.id)
    expected = {
        f"purchase_order_id={SOMEBODY}": [],
        f"was_created_by_user_id={SOMEBODY}": [],
        f"project_id={SOMEBODY}": [],
        f"project_id__in={SOMEBODY}": [],
        f"tag_ids={SOMEBODY}": [],
        f"tag_ids__not_in={SOMEBODY}": [made["id"]],
        "has_tags=false": [made["id"]],
        "has_tags=true": [],
    }
    found = {
        query: [row["id"] for row in (await partner.get(f"/payables?{query}")).json()["data"]] for query in expected
    }
    assert found == expected
