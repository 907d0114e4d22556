"""Writing receivables: drafts, their lines and totals, and what is refused."""

from typing import Any
from uuid import uuid4

import pytest
from tests.support.documents import (
    ConnectedBooks,
    Trader,
    change_settings,
    connect_books,
    events_of,
    links_of,
    make_counterpart,
    make_product,
)
from tests.support.partner import Api, Partner

SOMEBODY = "5f0c9c6e-5d0a-4d3a-9a57-2a3b8f6f4c11"
"""An id that nobody has; the same in every process, since tests are named by it."""


@pytest.fixture
async def trader(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner)


@pytest.fixture
async def books(api: Api, partner: Partner, trader: Trader) -> ConnectedBooks:
    del trader
    return await connect_books(api, partner)


def inline(price: int = 10_000, **line: Any) -> dict[str, Any]:
    product = {"name": "Work", "price": {"currency": "USD", "value": price}}
    return {"product": product, "quantity": 1, "tax_rate_value": 2000, **line}


def invoice(trader: Trader, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "type": "invoice",
        "counterpart_id": trader.id,
        "counterpart_billing_address_id": trader.address_id,
        "currency": "USD",
        "line_items": list(lines) or [inline()],
        **fields,
    }


async def create(partner: Partner, body: dict[str, Any]) -> dict[str, Any]:
    answer = await partner.post("/receivables", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_new_invoice_is_a_draft_with_its_totals(api: Api, partner: Partner, trader: Trader) -> None:
    product_id = await make_product(api, partner, price=333)
    line = {
        "product_id": product_id,
        "quantity": 1.5,
        "tax_rate_value": 1250,
        "tax_rate_name": "VAT",
        "discount": {"type": "percentage", "amount": 1000},
    }
    made = await create(partner, invoice(trader, line, memo="Thank you", partner_metadata={"a": 1}))
    assert (made["status"], made["document_id"], made["issue_date"]) == ("draft", None, None)
    assert (made["subtotal"], made["total_vat_amount"], made["total_amount"]) == (450, 56, 506)  # 449.55; 56.25
    assert (made["amount_due"], made["amount_paid"]) == (506, 0)
    assert made["total_vat_amounts"][0] | {"id": None} == {
        "id": None,
        "amount": 56,
        "components": None,
        "name": "VAT",
        "taxable_amount": 450,
        "value": 1250,
    }
    item = made["line_items"][0]
    assert (item["quantity"], item["total_before_vat"], item["total_after_vat"]) == (1.5, 450, 506)
    assert item["product"]["id"] == product_id
    assert item["product"]["price_after_vat"]["value"] == 375  # 374.625
    assert (made["memo"], made["partner_metadata"]) == ("Thank you", {"a": 1})
    assert made["counterpart_billing_address"]["id"] == trader.address_id
    assert made["counterpart_name"] == "Amy's Bird Sanctuary"
    assert await events_of(api, made["id"]) == ["receivable.created"]


async def test_everything_an_invoice_may_say_is_shown_again(partner: Partner, trader: Trader) -> None:
    said = {
        "discount": {"type": "amount", "amount": 1},
        "payment_terms": {
            "term_1": {"discount": 200, "number_of_days": 5},
            "term_final": {"number_of_days": 30},
        },
        "document_rendering": {"display_line_items": False, "line_items": {"name": {"label": "What"}}},
        "commercial_condition_description": "Ex works",
        "counterpart_business_type": "GmbH",
        "deduction_memo": "None",
        "entity": {"email": "billing@example.com"},
        "footer": "Bye",
        "payment_page_url": "https://pay.example/1",
        "purchase_order": "PO-1",
        "trade_name": "Acme",
        "counterpart_shipping_address_id": trader.address_id,
    }
    made = await create(partner, invoice(trader, **said))
    for name in ("commercial_condition_description", "counterpart_business_type", "footer", "trade_name"):
        assert made[name] == said[name]
    assert made["document_rendering"]["line_items"]["name"]["label"] == "What"
    assert made["payment_terms"]["term_1"] == {"discount": 200, "number_of_days": 5, "end_date": None}
    assert made["entity"]["email"] == "billing@example.com"
    assert made["counterpart_shipping_address"]["line1"] == "4581 Finch St."
    issued = (await partner.post(f"/receivables/{made['id']}/issue")).json()
    assert issued["amount_to_pay"] == issued["amount_due"] - 240  # 2 % of 119.99, paid at once


async def test_inclusive_prices_hold_their_tax(partner: Partner, trader: Trader) -> None:
    made = await create(partner, invoice(trader, inline(12_000), vat_mode="inclusive"))
    assert (made["subtotal"], made["total_vat_amount"], made["total_amount"]) == (10_000, 2_000, 12_000)
    assert made["line_items"][0]["product"]["price_after_vat"]["value"] == 12_000


async def test_the_entitys_settings_say_how_prices_and_discounts_are_meant(
    api: Api, partner: Partner, trader: Trader
) -> None:
    await change_settings(api, partner, vat_mode="inclusive", vat_inclusive_discount_mode="inclusive")
    made = await create(partner, invoice(trader, inline(12_000), discount={"type": "amount", "amount": 1_200}))
    assert (made["vat_mode"], made["vat_inclusive_discount_mode"]) == ("inclusive", "inclusive")
    assert (made["total_amount"], made["total_vat_amount"], made["discount"]["value"]) == (10_800, 1_800, 1_200)


async def test_a_deduction_lowers_what_is_due(partner: Partner, trader: Trader) -> None:
    made = await create(partner, invoice(trader, deduction_amount=500, deduction_memo="Withheld"))
    assert (made["total_vat_amount"], made["total_amount"], made["deduction_amount"]) == (2_000, 11_500, 500)


async def test_the_value_of_a_rate_of_the_books_is_read_from_there(
    partner: Partner, trader: Trader, books: ConnectedBooks
) -> None:
    line = inline(100_000)
    del line["tax_rate_value"]
    made = await create(partner, invoice(trader, line | {"accounting_tax_rate_id": books.rates["887.5"]}))
    assert made["total_vat_amount"] == 8_875  # 8.875 %, exactly
    product = made["line_items"][0]["product"]
    assert product["accounting_tax_rate_id"] == books.rates["887.5"]
    assert (product["vat_rate"]["value"], product["vat_rate"]["name"]) == (888, "Tax 887.5")


@pytest.mark.parametrize(
    ("change", "field", "type_"),
    [
        ({"tax_rate_value": None}, "tax_rate_value", "missing"),
        ({"product": None}, "product_id", "missing"),
        ({"accounting_tax_rate_id": SOMEBODY}, "accounting_tax_rate_id", "value_error.unknown_id"),
        ({"tax_rate_value": None, "tax_rate_name": "VAT"}, "tax_rate_name", "value_error"),
        ({"discount": {"type": "amount", "amount": 10_001}}, "discount", "value_error"),
        ({"quantity": -1}, "quantity", "greater_than_equal"),
        ({"quantity": "1e400"}, "quantity", None),
        ({"tax_rate_value": 10_001}, "tax_rate_value", "less_than_equal"),
        ({"tax_rate_value": "2000"}, "tax_rate_value", "int_type"),
        ({"surprise": 1}, "surprise", "extra_forbidden"),
    ],
)
async def test_a_wrong_line_is_refused_with_its_place(
    partner: Partner, trader: Trader, change: dict[str, Any], field: str, type_: str | None
) -> None:
    answer = await partner.post("/receivables", json=invoice(trader, inline() | change))
    assert answer.status_code == 422, answer.text
    fault = answer.json()["detail"][0]
    assert fault["loc"][-3:] == ["line_items", 0, field]
    assert type_ is None or fault["type"] == type_


async def test_a_line_has_either_a_product_or_the_id_of_one(api: Api, partner: Partner, trader: Trader) -> None:
    line = inline(product_id=await make_product(api, partner))
    answer = await partner.post("/receivables", json=invoice(trader, line))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][-1] == "product"


