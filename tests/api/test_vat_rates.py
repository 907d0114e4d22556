"""GET /vat_rates, and the lines that name a rate."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.support.documents import connect_books
from tests.support.partner import ADDRESS, Api, Partner

GERMAN = {"line1": "Hauptstr. 1", "city": "Bonn", "postal_code": "53111", "country": "DE"}
QUEBEC_RATE = "3a7e6c09-8276-5d3e-94b9-e5d16c2b10a2"


async def make_entity(partner: Partner, country: str) -> None:
    answer = await partner.post(
        "/entities",
        json={
            "type": "organization",
            "email": "acme@example.com",
            "address": GERMAN | {"country": country},
            "organization": {"legal_name": "Acme GmbH"},
        },
    )
    assert answer.status_code == 201, answer.text
    partner.entity_id = answer.json()["id"]


@pytest.fixture
async def seller(partner: Partner) -> Partner:
    """A seller in Germany."""
    await make_entity(partner, "DE")
    return partner


async def make_buyer(seller: Partner, country: str, *, kind: str = "organization", state: str | None = None) -> Any:
    names = {"legal_name": "Buyer"} if kind == "organization" else {"first_name": "B", "last_name": "Uyer"}
    address = ADDRESS | {"country": country, "state": state}
    answer = await seller.post(
        "/counterparts",
        json={"type": kind, kind: {**names, "is_customer": True, "is_vendor": False, "address": address}},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def number_of(seller: Partner, buyer: dict[str, Any], **fields: Any) -> str:
    body = {"value": "FR40303265045", "type": "eu_vat", "country": "FR"} | fields
    answer = await seller.post(f"/counterparts/{buyer['id']}/vat_ids", json=body)
    return str(answer.json()["id"])


async def own_number(seller: Partner, **fields: Any) -> str:
    body = {"value": "DE136695976", "type": "eu_vat", "country": "DE"} | fields
    answer = await seller.post(f"/entities/{seller.entity_id}/vat_ids", json=body)
    return str(answer.json()["id"])


async def values(seller: Partner, **query: str) -> list[int]:
    answer = await seller.get("/vat_rates", params=query)
    assert answer.status_code == 200, answer.text
    return [rate["value"] for rate in answer.json()["data"]]


async def test_a_rate_is_shown_in_full(seller: Partner) -> None:
    rates = (await seller.get("/vat_rates")).json()
    assert set(rates) == {"data"}
    first = rates["data"][0]
    assert first == {
        "id": first["id"],
        "created_at": "2026-11-22T00:00:00Z",
        "updated_at": "2026-11-22T00:00:00Z",
        "country": "DE",
        "value": 1900,
        "components": [{"name": "VAT", "value": 1900.0}],
        "status": "active",
        "valid_from": "2025-01-01",
        "valid_until": None,
        "created_by": "monite",
    }
    assert (await seller.get("/vat_rates")).json() == rates


async def test_an_entity_where_the_law_has_no_such_tax_has_no_rates(partner: Partner) -> None:
    await make_entity(partner, "US")
    assert await values(partner) == []


async def test_only_rates_of_the_day_are_listed(api: Api, partner: Partner) -> None:
    await make_entity(partner, "AT")
    assert await values(partner) == [2000, 1300, 1000, 0]
    api.clock.move(datetime(2026, 7, 1, 9, 0, tzinfo=UTC) - api.clock.now())
    await partner.sign_in()
    assert await values(partner) == [2000, 1300, 1000, 490, 0]


async def test_every_filter_has_its_effect(seller: Partner) -> None:
    french, trader = await make_buyer(seller, "FR"), await make_buyer(seller, "FR")
    number, national = await number_of(seller, trader), await number_of(seller, french, type="si_tin")
    person = await make_buyer(seller, "US", kind="individual")
    shop, home = await own_number(seller, type="eu_oss_vat"), await own_number(seller)
    abroad = await own_number(seller, country="FR", value="FR1")
    address = french["default_billing_address_id"]
    everything, in_france = [1900, 700, 0], [2000, 1000, 550, 210, 0]
    for query, expected in (
        ({}, everything),
        ({"product_type": "service"}, everything),
        ({"entity_vat_id_id": home}, everything),
        ({"entity_vat_id_id": abroad}, in_france),
        ({"entity_vat_id_id": shop}, everything),
        ({"counterpart_id": french["id"]}, everything),
        ({"counterpart_address_id": address}, everything),
        ({"counterpart_vat_id_id": number}, [0]),
        ({"counterpart_vat_id_id": national}, everything),
        ({"counterpart_id": trader["id"]}, [0]),
        ({"counterpart_address_id": trader["default_billing_address_id"]}, [0]),
        ({"counterpart_id": trader["id"], "counterpart_vat_id_id": number}, [0]),
        ({"counterpart_id": trader["id"], "entity_vat_id_id": shop, "product_type": "product"}, [0]),
        ({"counterpart_id": french["id"], "entity_vat_id_id": shop, "product_type": "product"}, in_france),
        ({"counterpart_id": french["id"], "entity_vat_id_id": shop}, everything + in_france),
        ({"counterpart_id": trader["id"], "counterpart_vat_id_id": number, "entity_vat_id_id": abroad}, in_france),
        ({"counterpart_id": person["id"]}, everything),
        ({"counterpart_id": person["id"], "product_type": "product"}, [0]),
        ({"counterpart_id": person["id"], "product_type": "service"}, everything),
    ):
        assert await values(seller, **query) == expected, query


async def test_another_address_of_the_counterpart_says_where_the_goods_go(seller: Partner) -> None:
    buyer = await make_buyer(seller, "DE")
    answer = await seller.post(f"/counterparts/{buyer['id']}/addresses", json=ADDRESS | {"country": "CH"})
    address_id = answer.json()["id"]
    assert await values(seller, counterpart_id=buyer["id"]) == [1900, 700, 0]
    assert await values(seller, counterpart_id=buyer["id"], counterpart_address_id=address_id) == [0]


async def test_a_counterpart_without_an_address_narrows_nothing(seller: Partner) -> None:
    buyer = await make_buyer(seller, "CH")
    path = f"/counterparts/{buyer['id']}/addresses/{buyer['default_billing_address_id']}"
    assert (await seller.delete(path)).status_code == 204
    assert await values(seller, counterpart_id=buyer["id"], product_type="product") == [1900, 700, 0]


async def test_without_a_default_address_the_oldest_counts(api: Api, seller: Partner) -> None:
    buyer = await make_buyer(seller, "DE")
    path = f"/counterparts/{buyer['id']}/addresses"
    for country in ("CH", "DE"):
        api.clock.move(timedelta(seconds=1))
        await seller.post(path, json=ADDRESS | {"country": country})
    assert (await seller.delete(f"{path}/{buyer['default_billing_address_id']}")).status_code == 204
    assert await values(seller, counterpart_id=buyer["id"]) == [0]


async def test_of_several_numbers_the_one_of_the_addresss_country_counts(api: Api, seller: Partner) -> None:
    buyer = await make_buyer(seller, "FR")
    german = await number_of(seller, buyer, country="DE", value="DE129273398")
    assert await values(seller, counterpart_id=buyer["id"]) == [1900, 700, 0]
    api.clock.move(timedelta(seconds=1))
    await number_of(seller, buyer)
    assert await values(seller, counterpart_id=buyer["id"]) == [0]
    assert await values(seller, counterpart_vat_id_id=german) == [1900, 700, 0]


async def test_a_number_without_a_country_is_one_of_the_addresss(seller: Partner) -> None:
    buyer = await make_buyer(seller, "FR")
    answer = await seller.post(f"/counterparts/{buyer['id']}/vat_ids", json={"value": "FR40303265045"})
    assert answer.status_code == 201
    assert await values(seller, counterpart_id=buyer["id"]) == [0]


async def test_in_canada_the_province_of_the_address_says_which(partner: Partner) -> None:
    await make_entity(partner, "CA")
    buyer = await make_buyer(partner, "CA", state="Quebec")
    answer = (await partner.get("/vat_rates", params={"counterpart_id": buyer["id"]})).json()["data"]
    assert [rate["value"] for rate in answer] == [1498, 500, 0]
    assert answer[0]["id"] == QUEBEC_RATE
    assert answer[0]["components"] == [{"name": "GST", "value": 500.0}, {"name": "QST", "value": 997.5}]


@pytest.mark.parametrize(
    "name", ["counterpart_id", "counterpart_address_id", "counterpart_vat_id_id", "entity_vat_id_id"]
)
async def test_what_does_not_exist_cannot_be_sold_to(seller: Partner, name: str) -> None:
    assert (await seller.get("/vat_rates", params={name: str(uuid4())})).status_code == 404
    refused = await seller.get("/vat_rates", params={name: "7"})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["query", name]


async def test_a_product_type_that_is_none_is_refused(seller: Partner) -> None:
    answer = await seller.get("/vat_rates?product_type=goods")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "product_type"]


async def test_the_address_and_number_must_be_the_counterparts_own(seller: Partner) -> None:
    french, swiss = await make_buyer(seller, "FR"), await make_buyer(seller, "CH")
    number = await number_of(seller, french)
    for query in (
        {"counterpart_id": swiss["id"], "counterpart_vat_id_id": number},
        {"counterpart_address_id": swiss["default_billing_address_id"], "counterpart_vat_id_id": number},
        {"counterpart_id": french["id"], "counterpart_address_id": swiss["default_billing_address_id"]},
    ):
        assert (await seller.get("/vat_rates", params=query)).status_code == 404


async def test_what_belongs_to_others_is_not_there(seller: Partner, other_partner: Partner) -> None:
    french = await make_buyer(seller, "FR")
    query = {
        "counterpart_id": french["id"],
        "counterpart_address_id": french["default_billing_address_id"],
        "counterpart_vat_id_id": await number_of(seller, french),
        "entity_vat_id_id": await own_number(seller),
    }
    await make_entity(other_partner, "DE")
    second = Partner(seller.http, seller.id, seller.client_id, seller.client_secret, seller.token)
    await make_entity(second, "DE")
    for caller in (other_partner, second):
        for name, value in query.items():
            assert (await caller.get("/vat_rates", params={name: value})).status_code == 404
    assert (await seller.get("/vat_rates", params=query)).status_code == 200


# Lines that name a rate.


async def rate_ids(seller: Partner, **query: str) -> dict[int, str]:
    answer = (await seller.get("/vat_rates", params=query)).json()
    return {rate["value"]: rate["id"] for rate in answer["data"]}


def invoice(buyer: dict[str, Any], **line: Any) -> dict[str, Any]:
    product = {"name": "Work", "price": {"currency": "EUR", "value": 10_000}}
    return {
        "type": "invoice",
        "counterpart_id": buyer["id"],
        "counterpart_billing_address_id": buyer["default_billing_address_id"],
        "currency": "EUR",
        "line_items": [{"product": product, "quantity": 1, **line}],
    }


async def test_a_line_has_the_value_of_the_rate_that_it_names(seller: Partner) -> None:
    buyer, rates = await make_buyer(seller, "DE"), await rate_ids(seller)
    answer = await seller.post("/receivables", json=invoice(buyer, vat_rate_id=rates[700]))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["total_vat_amount"], made["total_amount"]) == (700, 10_700)
    assert made["line_items"][0]["product"]["vat_rate"] == {
        "id": rates[700],
        "components": [{"name": "VAT", "value": 700.0}],
        "country": "DE",
        "is_custom": False,
        "name": "VAT 7%",
        "value": 700,
    }
    assert (await seller.get(f"/receivables/{made['id']}")).json() == made


async def test_a_rate_with_many_digits_is_computed_with_all_of_them(partner: Partner) -> None:
    await make_entity(partner, "CA")
    buyer = await make_buyer(partner, "CA", state="QC")
    product = {"name": "Work", "price": {"currency": "CAD", "value": 1_000_000}}
    body = invoice(buyer, vat_rate_id=QUEBEC_RATE, product=product) | {"currency": "CAD"}
    made = (await partner.post("/receivables", json=body)).json()
    assert made["total_vat_amount"] == 149_750
    assert made["line_items"][0]["product"]["vat_rate"]["value"] == 1498
    assert made["total_vat_amounts"] == [
        {
            "id": QUEBEC_RATE,
            "amount": 149_750,
            "components": [
                {"name": "GST", "value": 500.0, "amount": 50_000},
                {"name": "QST", "value": 997.5, "amount": 99_750},
            ],
            "name": "GST 5% + QST 9.975%",
            "taxable_amount": 1_000_000,
            "value": 1498,
        }
    ]


async def test_the_parts_of_a_tax_add_up_to_it_and_are_told_only_of_one_rate(partner: Partner) -> None:
    await make_entity(partner, "CA")
    buyer = await make_buyer(partner, "CA", state="BC")
    west = (await rate_ids(partner, counterpart_id=buyer["id"]))[1200]
    manitoba = await make_buyer(partner, "CA", state="MB")
    middle = (await rate_ids(partner, counterpart_id=manitoba["id"]))[1200]
    product = {"name": "Work", "price": {"currency": "CAD", "value": 1_005}}
    lines = [{"product": product, "quantity": 1, "vat_rate_id": rate} for rate in (west, west)]
    body = invoice(buyer) | {"currency": "CAD", "line_items": lines}
    [total] = (await partner.post("/receivables", json=body)).json()["total_vat_amounts"]
    assert (total["id"], total["amount"]) == (west, 242)
    assert [part["amount"] for part in total["components"]] == [101, 141]
    lines[1]["vat_rate_id"] = middle
    [mixed] = (await partner.post("/receivables", json=body)).json()["total_vat_amounts"]
    assert (mixed["id"], mixed["components"], mixed["value"]) == (None, None, 1200)


async def test_a_value_beside_the_rate_must_be_the_rates_own(seller: Partner) -> None:
    buyer, rates = await make_buyer(seller, "DE"), await rate_ids(seller)
    refused = await seller.post("/receivables", json=invoice(buyer, vat_rate_id=rates[700], tax_rate_value=1900))
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "line_items", 0, "tax_rate_value"]
    named = invoice(buyer, vat_rate_id=rates[700], tax_rate_value=700, tax_rate_name="USt. 7 %")
    made = (await seller.post("/receivables", json=named)).json()
    assert made["line_items"][0]["product"]["vat_rate"]["name"] == "USt. 7 %"


async def test_a_rate_of_the_books_beside_it_must_have_the_same_value(api: Api, seller: Partner) -> None:
    books = await connect_books(api, seller)
    percent, book_rate = next((int(value), rate) for value, rate in books.rates.items() if int(value) % 100 == 0)
    buyer, rates = await make_buyer(seller, "DE"), await rate_ids(seller)
    other = next(rate for value, rate in rates.items() if value != percent)
    body = invoice(buyer, vat_rate_id=other, accounting_tax_rate_id=book_rate)
    refused = await seller.post("/receivables", json=body)
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "line_items", 0, "accounting_tax_rate_id"]


async def test_rates_that_are_not_the_entitys_are_refused_with_their_places(seller: Partner) -> None:
    buyer = await make_buyer(seller, "DE")
    for rate_id, kind in ((str(uuid4()), "value_error.unknown_id"), (QUEBEC_RATE, "value_error")):
        answer = await seller.post("/receivables", json=invoice(buyer, vat_rate_id=rate_id))
        assert answer.status_code == 422
        [fault] = answer.json()["detail"]
        assert (fault["loc"], fault["type"]) == (["body", "line_items", 0, "vat_rate_id"], kind)
    assert (await seller.get("/receivables")).json()["data"] == []


async def test_a_number_in_another_country_makes_its_rates_the_entitys(seller: Partner) -> None:
    await own_number(seller, country="CA", type="ca_gst_hst", value="123456789RT0001")
    buyer = await make_buyer(seller, "CA")
    made = (await seller.post("/receivables", json=invoice(buyer, vat_rate_id=QUEBEC_RATE))).json()
    assert made["line_items"][0]["product"]["vat_rate"]["country"] == "CA"


async def test_through_the_one_stop_shop_all_members_rates_are_the_entitys(seller: Partner) -> None:
    buyer = await make_buyer(seller, "FR", kind="individual")
    shop = await own_number(seller, type="eu_oss_vat")
    rates = await rate_ids(seller, counterpart_id=buyer["id"], entity_vat_id_id=shop, product_type="product")
    made = (await seller.post("/receivables", json=invoice(buyer, vat_rate_id=rates[550]))).json()
    assert made["total_vat_amount"] == 550


async def test_a_rate_that_ended_is_refused_unless_the_delivery_was_before(api: Api, partner: Partner) -> None:
    await make_entity(partner, "RO")
    buyer, rates = await make_buyer(partner, "RO"), await rate_ids(partner)
    body = invoice(buyer, vat_rate_id=rates[900])
    assert (await partner.post("/receivables", json=body)).status_code == 201
    api.clock.move(datetime(2026, 8, 2, 9, 0, tzinfo=UTC) - api.clock.now())
    await partner.sign_in()
    refused = await partner.post("/receivables", json=body)
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["msg"] == "the rate ended on 2026-07-31"
    late = await partner.post("/receivables", json=body | {"fulfillment_date": "2026-07-20"})
    assert late.status_code == 201, late.text


async def test_a_line_is_changed_to_another_rate_and_to_a_value(seller: Partner) -> None:
    buyer, rates = await make_buyer(seller, "DE"), await rate_ids(seller)
    made = (await seller.post("/receivables", json=invoice(buyer, vat_rate_id=rates[700]))).json()
    path = f"/receivables/{made['id']}"
    for line, value, rate_id in (
        ({"vat_rate_id": rates[1900]}, 1900, rates[1900]),
        ({"quantity": 2}, 1900, rates[1900]),
        ({"tax_rate_value": 500}, 500, None),
        ({"vat_rate_id": rates[0]}, 0, rates[0]),
    ):
        answer = await seller.patch(path, json={"invoice": {"line_items": [line]}})
        assert answer.status_code == 200, answer.text
        rate = answer.json()["line_items"][0]["product"]["vat_rate"]
        assert (rate["value"], rate["id"]) == (value, rate_id)
    refused = await seller.patch(path, json={"invoice": {"line_items": [{"vat_rate_id": QUEBEC_RATE}]}})
    assert refused.json()["detail"][0]["loc"] == ["body", "invoice", "line_items", 0, "vat_rate_id"]
    both = {"vat_rate_id": rates[700], "tax_rate_value": 5}
    refused = await seller.patch(path, json={"invoice": {"line_items": [both]}})
    assert refused.json()["detail"][0]["loc"] == ["body", "invoice", "line_items", 0, "tax_rate_value"]
    assert (await seller.get(path)).json()["line_items"][0]["product"]["vat_rate"]["value"] == 0
