"""What receivables add up to, and what is only told beside the total."""

from typing import Any

import pytest
from tests.support.documents import Trader, make_counterpart
from tests.support.partner import Api, Partner
from tests.support.receivables import Json, credit, draft, invoice, issue, line, seen


@pytest.fixture
async def trader(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner)


def amounts(shown: Json) -> tuple[int, int, int, int, int]:
    names = ("subtotal", "discounted_subtotal", "total_vat_amount", "subtotal_after_vat", "total_amount")
    first, second, third, fourth, fifth = (int(shown[name]) for name in names)
    return first, second, third, fourth, fifth


async def test_discounts_of_lines_come_before_those_of_the_document(partner: Partner, trader: Trader) -> None:
    lines = (
        line(10_000, tax_rate_value=2_000, discount={"type": "percentage", "amount": 1_000}),
        line(5_000, name="Paint", quantity=2, tax_rate_value=1_000, discount={"type": "amount", "amount": 500}),
    )
    made = await draft(partner, trader, *lines, discount={"type": "amount", "amount": 1_850}, deduction_amount=100)
    assert made["discount"] == {"type": "amount", "amount": 1_850, "value": 1_850}
    assert amounts(made) == (18_500, 16_650, 2_475, 21_250, 19_025)
    rates = [(rate["value"], rate["taxable_amount"], rate["amount"]) for rate in made["total_vat_amounts"]]
    assert rates == [(2_000, 8_100, 1_620), (1_000, 8_550, 855)]


@pytest.mark.parametrize(("currency", "price", "total"), [("JPY", 1_005, 1_106), ("KWD", 1_234_567, 1_358_024)])
async def test_currencies_with_other_decimals_need_no_other_rule(
    partner: Partner, trader: Trader, currency: str, price: int, total: int
) -> None:
    made = await draft(partner, trader, line(price, currency=currency, tax_rate_value=1_000), currency=currency)
    assert made["total_amount"] == total


async def test_what_is_withheld_is_told_and_lowers_nothing(partner: Partner, trader: Trader) -> None:
    made = await draft(partner, trader, line(10_005, tax_rate_value=2_100), withholding_tax_rate=1_500)
    assert (made["withholding_tax_rate"], made["total_withholding_tax"]) == (1_500, 1_501)
    assert amounts(made)[-1] == 12_106
    path = f"/receivables/{made['id']}"
    changed = (await partner.patch(path, json={"invoice": {"withholding_tax_rate": 750}})).json()
    assert changed["total_withholding_tax"] == 750
    note = await credit(partner, await issue(partner, made))
    assert (note["withholding_tax_rate"], note["total_withholding_tax"]) == (750, 750)
    emptied = await draft(partner, trader)
    assert (emptied["withholding_tax_rate"], emptied["total_withholding_tax"]) == (None, None)


async def test_a_document_keeps_the_entitys_tax_number_as_it_was(partner: Partner, trader: Trader) -> None:
    numbers = f"/entities/{partner.entity_id}/vat_ids"
    number = {"country": "DE", "type": "eu_vat", "value": "DE123456789"}
    known = (await partner.post(numbers, json=number)).json()
    made = await draft(partner, trader, entity_vat_id_id=known["id"])
    assert made["entity_vat_id"] == {"id": known["id"], "entity_id": partner.entity_id, **number}
    assert made["entity"]["vat_id"] == "DE123456789"
    assert (await partner.delete(f"{numbers}/{known['id']}")).status_code == 204
    shown = await seen(partner, await issue(partner, made))
    assert (shown["entity_vat_id"]["value"], shown["entity"]["vat_id"]) == ("DE123456789", "DE123456789")
    cleared = await draft(partner, trader)
    assert cleared["entity_vat_id"] is None
    path = f"/receivables/{cleared['id']}"
    for body in ({"invoice": {"entity_vat_id_id": known["id"]}}, {"issued_invoice": {"entity_vat_id_id": known["id"]}}):
        if "issued_invoice" in body:
            await issue(partner, cleared)
        assert (await partner.patch(path, json=body)).status_code == 404


NEGATIVE: list[Json] = [
    line(-1),
    line(1, quantity=-1),
    line(1, discount={"type": "amount", "amount": -1}),
    line(1, tax_rate_value=-1),
    line(1, tax_rate_value=10_001),
    line(100, quantity=0, discount={"type": "amount", "amount": 1}),
    line(1, quantity=float(2**31)),
]


@pytest.mark.parametrize("wrong", NEGATIVE)
async def test_negative_and_too_large_values_are_refused(partner: Partner, trader: Trader, wrong: Json) -> None:
    answer = await partner.post("/receivables", json=invoice(trader, wrong))
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"discount": {"type": "amount", "amount": 10_001}}, "discount"),
        ({"discount": {"type": "percentage", "amount": 10_001}}, "discount"),
        ({"deduction_amount": 10_001}, "deduction_amount"),
        ({"withholding_tax_rate": 10_001}, "withholding_tax_rate"),
    ],
)
async def test_no_more_is_taken_off_than_there_is(
    partner: Partner, trader: Trader, more: dict[str, Any], place: str
) -> None:
    answer = await partner.post("/receivables", json=invoice(trader, **more))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", place]
    assert (await partner.get("/receivables")).json()["data"] == []


async def test_a_form_learns_how_lines_say_their_tax(partner: Partner, trader: Trader) -> None:
    async def asked(query: str = "") -> tuple[bool, bool]:
        answer = await partner.get(f"/receivables/required_fields?{query}")
        assert answer.status_code == 200, answer.text
        fields = answer.json()["line_item"]
        return fields["tax_rate_value"]["required"], fields["vat_rate_id"]["required"]

    assert await asked(f"counterpart_id={trader.id}&counterpart_billing_address_id={trader.address_id}") == (
        True,
        False,
    )
    number = {"country": "DE", "type": "eu_vat", "value": "DE123456789"}
    known = (await partner.post(f"/entities/{partner.entity_id}/vat_ids", json=number)).json()
    assert await asked(f"entity_vat_id_id={known['id']}&counterpart_country=FR&counterpart_type=individual") == (
        False,
        True,
    )
    for field in ("counterpart_id", "counterpart_billing_address_id", "counterpart_vat_id_id", "entity_vat_id_id"):
        assert (await partner.get(f"/receivables/required_fields?{field}={partner.entity_id}")).status_code == 404
    assert (await partner.get("/receivables/required_fields?counterpart_type=dog")).status_code == 422
