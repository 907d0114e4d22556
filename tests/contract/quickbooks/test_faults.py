"""What can be asked to go wrong at the simulated QuickBooks, in its own words."""

from datetime import timedelta
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_sale

from tieout.platforms.quickbooks.sandbox.seeds.us_sample import EMPTY_REALM
from tieout.sandbox.faults import ConnectionCutError


async def fault(platform: Platform, kind: str, **more: Any) -> None:
    answer = await platform.http.post("/_sandbox/faults", json={"kind": kind, **more})
    assert answer.status_code == 201, answer.text


async def test_the_table_tells_every_kind_and_the_limits(platform: Platform) -> None:
    told = (await platform.http.get("/_sandbox/faults/kinds")).json()
    kinds = {row["kind"]: row for row in told["kinds"]}
    assert len(kinds) == 19
    assert kinds["rate_limited"]["limits"] == ["throttle", "quota"]
    assert kinds["stale_version"]["befalls"] == "requests"
    assert all(row["says"].endswith(".") for row in kinds.values())
    assert {"company_id", "app_id", "probability", "after", "skip"} <= set(told["choosing"])


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("stale_version", 400, "5010"),
        ("period_closed", 400, "6210"),
        ("account_archived", 400, "610"),
        ("feature_missing", 400, "5030"),
        ("rate_limited", 429, "3001"),
        ("status_before_commit", 503, "10000"),
    ],
)
async def test_a_write_is_refused_in_the_platforms_words_and_not_done(
    connected: Connected, kind: str, status: int, code: str
) -> None:
    before = await connected.query("SELECT COUNT(*) FROM Invoice")
    await fault(connected.platform, kind, method="POST", path_prefix="/v3/")
    answer = await connected.call("POST", "invoice", json=a_sale())
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (status, code)
    assert await connected.query("SELECT COUNT(*) FROM Invoice") == before
    assert (await connected.call("POST", "invoice", json=a_sale())).status_code == 200


@pytest.mark.parametrize("kind", ["stale_version", "period_closed", "account_archived", "feature_missing"])
async def test_a_refusal_of_writes_leaves_reading_and_signing_in_alone(connected: Connected, kind: str) -> None:
    await fault(connected.platform, kind)
    assert (await connected.get("customer/1"))["Customer"]["Id"] == "1"
    refreshed = await connected.platform.token(
        connected.app, grant_type="refresh_token", refresh_token=connected.tokens["refresh_token"]
    )
    assert refreshed.status_code == 200
    assert (await connected.call("POST", "invoice", json=a_sale())).status_code == 400


async def test_an_expired_token_is_renewed_by_refreshing(connected: Connected) -> None:
    await fault(connected.platform, "token_expired", skip=1)
    await connected.get("customer/1")
    for _ in range(2):
        refused = await connected.call("GET", "customer/1")
        assert (refused.status_code, refused.json()["fault"]["error"][0]["code"]) == (401, "3200")
    refreshed = await connected.platform.token(
        connected.app, grant_type="refresh_token", refresh_token=connected.tokens["refresh_token"]
    )
    connected.tokens = refreshed.json()
    await connected.get("customer/1")


async def test_a_revoked_token_cannot_be_refreshed(connected: Connected) -> None:
    await fault(connected.platform, "token_revoked")
    assert (await connected.call("GET", "customer/1")).status_code == 401
    refused = await connected.platform.token(
        connected.app, grant_type="refresh_token", refresh_token=connected.tokens["refresh_token"]
    )
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


async def test_new_tokens_can_be_lost_on_the_way(connected: Connected) -> None:
    platform = connected.platform
    await fault(platform, "refresh_answer_lost")
    platform.clock.move(timedelta(days=2))
    form = {"grant_type": "refresh_token", "refresh_token": connected.tokens["refresh_token"]}
    with pytest.raises(ConnectionCutError):
        await platform.token(connected.app, **form)
    assert (await platform.token(connected.app, **form)).status_code == 400


