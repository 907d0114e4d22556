"""POST /auth/token and POST /auth/revoke."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event
from tests.support.partner import VERSION, Api, Partner, start_api
from tests.support.people import new_user, user_who_may

from tieout.api.limits import CLIENTS_MAX, Limiter
from tieout.kit.identifiers import new_id


def payload(partner: Partner, **changes: Any) -> dict[str, Any]:
    return {
        "client_id": str(partner.client_id),
        "client_secret": partner.client_secret,
        "grant_type": "client_credentials",
        **changes,
    }


async def test_credentials_give_a_bearer_token_with_its_lifetime(api: Api, partner: Partner) -> None:
    answer = await api.http.post("/v1/auth/token", json=payload(partner))
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in"}
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 1800


@pytest.mark.parametrize(
    "changes",
    [{"client_secret": "wrong"}, {"client_id": "00000000-0000-4000-8000-000000000000"}],
    ids=["wrong secret", "unknown client"],
)
async def test_wrong_credentials_are_refused_with_one_message(
    api: Api, partner: Partner, changes: dict[str, str]
) -> None:
    answer = await api.http.post("/v1/auth/token", json=payload(partner, **changes))
    assert answer.status_code == 401
    assert answer.json() == {"error": {"message": "client_id or client_secret is wrong."}}


async def test_the_secret_is_not_repeated_in_a_fault(api: Api, partner: Partner) -> None:
    answer = await api.http.post("/v1/auth/token", json=payload(partner, grant_type="password", extra="x"))
    assert answer.status_code == 422
    assert partner.client_secret not in answer.text
    faults = answer.json()["detail"]
    assert {tuple(fault["loc"]) for fault in faults} == {("body", "grant_type"), ("body", "extra")}
    assert all(set(fault) == {"loc", "msg", "type"} for fault in faults)


async def test_an_expired_token_says_so(api: Api, partner: Partner) -> None:
    api.clock.move(timedelta(seconds=1799))
    assert (await partner.get("/entities")).status_code == 200
    api.clock.move(timedelta(seconds=1))
    answer = await partner.get("/entities")
    assert answer.status_code == 401
    assert answer.json() == {"error": {"message": "The token has been expired."}}


@pytest.mark.parametrize("authorization", ["", "Bearer nonsense", "Basic abc", "nonsense"])
async def test_no_valid_token_is_401(api: Api, authorization: str) -> None:
    headers = {"x-monite-version": VERSION} | ({"authorization": authorization} if authorization else {})
    answer = await api.http.get("/v1/entities", headers=headers)
    assert answer.status_code == 401
    assert set(answer.json()) == {"error"}


async def test_a_revoked_token_ends_at_once(partner: Partner) -> None:
    answer = await partner.post(
        "/auth/revoke",
        json={
            "client_id": str(partner.client_id),
            "client_secret": partner.client_secret,
            "token": partner.token,
        },
    )
    assert answer.status_code == 200
    assert set(answer.json()) == {"message"}
    assert (await partner.get("/entities")).status_code == 401


async def test_the_token_of_another_partner_cannot_be_revoked(partner: Partner, other_partner: Partner) -> None:
    answer = await partner.post(
        "/auth/revoke",
        json={
            "client_id": str(partner.client_id),
            "client_secret": partner.client_secret,
            "token": other_partner.token,
        },
    )
    assert answer.status_code == 404
    assert (await other_partner.get("/entities")).status_code == 200


async def test_revoking_needs_credentials_of_the_same_partner(partner: Partner, other_partner: Partner) -> None:
    answer = await partner.post(
        "/auth/revoke",
        json={
            "client_id": str(other_partner.client_id),
            "client_secret": other_partner.client_secret,
            "token": other_partner.token,
        },
    )
    assert answer.status_code == 401


async def test_a_user_gets_a_token_of_their_own(partner: Partner) -> None:
    await partner.make_entity()
    user = await user_who_may(partner, product="read")
    assert (await user.get("/products")).status_code == 200
    assert (await user.get("/entity_users/me")).json()["id"] == str(user.user_id)
    assert user.token != partner.token


async def test_the_grant_for_users_needs_a_user_of_the_partner(
    api: Api, partner: Partner, other_partner: Partner
) -> None:
    await partner.make_entity()
    await other_partner.make_entity()
    deleted = (await new_user(partner))["id"]
    await partner.delete(f"/entity_users/{deleted}")
    theirs = (await new_user(other_partner))["id"]
    for user_id in (None, str(uuid4()), deleted, theirs):
        answer = await api.http.post(
            "/v1/auth/token", json=payload(partner, grant_type="entity_user", entity_user_id=user_id)
        )
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "entity_user_id"]


async def test_a_partners_token_is_not_given_to_somebody_who_names_a_user(api: Api, partner: Partner) -> None:
    await partner.make_entity()
    user_id = (await new_user(partner))["id"]
    answer = await api.http.post("/v1/auth/token", json=payload(partner, entity_user_id=user_id))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "entity_user_id"]
    unnamed = await api.http.post("/v1/auth/token", json=payload(partner, entity_user_id=None))
    assert unnamed.status_code == 200


async def test_a_user_of_an_entity_that_is_not_active_gets_no_token(api: Api, partner: Partner) -> None:
    await partner.make_entity()
    user_id = (await new_user(partner))["id"]
    await partner.post(f"/entities/{partner.entity_id}/deactivate")
    answer = await api.http.post(
        "/v1/auth/token", json=payload(partner, grant_type="entity_user", entity_user_id=user_id)
    )
    assert answer.status_code == 403


async def test_a_users_token_expires_is_revoked_and_ends_with_its_client(api: Api, partner: Partner) -> None:
    await partner.make_entity()
    user = await user_who_may(partner, product="read")
    api.clock.move(timedelta(seconds=1800))
    assert (await user.get("/products")).json() == {"error": {"message": "The token has been expired."}}
    await user.sign_in()
    await partner.sign_in()
    ended = await user.post("/auth/revoke", json=credentials(partner) | {"token": user.token})
    assert ended.status_code == 200
    assert (await user.get("/products")).status_code == 401
    await user.sign_in()
    await partner.post("/api_clients", json={"name": "another"})
    await partner.post(f"/api_clients/{partner.client_id}/revoke")
    assert (await user.get("/products")).status_code == 401


def credentials(partner: Partner) -> dict[str, str]:
    return {"client_id": str(partner.client_id), "client_secret": partner.client_secret}


async def test_the_lifetime_is_a_setting(tmp_path: Path) -> None:
    api = await start_api(tmp_path, token_lifetime_s=86_400)
    partner = await api.new_partner()
    answer = await api.http.post("/v1/auth/token", json=payload(partner))
    assert answer.json()["expires_in"] == 86_400
    api.clock.move(timedelta(seconds=86_399))
    assert (await partner.get("/entities")).status_code == 200
    await api.close()


@contextmanager
def counting(api: Api) -> Iterator[list[str]]:
    """The statements that reach the database."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engine = api.services.database._readers.sync_engine  # noqa: SLF001 - what is sent is the point
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


