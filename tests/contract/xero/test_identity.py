import base64
import json
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.contract.xero.world import REDIRECT_URI, SCOPES, World, hidden

DEMO, HARBOUR, EMPTY = "Demo Company (Global)", "Harbour Bridge Consulting", "Quiet Corner Bookshop"


def part(token: str, place: int) -> dict[str, Any]:
    raw = token.split(".")[place]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    return claims


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


async def test_a_person_connects_two_organisations_and_the_program_gets_a_token_pair(world: World) -> None:
    await world.connect(DEMO, HARBOUR)
    assert list(world.token) == ["id_token", "access_token", "expires_in", "token_type", "refresh_token", "scope"]
    assert (world.token["expires_in"], world.token["token_type"]) == (1800, "Bearer")
    assert set(world.token["scope"].split()) == set(SCOPES.split())
    listed = (await world.http.get("/connections", headers=world.headers())).json()
    assert [one["tenantName"] for one in listed] == [DEMO, HARBOUR]
    assert listed[0]["createdDateUtc"] == "2026-09-15T02:00:00.1234560"
    assert listed[0]["tenantType"] == "ORGANISATION"
    assert listed[0]["authEventId"] == part(world.token["access_token"], 1)["authentication_event_id"]


async def test_tokens_are_signed_by_the_published_key(world: World) -> None:
    await world.connect(DEMO)
    discovery = (await world.http.get("/.well-known/openid-configuration")).json()
    keys = (await world.http.get(discovery["jwks_uri"])).json()["keys"]
    public = rsa.RSAPublicNumbers(number(keys[0]["e"]), number(keys[0]["n"])).public_key()
    for token in (world.token["access_token"], world.token["id_token"]):
        signed, _, signature = token.rpartition(".")
        raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        public.verify(raw, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        assert part(token, 0) == {"alg": "RS256", "kid": keys[0]["kid"], "typ": "JWT", "x5t": keys[0]["x5t"]}
    claims = part(world.token["access_token"], 1)
    assert claims["iss"] == discovery["issuer"]
    assert isinstance(claims["scope"], list)
    assert claims["exp"] - claims["nbf"] == 1800
    person = part(world.token["id_token"], 1)
    assert person["aud"] == world.client_id
    assert (person["email"], person["given_name"]) == ("jordan@example.com", "Jordan")


async def test_userinfo_tells_who_signed_in(world: World) -> None:
    await world.connect(DEMO)
    answer = await world.http.get("/connect/userinfo", headers=world.headers())
    assert answer.json()["email"] == "jordan@example.com"


async def test_a_person_who_refuses_is_sent_back_with_an_error_and_the_state(world: World) -> None:
    await world.register()
    back = await world.consent(step="cancel")
    assert back == {"error": "access_denied", "error_description": "The user denied access", "state": "state-1"}


async def test_a_person_sees_only_their_own_organisations(world: World) -> None:
    await world.register()
    page = await world.sign_in(world.ask(), "robin@example.com")
    assert EMPTY in page.text
    assert DEMO not in page.text
    stolen = hidden(page) | {"company": [world.organisation_named(DEMO).id], "step": "connect"}
    answer = await world.http.post("/identity/connect/authorize", data=stolen)
    assert answer.status_code == 200
    assert "Choose at least one organisation" in answer.text


async def test_nothing_chosen_asks_again(world: World) -> None:
    await world.register()
    page = await world.sign_in(world.ask())
    answer = await world.http.post("/identity/connect/authorize", data=hidden(page) | {"step": "connect"})
    assert (answer.status_code, "Choose at least one organisation" in answer.text) == (200, True)


async def test_a_wrong_password_asks_again_and_says_so(world: World) -> None:
    await world.register()
    page = await world.sign_in(world.ask(), password="wrong")
    assert "E-mail or password is wrong" in page.text


async def test_a_form_from_elsewhere_is_refused(world: World) -> None:
    await world.register()
    page = await world.sign_in(world.ask())
    forged = hidden(page) | {"csrf": "0" * 64, "company": [world.organisation_named(DEMO).id], "step": "connect"}
    assert (await world.http.post("/identity/connect/authorize", data=forged)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"client_id": "nobody"}, 400), ({"redirect_uri": "https://elsewhere.example/"}, 400)],
)
async def test_a_wrong_program_or_return_address_is_never_redirected(
    world: World, changes: dict[str, str], status: int
) -> None:
    await world.register()
    answer = await world.http.get("/identity/connect/authorize", params=world.ask(**changes))
    assert (answer.status_code, "location" in answer.headers) == (status, False)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "openid accounting.everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "openid accounting.transactions"}, "unauthorized_client"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_what_a_program_may_not_ask_is_sent_back_as_an_error(
    world: World, changes: dict[str, str], error: str
) -> None:
    await world.register()
    answer = await world.http.get("/identity/connect/authorize", params=world.ask(**changes))
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{REDIRECT_URI}?error={error}")


