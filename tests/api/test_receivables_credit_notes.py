"""Credit notes: what they take back, and what becomes of the invoice."""

from typing import Any

import pytest
from tests.support.documents import Trader, events_of, make_counterpart, make_product
from tests.support.partner import Api, Partner
from tests.support.receivables import Json, credit, credit_lines, draft, issue, issued, line, seen


@pytest.fixture
async def trader(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner)


def amounts(shown: Json) -> tuple[str, int, int]:
    return shown["status"], shown["total_amount_with_credit_notes"], shown["amount_due"]


async def refuse_change(partner: Partner, note: Json, change: Json) -> tuple[int, list[Any]]:
    """Refuse a change of a draft, and leave it as it was."""
    before = await seen(partner, note)
    answer = await partner.patch(f"/receivables/{note['id']}", json={"credit_note": change})
    assert await seen(partner, note) == before
    detail = answer.json().get("detail") or [{}]
    return answer.status_code, detail[0].get("loc", [])


async def test_a_credit_note_over_all_of_an_unpaid_invoice_cancels_it(
    api: Api, partner: Partner, trader: Trader
) -> None:
    invoice = await issued(partner, trader)
    note = await credit(partner, invoice)
    assert (note["status"], note["based_on"], note["total_amount"]) == ("draft", invoice["id"], 10_000)
    assert amounts(await seen(partner, invoice)) == ("issued", 10_000, 10_000)
    done = await issue(partner, note)
    assert (done["document_id"], done["based_on_document_id"]) == ("CN-00001", "INV-00001")
    assert (done["due_date"], done["status"]) == (None, "issued")
    credited = await seen(partner, invoice)
    assert amounts(credited) == ("canceled", 0, 0)
    assert credited["related_documents"]["credit_note_ids"] == [note["id"]]
    assert (await events_of(api, invoice["id"]))[-1] == "receivable.canceled"
    again = await partner.post("/receivables", json={"type": "credit_note", "based_on": invoice["id"]})
    assert again.status_code == 409


async def test_a_credit_note_over_the_rest_of_a_partly_paid_invoice_makes_it_paid(
    partner: Partner, trader: Trader
) -> None:
    invoice = await issued(partner, trader, line(100, name="Nails", quantity=100))
    await partner.post(f"/receivables/{invoice['id']}/mark_as_partially_paid", json={"amount_paid": 4_000})
    note = await credit_lines(partner, await credit(partner, invoice), Nails={"quantity": 60})
    await issue(partner, note)
    assert amounts(await seen(partner, invoice)) == ("paid", 4_000, 0)


async def test_a_part_that_is_credited_lowers_what_is_due(api: Api, partner: Partner, trader: Trader) -> None:
    invoice = await issued(partner, trader, line(100_000, name="Laptop", quantity=10, tax_rate_value=2_000))
    note = await credit_lines(partner, await credit(partner, invoice), Laptop={"quantity": 2})
    assert (note["subtotal"], note["total_vat_amount"], note["total_amount"]) == (200_000, 40_000, 240_000)
    await issue(partner, note)
    assert amounts(await seen(partner, invoice)) == ("issued", 960_000, 960_000)
    assert (await events_of(api, invoice["id"]))[-1] == "receivable.updated"
    second = await credit(partner, invoice)
    assert (second["line_items"][0]["quantity"], second["total_amount"]) == (8, 960_000)


async def test_a_price_can_be_lowered_afterwards(partner: Partner, trader: Trader) -> None:
    invoice = await issued(partner, trader, line(21_000, name="Chair", quantity=4))
    change = {"quantity": 4, "old_price": 21_000, "price_diff": 1_000}
    note = await credit_lines(partner, await credit(partner, invoice), Chair=change)
    assert (note["line_items"][0]["product"]["price"]["value"], note["total_amount"]) == (1_000, 4_000)
    await issue(partner, note)
    assert amounts(await seen(partner, invoice)) == ("issued", 80_000, 80_000)
    rest = await credit(partner, invoice)
    assert (rest["line_items"][0]["quantity"], rest["total_amount"]) == (4, 80_000)
    await issue(partner, rest)
    assert amounts(await seen(partner, invoice)) == ("canceled", 0, 0)


async def test_products_that_are_not_named_are_not_credited(partner: Partner, trader: Trader) -> None:
    invoice = await issued(partner, trader, line(1_000, name="Nail"), line(2_000, name="Hammer"))
    note = await credit(partner, invoice)
    one = await credit_lines(partner, note, Hammer={"quantity": 1})
    assert [item["product"]["name"] for item in one["line_items"]] == ["Hammer"]
    both = await credit_lines(partner, note, Nail={"quantity": 1}, Hammer={"quantity": 1})
    assert both["total_amount"] == 3_000


