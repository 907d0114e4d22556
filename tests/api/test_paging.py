"""Pages are found by key: stable, complete, both ways, and their tokens are nobody else's."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.partner import AT, Api, Partner

from tieout.api.dependencies import Call
from tieout.api.paging import Asked, ListAnswer, Listing, Order, page_of
from tieout.api.schemas import Filters
from tieout.security.vault import Vault, new_key
from tieout.storage.tables.business import Product


@pytest.fixture
async def seller(api: Api, partner: Partner) -> Partner:
    """A catalogue of seven, several of them made at the same moment or with the same name."""
    await partner.make_entity()
    for number, name in enumerate(("g", "f", "e", "d", "c", "a", "a")):
        answer = await partner.post("/products", json={"name": name, "price": {"currency": "EUR", "value": number}})
        assert answer.status_code == 201
        if number % 3 == 0:
            api.clock.move(timedelta(seconds=1))
    return partner


async def page(seller: Partner, query: str) -> dict[str, Any]:
    answer = await seller.get(f"/products?{query}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(body: dict[str, Any]) -> list[str]:
    return [product["id"] for product in body["data"]]


async def walk(seller: Partner, query: str) -> list[list[str]]:
    """All pages from the first one on."""
    pages = [await page(seller, query)]
    while pages[-1]["next_pagination_token"]:
        assert len(pages) < 20
        pages.append(await page(seller, f"pagination_token={pages[-1]['next_pagination_token']}"))
    return [ids(each) for each in pages]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["", "&sort=name"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
async def test_walking_the_pages_gives_every_row_once_in_order(
    seller: Partner, sort: str, order: str, limit: int
) -> None:
    whole = await page(seller, f"order={order}{sort}")
    pages = await walk(seller, f"limit={limit}&order={order}{sort}")
    assert [row for each in pages for row in each] == ids(whole)
    assert {len(each) for each in pages[:-1]} <= {limit}


async def test_the_first_page_has_nothing_before_it_and_the_last_nothing_after(seller: Partner) -> None:
    first = await page(seller, "limit=5")
    assert first["prev_pagination_token"] is None
    last = await page(seller, f"pagination_token={first['next_pagination_token']}")
    assert last["next_pagination_token"] is None
    whole = await page(seller, "limit=7")
    assert whole["next_pagination_token"] is whole["prev_pagination_token"] is None


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_walking_back_gives_the_same_pages(seller: Partner, order: str) -> None:
    first = await page(seller, f"limit=3&sort=name&order={order}")
    second = await page(seller, f"pagination_token={first['next_pagination_token']}")
    third = await page(seller, f"pagination_token={second['next_pagination_token']}")
    back = await page(seller, f"pagination_token={third['prev_pagination_token']}")
    assert ids(back) == ids(second)
    assert ids(await page(seller, f"pagination_token={back['next_pagination_token']}")) == ids(third)
    beginning = await page(seller, f"pagination_token={back['prev_pagination_token']}")
    assert ids(beginning) == ids(first)
    assert beginning["prev_pagination_token"] is None


async def test_rows_that_come_and_go_between_two_pages_shift_nothing(seller: Partner) -> None:
    whole = ids(await page(seller, "sort=name"))
    first = await page(seller, "limit=3&sort=name")
    await seller.post("/products", json={"name": "0 comes before all"})
    await seller.delete(f"/products/{whole[0]}")
    await seller.delete(f"/products/{whole[2]}")
    rest = await page(seller, f"pagination_token={first['next_pagination_token']}&limit=100")
    assert ids(rest) == whole[3:6]


async def test_a_token_carries_filters_sort_and_size_and_all_else_is_ignored(seller: Partner) -> None:
    first = await page(seller, "limit=2&sort=name&order=desc&price__gte=2&name__icontains=a&currency__in=EUR")
    assert [product["name"] for product in first["data"]] == ["a", "a"]
    assert first["next_pagination_token"] is None
    first = await page(seller, "limit=2&sort=name&order=desc&price__gte=2")
    assert [product["name"] for product in first["data"]] == ["e", "d"]
    token = first["next_pagination_token"]
    second = await page(seller, f"pagination_token={token}&limit=50&order=asc&price__gte=6&name=g")
    assert [product["name"] for product in second["data"]] == ["c", "a"]


@pytest.mark.parametrize("garbage", ["x", "", "AAAA", "%00", "e30", "é"])
async def test_garbage_is_refused_at_its_place(seller: Partner, garbage: str) -> None:
    answer = await seller.get(f"/products?pagination_token={garbage}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "pagination_token"]


async def test_a_token_works_for_its_own_list_entity_and_installation_only(api: Api, seller: Partner) -> None:
    token = (await page(seller, "limit=2"))["next_pagination_token"]
    assert (await seller.get(f"/counterparts?pagination_token={token}")).status_code == 422
    assert (await seller.get(f"/entities?pagination_token={token}")).status_code == 422
    payload = api.services.vault.signer.check("page", token)
    assert payload is not None
    forged = Vault.from_text(new_key("other")).signer.sign("page", payload)
    assert (await seller.get(f"/products?pagination_token={forged}")).status_code == 422
    other_purpose = api.services.vault.signer.sign("connect", payload)
    assert (await seller.get(f"/products?pagination_token={other_purpose}")).status_code == 422
    await seller.make_entity("Second Ltd")
    assert (await seller.get(f"/products?pagination_token={token}")).status_code == 422


async def test_the_smallest_and_largest_page_are_one_and_a_hundred(seller: Partner) -> None:
    assert len((await page(seller, "limit=1"))["data"]) == 1
    assert len((await page(seller, "limit=100"))["data"]) == 7
    for limit in (0, 101, -1, "x"):
        answer = await seller.get(f"/products?limit={limit}")
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "limit"]


PRICES = Listing(name="prices", id_column=Product.id, sorts={"price": Product.price_minor}, sort_default="price")


@pytest.mark.parametrize("order", [Order.ASC, Order.DESC])
async def test_empty_sort_values_come_last_and_are_walked_both_ways(api: Api, seller: Partner, order: Order) -> None:
    for _ in range(3):
        await seller.post("/products", json={"name": "has no price"})
    async with api.services.database.read() as session:
        call = Call(services=api.services, session=session, now=AT, partner_id=seller.id, client_id=seller.client_id)

        async def read(token: str | None) -> ListAnswer:
            asked = Asked(limit=2, order=order, token=token)
            return await page_of(
                call,
                PRICES,
                owner_id=seller.id,
                asked=asked,
                filters=Filters(),
                query=lambda _: select(Product).where(Product.partner_id == seller.id),
            )

        pages = [await read(None)]
        while pages[-1].next_pagination_token:
            pages.append(await read(pages[-1].next_pagination_token))
        prices = [row.price_minor for each in pages for row in each.rows]
        expected: list[int | None] = [*range(7), None, None, None]
        assert prices == (expected if order is Order.ASC else expected[::-1])
        back = pages[-1]
        for each in reversed(pages[:-1]):
            back = await read(back.prev_pagination_token)
            assert [row.id for row in back.rows] == [row.id for row in each.rows]
        assert back.prev_pagination_token is None