async def test_an_older_program_may_still_ask_for_broad_scopes(world: World) -> None:
    await world.register()
    world.xero.broad_apps.add(world.client_id)
    await world.connect(DEMO, scope="offline_access accounting.transactions accounting.settings.read")
    assert (await world.call("GET", "Invoices")).status_code == 200
    assert (await world.call("GET", "Contacts")).status_code == 401


async def test_a_code_works_once_and_for_five_minutes(world: World) -> None:
    await world.register()
    code = (await world.consent(DEMO))["code"]
    assert (await world.redeem(code)).status_code == 200
    again = await world.redeem(code)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    late = (await world.consent(DEMO))["code"]
    world.move(minutes=5)
    assert (await world.redeem(late)).json() == {"error": "invalid_grant"}


async def test_a_code_needs_its_verifier_its_address_and_its_program(world: World) -> None:
    await world.register()
    for changes in ({"code_verifier": "w" * 64}, {"code_verifier": ""}, {"redirect_uri": "http://localhost/x"}):
        code = (await world.consent(DEMO))["code"]
        assert (await world.redeem(code, **changes)).json() == {"error": "invalid_grant"}
    code = (await world.consent(DEMO))["code"]
    await world.register()
    assert (await world.redeem(code)).json() == {"error": "invalid_grant"}


async def test_a_program_proves_itself_by_header_or_in_the_body(world: World) -> None:
    await world.connect(DEMO)
    body = {
        "grant_type": "refresh_token",
        "refresh_token": world.token["refresh_token"],
        "client_id": world.client_id,
        "client_secret": world.client_secret,
    }
    wrong = await world.http.post("/connect/token", data=body | {"client_secret": "guessed"})
    assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_client"})
    assert (await world.http.post("/connect/token", data=body)).status_code == 200


async def test_without_offline_access_there_is_no_refresh_token(world: World) -> None:
    await world.connect(DEMO, scope="accounting.settings")
    assert set(world.token) == {"access_token", "expires_in", "token_type", "scope"}


async def test_every_refresh_rotates_the_token_and_a_lost_answer_may_be_asked_again(world: World) -> None:
    await world.connect(DEMO)
    first = world.token["refresh_token"]
    second = (await world.refresh(first)).json()["refresh_token"]
    world.move(minutes=29)
    graced = await world.refresh(first)
    assert graced.status_code == 200
    assert graced.json()["refresh_token"] not in {first, second}
    assert (await world.refresh(graced.json()["refresh_token"])).status_code == 200


async def test_the_grace_ends_after_thirty_minutes(world: World) -> None:
    await world.connect(DEMO)
    first = world.token["refresh_token"]
    assert (await world.refresh(first)).status_code == 200
    world.move(minutes=30)
    assert (await world.refresh(first)).json() == {"error": "invalid_grant"}


async def test_the_grace_ends_when_the_newer_token_is_used(world: World) -> None:
    await world.connect(DEMO)
    first = world.token["refresh_token"]
    second = (await world.refresh(first)).json()["refresh_token"]
    assert (await world.refresh(second)).status_code == 200
    assert (await world.refresh(first)).json() == {"error": "invalid_grant"}


async def test_a_refresh_token_dies_after_sixty_days_unused(world: World) -> None:
    await world.connect(DEMO)
    world.move(days=59)
    kept = (await world.refresh(world.token["refresh_token"])).json()["refresh_token"]
    world.move(days=60)
    assert (await world.refresh(kept)).json() == {"error": "invalid_grant"}