async def test_a_rate_that_contradicts_the_books_is_refused(
    partner: Partner, trader: Trader, books: ConnectedBooks
) -> None:
    line = inline(tax_rate_value=1900, accounting_tax_rate_id=books.rates["2000"])
    answer = await partner.post("/receivables", json=invoice(trader, line))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "line_items", 0, "tax_rate_value"]


async def test_prices_must_be_in_the_documents_currency(api: Api, partner: Partner, trader: Trader) -> None:
    product_id = await make_product(api, partner, currency="EUR")
    line = {"product_id": product_id, "quantity": 1, "tax_rate_value": 0}
    answer = await partner.post("/receivables", json=invoice(trader, line))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "value_error.currency"
    unpriced = await make_product(api, partner, price=None, currency=None)
    answer = await partner.post("/receivables", json=invoice(trader, line | {"product_id": unpriced}))
    assert answer.status_code == 422


async def test_an_unknown_ledger_account_is_refused(partner: Partner, trader: Trader, books: ConnectedBooks) -> None:
    line = inline()
    line["product"]["ledger_account_id"] = str(uuid4())
    answer = await partner.post("/receivables", json=invoice(trader, line))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "line_items", 0, "product", "ledger_account_id"]
    line["product"]["ledger_account_id"] = books.account_id
    made = await create(partner, invoice(trader, line))
    assert made["line_items"][0]["product"]["ledger_account_id"] == books.account_id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tag_ids", [SOMEBODY]),
        ("payment_terms_id", SOMEBODY),
        ("is_einvoice", True),
        ("attachments", [{"id": SOMEBODY}]),
        ("project_id", SOMEBODY),
        ("entity_bank_account_id", SOMEBODY),
    ],
)
async def test_what_is_not_built_says_so_by_name(partner: Partner, trader: Trader, field: str, value: Any) -> None:
    answer = await partner.post("/receivables", json=invoice(trader, **{field: value}))
    assert answer.status_code == 501
    assert field in answer.json()["error"]["message"]