async def test_fixed_discounts_and_deductions_follow_in_proportion_to_the_last_cent(
    partner: Partner, trader: Trader
) -> None:
    discount = {"type": "amount", "amount": 100}
    each = line(1_000, name="Box", quantity=3, discount={"type": "amount", "amount": 50})
    invoice = await issued(partner, trader, each, discount=discount, deduction_amount=10)
    assert invoice["total_amount"] == 3_000 - 50 - 100 - 10
    credited = 0
    for _ in range(3):
        note = await credit_lines(partner, await credit(partner, invoice), Box={"quantity": 1})
        credited += (await issue(partner, note))["total_amount"]
    assert credited == invoice["total_amount"]
    assert amounts(await seen(partner, invoice)) == ("canceled", 0, 0)


async def test_of_two_lines_with_one_product_the_old_price_says_which(
    api: Api, partner: Partner, trader: Trader
) -> None:
    product_id = await make_product(api, partner, price=500)
    lines = [{"product_id": product_id, "quantity": quantity, "tax_rate_value": 0} for quantity in (1, 2)]
    made = await draft(partner, trader, *lines)
    change = {"invoice": {"line_items": [{"price": 500}, {"price": 700}]}}
    assert (await partner.patch(f"/receivables/{made['id']}", json=change)).status_code == 200
    note = await credit(partner, await issue(partner, made))
    told = {"line_items": {product_id: {"quantity": 2, "old_price": 700}}}
    answer = await partner.patch(f"/receivables/{note['id']}", json={"credit_note": told})
    assert answer.json()["total_amount"] == 1_400
    guessed = {"line_items": {product_id: {"quantity": 2}}}
    answer = await partner.patch(f"/receivables/{note['id']}", json={"credit_note": guessed})
    assert answer.json()["total_amount"] == 1_400  # only the second line has two


async def test_no_more_is_credited_than_was_invoiced(partner: Partner, trader: Trader) -> None:
    invoice = await issued(partner, trader, line(1_000, quantity=3))
    note = await credit(partner, invoice)
    product_id = note["line_items"][0]["product"]["id"]
    for wrong, field in (
        ({"quantity": 4}, "quantity"),
        ({"quantity": 1, "price_diff": 1_001}, "price_diff"),
        ({"quantity": 1, "old_price": 999}, "old_price"),
        ({"quantity": 0}, "quantity"),
    ):
        status, place = await refuse_change(partner, note, {"line_items": {product_id: wrong}})
        assert (status, place) == (422, ["body", "credit_note", "line_items", product_id, field])
    other = "5a0b1e9c-6f0e-4a53-9d8f-0c7e2f4f3a11"
    unknown = {"line_items": {other: {"quantity": 1}}}
    assert await refuse_change(partner, note, unknown) == (422, ["body", "credit_note", "line_items", other])
    assert (await refuse_change(partner, note, {"tag_ids": [other]}))[0] == 501


async def test_there_is_one_draft_at_a_time(partner: Partner, trader: Trader) -> None:
    invoice = await issued(partner, trader)
    body = {"type": "credit_note", "based_on": invoice["id"]}
    note = await credit(partner, invoice)
    refused = await partner.post("/receivables", json=body)
    assert (refused.status_code, note["id"] in refused.text) == (409, True)
    assert (await partner.post(f"/receivables/{note['id']}/clone")).status_code == 409
    assert (await partner.delete(f"/receivables/{note['id']}")).status_code == 204
    assert (await partner.post("/receivables", json=body)).status_code == 201


async def test_only_an_invoice_that_is_owed_can_be_credited(partner: Partner, trader: Trader) -> None:
    new = await draft(partner, trader)
    paid, given_up = await issued(partner, trader), await issued(partner, trader)
    await partner.post(f"/receivables/{paid['id']}/mark_as_paid")
    await partner.post(f"/receivables/{given_up['id']}/mark_as_uncollectible")
    note = await credit(partner, await issued(partner, trader))
    for one in (new, paid, given_up, note):
        answer = await partner.post("/receivables", json={"type": "credit_note", "based_on": one["id"]})
        assert answer.status_code == 409, answer.text


