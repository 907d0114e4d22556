"""/api_clients: several programs of a partner, each with credentials of its own."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from tests.support.databases import empty_database
from tests.support.partner import AT, Api, Partner

from tieout.api.api_clients import service
from tieout.api.api_clients.service import OVERLAP_DEFAULT_S, OVERLAP_MAX_S, load_client, rotate_secret
from tieout.api.auth.service import authenticate_client
from tieout.api.partners.service import create_partner
from tieout.kit.clock import ManualClock
from tieout.kit.errors import Unauthorized
from tieout.storage import audit_trail
from tieout.storage.tables.access import ApiClient, AuditEntry

SHOWN = {
    "id",
    "name",
    "created_at",
    "secret_created_at",
    "previous_secret_expires_at",
    "last_used_at",
    "revoked_at",
}


async def add_client(partner: Partner, name: str = "Nightly job") -> Partner:
    """Another program of the same partner, which has no token yet."""
    answer = await partner.post("/api_clients", json={"name": name})
    assert answer.status_code == 201
    made = answer.json()
    return Partner(partner.http, partner.id, UUID(made["id"]), made["client_secret"])


async def signs_in(program: Partner) -> bool:
    answer = await program.http.post(
        "/v1/auth/token",
        json={
            "client_id": str(program.client_id),
            "client_secret": program.client_secret,
            "grant_type": "client_credentials",
        },
    )
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


async def rotate(partner: Partner, client_id: object, **body: int) -> str:
    answer = await partner.post(f"/api_clients/{client_id}/rotate_secret", json=body)
    assert answer.status_code == 200, answer.text
    secret: str = answer.json()["client_secret"]
    return secret


async def test_a_new_client_shows_its_secret_once_and_works(api: Api, partner: Partner) -> None:
    answer = await partner.post("/api_clients", json={"name": "  Nightly job "})
    made = answer.json()
    assert set(made) == SHOWN | {"client_secret"}
    assert made["name"] == "Nightly job"
    assert made["revoked_at"] is made["last_used_at"] is made["previous_secret_expires_at"] is None
    program = Partner(api.http, partner.id, UUID(made["id"]), made["client_secret"])
    await program.sign_in()
    assert (await program.get("/entities")).status_code == 200
    shown = (await partner.get(f"/api_clients/{made['id']}")).json()
    assert set(shown) == SHOWN
    async with api.services.database.read() as session:
        kept = await session.get_one(ApiClient, UUID(made["id"]))
        assert program.client_secret not in str(vars(kept))


async def test_a_partner_has_no_more_clients_than_needed(
    partner: Partner, other_partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "CLIENTS_MAX", 2)
    second = await add_client(partner)
    refused = await partner.post("/api_clients", json={"name": "Third"})
    assert refused.status_code == 409
    assert len((await partner.get("/api_clients")).json()["data"]) == 2
    await add_client(other_partner)
    await partner.post(f"/api_clients/{second.client_id}/revoke")
    await add_client(partner, "Third")


async def test_the_list_shows_all_clients_of_the_partner_and_no_secret(
    partner: Partner, other_partner: Partner
) -> None:
    await add_client(partner, "B")
    await add_client(partner, "A")
    await add_client(other_partner, "of another")
    page = (await partner.get("/api_clients?sort=name&order=desc")).json()
    assert [one["name"] for one in page["data"]] == ["First client", "B", "A"]
    assert all(set(one) == SHOWN for one in page["data"])


async def test_the_last_use_is_told_about_to_the_minute(api: Api, partner: Partner) -> None:
    path = f"/api_clients/{partner.client_id}"
    first = (await partner.get(path)).json()["last_used_at"]
    assert first is not None
    api.clock.move(timedelta(seconds=30))
    await partner.sign_in()
    assert (await partner.get(path)).json()["last_used_at"] == first
    api.clock.move(timedelta(seconds=30))
    await partner.sign_in()
    assert (await partner.get(path)).json()["last_used_at"] > first


async def test_after_a_rotation_both_secrets_are_good_until_the_overlap_ends(api: Api, partner: Partner) -> None:
    program = await add_client(partner)
    old = program.client_secret
    new = await rotate(partner, program.client_id)
    shown = (await partner.get(f"/api_clients/{program.client_id}")).json()
    assert shown["previous_secret_expires_at"] == "2026-03-03T09:30:00Z"
    for secret in (old, new):
        program.client_secret = secret
        assert await signs_in(program)
    api.clock.move(timedelta(seconds=OVERLAP_DEFAULT_S))
    assert await signs_in(program)
    program.client_secret = old
    assert not await signs_in(program)


async def test_of_three_secrets_the_oldest_ends_at_the_second_rotation(partner: Partner) -> None:
    program = await add_client(partner)
    first = program.client_secret
    await program.sign_in()
    second = await rotate(partner, program.client_id)
    newer = Partner(program.http, program.id, program.client_id, second)
    await newer.sign_in()
    third = await rotate(partner, program.client_id)
    assert len({first, second, third}) == 3
    for secret, is_good in ((first, False), (second, True), (third, True)):
        program.client_secret = secret
        assert await signs_in(program) is is_good
    assert (await program.get("/entities")).status_code == 401, "its token went with it"
    assert (await newer.get("/entities")).status_code == 200


async def test_a_secret_that_ended_in_time_leaves_its_tokens_at_the_next_rotation(api: Api, partner: Partner) -> None:
    program = await add_client(partner)
    await rotate(partner, program.client_id, overlap_s=60)
    api.clock.move(timedelta(seconds=59))
    await program.sign_in()
    api.clock.move(timedelta(seconds=1))
    await rotate(partner, program.client_id)
    assert (await program.get("/entities")).status_code == 200


@pytest.mark.postgresql
async def test_a_token_cannot_be_had_with_a_secret_that_is_being_ended(tmp_path: Path) -> None:
    async with empty_database("postgresql", tmp_path) as database:
        async with database.write() as session:
            partner, client_id, secret = await create_partner(session, ManualClock(AT), "Payables Inc")

        async def sign_in() -> None:
            async with database.write() as session:
                await authenticate_client(session, client_id, secret, now=AT, for_update=True)

        async with database.write() as session:
            client = await load_client(session, partner.id, client_id, for_update=True)
            await rotate_secret(session, client, overlap_s=0, now=AT)
            await session.flush()
            signing_in = asyncio.create_task(sign_in())
            done, _ = await asyncio.wait({signing_in}, timeout=0.3)
            assert not done
        with pytest.raises(Unauthorized):
            await signing_in


async def test_a_rotation_without_overlap_ends_the_old_secret_and_its_tokens_at_once(partner: Partner) -> None:
    program = await add_client(partner)
    await program.sign_in()
    program.client_secret, old = await rotate(partner, program.client_id, overlap_s=0), program.client_secret
    assert (await program.get("/entities")).status_code == 401
    await program.sign_in()
    assert (await program.get("/entities")).status_code == 200
    program.client_secret = old
    assert not await signs_in(program)


async def test_ending_the_old_secret_early_ends_its_tokens_and_leaves_those_of_the_new_one(partner: Partner) -> None:
    program = await add_client(partner)
    await program.sign_in()
    new = Partner(program.http, program.id, program.client_id, await rotate(partner, program.client_id))
    await new.sign_in()
    for _ in range(2):
        answer = await partner.post(f"/api_clients/{program.client_id}/end_previous_secret")
        assert answer.status_code == 200
        assert answer.json()["previous_secret_expires_at"] is None
    assert not await signs_in(program)
    assert (await program.get("/entities")).status_code == 401
    assert (await new.get("/entities")).status_code == 200


async def test_a_token_of_a_revoked_client_is_refused(partner: Partner) -> None:
    program = await add_client(partner)
    await program.sign_in()
    for _ in range(2):
        answer = await partner.post(f"/api_clients/{program.client_id}/revoke")
        assert answer.status_code == 200
        assert answer.json()["revoked_at"] is not None
    assert (await program.get("/entities")).status_code == 401
    assert not await signs_in(program)
    assert (await partner.get("/entities")).status_code == 200


async def test_the_last_client_that_works_cannot_be_revoked(partner: Partner) -> None:
    program = await add_client(partner)
    await program.sign_in()
    assert (await program.post(f"/api_clients/{partner.client_id}/revoke")).status_code == 200
    answer = await program.post(f"/api_clients/{program.client_id}/revoke")
    assert answer.status_code == 409
    assert (await program.get("/entities")).status_code == 200


async def test_two_clients_that_revoke_each_other_at_once_leave_one(partner: Partner) -> None:
    program = await add_client(partner)
    await program.sign_in()
    answers = await asyncio.gather(
        program.post(f"/api_clients/{partner.client_id}/revoke"),
        partner.post(f"/api_clients/{program.client_id}/revoke"),
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 401], [200, 409])
    assert [await signs_in(partner), await signs_in(program)].count(True) == 1


@pytest.mark.parametrize("action", ["rotate_secret", "end_previous_secret"])
async def test_a_revoked_client_cannot_be_brought_back(partner: Partner, action: str) -> None:
    program = await add_client(partner)
    await partner.post(f"/api_clients/{program.client_id}/revoke")
    assert (await partner.post(f"/api_clients/{program.client_id}/{action}")).status_code == 409
    assert not await signs_in(program)


@pytest.mark.parametrize("action", ["rotate_secret", "end_previous_secret", "revoke"])
async def test_clients_of_other_partners_are_404(partner: Partner, other_partner: Partner, action: str) -> None:
    for client_id in (other_partner.client_id, uuid4()):
        assert (await partner.get(f"/api_clients/{client_id}")).status_code == 404
        assert (await partner.post(f"/api_clients/{client_id}/{action}")).status_code == 404
    assert await signs_in(other_partner)


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("", {}, "name"),
        ("", {"name": "   "}, "name"),
        ("", {"name": "x" * 256}, "name"),
        ("", {"name": "x", "secret": "mine"}, "secret"),
        ("/{}/rotate_secret", {"overlap_s": -1}, "overlap_s"),
        ("/{}/rotate_secret", {"overlap_s": OVERLAP_MAX_S + 1}, "overlap_s"),
        ("/{}/rotate_secret", {"overlap_s": "60"}, "overlap_s"),
    ],
)
async def test_what_makes_no_sense_is_422(partner: Partner, path: str, body: dict[str, object], place: str) -> None:
    answer = await partner.post(f"/api_clients{path.format(partner.client_id)}", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", place]
    assert await signs_in(partner)


async def test_all_of_it_stands_in_the_audit_trail_and_no_secret_does(api: Api, partner: Partner) -> None:
    program = await add_client(partner)
    secrets = [program.client_secret, await rotate(partner, program.client_id, overlap_s=60)]
    await partner.post(f"/api_clients/{program.client_id}/end_previous_secret")
    await partner.post(f"/api_clients/{program.client_id}/revoke")
    async with api.services.database.read() as session:
        query = select(AuditEntry).where(AuditEntry.subject_id == str(program.client_id)).order_by(AuditEntry.number)
        entries = (await session.scalars(query)).all()
        assert [entry.action for entry in entries] == [
            "api_client.created",
            "api_client.secret_rotated",
            "api_client.previous_secret_ended",
            "api_client.revoked",
        ]
        assert {entry.actor for entry in entries} == {f"api_client:{partner.client_id}"}
        assert not any(secret in str(entry.details) for secret in secrets for entry in entries)
        assert await audit_trail.verify(session, partner.id) is None
