"""A repeated call under an `Idempotency-Key` happens once, and gets the first answer."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.partner import Api, Partner
from tests.support.people import user_who_may

from tieout.storage.tables.business import Product
from tieout.storage.tables.idempotency import KeptAnswer
from tieout.storage.tables.work import Event

PENCIL = {"name": "Pencil", "price": {"currency": "EUR", "value": 120}}


@pytest.fixture
async def seller(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


async def make(seller: Partner, key: str, body: dict[str, Any] | None = None) -> Any:
    return await seller.post("/products", json=body or PENCIL, headers={"Idempotency-Key": key})


async def count(api: Api, table: type) -> int:
    async with api.services.database.read() as session:
        return len((await session.scalars(select(table))).all())


async def test_a_repeated_call_gets_the_first_answer_and_does_nothing(api: Api, seller: Partner) -> None:
    first, second = await make(seller, "k-1"), await make(seller, "k-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert await count(api, Product) == 1
    assert len([event for event in await events(api) if event.action == "product.created"]) == 1


async def events(api: Api) -> list[Event]:
    async with api.services.database.read() as session:
        return list((await session.scalars(select(Event))).all())


async def test_without_a_key_every_call_counts(api: Api, seller: Partner) -> None:
    await seller.post("/products", json=PENCIL)
    await seller.post("/products", json=PENCIL)
    assert await count(api, Product) == 2


@pytest.mark.parametrize("other", ["body", "path", "entity"])
async def test_a_key_of_another_call_is_refused(api: Api, seller: Partner, other: str) -> None:
    await make(seller, "k-1")
    path, body = "/products", dict(PENCIL)
    if other == "body":
        body["name"] = "Pen"
    elif other == "path":
        path, body = "/measure_units", {"name": "box", "description": "A box"}
    else:
        await seller.make_entity("Second Ltd")
    answer = await seller.post(path, json=body, headers={"Idempotency-Key": "k-1"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert await count(api, Product) == 1


async def test_a_refused_call_may_be_corrected_under_its_key(api: Api, seller: Partner) -> None:
    refused = await make(seller, "k-1", {"name": "Pencil", "measure_unit_id": "9f1a3a34-5c1c-4ac2-8f0a-1d6dd0fe2d4c"})
    assert refused.status_code == 422
    assert await count(api, KeptAnswer) == 0
    assert (await make(seller, "k-1")).status_code == 201


async def test_a_key_is_a_partners_own(seller: Partner, other_partner: Partner) -> None:
    await other_partner.make_entity()
    first, second = await make(seller, "k-1"), await make(other_partner, "k-1")
    assert second.json()["id"] != first.json()["id"]


async def test_a_users_key_is_neither_another_users_nor_the_programs(seller: Partner) -> None:
    key = {"Idempotency-Key": "k-1"}
    ada = await user_who_may(seller, product="create")
    await seller.make_entity("Another")
    bob = await user_who_may(seller)
    ada.entity_id = bob.entity_id = ""
    for user in (ada, bob):
        changed = await user.patch("/entity_users/me", json={"title": "Clerk"}, headers=key)
        assert changed.json()["id"] == str(user.user_id)
        assert "idempotent-replayed" not in changed.headers
        again = await user.patch("/entity_users/me", json={"title": "Clerk"}, headers=key)
        assert (again.json(), again.headers["idempotent-replayed"]) == (changed.json(), "true")
    assert (await make(seller, "k-1")).status_code == 201


async def test_a_key_is_forgotten_after_a_day(api: Api, seller: Partner) -> None:
    first = await make(seller, "k-1")
    api.clock.move(timedelta(hours=24))
    await seller.sign_in()
    assert (await make(seller, "k-1")).json()["id"] != first.json()["id"]
    assert await count(api, KeptAnswer) == 1


async def test_old_answers_are_deleted_with_time(api: Api, seller: Partner) -> None:
    for number in range(3):
        await make(seller, f"k-{number}")
    api.clock.move(timedelta(hours=25))
    await seller.sign_in()
    await make(seller, "k-new")
    assert await count(api, KeptAnswer) == 1


async def test_calls_at_once_under_one_key_happen_once(api: Api, seller: Partner) -> None:
    answers = await asyncio.gather(*(make(seller, "k-1") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await count(api, Product) == 1


async def test_an_answer_without_a_body_is_repeated_too(seller: Partner) -> None:
    product = (await make(seller, "k-1")).json()
    for _ in range(2):
        answer = await seller.delete(f"/products/{product['id']}", headers={"Idempotency-Key": "k-2"})
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await seller.delete(f"/products/{product['id']}")).status_code == 404


async def test_the_answer_lies_encrypted_in_the_database(api: Api, seller: Partner) -> None:
    await make(seller, "k-1")
    async with api.services.database.read() as session:
        kept = (await session.scalars(select(KeptAnswer))).one()
    assert kept.body is not None
    assert b"Pencil" not in kept.body
    assert (
        json.loads(api.services.vault.open(kept.body, place=f"kept_answers.body:{kept.key_hash}"))["name"] == "Pencil"
    )


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9"])
async def test_a_key_that_is_none_is_refused(api: Api, seller: Partner, key: str) -> None:
    headers = [*seller.headers().items(), ("Idempotency-Key", key.encode())]
    answer = await seller.http.post("/v1/products", json=PENCIL, headers=headers)  # type: ignore[arg-type]  # pairs of text and bytes
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "value_error.idempotency_key"
    assert await count(api, Product) == 0


async def test_a_key_changes_nothing_about_reading(seller: Partner) -> None:
    headers = {"Idempotency-Key": "k-1"}
    assert (await seller.get("/products", headers=headers)).json()["data"] == []
    await make(seller, "k-2")
    assert len((await seller.get("/products", headers=headers)).json()["data"]) == 1


async def test_a_call_without_a_valid_token_claims_no_key(api: Api, seller: Partner) -> None:
    token, seller.token = seller.token, "gone"
    assert (await make(seller, "k-1")).status_code == 401
    seller.token = token
    assert (await make(seller, "k-1")).status_code == 201
    assert await count(api, KeptAnswer) == 1


async def test_an_answer_with_a_secret_is_not_kept_and_its_call_not_repeated(api: Api, seller: Partner) -> None:
    hook = {"object_type": "receivable", "url": "https://partner.example/hook"}
    headers = {"Idempotency-Key": "k-1"}
    first = await seller.post("/webhook_subscriptions", json=hook, headers=headers)
    second = await seller.post("/webhook_subscriptions", json=hook, headers=headers)
    assert (first.status_code, second.status_code) == (201, 409)
    assert len((await seller.get("/webhook_subscriptions")).json()["data"]) == 1
    async with api.services.database.read() as session:
        kept = (await session.scalars(select(KeptAnswer))).one()
    assert (kept.status, kept.body) == (201, None)


async def test_a_search_under_a_key_always_looks_anew(api: Api, seller: Partner) -> None:
    for _ in range(2):
        answer = await seller.post("/receivables/search", json={}, headers={"Idempotency-Key": "k-1"})
        assert (answer.status_code, "idempotent-replayed" in answer.headers) == (200, False)
    assert await count(api, KeptAnswer) == 0