async def test_partners_and_users_are_admitted_by_one_statement_of_columns(api: Api, partner: Partner) -> None:
    await partner.make_entity()
    user = await user_who_may(partner, product="read")
    for caller in (partner, user):
        with counting(api) as seen:
            assert (await caller.get(f"/products/{uuid4()}")).status_code == 404
        admission, row = [statement for statement in seen if not statement.startswith("BEGIN")]
        assert "FROM access_tokens JOIN api_clients" in admission
        assert "entities.settings" not in admission
        assert "FROM products" in row


async def test_guessing_a_secret_is_limited_and_costs_the_client_none_of_its_requests(tmp_path: Path) -> None:
    api = await start_api(tmp_path, requests_per_s=3)
    partner = await api.new_partner()
    api.clock.move(timedelta(seconds=1))
    guess = payload(partner, client_secret="guess")
    answers = [await api.http.post("/v1/auth/token", json=guess) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert answers[0].headers["ratelimit-limit"] == "3"
    assert answers[3].headers["retry-after"] == "1"
    assert set(answers[3].json()) == {"error"}
    assert [(await partner.get("/entities")).status_code for _ in range(3)] == [200] * 3
    await api.close()


async def test_ids_that_are_no_clients_are_limited_as_well(tmp_path: Path) -> None:
    api = await start_api(tmp_path, requests_per_s=2)
    partner = await api.new_partner()
    guess = payload(partner, client_id=str(uuid4()))
    statuses = [(await api.http.post("/v1/auth/token", json=guess)).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]
    await api.close()


async def test_users_share_the_requests_of_their_client(tmp_path: Path) -> None:
    api = await start_api(tmp_path, requests_per_s=5)
    partner = await api.new_partner()
    await partner.make_entity()
    user_id = (await new_user(partner))["id"]
    api.clock.move(timedelta(seconds=1))
    answer = await api.http.post(
        "/v1/auth/token", json=payload(partner, grant_type="entity_user", entity_user_id=user_id)
    )
    assert answer.headers["ratelimit-remaining"] == "4"
    headers = {"x-monite-version": VERSION, "authorization": f"Bearer {answer.json()['access_token']}"}
    mine = [await api.http.get("/v1/entity_users/me", headers=headers) for _ in range(3)]
    assert [one.headers["ratelimit-remaining"] for one in mine] == ["3", "2", "1"]
    assert (await partner.get("/entities")).headers["ratelimit-remaining"] == "0"
    assert (await api.http.get("/v1/entity_users/me", headers=headers)).status_code == 429
    await api.close()


def test_ever_new_ids_fill_no_memory(api: Api) -> None:
    limiter = Limiter(30)
    for _ in range(CLIENTS_MAX + 100):
        limiter.spend_sign_in(new_id(), api.clock.now())
    assert len(limiter._sign_ins._full_at_us) == CLIENTS_MAX  # noqa: SLF001 - memory is the point


async def test_no_cache_keeps_a_token(partner: Partner) -> None:
    body = {
        "client_id": str(partner.client_id),
        "client_secret": partner.client_secret,
        "grant_type": "client_credentials",
    }
    answer = await partner.http.post("/v1/auth/token", json=body)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
