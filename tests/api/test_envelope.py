"""Headers, error shapes, limits: what every call has in common."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import text
from tests.contract.served import CONTRACT, is_built, nameless
from tests.support.partner import AT, VERSION, Api, Partner, start_api

from tieout.api.api_clients.service import create_client
from tieout.api.dependencies import PartnerCall
from tieout.api.limits import Limiter
from tieout.api.routes import plan_shadowed
from tieout.kit.errors import Conflict


def add_route(app: FastAPI, path: str, endpoint: object, method: str = "POST") -> None:
    """A route of the test's own, ahead of the API's."""
    app.add_api_route(path, endpoint, methods=[method])  # type: ignore[arg-type]  # the stubs ask for a narrower endpoint
    app.router.routes.insert(0, app.router.routes.pop())


async def test_a_missing_version_is_refused_in_the_documented_words(partner: Partner, api: Api) -> None:
    answer = await api.http.get("/v1/entities", headers={"authorization": f"Bearer {partner.token}"})
    assert answer.status_code == 400
    assert answer.json() == {
        "error": {"type": "missing_api_version", "message": "Missing the x-monite-version HTTP header"}
    }


async def test_any_listed_version_is_accepted_and_echoed(partner: Partner) -> None:
    answer = await partner.get("/entities", headers={"x-monite-version": "2023-09-01"})
    assert answer.status_code == 200
    assert answer.headers["x-monite-version"] == "2023-09-01"


@pytest.mark.parametrize("path", ["/entities", "/auth/token"])
async def test_an_unlisted_version_is_400(partner: Partner, path: str) -> None:
    answer = await partner.get(path, headers={"x-monite-version": "2019-01-01"})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "unknown_api_version"
    assert "x-monite-version" not in answer.headers


async def test_every_answer_carries_request_id_time_and_the_limit(partner: Partner) -> None:
    answer = await partner.get("/entities")
    assert len(answer.headers["x-request-id"]) == 36
    assert float(answer.headers["x-process-time"]) >= 0
    assert answer.headers["ratelimit-limit"] == "10000"
    assert answer.headers["x-ratelimit-limit-second"] == "10000"
    assert int(answer.headers["ratelimit-remaining"]) < 10_000
    assert int(answer.headers["ratelimit-reset"]) >= 1


async def test_the_entity_header_is_echoed_and_must_be_a_uuid(partner: Partner) -> None:
    entity_id = await partner.make_entity()
    assert (await partner.get("/products")).headers["x-monite-entity-id"] == entity_id
    answer = await partner.get("/products", headers={"x-monite-entity-id": "12"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "x-monite-entity-id"]


async def test_a_missing_entity_header_is_422_as_for_any_required_parameter(partner: Partner) -> None:
    answer = await partner.get("/products")
    assert answer.status_code == 422
    assert answer.json() == {
        "detail": [{"loc": ["header", "x-monite-entity-id"], "msg": "Field required", "type": "missing"}]
    }


async def test_an_entity_of_another_partner_is_404(partner: Partner, other_partner: Partner) -> None:
    partner.entity_id = await other_partner.make_entity()
    answer = await partner.get("/products")
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}


async def test_an_unknown_path_and_a_wrong_method_answer_in_the_error_shape(partner: Partner) -> None:
    unknown = await partner.get("/nothing/here")
    assert unknown.status_code == 404
    assert set(unknown.json()) == {"error"}
    wrong = await partner.delete("/entities")
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "GET, POST"
    assert wrong.json() == {"error": {"message": "Method Not Allowed"}}


@pytest.mark.parametrize("path", [path for path, method in CONTRACT if method == "get" and not is_built(path, method)])
async def test_what_the_contract_has_and_tieout_has_not_is_loudly_501(partner: Partner, path: str) -> None:
    answer = await partner.get(nameless(path).replace("{}", str(uuid4())))
    assert answer.status_code == 501
    assert "not built" in answer.json()["error"]["message"]


async def test_malformed_json_is_422(partner: Partner) -> None:
    answer = await partner.post("/entities", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert set(answer.json()["detail"][0]) == {"loc", "msg", "type"}


async def test_a_body_over_the_limit_is_413_in_the_error_shape(partner: Partner) -> None:
    answer = await partner.post("/entities", json={"type": "x" * 1_100_000})
    assert answer.status_code == 413
    assert set(answer.json()) == {"error"}


async def test_too_many_requests_are_429_with_the_time_to_wait(tmp_path: Path) -> None:
    api = await start_api(tmp_path, requests_per_s=3)
    partner = await api.new_partner()
    statuses = [(await partner.get("/entities")).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = await partner.get("/entities")
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit-remaining"] == "0"
    assert set(refused.json()) == {"error"}
    api.clock.move(timedelta(seconds=1))
    assert (await partner.get("/entities")).status_code == 200
    await api.close()


async def test_the_unexpected_is_500_with_the_request_id_and_nothing_else(api: Api, partner: Partner) -> None:
    async def explode(call: PartnerCall) -> None:
        message = f"secret of {call.partner_id}"
        raise RuntimeError(message)

    add_route(api.app, "/v1/explode", explode)
    with structlog.testing.capture_logs() as logs:
        answer = await partner.post("/explode")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/json"
    [line] = [log for log in logs if log["event"] == "request_failed"]
    assert line["error"] == ["builtins.RuntimeError"]
    assert line["request_id"] == answer.headers["x-request-id"]
    assert "secret of" not in str(line)
    assert str(partner.id) not in str(line)
    assert answer.headers["x-request-id"] in answer.json()["error"]["message"]
    assert "secret" not in answer.text


async def test_a_commit_that_fails_is_a_500_and_no_promise(api: Api, partner: Partner) -> None:
    async def promise(call: PartnerCall) -> dict[str, str]:
        await call.session.execute(text("PRAGMA defer_foreign_keys=ON"))
        await call.session.execute(
            text(
                "INSERT INTO api_clients"
                " (id, partner_id, name, secret_hash, secret_number, secret_created_at, created_at)"
                " VALUES ('a', 'nobody', 'x', 'x', 1, '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000')"
            )
        )
        return {"done": "yes"}

    add_route(api.app, "/v1/promise", promise)
    answer = await partner.post("/promise")
    assert answer.status_code == 500
    async with api.services.database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM api_clients WHERE id = 'a'")) == 0


async def test_a_refusal_rolls_everything_back(api: Api, partner: Partner) -> None:
    async def refuse(call: PartnerCall) -> None:
        await create_client(call.session, partner_id=call.partner_id, name="Sneaky", now=call.now)
        message = "not like this"
        raise Conflict(message)

    add_route(api.app, "/v1/refuse", refuse)
    answer = await partner.post("/refuse")
    assert answer.status_code == 409
    assert answer.json() == {"error": {"message": "not like this"}}
    async with api.services.database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM api_clients")) == 1


async def test_a_get_cannot_change_anything(api: Api, partner: Partner) -> None:
    async def sneak(call: PartnerCall) -> None:
        await create_client(call.session, partner_id=call.partner_id, name="Sneaky", now=call.now)

    add_route(api.app, "/sneak", sneak, "GET")
    assert (await partner.http.get("/sneak", headers=partner.headers())).status_code == 200
    async with api.services.database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM api_clients")) == 1


@pytest.mark.parametrize("origin", ["https://app.partner.example", "http://localhost:5173", "null"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_browsers_may_call_the_api_from_anywhere(api: Api, origin: str, method: str) -> None:
    sent = "authorization,content-type,idempotency-key,x-monite-version,x-monite-entity-id,x-monite-sdk-version"
    answer = await api.http.options(
        "/v1/products",
        headers={
            "origin": origin,
            "access-control-request-method": method,
            "access-control-request-headers": sent,
        },
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert method in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(header in allowed for header in sent.split(","))
    assert "access-control-allow-credentials" not in answer.headers


async def test_browsers_may_read_every_header_that_the_api_answers_with(partner: Partner) -> None:
    entity_id = await partner.make_entity()
    answer = await partner.get("/products", headers={"origin": "https://app.partner.example"})
    assert answer.headers["x-monite-entity-id"] == entity_id
    shown = {name.strip() for name in answer.headers["access-control-expose-headers"].lower().split(",")}
    own = {name for name in answer.headers if name.startswith(("x-", "ratelimit-"))}
    assert own - shown == set()
    assert {"retry-after", "x-request-id", "ratelimit-reset"} <= shown


async def test_refusals_are_readable_by_browsers(api: Api) -> None:
    answer = await api.http.get(
        "/v1/products", headers={"origin": "https://app.partner.example", "x-monite-version": VERSION}
    )
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-request-id" in answer.headers["access-control-expose-headers"].lower()


async def test_an_answer_that_breaks_its_own_schema_is_a_500_that_logs_where_but_not_what(
    api: Api, partner: Partner
) -> None:
    async def lie(call: PartnerCall) -> int:
        del call
        return "a secret"  # type: ignore[return-value]  # the wrong type is the point

    add_route(api.app, "/v1/lie", lie)
    with structlog.testing.capture_logs() as logs:
        assert (await partner.post("/lie")).status_code == 500
    [line] = [log for log in logs if log["event"] == "request_failed"]
    assert line["faults"] == ["('response',): int_parsing"]
    assert "a secret" not in str(line)


async def test_writers_at_the_same_time_wait_for_each_other(partner: Partner) -> None:
    await partner.make_entity()
    answers = await asyncio.gather(*(partner.post("/measure_units", json={"name": str(n)}) for n in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len((await partner.get("/measure_units")).json()["data"]) == 8


async def test_a_call_without_a_token_is_401_whatever_else_is_wrong(api: Api) -> None:
    answer = await api.http.post("/v1/products", json={"wrong": 1}, headers={"x-monite-version": VERSION})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_limit_refills_steadily_and_survives_a_clock_that_goes_back() -> None:
    limiter, client = Limiter(10), uuid4()
    spent = [limiter.spend(client, AT) for _ in range(11)]
    assert [allowance.remaining for allowance in spent] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert [allowance.wait_s for allowance in spent] == [None] * 10 + [1]
    assert limiter.spend(client, AT + timedelta(milliseconds=100)).wait_s is None
    assert limiter.spend(client, AT + timedelta(milliseconds=199)).wait_s == 1
    assert limiter.spend(client, AT - timedelta(days=1)).remaining == 9
    assert limiter.spend(uuid4(), AT).remaining == 9


def test_a_path_that_a_parameter_would_swallow_is_found() -> None:
    contract = [("GET", "/v1/a/me"), ("GET", "/v1/a/{id}"), ("POST", "/v1/a/me"), ("GET", "/v1/b/me")]
    assert plan_shadowed(contract, [("GET", "/v1/a/{a_id}")]) == [("GET", "/v1/a/me")]
    assert plan_shadowed(contract, [("GET", "/v1/a/{a_id}"), ("GET", "/v1/a/me")]) == []
