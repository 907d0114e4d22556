"""POST /auth/token and POST /auth/revoke."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support.partner import VERSION, Api, Partner


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
