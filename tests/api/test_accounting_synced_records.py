"""/accounting_synced_records: what is listed and by what, and pushing one or many again."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from tests.support.connected import PLATFORM, Connected, connect_books
from tests.support.partner import Api, Partner

from tieout.api.accounting_synced_records.schemas import PUSHED_AT_ONCE_MAX
from tieout.kit.identifiers import new_id
from tieout.platforms.port import Environment
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.connections import Connection, Link
from tieout.storage.tables.work import Event, Lane

PATH = "/accounting_synced_records"
REFUSED: dict[str, Any] = {
    "sync_status": "error",
    "errors": {"code": "tax_rate_missing", "message": "Tax rate does not exist"},
}


@pytest.fixture
async def books(api: Api, partner: Partner) -> Connected:
    return await connect_books(api, partner)


async def listed(books: Connected, **query: Any) -> list[str]:
    answer = await books.partner.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    return [record["id"] for record in answer.json()["data"]]


async def test_a_record_says_what_the_contract_has(books: Connected) -> None:
    object_id = new_id()
    link_id = await books.link(object_id=object_id, external_id="77", **REFUSED)
    record = (await books.partner.get(f"{PATH}/{link_id}")).json()
    assert record == {
        "id": str(link_id),
        "created_at": "2026-03-02T09:30:00Z",
        "updated_at": "2026-03-02T09:30:00Z",
        "errors": REFUSED["errors"],
        "last_pulled_at": "2026-03-02T09:30:00Z",
        "object_id": str(object_id),
        "object_type": "receivable",
        "object_updated_at": None,
        "platform": all_platforms()[PLATFORM].api_name(Environment.PRODUCTION),
        "platform_object_id": "77",
        "platform_updated_at": None,
        "provider": None,
        "provider_object_id": None,
        "provider_updated_at": None,
        "sync_status": "error",
    }


async def test_the_object_type_must_be_said_and_an_early_name_of_it_is_understood(books: Connected) -> None:
    invoice, bill = await books.link("receivable"), await books.link("bill")
    assert await listed(books, object_type="receivable") == [str(invoice)]
    assert await listed(books, object_type="invoice") == [str(invoice)]
    assert await listed(books, object_type="bill") == [str(bill)]
    for wrong in ({}, {"object_type": "quote"}):
        answer = await books.partner.get(PATH, params=wrong)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "object_type"]


async def test_every_filter_narrows_the_list(books: Connected) -> None:
    ids = [await books.link(minute=minute) for minute in range(4)]
    objects = [str(one.object_id) for one in await links_of(books, ids)]
    await books.change(Link, ids[3], **REFUSED)
    named = {"object_type": "receivable"}
    assert await listed(books, **named, object_id=objects[1]) == [str(ids[1])]
    assert await listed(books, **named, object_id__in=[objects[2], objects[0], str(uuid4())]) == [
        str(ids[0]),
        str(ids[2]),
    ]
    assert await listed(books, **named, sync_status="error") == [str(ids[3])]
    third = "2026-03-02T09:32:00Z"
    for field in ("created_at", "updated_at"):
        assert len(await listed(books, **named, **{f"{field}__gt": third})) == 1
        assert len(await listed(books, **named, **{f"{field}__gte": third})) == 2
        assert len(await listed(books, **named, **{f"{field}__lt": third})) == 2
        assert len(await listed(books, **named, **{f"{field}__lte": third})) == 3


async def links_of(books: Connected, ids: list[UUID]) -> list[Link]:
    async with books.api.services.database.read() as session:
        found = {link.id: link for link in await session.scalars(select(Link).where(Link.id.in_(ids)))}
    return [found[link_id] for link_id in ids]


async def test_pages_follow_one_another_in_either_order_and_the_limit_is_sent_again(books: Connected) -> None:
    ids = [str(await books.link(minute=minute)) for minute in range(5)]
    for order in ("asc", "desc"):
        query: dict[str, Any] = {"object_type": "receivable", "sort": "updated_at", "order": order, "limit": 2}
        seen: list[str] = []
        page = (await books.partner.get(PATH, params=query)).json()
        assert page["prev_pagination_token"] is None
        while True:
            seen += [record["id"] for record in page["data"]]
            if page["next_pagination_token"] is None:
                break
            again = {"object_type": "receivable", "limit": 2, "pagination_token": page["next_pagination_token"]}
            page = (await books.partner.get(PATH, params=again)).json()
        assert seen == (ids if order == "asc" else ids[::-1])
        before = {"object_type": "receivable", "limit": 2, "pagination_token": page["prev_pagination_token"]}
        back = (await books.partner.get(PATH, params=before)).json()
        assert [record["id"] for record in back["data"]] == seen[2:4]


@pytest.mark.parametrize("path", [f"{PATH}?object_type=bill", "/ledger_accounts?", "/accounting_tax_rates?"])
@pytest.mark.parametrize("limit", [0, 251, -1])
async def test_a_limit_beyond_1_to_250_is_refused_with_its_place(books: Connected, path: str, limit: int) -> None:
    answer = await books.partner.get(f"{path}&limit={limit}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "limit"]
    assert (await books.partner.get(f"{path}&limit=250")).status_code == 200


async def test_records_of_others_are_not_there(api: Api, books: Connected, other_partner: Partner) -> None:
    link_id = await books.link(**REFUSED)
    await connect_books(api, other_partner)
    for method, path in (("GET", f"{PATH}/{link_id}"), ("POST", f"{PATH}/{link_id}/push")):
        answer = await other_partner.call(method, path)
        assert answer.status_code == 404
        assert str(link_id) in answer.json()["error"]["message"]
    answer = await other_partner.post(f"{PATH}/push", json={"ids": [str(link_id)]})
    assert answer.status_code == 404
    assert (await other_partner.get(f"{PATH}?object_type=receivable")).json()["data"] == []
    (link,) = await links_of(books, [link_id])
    assert link.push_wanted_at is None


async def test_pushing_again_wants_what_was_refused_wakes_the_lane_and_tells(books: Connected) -> None:
    refused, done = await books.link(**REFUSED), await books.link(external_id="5")
    record = (await books.partner.post(f"{PATH}/{refused}/push")).json()
    assert (record["sync_status"], record["errors"]) == ("pending", None)
    same = (await books.partner.post(f"{PATH}/{done}/push")).json()
    assert (same["sync_status"], same["updated_at"]) == ("done", "2026-03-02T09:30:00Z")
    async with books.api.services.database.read() as session:
        assert (await session.get_one(Lane, f"company:{books.company_id}")).due_at is not None
        (event,) = await session.scalars(select(Event).where(Event.object_type == "accounting_synced_record"))
    assert (event.action, event.object_id) == ("accounting_synced_record.updated", refused)
    assert event.payload == record


async def test_nothing_is_pushed_to_books_that_are_not_connected(books: Connected) -> None:
    link_id = await books.link(**REFUSED)
    await books.change(Connection, books.connection_id, status="disconnected")
    for path, body in ((f"{PATH}/{link_id}/push", None), (f"{PATH}/push", {"ids": [str(link_id)]})):
        answer = await books.partner.post(path, **({} if body is None else {"json": body}))
        assert answer.status_code == 409
        assert "connected" in answer.json()["error"]["message"]


async def test_many_are_pushed_again_by_id_or_by_what_they_have_in_common(books: Connected) -> None:
    tax = [await books.link(minute=minute, **REFUSED) for minute in range(3)]
    named: dict[str, Any] = {"sync_status": "error", "errors": {"code": "name_taken"}}
    name, vendor = await books.link(**named), await books.link("vendor", **named)
    done = await books.link(external_id="5")
    counts = {"wanted": 1, "in_the_books_already": 1, "remaining": 0}
    assert await push(books, ids=[str(tax[0]), str(done), str(tax[0])]) == counts
    assert await push(books, error_code="tax_rate_missing") == {**counts, "wanted": 2, "in_the_books_already": 0}
    assert await push(books, object_type="vendor") == {**counts, "in_the_books_already": 0}
    assert await push(books, sync_status="error", object_type="invoice") == {**counts, "in_the_books_already": 0}
    rows = await links_of(books, [*tax, name, vendor])
    assert {(row.sync_status, row.push_wanted_at is None) for row in rows} == {("pending", False)}


async def push(books: Connected, **body: Any) -> dict[str, Any]:
    answer = await books.partner.post(f"{PATH}/push", json=body)
    assert answer.status_code == 200, answer.text
    counts: dict[str, Any] = answer.json()
    return counts


async def test_one_call_pushes_so_many_and_says_how_many_are_left(books: Connected) -> None:
    more = 3
    stamps = {"company_id": books.company_id, "object_type": "receivable", **REFUSED, **books.owner}
    now = books.api.clock.now()
    times = {"created_at": now, "updated_at": now, "last_pulled_at": now}
    await books.add(
        *(Link(id=new_id(), object_id=new_id(), **stamps, **times) for _ in range(PUSHED_AT_ONCE_MAX + more))
    )
    assert await push(books, sync_status="error") == {
        "wanted": PUSHED_AT_ONCE_MAX,
        "in_the_books_already": 0,
        "remaining": more,
    }
    assert await push(books, sync_status="error") == {"wanted": more, "in_the_books_already": 0, "remaining": 0}


@pytest.mark.parametrize(
    "body", [{}, {"ids": []}, {"ids": ["x"]}, {"sync_status": "lost"}, {"everything": True}, {"ids": None}]
)
async def test_a_push_of_many_must_say_which(books: Connected, body: dict[str, Any]) -> None:
    link_id = await books.link(**REFUSED)
    assert (await books.partner.post(f"{PATH}/push", json=body)).status_code == 422
    unknown = await books.partner.post(f"{PATH}/push", json={"ids": [str(link_id), str(uuid4())]})
    assert unknown.status_code == 404
    assert (await links_of(books, [link_id]))[0].sync_status == "error", "all or nothing"