async def test_an_access_token_dies_after_thirty_minutes_and_says_when(world: World) -> None:
    await world.connect(DEMO)
    world.move(minutes=30)
    answer = await world.call("GET", "Organisation")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer error=invalid_token"
    assert answer.json() == {
        "Type": None,
        "Title": "Unauthorized",
        "Status": 401,
        "Detail": "TokenExpired: token expired at 09/15/2026 02:30:00",
        "Instance": answer.headers["xero-correlation-id"],
        "Extensions": {},
    }
    assert "x-daylimit-remaining" not in answer.headers


async def test_revocation_takes_all_connections_of_the_user_and_program(world: World) -> None:
    await world.connect(DEMO)
    other = dict(world.token)
    await world.connect(HARBOUR)
    form = {"token": world.token["refresh_token"]}
    auth = (world.client_id, world.client_secret)
    assert (await world.http.post("/connect/revocation", data=form, auth=auth)).status_code == 200
    assert world.xero.grants.connections(world.client_id, _user(other)) == []
    assert (await world.refresh(other["refresh_token"])).json() == {"error": "invalid_grant"}
    answer = await world.call("GET", "Organisation")
    assert (answer.status_code, answer.json()["Detail"]) == (401, "AuthenticationUnsuccessful")


def _user(token: dict[str, Any]) -> str:
    user_id = part(token["access_token"], 1)["xero_userid"]
    assert isinstance(user_id, str)
    return user_id


async def test_consent_adds_scopes_and_bumps_the_connection(world: World) -> None:
    await world.connect(DEMO, scope="offline_access accounting.settings")
    world.move(seconds=90)
    await world.connect(DEMO, scope="offline_access accounting.contacts")
    assert set(world.token["scope"].split()) == {"offline_access", "accounting.settings", "accounting.contacts"}
    listed = (await world.http.get("/Connections", headers=world.headers())).json()
    assert len(listed) == 1
    assert listed[0]["updatedDateUtc"] > listed[0]["createdDateUtc"]


async def test_the_list_of_connections_is_filtered_by_the_event_of_one_consent(world: World) -> None:
    await world.connect(DEMO)
    await world.connect(HARBOUR)
    event_id = part(world.token["access_token"], 1)["authentication_event_id"]
    everything = (await world.http.get("/connections", headers=world.headers())).json()
    filtered = await world.http.get("/connections", headers=world.headers(), params={"authEventId": event_id})
    assert [one["tenantName"] for one in everything] == [DEMO, HARBOUR]
    assert [one["tenantName"] for one in filtered.json()] == [HARBOUR]


async def test_a_removed_connection_closes_its_organisation_only(world: World) -> None:
    await world.connect(DEMO, HARBOUR)
    listed = (await world.http.get("/connections", headers=world.headers())).json()
    gone = f"/connections/{listed[0]['id']}"
    assert (await world.http.delete(gone, headers=world.headers())).status_code == 204
    again = await world.http.delete(gone, headers=world.headers())
    assert (again.status_code, again.content) == (404, b"")
    assert (await world.call("GET", "Organisation")).status_code == 403
    world.tenant_id = world.organisation_named(HARBOUR).id
    assert (await world.call("GET", "Organisation")).status_code == 200


async def test_a_person_disconnects_inside_xero_and_nobody_is_told(world: World) -> None:
    await world.connect(DEMO)
    assert (await world.act("disconnect")).json() == {"disconnected": "1"}
    assert (await world.refresh(world.token["refresh_token"])).status_code == 200
    answer = await world.call("GET", "Organisation")
    assert (answer.status_code, answer.json()["Detail"]) == (403, "AuthenticationUnsuccessful")
    assert (await world.http.get("/connections", headers=world.headers())).json() == []


async def test_pages_and_forms_carry_no_script(world: World) -> None:
    await world.register()
    page = await world.http.get("/identity/connect/authorize", params=world.ask())
    assert "<script" not in page.text
    assert isinstance(page, httpx2.Response)
    assert "samesite=lax" in page.headers["set-cookie"].lower()