async def test_a_draft_outlives_what_happens_to_its_invoice_but_is_not_issued(partner: Partner, trader: Trader) -> None:
    invoice = await issued(partner, trader)
    note = await credit(partner, invoice)
    await partner.post(f"/receivables/{invoice['id']}/mark_as_paid")
    assert (await partner.post(f"/receivables/{note['id']}/issue")).status_code == 409
    assert amounts(await seen(partner, invoice)) == ("paid", 10_000, 0)
    assert (await seen(partner, note))["document_id"] is None


async def test_an_invoice_that_was_credited_in_part_is_not_cancelled_otherwise(
    partner: Partner, trader: Trader
) -> None:
    invoice = await issued(partner, trader, line(100, name="Nail", quantity=10))
    await issue(partner, await credit_lines(partner, await credit(partner, invoice), Nail={"quantity": 1}))
    assert (await partner.post(f"/receivables/{invoice['id']}/cancel")).status_code == 409
    assert amounts(await seen(partner, invoice)) == ("issued", 900, 900)


async def test_the_lines_of_a_draft_can_be_replaced_by_other_lines_of_the_invoice(
    api: Api, partner: Partner, trader: Trader
) -> None:
    product_id = await make_product(api, partner, price=500)
    catalogue = {"product_id": product_id, "quantity": 4, "tax_rate_value": 1_000}
    note = await credit(partner, await issued(partner, trader, catalogue, line(300, name="Glue", quantity=2)))
    path = f"/receivables/{note['id']}/line_items"
    some = {"product_id": product_id, "quantity": 1.5, "tax_rate_value": 1_000}
    cheaper = line(100, name="Glue", quantity=2)
    answer = await partner.put(path, json={"data": [some, cheaper]})
    assert answer.status_code == 200, answer.text
    assert [item["total_after_vat"] for item in answer.json()["data"]] == [825, 200]
    assert (await seen(partner, note))["total_amount"] == 1_025


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (line(300, name="Glue", quantity=3), ["quantity"]),
        (line(301, name="Glue"), ["quantity"]),
        (line(300, name="Tape"), ["product", "name"]),
        (line(300, name="Glue", currency="EUR"), ["product", "price", "currency"]),
        (line(300, name="Glue", tax_rate_value=500), ["tax_rate_value"]),
        (line(300, name="Glue", discount={"type": "amount", "amount": 1}), ["discount"]),
        ({"product_id": "5a0b1e9c-6f0e-4a53-9d8f-0c7e2f4f3a11", "quantity": 1}, ["product_id"]),
        ({"quantity": 1}, ["product_id"]),
    ],
)
async def test_other_lines_than_the_invoices_are_refused(
    partner: Partner, trader: Trader, wrong: Json, place: list[str]
) -> None:
    note = await credit(partner, await issued(partner, trader, line(300, name="Glue", quantity=2)))
    answer = await partner.put(f"/receivables/{note['id']}/line_items", json={"data": [wrong]})
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"] == ["body", "data", 0, *place]
    assert (await seen(partner, note))["total_amount"] == 600


async def test_a_clone_takes_back_the_same_once_more(partner: Partner, trader: Trader) -> None:
    invoice = await issued(partner, trader, line(100, name="Nail", quantity=5))
    note = await credit_lines(partner, await credit(partner, invoice), Nail={"quantity": 2})
    await issue(partner, note)
    twin = (await partner.post(f"/receivables/{note['id']}/clone")).json()
    assert (twin["status"], twin["based_on"], twin["total_amount"]) == ("draft", invoice["id"], 200)
    await issue(partner, twin)
    assert amounts(await seen(partner, invoice)) == ("issued", 100, 100)
    assert (await partner.post(f"/receivables/{note['id']}/clone")).status_code == 409


async def test_an_issued_credit_note_is_final(partner: Partner, trader: Trader) -> None:
    note = await issue(partner, await credit(partner, await issued(partner, trader)))
    path = f"/receivables/{note['id']}"
    assert (await partner.patch(path, json={"credit_note": {"memo": "x"}})).status_code == 409
    assert (await partner.put(f"{path}/line_items", json={"data": []})).status_code == 409
    assert (await partner.delete(path)).status_code == 409
    for action in ("issue", "cancel", "mark_as_paid", "mark_as_uncollectible"):
        assert (await partner.post(f"{path}/{action}")).status_code == 409, action


async def test_a_note_without_lines_is_not_issued(partner: Partner, trader: Trader) -> None:
    note = await credit(partner, await issued(partner, trader))
    assert (await partner.put(f"/receivables/{note['id']}/line_items", json={"data": []})).status_code == 200
    assert (await partner.post(f"/receivables/{note['id']}/issue")).status_code == 409
