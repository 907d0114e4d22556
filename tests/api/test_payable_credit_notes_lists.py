"""Lists of vendors' credit notes and of their lines, and whose they are."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.crediting import COMPLETE, make_bill, make_note, note_in
from tests.support.documents import Trader, make_counterpart
from tests.support.partner import Api, Partner

from tieout.api.payable_credit_notes.ordering import BEYOND, quantity_order, within_reach

SOMEBODY = "5f0c9c6e-5d0a-4d3a-9a57-2a3b8f6f4c11"
"""An id that nobody has."""
NOTES = "/payable_credit_notes"


@pytest.fixture
async def vendor(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner)


async def found(partner: Partner, path: str, queries: Iterable[str], shown: str) -> dict[str, list[Any]]:
    """What each query finds, by a field that tells the rows apart."""
    answers = {query: await partner.get(f"{path}?{query}") for query in queries}
    assert {query: answer.status_code for query, answer in answers.items() if answer.status_code != 200} == {}
    return {query: [row[shown] for row in answer.json()["data"]] for query, answer in answers.items()}


async def test_credit_notes_can_be_narrowed_and_sorted(api: Api, partner: Partner, vendor: Trader) -> None:
    bill_id = await make_bill(partner, vendor)
    await note_in(partner, bill_id, "approved", document_id="CN-1", counterpart_id=vendor.id)
    api.clock.move(timedelta(minutes=1))
    at = api.clock.now().isoformat().replace("+00:00", "Z")
    await make_note(partner, document_id="cn-2", issued_at="2026-02-01", currency="EUR", subtotal=500, tax_amount=0)
    api.clock.move(timedelta(minutes=1))
    await make_note(partner, document_id="Other")
    everything = ["CN-1", "cn-2", "Other"]
    expected = {
        "": everything,
        "order=desc": ["Other", "cn-2", "CN-1"],
        "sort=created_at&order=desc": ["Other", "cn-2", "CN-1"],
        f"created_at__gt={at}": ["Other"],
        f"created_at__gte={at}": ["cn-2", "Other"],
        f"created_at__lt={at}": ["CN-1"],
        f"created_at__lte={at}": ["CN-1", "cn-2"],
        "issued_at=2026-02-01": ["cn-2"],
        "issued_at__gt=2026-02-01": ["CN-1", "Other"],
        "issued_at__gte=2026-02-01": everything,
        "issued_at__lt=2026-03-01": ["cn-2"],
        "issued_at__lte=2026-02-01": ["cn-2"],
        "document_id=CN-1": ["CN-1"],
        "document_id__iexact=CN-2": ["cn-2"],
        "document_id__contains=CN": ["CN-1"],
        "document_id__icontains=cn": ["CN-1", "cn-2"],
        "has_file=true": [],
        "has_file=false": everything,
        "total_amount__gt=500": ["CN-1"],
        "total_amount__gte=500": ["CN-1", "cn-2"],
        "total_amount__lt=1200": ["cn-2"],
        "total_amount__lte=1200": ["CN-1", "cn-2"],
        "subtotal__gt=500": ["CN-1"],
        "subtotal__gte=500": ["CN-1", "cn-2"],
        "subtotal__lt=500": [],
        "subtotal__lte=99999999999999999999": ["CN-1", "cn-2"],
        f"based_on={bill_id}": ["CN-1"],
        f"based_on={SOMEBODY}": [],
        f"counterpart_id={vendor.id}": ["CN-1"],
        "status=draft": ["cn-2", "Other"],
        "status=applied": [],
        "status__in=approved&status__in=new": ["CN-1"],
        "status__not_in=approved&status__not_in=new": ["cn-2", "Other"],
        "origin=upload": everything,
        "origin=einvoicing": [],
        "currency=EUR": ["cn-2"],
        f"project_id={SOMEBODY}": [],
        f"created_by_entity_user_id={SOMEBODY}": [],
        f"project_id__in={SOMEBODY}": [],
    }
    assert await found(partner, NOTES, expected, "document_id") == expected
    ids = [row["id"] for row in (await partner.get(f"{NOTES}?sort=id")).json()["data"]]
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("status=paid", 422),
        ("status__in=paid", 422),
        ("origin=email", 422),
        ("total_amount__gt=-1", 422),
        ("sort=total_amount", 422),
        ("limit=101", 422),
        ("based_on=x", 422),
    ],
)
async def test_a_wrong_filter_is_refused(partner: Partner, query: str, status: int) -> None:
    await partner.make_entity()
    assert (await partner.get(f"{NOTES}?{query}")).status_code == status


async def test_pages_follow_one_another(partner: Partner) -> None:
    await partner.make_entity()
    made = [(await make_note(partner, document_id=f"CN-{i}"))["id"] for i in range(5)]
    seen: list[str] = []
    token: str | None = ""
    while token is not None:
        page = (await partner.get(f"{NOTES}?limit=2" + (f"&pagination_token={token}" if token else ""))).json()
        seen += [row["id"] for row in page["data"]]
        token = page["next_pagination_token"]
    assert sorted(seen) == sorted(made)
    assert len(seen) == 5


async def test_lines_can_be_narrowed_and_sorted(api: Api, partner: Partner) -> None:
    await partner.make_entity()
    path = f"{NOTES}/{(await make_note(partner))['id']}/line_items"
    await partner.post(path, json={"name": "Paper", "quantity": 10, "unit_price": 100, "tax": 2_000, "unit": "Box"})
    api.clock.move(timedelta(minutes=1))
    at = api.clock.now().isoformat().replace("+00:00", "Z")
    await partner.post(path, json={"name": "ink", "description": "Black", "quantity": 9.5, "unit_price": 300})
    await partner.post(path, json={"name": "Fee"})
    everything = ["Paper", "ink", "Fee"]
    expected = {
        "": everything,
        "order=desc": ["Fee", "ink", "Paper"],
        "sort=total": ["Paper", "ink", "Fee"],
        "sort=total&order=desc": ["Fee", "ink", "Paper"],
        "sort=quantity": ["ink", "Paper", "Fee"],
        "sort=unit_price": ["Paper", "ink", "Fee"],
        f"created_at__lt={at}": ["Paper"],
        f"created_at__gte={at}": ["ink", "Fee"],
        "name=ink": ["ink"],
        "name__iexact=INK": ["ink"],
        "name__contains=F": ["Fee"],
        "name__icontains=P": ["Paper"],
        "description=Black": ["ink"],
        "description__contains=lac": ["ink"],
        "description__icontains=BLACK": ["ink"],
        "total__gt=1200": ["ink"],
        "total__lte=1200": ["Paper"],
        "subtotal__gte=1000": ["Paper", "ink"],
        "subtotal__lt=2850": ["Paper"],
        "unit_price__gt=100": ["ink"],
        "unit_price__lte=100": ["Paper"],
        "quantity__gt=9.5": ["Paper"],
        "quantity__gte=9.5": ["Paper", "ink"],
        "quantity__lt=9.50000000001": ["ink"],
        "quantity__gt=9.49999999999": ["Paper", "ink"],
        "quantity__lte=1e300": ["Paper", "ink"],
        "quantity__gte=1e-300": ["Paper", "ink"],
        "tax__gte=2000": ["Paper"],
        "tax_amount__gt=0": ["Paper"],
        "unit=Box": ["Paper"],
        "unit__iexact=box": ["Paper"],
        f"created_by_user_id={SOMEBODY}": [],
    }
    assert await found(partner, path, expected, "name") == expected
    by_name = (await found(partner, path, ["sort=name"], "name"))["sort=name"]
    assert sorted(by_name) == sorted(everything)
    first = (await partner.get(f"{path}?limit=1&sort=quantity&quantity__gt=0.123456789012")).json()
    token = first["next_pagination_token"]
    second = (await partner.get(f"{path}?pagination_token={token}")).json()
    assert [row["name"] for row in first["data"] + second["data"]] == ["ink", "Paper"]
    for query in ("quantity__gt=-1", "quantity__gt=NaN", "total__gt=-1", "sort=tax"):
        assert (await partner.get(f"{path}?{query}")).status_code == 422
    for query in ("source=x", "source_id=x"):
        assert (await partner.get(f"{path}?{query}")).status_code == 501


quantities = st.decimals(min_value=0, max_value=2_147_483_647, places=10)


@given(quantities, quantities)
def test_quantities_compare_as_text_as_they_do_as_numbers(one: Decimal, other: Decimal) -> None:
    assert (quantity_order(one) < quantity_order(other)) == (one < other)
    assert (quantity_order(one) == quantity_order(other)) == (one == other)


@given(quantities, st.decimals(min_value=0, allow_nan=False, allow_infinity=False))
def test_whatever_is_sought_compares_as_text_as_it_does_as_a_number(quantity: Decimal, sought: Decimal) -> None:
    reached = within_reach(sought)
    assert 0 <= reached <= BEYOND
    stored = quantity_order(quantity)
    assert (stored > quantity_order(reached)) == (quantity > sought)
    assert (stored < quantity_order(reached, rounded_up=True)) == (quantity < sought)


async def test_credit_notes_of_others_do_not_exist(
    api: Api, partner: Partner, other_partner: Partner, vendor: Trader
) -> None:
    bill_id = await make_bill(partner, vendor)
    note = await make_note(partner, based_on=bill_id, **COMPLETE)
    path = f"{NOTES}/{note['id']}"
    line = {"name": "Paper", "quantity": 1, "unit_price": 1_000, "tax": 2_000}
    line_id = (await partner.post(f"{path}/line_items", json=line)).json()["id"]
    mine = partner.entity_id
    await other_partner.make_entity()
    theirs = await make_counterpart(api, other_partner)
    entities = [(other_partner, other_partner.entity_id), (partner, await partner.make_entity("Sister Ltd"))]
    for caller, entity_id in entities:
        caller.entity_id = entity_id
        assert (await caller.get(NOTES)).json()["data"] == []
        calls: list[tuple[str, str, dict[str, Any] | None]] = [
            ("GET", path, None),
            ("PATCH", path, {"description": "Mine"}),
            ("DELETE", path, None),
            ("GET", f"{path}/validate", None),
            *(("POST", f"{path}/{action}", None) for action in ("submit_for_approval", "approve", "reject", "cancel")),
            ("GET", f"{path}/line_items", None),
            ("POST", f"{path}/line_items", line),
            ("PUT", f"{path}/line_items", {"data": []}),
            *((method, f"{path}/line_items/{line_id}", None) for method in ("GET", "DELETE")),
            ("PATCH", f"{path}/line_items/{line_id}", {"name": "Mine"}),
            ("POST", NOTES, {"document_id": "X", "issued_at": "2026-03-01", "based_on": bill_id}),
            ("POST", NOTES, {"document_id": "X", "issued_at": "2026-03-01", "counterpart_id": vendor.id}),
        ]
        for method, at, body in calls:
            answer = await caller.call(method, at, json=body)
            assert answer.status_code == 404, f"{method} {at}"
    partner.entity_id = mine
    assert (await partner.patch(path, json={"counterpart_id": theirs.id})).status_code == 404
    assert (await partner.get(path)).json() | {"updated_at": ""} == note | {"updated_at": "", "status": "new"}
    other_note = await make_note(partner, document_id="CN-2")
    assert (await partner.get(f"{NOTES}/{other_note['id']}/line_items/{line_id}")).status_code == 404
