"""/platforms and /brand: what the contract leaves to a support mailbox."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.support.partner import AT, Api, Partner, start_api

from tieout.api.partners.service import create_partner
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.access import AuditEntry, PlatformApp
from tieout.storage.tables.connections import Company, Connection

NAME = next(iter(all_platforms()))
KEYS = {"client_id": "app-1", "client_secret": "very secret", "webhook_key": "also secret"}
PATH = f"/platforms/{NAME}/keys/production"


async def only_app(api: Api) -> PlatformApp:
    async with api.services.database.read() as session:
        return (await session.scalars(select(PlatformApp))).one()


async def connect(api: Api, partner: Partner) -> None:
    """A company connected through the only app."""
    app, entity_id = await only_app(api), UUID(await partner.make_entity())
    owner: dict[str, Any] = {"partner_id": partner.id, "created_at": AT, "updated_at": AT}
    async with api.services.database.write() as session:
        company = Company(app_id=app.id, platform=NAME, environment="production", external_id="1", name="Acme", **owner)
        session.add(company)
        await session.flush()
        session.add(Connection(entity_id=entity_id, company_id=company.id, status="connected", **owner))


async def test_every_address_for_the_developer_portal_is_listed(partner: Partner) -> None:
    listed = (await partner.get("/platforms")).json()
    assert listed["environment"] == "production"
    assert [platform["name"] for platform in listed["data"]] == list(all_platforms())
    assert listed["data"][0]["addresses"] == {
        "redirect_url": f"https://tieout.example/connect/callback/{NAME}",
        "disconnect_url": f"https://tieout.example/connect/ended/{NAME}",
        "reconnect_url": f"https://tieout.example/connect/again/{NAME}",
    }
    assert listed["data"][0]["apps"] == []


async def test_keys_go_in_and_secrets_never_come_out(api: Api, partner: Partner) -> None:
    answer = await partner.put(PATH, json=KEYS)
    assert answer.status_code == 200
    app = await only_app(api)
    assert answer.json()["webhook_url"] == f"https://tieout.example/hooks/{NAME}/{app.id}"
    assert answer.json()["has_webhook_key"] is True
    listed = await partner.get("/platforms")
    assert "secret" not in answer.text + listed.text
    assert listed.json()["data"][0]["apps"] == [answer.json()]
    vault = api.services.vault
    assert b"secret" not in app.client_secret
    assert vault.open(app.client_secret, place=f"platform_apps.client_secret:{app.id}") == "very secret"
    assert app.webhook_key is not None
    assert vault.open(app.webhook_key, place=f"platform_apps.webhook_key:{app.id}") == "also secret"
    async with api.services.database.read() as session:
        entry = (await session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()))).first()
    assert entry is not None
    assert entry.action == "platform_keys.set"
    assert "secret" not in str({**entry.details, "has_webhook_key": None})


async def test_setting_keys_again_replaces_them_on_the_same_row(api: Api, partner: Partner) -> None:
    first = (await partner.put(PATH, json=KEYS)).json()
    second = (await partner.put(PATH, json={"client_id": "app-2", "client_secret": "new"})).json()
    assert second["id"] == first["id"]
    assert second["has_webhook_key"] is False
    app = await only_app(api)
    assert api.services.vault.open(app.client_secret, place=f"platform_apps.client_secret:{app.id}") == "new"


async def test_another_app_cannot_take_the_place_of_one_in_use_but_a_new_secret_can(api: Api, partner: Partner) -> None:
    await partner.put(PATH, json=KEYS)
    await connect(api, partner)
    assert (await partner.put(PATH, json=KEYS | {"client_id": "app-2"})).status_code == 409
    assert (await partner.put(PATH, json=KEYS | {"client_secret": "rotated"})).status_code == 200
    assert (await partner.delete(PATH)).status_code == 409


async def test_unused_keys_can_be_removed(partner: Partner) -> None:
    await partner.put(PATH, json=KEYS)
    assert (await partner.delete(PATH)).status_code == 204
    assert (await partner.delete(PATH)).status_code == 404
    assert (await partner.get("/platforms")).json()["data"][0]["apps"] == []


@pytest.mark.parametrize(
    ("path", "change", "status", "place"),
    [
        ("/platforms/nobody/keys/production", {}, 404, None),
        (f"/platforms/{NAME}/keys/staging", {}, 422, ["path", "environment"]),
        (PATH, {"client_secret": ""}, 422, ["body", "client_secret"]),
        (PATH, {"color": "red"}, 422, ["body", "color"]),
        (PATH, {"origin": "http://127.0.0.1:8801"}, 422, ["body", "origin"]),
        (f"/platforms/{NAME}/keys/simulated", {}, 422, ["body", "origin"]),
        *(
            (f"/platforms/{NAME}/keys/simulated", {"origin": origin}, 422, ["body", "origin"])
            for origin in (
                "http://10.0.0.1:8801",
                "http://169.254.169.254",
                "https://books.example",
                "http://localhost.example:1",
                "ftp://127.0.0.1",
                "127.0.0.1:8801",
                "http://me@127.0.0.1",
                "http://127.0.0.1/path",
                "http://127.0.0.1:99999",
                "http://[::1",
                "http://127.0.0.1?x=1",
            )
        ),
    ],
)
async def test_wrong_keys_are_refused(
    partner: Partner, path: str, change: dict[str, Any], status: int, place: list[str] | None
) -> None:
    answer = await partner.put(path, json=KEYS | change)
    assert answer.status_code == status
    assert "very secret" not in answer.text
    if place is not None:
        assert answer.json()["detail"][0]["loc"] == place
    assert (await partner.get("/platforms")).json()["data"][0]["apps"] == []


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8801", "http://localhost:8801/", "https://[::1]:8801"])
async def test_a_simulated_platform_stands_on_this_machine(partner: Partner, origin: str) -> None:
    answer = await partner.put(f"/platforms/{NAME}/keys/simulated", json=KEYS | {"origin": origin})
    assert answer.status_code == 200
    assert answer.json()["origin"] == origin.rstrip("/")


async def test_an_operator_may_allow_simulators_elsewhere(tmp_path: Any) -> None:
    api = await start_api(tmp_path, allow_private_addresses=True)
    partner = await api.new_partner()
    answer = await partner.put(f"/platforms/{NAME}/keys/simulated", json=KEYS | {"origin": "http://10.0.0.1:8801"})
    assert answer.status_code == 200
    await api.close()


async def test_the_environment_is_chosen(partner: Partner) -> None:
    answer = await partner.put("/platforms/environment", json={"environment": "simulated"})
    assert answer.json() == {"environment": "simulated"}
    assert (await partner.get("/platforms")).json()["environment"] == "simulated"
    assert (await partner.put("/platforms/environment", json={"environment": "x"})).status_code == 422


async def test_apps_of_others_are_not_there(partner: Partner, other_partner: Partner) -> None:
    await partner.put(PATH, json=KEYS)
    assert (await other_partner.get("/platforms")).json()["data"][0]["apps"] == []
    assert (await other_partner.delete(PATH)).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "x" * 256])
async def test_a_partner_needs_a_name(api: Api, name: str) -> None:
    async with api.services.database.write() as session:
        with pytest.raises(ValueError, match="between 1 and 255"):
            await create_partner(session, api.clock, name)
