"""A partner finds out whether its keys are right, and exchanges a secret, before a customer is asked for anything."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.house import ORIGINS, House
from tests.support.partner import Partner
from tests.support.trading import HOME

from tieout.platforms.registry import all_platforms
from tieout.sandbox.apps import App
from tieout.storage.tables.access import AuditEntry, PlatformApp


@pytest.fixture(params=sorted(ORIGINS))
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def partner(house: House) -> Partner:
    return await house.new_partner()


def registered(house: House, platform: str) -> App:
    """What the simulated portal knows of the partner's app."""
    (app,) = house.simulator(platform).apps.by_client_id.values()
    return app


def change_secret(house: House, platform: str, secret: str) -> None:
    """Make a new secret in the simulated portal, which ends the old one."""
    app = registered(house, platform)
    house.simulator(platform).apps.by_client_id[app.client_id] = replace(app, client_secret=secret)


async def stored_secret(house: House, platform: str) -> str:
    async with house.services.database.read() as session:
        row = (await session.scalars(select(PlatformApp).where(PlatformApp.platform == platform))).one()
    return house.services.vault.open(row.client_secret, place=f"platform_apps.client_secret:{row.id}")


async def test_right_keys_are_accepted(partner: Partner, platform: str) -> None:
    answer = await partner.post(f"/platforms/{platform}/keys/simulated/test")
    assert (answer.status_code, answer.json()["verdict"]) == (200, "accepted")


async def test_wrong_keys_are_refused_with_what_to_do(house: House, partner: Partner, platform: str) -> None:
    change_secret(house, platform, "another")
    told = (await partner.post(f"/platforms/{platform}/keys/simulated/test")).json()
    assert (told["verdict"], told["code"]) == ("refused", "app_credentials_refused")
    assert "developer portal" in told["fix"]


async def test_a_platform_that_does_not_answer_is_no_verdict(house: House, partner: Partner, platform: str) -> None:
    app = registered(house, platform)
    keys = {"client_id": app.client_id, "client_secret": app.client_secret, "origin": "http://127.0.0.1:9"}
    await partner.put(f"/platforms/{platform}/keys/simulated", json=keys)
    told = (await partner.post(f"/platforms/{platform}/keys/simulated/test")).json()
    assert told["verdict"] == "not_answering"


async def test_keys_that_are_not_set_cannot_be_tried(partner: Partner, platform: str) -> None:
    assert (await partner.post(f"/platforms/{platform}/keys/production/test")).status_code == 404
    assert (await partner.post("/platforms/nowhere/keys/simulated/test")).status_code == 404


async def test_a_new_secret_is_taken_once_the_platform_accepts_it(
    house: House, partner: Partner, platform: str
) -> None:
    change_secret(house, platform, "the-new-one")
    answer = await partner.post(f"/platforms/{platform}/keys/simulated/rotate", json={"client_secret": "the-new-one"})
    assert answer.status_code == 200
    assert "the-new-one" not in answer.text
    assert await stored_secret(house, platform) == "the-new-one"
    async with house.services.database.read() as session:
        entries = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "platform_keys.rotated"))).all()
    assert [entry.details["platform"] for entry in entries] == [platform]


