"""Lists of receivables: every filter and sort of the contract, or a loud refusal."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
from tests.support.documents import Trader, make_counterpart, make_product
from tests.support.partner import Api, Partner

AMY, BILL = "Amy's Bird Sanctuary", "Bill's Windsurf Shop"


@pytest.fixture
async def numbers(api: Api, partner: Partner) -> dict[str, str]:
    """Four invoices by name: two issued (one of them due yesterday), a draft, and one of another customer."""
    await partner.make_entity()
    amy, bill = await make_counterpart(api, partner, AMY), await make_counterpart(api, partner, BILL)
    product = await make_product(api, partner)
    made: dict[str, str] = {}
    for name, trader, price, days in (("late", amy, 100, 0), ("open", amy, 200, 30), ("draft", amy, 300, None)):
        made[name] = await make(api, partner, trader, {"name": "x", "price": price_of(price)}, days)
    made["of_bill"] = await make(api, partner, bill, product, 30)
    api.clock.move(timedelta(days=1))
    await partner.sign_in()
    return made


def price_of(value: int) -> dict[str, Any]:
    return {"currency": "USD", "value": value}


async def make(api: Api, partner: Partner, trader: Trader, product: Any, days: int | None) -> str:
    line = {"product_id": product} if isinstance(product, str) else {"product": product}
    api.clock.move(timedelta(seconds=1))
    body = {
        "type": "invoice",
        "counterpart_id": trader.id,
        "counterpart_billing_address_id": trader.address_id,
        "currency": "USD",
        "line_items": [{**line, "quantity": 1, "tax_rate_value": 0}],
        "payment_terms": {"term_final": {"number_of_days": days or 0}},
    }
    receivable_id = str((await partner.post("/receivables", json=body)).json()["id"])
    if days is not None:
        assert (await partner.post(f"/receivables/{receivable_id}/issue")).status_code == 200
    return receivable_id


async def found(partner: Partner, numbers: dict[str, str], query: str) -> list[str]:
    answer = await partner.get(f"/receivables?{query}")
    assert answer.status_code == 200, answer.text
    names = {receivable_id: name for name, receivable_id in numbers.items()}
    return [names[row["id"]] for row in answer.json()["data"]]


EXPECTED = [
    ("", ["late", "open", "draft", "of_bill"]),
    ("order=desc", ["of_bill", "draft", "open", "late"]),
    ("status=overdue", ["late"]),
    ("status=issued", ["open", "of_bill"]),
    ("status__in=overdue&status__in=draft", ["late", "draft"]),
    ("type=invoice&status=draft", ["draft"]),
    ("type=quote", []),
    ("type=credit_note", []),
    ("document_id=INV-00002", ["open"]),
    ("document_id__icontains=inv-0000", ["late", "open", "of_bill"]),
    ("document_id__contains=inv", []),
    (f"counterpart_name={quote(BILL)}", ["of_bill"]),
    ("counterpart_name__icontains=bird", ["late", "open", "draft"]),
    ("counterpart_name__contains=bird", []),
    ("total_amount=200", ["open"]),
    ("total_amount__gte=200&total_amount__lt=300", ["open"]),
    ("discounted_subtotal__gt=300", ["of_bill"]),
    ("total_amount__gt=99999999999999999999", []),
    ("total_amount__lt=99999999999999999999&total_amount__gt=-99999999999999999999&sort=amount&limit=1", ["late"]),
    ("due_date__lte=2026-03-02", ["late"]),
    ("issue_date__gt=2026-03-02T09:30:02Z", ["of_bill"]),
    ("created_at__lt=2026-03-02T09:30:02Z", ["late"]),
    ("sort=total_amount&order=desc", ["of_bill", "draft", "open", "late"]),
    ("sort=amount&limit=2", ["late", "open"]),
    ("sort=counterpart_name&order=desc&limit=1", ["of_bill"]),
    ("sort=project_id&type=credit_note", []),
]


async def test_a_list_can_be_narrowed_and_sorted(partner: Partner, numbers: dict[str, str]) -> None:
    results = {query: await found(partner, numbers, query) for query, _ in EXPECTED}
    assert results == dict(EXPECTED)


async def test_a_list_can_be_narrowed_by_ids_and_products(partner: Partner, numbers: dict[str, str]) -> None:
    shown = (await partner.get(f"/receivables/{numbers['of_bill']}")).json()
    product_id = shown["line_items"][0]["product"]["id"]
    assert await found(partner, numbers, f"product_ids={product_id}") == ["of_bill"]
    assert await found(partner, numbers, f"product_ids__in={product_id}&product_ids__in={numbers['open']}") == [
        "of_bill"
    ]
    assert await found(partner, numbers, f"product_ids={product_id}&product_ids={numbers['open']}") == []
    assert await found(partner, numbers, f"id__in={numbers['open']}&id__in={numbers['late']}") == ["late", "open"]
    assert await found(partner, numbers, f"counterpart_id={shown['counterpart_id']}") == ["of_bill"]
    assert await found(partner, numbers, f"based_on={numbers['open']}") == []


async def test_pages_follow_each_other(partner: Partner, numbers: dict[str, str]) -> None:
    first = (await partner.get("/receivables?limit=3&sort=due_date")).json()
    assert first["prev_pagination_token"] is None
    rest = (await partner.get(f"/receivables?pagination_token={first['next_pagination_token']}")).json()
    names = {receivable_id: name for name, receivable_id in numbers.items()}
    assert names[first["data"][0]["id"]] == "late"
    assert [names[row["id"]] for row in rest["data"]] == ["draft"]  # no due date: last
    assert {row["id"] for row in (*first["data"], *rest["data"])} == set(numbers.values())
    assert rest["next_pagination_token"] is None


ID = "5a0b1e9c-6f0e-4a53-9d8f-0c7e2f4f3a11"
NEVER_SET = ("entity_user_id", "entity_user_id__in", "tag_ids", "tag_ids__in", "project_id", "project_id__in")


async def test_what_no_receivable_has_finds_none(partner: Partner, numbers: dict[str, str]) -> None:
    for field in NEVER_SET:
        assert await found(partner, numbers, f"{field}={ID}") == []


async def test_wrong_parameters_are_refused(partner: Partner) -> None:
    await partner.make_entity()
    wrong = ("limit=0", "limit=251", "sort=colour", "status=purple", "order=up", "due_date__gt=x", "id__in=x")
    answers = {query: (await partner.get(f"/receivables?{query}")).status_code for query in wrong}
    assert answers == dict.fromkeys(wrong, 422)


async def searched(partner: Partner, numbers: dict[str, str], body: dict[str, Any]) -> list[str]:
    answer = await partner.post("/receivables/search", json=body)
    assert answer.status_code == 200, answer.text
    names = {receivable_id: name for name, receivable_id in numbers.items()}
    return [names[row["id"]] for row in answer.json()["data"]]


def as_body(query: str) -> dict[str, Any]:
    """The same search in a body."""
    body: dict[str, Any] = {}
    for name, values in parse_qs(query).items():
        is_many = name.endswith("__in") or name in {"product_ids", "tag_ids"}
        is_whole = name.startswith(("total_amount", "discounted_subtotal", "limit"))
        value = int(values[0]) if is_whole else values[0]
        body[name] = values if is_many else value
    return body


async def test_a_search_finds_what_the_list_finds(partner: Partner, numbers: dict[str, str]) -> None:
    results = {query: await searched(partner, numbers, as_body(query)) for query, _ in EXPECTED}
    assert results == dict(EXPECTED)
    assert await searched(partner, numbers, {"id__in": [numbers["open"]], "tag_ids": None, "sort": None}) == ["open"]


async def test_a_search_and_the_list_share_their_page_tokens(partner: Partner, numbers: dict[str, str]) -> None:
    first = (await partner.post("/receivables/search", json={"limit": 3, "sort": "total_amount"})).json()
    token = first["next_pagination_token"]
    assert await found(partner, numbers, f"pagination_token={token}") == ["of_bill"]
    assert await searched(partner, numbers, {"pagination_token": token}) == ["of_bill"]
    assert first["prev_pagination_token"] is None


async def test_a_wrong_search_is_refused_with_its_place(partner: Partner) -> None:
    await partner.make_entity()
    for wrong in (
        {"limit": 0},
        {"limit": 251},
        {"limit": "5"},
        {"sort": "discounted_subtotal"},
        {"status": "purple"},
        {"order": "up"},
        {"total_amount": "5"},
        {"total_amount__gt": 1.5},
        {"due_date__gt": "x"},
        {"colour": "red"},
        {"pagination_token": "x"},
    ):
        answer = await partner.post("/receivables/search", json=wrong)
        assert answer.status_code == 422, wrong
        assert answer.json()["detail"][0]["loc"][-1] == next(iter(wrong))


async def test_a_list_sorted_by_status_puts_overdue_where_it_is_shown(
    partner: Partner, numbers: dict[str, str]
) -> None:
    await partner.post(f"/receivables/{numbers['of_bill']}/cancel")
    order = ["of_bill", "draft", "open", "late"]  # canceled, draft, issued, overdue
    assert await found(partner, numbers, "sort=status") == order
    pages = [await partner.get("/receivables?sort=status&limit=1")]
    while token := pages[-1].json()["next_pagination_token"]:
        pages.append(await partner.get(f"/receivables?pagination_token={token}"))
    assert [page.json()["data"][0]["id"] for page in pages] == [numbers[name] for name in order]


async def test_a_due_date_may_be_told_as_a_moment(partner: Partner, numbers: dict[str, str]) -> None:
    assert await found(partner, numbers, "due_date__gte=2026-03-02T00:00:00Z&due_date__lt=2026-03-03T00:00:00Z") == [
        "late"
    ]
