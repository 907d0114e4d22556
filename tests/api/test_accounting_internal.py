"""/internal: the progress of every record, and the check of lines before they are pushed."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.connected import Connected, connect_books
from tests.support.partner import Api, Partner

from tieout.api.accounting_synced_records.schemas import ObjectType, SyncStatus
from tieout.api.internal.progress_tokens import SORTS, Chosen, Place, read_token, write_token
from tieout.api.paging import Order
from tieout.security.signatures import Signer
from tieout.storage.tables.connections import Company, Connection

CHECK = "/internal/validators/line_items"


@pytest.fixture
async def books(api: Api, partner: Partner) -> Connected:
    return await connect_books(api, partner)


def path_of(books: Connected) -> str:
    return f"/internal/accounting_connections/{books.connection_id}/sync_status"


async def statuses(books: Connected, **query: Any) -> dict[str, Any]:
    answer = await books.partner.get(path_of(books), params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_every_record_says_how_far_it_got(books: Connected) -> None:
    first = await books.link("customer")
    second = await books.link(minute=1, sync_status="error")
    third = await books.link(minute=2, sync_status="pending")
    assert (await statuses(books))["data"] == [
        {"id": str(first), "sync_status": "done", "type": "customer"},
        {"id": str(second), "sync_status": "error", "type": "receivable"},
        {"id": str(third), "sync_status": "pending", "type": "receivable"},
    ]
    assert [one["id"] for one in (await statuses(books, sync_status="error"))["data"]] == [str(second)]
    assert len((await statuses(books, type="receivable"))["data"]) == 2
    assert (await statuses(books, type="invoice", sync_status="pending", order="desc"))["data"][0]["id"] == str(third)


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_pages_have_tokens_that_are_uuids_and_carry_everything_but_the_limit(
    books: Connected, order: str
) -> None:
    ids = {str(await books.link(sync_status="pending")) for _ in range(5)}  # all at the same moment
    await books.link("bill")
    page = await statuses(books, sync_status="pending", type="receivable", sort="updated_at", order=order, limit=2)
    seen: list[str] = [one["id"] for one in page["data"]]
    assert page["prev_pagination_token"] is None
    while page["next_pagination_token"] is not None:
        assert str(UUID(page["next_pagination_token"])) == page["next_pagination_token"]
        page = await statuses(books, pagination_token=page["next_pagination_token"], limit=2)
        seen += [one["id"] for one in page["data"]]
    assert (len(seen), set(seen)) == (5, ids)
    back = await statuses(books, pagination_token=page["prev_pagination_token"], limit=2)
    assert [one["id"] for one in back["data"]] == seen[2:4]
    first = await statuses(books, pagination_token=back["prev_pagination_token"], limit=2)
    assert [one["id"] for one in first["data"]] == seen[:2]
    assert first["prev_pagination_token"] is None


async def test_a_token_of_another_connection_or_of_nobody_is_refused(api: Api, books: Connected) -> None:
    for _ in range(2):
        await books.link()
    token = (await statuses(books, limit=1))["next_pagination_token"]
    entity_id = books.partner.entity_id
    elsewhere = await connect_books(api, books.partner, name="Other Ltd")
    for wrong in (token, str(uuid4()), "not a token"):
        answer = await books.partner.get(path_of(elsewhere), params={"pagination_token": wrong})
        assert answer.status_code == 422, wrong
        assert answer.json()["detail"][0]["loc"] == ["query", "pagination_token"]
    books.partner.entity_id = entity_id
    assert len((await statuses(books, pagination_token=token, limit=1))["data"]) == 1


async def test_statuses_of_a_connection_without_books_are_none_and_of_others_not_found(
    books: Connected, other_partner: Partner
) -> None:
    await books.change(Connection, books.connection_id, company_id=None, status="pending_auth")
    assert (await statuses(books))["data"] == []
    await other_partner.make_entity()
    assert (await other_partner.get(path_of(books))).status_code == 404
    refused = await books.partner.get(path_of(books), params={"sort": "name"})
    assert refused.status_code == 422


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2120, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is added by the strategy
TIES = st.integers(0, 16**11 - 1).map(lambda number: format(number, "011x"))


@given(
    place=st.builds(Place, at=MOMENTS, tie=TIES, backwards=st.booleans()),
    chosen=st.builds(
        Chosen,
        sort=st.sampled_from(SORTS),
        order=st.sampled_from(Order),
        sync_status=st.none() | st.sampled_from(SyncStatus),
        type=st.none() | st.sampled_from(ObjectType),
    ),
)
def test_a_token_says_what_was_put_into_it_and_is_a_uuid_of_version_8(place: Place, chosen: Chosen) -> None:
    signer, owner = Signer((b"k" * 32,)), UUID(int=1)
    token = write_token(signer, owner, chosen, place)
    assert token.version == 8
    assert read_token(signer, owner, str(token)) == (chosen, place)
    assert read_token(signer, UUID(int=2), str(token)) != (chosen, place)


async def check(books: Connected, *lines: dict[str, Any], side: str = "receivable") -> list[tuple[Any, ...]]:
    """The place and type of every fault; none when the lines can be pushed."""
    answer = await books.partner.post(CHECK, json={"document_type": side, "line_items": list(lines)})
    if answer.status_code == 204:
        assert answer.content == b""
        return []
    assert answer.status_code == 422, answer.text
    assert all(fault["msg"] for fault in answer.json()["detail"])
    return [(*fault["loc"][2:], fault["type"]) for fault in answer.json()["detail"]]


async def test_lines_that_the_books_would_take_are_answered_with_nothing(books: Connected) -> None:
    account = str(await books.account("Sales"))
    await books.rate("Standard", "20")
    await books.rate("New York", "8.875")
    line = {"ledger_account_id": account, "monite_tax_rate": 2000}
    assert await check(books, line, {**line, "monite_tax_rate": 887.5}, {**line, "monite_tax_rate": 0}) == []
    assert await check(books, line, side="payable") == []
    assert await check(books) == []


async def test_every_line_that_could_not_be_pushed_is_named_with_why(api: Api, books: Connected) -> None:
    account = str(await books.account("Sales"))
    archived = str(await books.account("Old sales", status="Archived"))
    await books.rate("Standard", "20")
    await books.rate("For purchases", "5", sales=False)
    await books.rate("Old", "17.5", status="Archived")
    foreign = await connect_books(api, books.partner, name="Other Ltd")
    theirs = str(await foreign.account("Sales elsewhere"))
    await back_to(books)
    good = {"ledger_account_id": account, "monite_tax_rate": 2000}
    faults = await check(
        books,
        good,
        {**good, "ledger_account_id": archived},
        {**good, "ledger_account_id": theirs, "monite_tax_rate": 1750},
        {**good, "ledger_account_id": str(uuid4())},
        {"monite_tax_rate": 500},
    )
    assert faults == [
        (1, "ledger_account_id", "value_error.ledger_account_inactive"),
        (2, "ledger_account_id", "value_error.belongs_to_another_company"),
        (2, "monite_tax_rate", "value_error.tax_rate_missing"),
        (3, "ledger_account_id", "value_error.belongs_to_another_company"),
        (4, "ledger_account_id", "value_error.ledger_account_missing"),
        (4, "monite_tax_rate", "value_error.tax_rate_missing"),
    ]
    assert await check(books, {**good, "monite_tax_rate": 500}, side="payable") == []


async def back_to(books: Connected) -> None:
    """Call for the entity of these books again."""
    async with books.api.services.database.read() as session:
        connection = await session.get_one(Connection, books.connection_id)
    books.partner.entity_id = str(connection.entity_id)


async def test_sales_may_lean_on_the_entitys_default_account_purchases_have_none(books: Connected) -> None:
    account = str(await books.account("Sales"))
    settings = {"accounting": {"ledger_account_ids": {"products": account}}}
    assert (
        await books.partner.patch(f"/entities/{books.partner.entity_id}/settings", json=settings)
    ).status_code == 200
    assert await check(books, {}) == []
    assert await check(books, {}, side="payable") == [(0, "ledger_account_id", "value_error.ledger_account_missing")]


async def test_several_rates_of_one_value_are_listed_and_the_line_may_name_the_one_that_is_meant(
    books: Connected,
) -> None:
    account = str(await books.account("Sales"))
    ids = {name: str(await books.rate(name, "20")) for name in ("Standard", "Reverse charge")}
    line = {"ledger_account_id": account, "monite_tax_rate": 2000}
    assert await check(books, line) == [(0, "monite_tax_rate", "value_error.tax_rate_ambiguous")]
    answer = await books.partner.post(CHECK, json={"document_type": "receivable", "line_items": [line]})
    assert all(f"“{name}” ({id_})" in answer.json()["detail"][0]["msg"] for name, id_ in ids.items())
    assert await check(books, {**line, "accounting_tax_rate_id": ids["Standard"]}) == []
    assert await check(books, {**line, "accounting_tax_rate_id": str(uuid4())}) == [
        (0, "accounting_tax_rate_id", "value_error.belongs_to_another_company")
    ]


async def test_books_that_compute_the_tax_of_sales_themselves_need_no_rate(books: Connected) -> None:
    account = str(await books.account("Sales"))
    async with books.api.services.database.read() as session:
        facts = dict((await session.get_one(Company, books.company_id)).facts or {})
    await books.change(Company, books.company_id, facts={**facts, "tax_is_computed_there": True})
    line = {"ledger_account_id": account, "monite_tax_rate": 813}
    assert await check(books, line) == []
    assert await check(books, line, side="payable") == [(0, "monite_tax_rate", "value_error.tax_rate_missing")]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"document_type": "quote", "line_items": []},
        {"document_type": "payable"},
        {"document_type": "payable", "line_items": [{"ledger_account_id": "x"}]},
        {"document_type": "payable", "line_items": [{"monite_tax_rate": "much"}]},
        {"document_type": "payable", "line_items": [{"monite_tax_rate": -1}]},
        {"document_type": "payable", "line_items": [{"monite_tax_rate": 1e300}]},
    ],
)
async def test_what_is_no_line_at_all_is_refused_with_its_place(books: Connected, body: dict[str, Any]) -> None:
    answer = await books.partner.post(CHECK, json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"


async def test_without_books_or_before_their_first_pull_there_is_nothing_to_check_against(
    api: Api, partner: Partner
) -> None:
    body = {"document_type": "payable", "line_items": [{}]}
    books = await connect_books(api, partner, pulled_at=None)
    waiting = await partner.post(CHECK, json=body)
    assert (waiting.status_code, "first" in waiting.json()["error"]["message"]) == (409, True)
    await books.change(Connection, books.connection_id, status="disconnected")
    without = await partner.post(CHECK, json=body)
    assert (without.status_code, "connected" in without.json()["error"]["message"]) == (409, True)