async def test_tax_rates_of_the_callers_own_making_are_not_built(partner: Partner, trader: Trader) -> None:
    answer = await partner.post("/receivables", json=invoice(trader, inline(custom_vat_rate_id=str(uuid4()))))
    assert answer.status_code == 501
    assert "line_items.0.custom_vat_rate_id" in answer.json()["error"]["message"]


async def test_quotes_are_not_built(partner: Partner, trader: Trader) -> None:
    answer = await partner.post("/receivables", json=invoice(trader) | {"type": "quote"})
    assert answer.status_code == 501
    made = await create(partner, invoice(trader))
    changed = await partner.patch(f"/receivables/{made['id']}", json={"quote": {}})
    assert changed.status_code == 501
    based = await partner.post("/receivables", json={"type": "invoice", "based_on": made["id"]})
    assert based.status_code == 501


@pytest.mark.parametrize("field", ["counterpart_id", "counterpart_billing_address_id"])
async def test_an_unknown_counterpart_or_address_is_not_found(partner: Partner, trader: Trader, field: str) -> None:
    answer = await partner.post("/receivables", json=invoice(trader, **{field: str(uuid4())}))
    assert answer.status_code == 404


async def test_the_address_of_another_counterpart_is_not_found(api: Api, partner: Partner, trader: Trader) -> None:
    other = await make_counterpart(api, partner, "Bill's Windsurf Shop")
    body = invoice(trader, counterpart_billing_address_id=other.address_id)
    assert (await partner.post("/receivables", json=body)).status_code == 404


async def test_an_exempt_invoice_needs_no_rate_and_takes_none(partner: Partner, trader: Trader) -> None:
    line = inline()
    del line["tax_rate_value"]
    made = await create(partner, invoice(trader, line, vat_exempt=True, vat_exemption_rationale="Small business"))
    assert (made["total_vat_amount"], made["vat_exempt"]) == (0, True)
    answer = await partner.post("/receivables", json=invoice(trader, inline(), vat_exempt=True))
    assert answer.status_code == 422


async def test_a_draft_can_be_changed(api: Api, partner: Partner, trader: Trader) -> None:
    made = await create(partner, invoice(trader, memo="Old"))
    change = {
        "memo": None,
        "discount": {"type": "percentage", "amount": 1000},
        "line_items": [{"quantity": 2, "price": 5_000, "tax_rate_value": 0}],
        "fulfillment_date": "2026-03-09",
    }
    answer = await partner.patch(f"/receivables/{made['id']}", json={"invoice": change})
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert (changed["memo"], changed["fulfillment_date"]) == (None, "2026-03-09")
    assert (changed["subtotal"], changed["discounted_subtotal"], changed["total_amount"]) == (10_000, 9_000, 9_000)
    assert changed["discount"] == {"type": "percentage", "amount": 1000, "value": 1_000}
    assert await events_of(api, made["id"]) == ["receivable.created", "receivable.updated"]