async def test_a_secret_that_the_platform_refuses_leaves_the_old_one(
    house: House, partner: Partner, platform: str
) -> None:
    before = await stored_secret(house, platform)
    answer = await partner.post(f"/platforms/{platform}/keys/simulated/rotate", json={"client_secret": "mistyped"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "client_secret"]
    assert await stored_secret(house, platform) == before


async def test_a_secret_that_cannot_be_tried_leaves_the_old_one(house: House, partner: Partner, platform: str) -> None:
    app = registered(house, platform)
    keys = {"client_id": app.client_id, "client_secret": app.client_secret, "origin": "http://127.0.0.1:9"}
    await partner.put(f"/platforms/{platform}/keys/simulated", json=keys)
    answer = await partner.post(f"/platforms/{platform}/keys/simulated/rotate", json={"client_secret": "new"})
    assert answer.status_code == 409
    assert await stored_secret(house, platform) == app.client_secret


async def test_keys_that_were_set_meanwhile_stay(
    house: House, partner: Partner, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, http = registered(house, platform), house.services.http
    keys = {"client_id": app.client_id, "client_secret": "set-meanwhile", "origin": ORIGINS[platform]}
    ask = http.send

    async def ask_slowly(*call: Any) -> Any:
        assert (await partner.put(f"/platforms/{platform}/keys/simulated", json=keys)).status_code == 200
        return await ask(*call)

    change_secret(house, platform, "the-new-one")
    monkeypatch.setattr(http, "send", ask_slowly)
    answer = await partner.post(f"/platforms/{platform}/keys/simulated/rotate", json={"client_secret": "the-new-one"})
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    assert await stored_secret(house, platform) == "set-meanwhile"


async def test_the_old_secret_is_good_until_the_overlap_ends(house: House, partner: Partner, platform: str) -> None:
    old = registered(house, platform).client_secret
    path = f"/platforms/{platform}/keys/simulated"
    change_secret(house, platform, "the-new-one")
    rotated = await partner.post(f"{path}/rotate", json={"client_secret": "the-new-one", "overlap_s": 600})
    assert rotated.json()["previous_keys_expire_at"] == "2026-03-02T09:40:00Z"
    change_secret(house, platform, old)  # a platform that does not know the new secret everywhere yet
    assert (await partner.post(f"{path}/test")).json()["verdict"] == "refused"
    assert await connected(house, partner, platform) == "connected"
    house.clock.move(timedelta(seconds=601))
    await partner.make_entity("Later Ltd")
    assert await connected(house, partner, platform) == "pending_auth"


async def test_old_keys_are_ended_at_once_by_hand_or_by_no_overlap(
    house: House, partner: Partner, platform: str
) -> None:
    path = f"/platforms/{platform}/keys/simulated"
    for number, overlap_s in enumerate((3600, 0)):
        change_secret(house, platform, f"new-{number}")
        keys = {"client_secret": f"new-{number}", "webhook_key": f"hook-{number}", "overlap_s": overlap_s}
        assert (await partner.post(f"{path}/rotate", json=keys)).status_code == 200
        ended = await partner.post(f"{path}/end_previous")
        assert (ended.status_code, ended.json()["previous_keys_expire_at"]) == (200, None)
        assert ended.json()["has_webhook_key"] is True
    async with house.services.database.read() as session:
        row = (await session.scalars(select(PlatformApp).where(PlatformApp.platform == platform))).one()
        entries = (await session.scalars(select(AuditEntry.action).order_by(AuditEntry.number))).all()
    assert (row.previous_client_secret, row.previous_webhook_key) == (None, None)
    assert list(entries)[-3:] == [
        "platform_keys.rotated",
        "platform_keys.previous_ended",
        "platform_keys.rotated",
    ]


async def test_an_old_webhook_key_is_kept_for_the_overlap(house: House, partner: Partner, platform: str) -> None:
    path = f"/platforms/{platform}/keys/simulated"
    secret = registered(house, platform).client_secret
    for webhook_key in ("first", "second"):
        keys = {"client_secret": secret, "webhook_key": webhook_key}
        assert (await partner.post(f"{path}/rotate", json=keys)).status_code == 200
    async with house.services.database.read() as session:
        row = (await session.scalars(select(PlatformApp).where(PlatformApp.platform == platform))).one()
    vault = house.services.vault
    assert row.webhook_key is not None
    assert row.previous_webhook_key is not None
    assert vault.open(row.webhook_key, place=f"platform_apps.webhook_key:{row.id}") == "second"
    assert vault.open(row.previous_webhook_key, place=f"platform_apps.previous_webhook_key:{row.id}") == "first"


async def connected(house: House, partner: Partner, platform: str) -> str:
    """The state of the connection after a person went through the consent of a platform."""
    made = (await partner.post("/accounting_connections")).json()
    title = all_platforms()[platform].title
    await house.new_person().connect(made["connection_url"], title, companies=HOME[platform])
    return str((await partner.get(f"/accounting_connections/{made['id']}")).json()["status"])