async def test_an_answer_breaks_off_in_the_middle(connected: Connected) -> None:
    await fault(connected.platform, "cut_body", path_prefix="/v3/")
    with pytest.raises(ConnectionCutError):
        await connected.call("POST", "invoice", json=a_sale(DocNumber="CUT-1"))
    found = await connected.query("SELECT * FROM Invoice WHERE DocNumber = 'CUT-1'")
    assert len(found["Invoice"]) == 1


async def test_a_write_is_done_after_the_client_gave_up(connected: Connected) -> None:
    await fault(connected.platform, "commit_later", method="POST", path_prefix="/v3/", delay_s=45)
    statement = "SELECT * FROM Invoice WHERE DocNumber = 'LATE-1'"
    with pytest.raises(ConnectionCutError):
        await connected.call("POST", "invoice", json=a_sale(DocNumber="LATE-1"), params={"requestid": "once"})
    assert await connected.query(statement) == {}
    connected.platform.clock.move(timedelta(seconds=45))
    [invoice] = (await connected.query(statement))["Invoice"]
    again = await connected.call("POST", "invoice", json=a_sale(DocNumber="LATE-1"), params={"requestid": "once"})
    assert again.json()["Invoice"]["Id"] == invoice["Id"]


async def test_a_fault_is_for_one_company_or_one_app(platform: Platform) -> None:
    first, second = await platform.connect(), await platform.connect(EMPTY_REALM)
    await fault(platform, "rate_limited", company_id=EMPTY_REALM, count=9)
    assert (await first.call("GET", "query?query=select * from Customer")).status_code == 200
    assert (await second.call("GET", "query?query=select * from Customer")).status_code == 429
    await platform.http.delete("/_sandbox/faults")
    await fault(platform, "rate_limited", app_id=first.app["client_id"], count=9)
    assert (await first.call("GET", "query?query=select * from Customer")).status_code == 429
    assert (await second.call("GET", "query?query=select * from Customer")).status_code == 200


async def test_a_fault_begins_after_so_many_requests(connected: Connected) -> None:
    await fault(connected.platform, "rate_limited", after=2, method="GET")
    await connected.call("POST", "invoice", json=a_sale())
    statuses = [(await connected.call("GET", "customer/1")).status_code for _ in range(3)]
    assert statuses == [200, 429, 200]


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "rate_limited", "limit": "day"},
        {"kind": "commit_later", "delay_s": 99_999_999},
        {"kind": "delay", "delay_s": 181},
        {"kind": "webhook_delayed", "delay_s": "-1"},
        {"kind": "rate_limited", "after": "1.5"},
        {"kind": "rate_limited", "company_id": 7},
    ],
    ids=["limit", "too-late", "too-slow", "negative", "fraction", "company"],
)
async def test_a_fault_that_this_platform_cannot_have_is_refused(platform: Platform, wish: dict[str, Any]) -> None:
    assert (await platform.http.post("/_sandbox/faults", json=wish)).status_code == 422


async def test_the_quota_is_shared_by_the_programs_of_a_workspace_that_are_billed(platform: Platform) -> None:
    own = await platform.connect()
    fellow = await platform.connect()
    other = await platform.connect(workspace="theirs")
    trial = await platform.connect(production=False)
    await platform.http.post("/_sandbox/rules", json={"monthly_quota": 2})
    statuses = [
        (await one.call("GET", "customer/1")).status_code for one in (own, fellow, own, other, trial, trial, trial)
    ]
    assert statuses == [200, 200, 429, 200, 200, 200, 200]
    billed = (await platform.http.get("/_sandbox/meter/billed")).json()["calls"]
    assert {(row["workspace"], row["kind"]): row["calls"] for row in billed} == {
        ("default", "CorePlus"): "2",
        ("theirs", "CorePlus"): "1",
    }


async def test_an_app_that_is_ended_loses_its_grants(connected: Connected) -> None:
    await connected.platform.http.delete(f"/_sandbox/apps/{connected.app['client_id']}")
    assert (await connected.call("GET", "customer/1")).status_code == 401