async def test_changed_lines_stand_in_the_places_of_the_old_ones(partner: Partner, trader: Trader) -> None:
    made = await create(partner, invoice(trader))
    change = {"line_items": [{"quantity": 2}, {"quantity": 3}]}
    answer = await partner.patch(f"/receivables/{made['id']}", json={"invoice": change})
    assert answer.status_code == 422
    assert (await partner.get(f"/receivables/{made['id']}")).json()["total_amount"] == made["total_amount"]


async def test_lines_can_be_replaced(partner: Partner, trader: Trader) -> None:
    made = await create(partner, invoice(trader))
    lines = {"data": [inline(100), inline(200, quantity=2)]}
    answer = await partner.put(f"/receivables/{made['id']}/line_items", json=lines)
    assert answer.status_code == 200
    assert [item["total_before_vat"] for item in answer.json()["data"]] == [100, 400]
    assert (await partner.get(f"/receivables/{made['id']}")).json()["total_amount"] == 600


async def test_another_counterpart_needs_its_own_address(api: Api, partner: Partner, trader: Trader) -> None:
    made = await create(partner, invoice(trader))
    other = await make_counterpart(api, partner, "Bill's Windsurf Shop")
    change: dict[str, Any] = {"counterpart_id": other.id}
    answer = await partner.patch(f"/receivables/{made['id']}", json={"invoice": change})
    assert answer.status_code == 422
    change["counterpart_billing_address_id"] = other.address_id
    answer = await partner.patch(f"/receivables/{made['id']}", json={"invoice": change})
    assert answer.json()["counterpart_name"] == "Bill's Windsurf Shop"


async def test_the_currency_of_priced_lines_cannot_be_swapped(partner: Partner, trader: Trader) -> None:
    made = await create(partner, invoice(trader))
    answer = await partner.patch(f"/receivables/{made['id']}", json={"invoice": {"currency": "EUR"}})
    assert answer.status_code == 422


async def test_a_change_must_fit_the_type(partner: Partner, trader: Trader) -> None:
    made = await create(partner, invoice(trader))
    answer = await partner.patch(f"/receivables/{made['id']}", json={"credit_note": {"memo": "x"}})
    assert answer.status_code == 409


async def test_a_clone_is_a_new_draft_that_says_the_same(partner: Partner, trader: Trader) -> None:
    made = await create(partner, invoice(trader, memo="Again"))
    await partner.post(f"/receivables/{made['id']}/issue")
    answer = await partner.post(f"/receivables/{made['id']}/clone")
    assert answer.status_code == 201
    copy = answer.json()
    assert copy["id"] != made["id"]
    assert (copy["status"], copy["document_id"], copy["due_date"]) == ("draft", None, None)
    assert (copy["memo"], copy["total_amount"]) == ("Again", made["total_amount"])


async def test_a_draft_is_not_wanted_in_the_books(
    api: Api, partner: Partner, trader: Trader, books: ConnectedBooks
) -> None:
    del books
    made = await create(partner, invoice(trader))
    assert await links_of(api, made["id"]) == []


async def test_receivables_of_others_do_not_exist(
    api: Api, partner: Partner, trader: Trader, other_partner: Partner
) -> None:
    made = await create(partner, invoice(trader))
    await other_partner.make_entity()
    path = f"/receivables/{made['id']}"
    assert (await other_partner.get(path)).status_code == 404
    assert (await other_partner.patch(path, json={"invoice": {"memo": "x"}})).status_code == 404
    assert (await other_partner.delete(path)).status_code == 404
    assert (await other_partner.put(f"{path}/line_items", json={"data": []})).status_code == 404
    for action in ("issue", "cancel", "clone", "mark_as_paid", "mark_as_uncollectible"):
        assert (await other_partner.post(f"{path}/{action}")).status_code == 404
    based = await other_partner.post("/receivables", json={"type": "credit_note", "based_on": made["id"]})
    assert based.status_code == 404
    assert (await other_partner.get("/receivables")).json()["data"] == []
    mine = await make_counterpart(api, other_partner)
    assert (await other_partner.post("/receivables", json=invoice(trader))).status_code == 404
    assert (await other_partner.post("/receivables", json=invoice(mine))).status_code == 201


async def test_another_entity_of_the_same_partner_does_not_see_it(partner: Partner, trader: Trader) -> None:
    made = await create(partner, invoice(trader))
    await partner.make_entity("Second Ltd")
    assert (await partner.get(f"/receivables/{made['id']}")).status_code == 404
