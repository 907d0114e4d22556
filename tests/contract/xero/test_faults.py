"""What can be asked to go wrong at the simulated Xero, in its own words."""

from datetime import timedelta
from typing import Any

import pytest
from tests.contract.xero.world import World

from tieout.sandbox.faults.plan import ConnectionCutError


async def fault(world: World, kind: str, **more: Any) -> None:
    answer = await world.http.post("/_sandbox/faults", json={"kind": kind, **more})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("limit", "retry_after", "emptied"),
    [
        ("minute", "22", "x-minlimit-remaining"),
        ("day", "77000", "x-daylimit-remaining"),
        ("appminute", "22", "x-appminlimit-remaining"),
        ("concurrent", None, None),
    ],
)
async def test_each_limit_is_told_in_its_headers(
    demo: World, limit: str, retry_after: str | None, emptied: str | None
) -> None:
    await fault(demo, "rate_limited", limit=limit)
    answer = await demo.call("GET", "Contacts")
    assert (answer.status_code, answer.content) == (429, b"")
    assert answer.headers["x-rate-limit-problem"] == limit
    assert answer.headers.get("retry-after") == retry_after
    if emptied is not None:
        assert answer.headers[emptied] == "0"
    assert (await demo.call("GET", "Contacts")).status_code == 200


async def test_a_retry_after_of_ones_own_is_said(demo: World) -> None:
    await fault(demo, "rate_limited", limit="day", retry_after_s=3)
    assert (await demo.call("GET", "Contacts")).headers["retry-after"] == "3"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("period_closed", "lock date"),
        ("account_archived", "has been archived"),
        ("feature_missing", "subscription"),
    ],
)
async def test_a_write_is_refused_as_invalid_and_not_done(demo: World, kind: str, words: str) -> None:
    await fault(demo, kind)
    assert (await demo.call("GET", "Contacts")).status_code == 200
    [message] = await demo.refused("PUT", "Contacts", {"Name": "Refused Ltd"})
    assert words in message
    assert (await demo.get("Contacts", where='Name=="Refused Ltd"'))["Contacts"] == []
    await demo.contact("Refused Ltd")


async def test_a_record_has_no_version_that_could_be_stale(demo: World) -> None:
    assert (await demo.http.post("/_sandbox/faults", json={"kind": "stale_version"})).status_code == 422
    kinds = {row["kind"] for row in (await demo.http.get("/_sandbox/faults/kinds")).json()["kinds"]}
    assert "stale_version" not in kinds
    assert len(kinds) == 18


async def test_an_expired_token_is_renewed_by_refreshing(demo: World) -> None:
    await fault(demo, "token_expired")
    for _ in range(2):
        refused = await demo.call("GET", "Contacts")
        assert (refused.status_code, refused.json()["Detail"][:12]) == (401, "TokenExpired")
    demo.token = (await demo.refresh(demo.token["refresh_token"])).json()
    assert (await demo.call("GET", "Contacts")).status_code == 200


async def test_a_revoked_token_cannot_be_refreshed(demo: World) -> None:
    await fault(demo, "token_revoked")
    assert (await demo.call("GET", "Contacts")).status_code == 401
    assert (await demo.refresh(demo.token["refresh_token"])).json() == {"error": "invalid_grant"}


async def test_new_tokens_can_be_lost_on_the_way_and_the_old_one_tried_again(demo: World) -> None:
    await fault(demo, "refresh_answer_lost")
    with pytest.raises(ConnectionCutError):
        await demo.refresh(demo.token["refresh_token"])
    assert (await demo.refresh(demo.token["refresh_token"])).status_code == 200


async def test_a_write_is_done_after_the_client_gave_up(demo: World) -> None:
    await fault(demo, "commit_later", delay_s=20)
    with pytest.raises(ConnectionCutError):
        await demo.call("PUT", "Contacts", json={"Name": "Late Ltd"}, headers={"idempotency-key": "once"})
    assert (await demo.get("Contacts", where='Name=="Late Ltd"'))["Contacts"] == []
    demo.move(seconds=20)
    [late] = (await demo.get("Contacts", where='Name=="Late Ltd"'))["Contacts"]
    again = await demo.call("PUT", "Contacts", json={"Name": "Late Ltd"}, headers={"idempotency-key": "once"})
    assert again.json()["Contacts"][0]["ContactID"] == late["ContactID"]


async def test_an_answer_breaks_off_in_the_middle(demo: World) -> None:
    await fault(demo, "cut_body", method="PUT")
    with pytest.raises(ConnectionCutError):
        await demo.call("PUT", "Contacts", json={"Name": "Cut Ltd"})
    assert len((await demo.get("Contacts", where='Name=="Cut Ltd"'))["Contacts"]) == 1


async def test_a_500_before_commit_is_remembered_under_its_key(demo: World) -> None:
    await fault(demo, "status_before_commit", status=500)
    headers = {"idempotency-key": "once"}
    for _ in range(2):
        assert (await demo.call("PUT", "Contacts", json={"Name": "Never"}, headers=headers)).status_code == 500


async def test_the_clock_of_the_platform_may_be_ahead_of_the_callers(demo: World) -> None:
    noon = demo.clock.now()
    assert (await demo.http.post("/_sandbox/clock", json={"advance_s": 900})).status_code == 200
    made = await demo.contact("Ahead Ltd")
    assert int(made["UpdatedDateUTC"][6:19]) - int(noon.timestamp() * 1000) == 900_000
    for since, found in ((noon, True), (noon + timedelta(seconds=901), False)):
        answer = await demo.call("GET", "Contacts", headers={"if-modified-since": f"{since:%Y-%m-%dT%H:%M:%S}"})
        assert ("Ahead Ltd" in [one["Name"] for one in answer.json()["Contacts"]]) is found
    await demo.http.post("/_sandbox/clock", json={"advance_s": 900})
    assert (await demo.call("GET", "Contacts")).status_code == 401


async def test_egress_is_counted_by_app_organisation_and_day(demo: World) -> None:
    first = await demo.call("GET", "Contacts")
    demo.move(days=1)
    await demo.connect("Demo Company (Global)")
    second = await demo.call("GET", "Accounts")
    billed = (await demo.http.get("/_sandbox/meter/billed")).json()["egress"]
    assert [(row["app_id"], row["company_id"], row["day"], row["bytes_out"]) for row in billed] == [
        (demo.client_id, demo.tenant_id, "2026-09-15", str(len(first.content))),
        (demo.client_id, demo.tenant_id, "2026-09-16", str(len(second.content))),
    ]


async def test_an_app_that_is_ended_loses_tokens_and_connections(demo: World) -> None:
    await demo.http.delete(f"/_sandbox/apps/{demo.client_id}")
    assert (await demo.call("GET", "Contacts")).status_code == 401
