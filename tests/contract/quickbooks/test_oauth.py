import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.contract.quickbooks.program import ACCOUNTING, CALLBACK, ORIGIN, Platform, csrf_of

from tieout.platforms.quickbooks.sandbox.application import BOOKKEEPER
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import EMPTY_REALM, SAMPLE_REALM

CODE = "authorization_code"


async def test_discovery_names_every_endpoint_at_this_origin(platform: Platform) -> None:
    for name in ("openid_configuration", "openid_sandbox_configuration"):
        told = (await platform.http.get(f"/.well-known/{name}")).json()
        assert told["token_endpoint"] == f"{ORIGIN}/oauth2/v1/tokens/bearer"
        assert told["authorization_endpoint"] == f"{ORIGIN}/connect/oauth2"
        assert told["revocation_endpoint"] == f"{ORIGIN}/v2/oauth2/tokens/revoke"


async def test_a_consent_comes_back_with_code_state_and_realm(platform: Platform) -> None:
    app = await platform.register()
    back = await platform.consent(app["client_id"])
    assert back["state"] == "s-1"
    assert back["realmId"] == SAMPLE_REALM
    answer = await platform.token(app, grant_type=CODE, code=back["code"], redirect_uri=CALLBACK)
    told = answer.json()
    assert (told["token_type"], told["expires_in"], told["x_refresh_token_expires_in"]) == ("bearer", 3600, 8726400)
    assert len(told["access_token"]) > 1000
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["intuit_tid"]


async def test_client_id_and_secret_may_stand_in_the_form(platform: Platform) -> None:
    app = await platform.register()
    back = await platform.consent(app["client_id"])
    fields = {"grant_type": CODE, "code": back["code"], "redirect_uri": CALLBACK}
    keys = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    answer = await platform.http.post("/oauth2/v1/tokens/bearer", data=fields | keys)
    assert answer.status_code == 200


async def test_a_refusal_comes_back_as_access_denied(platform: Platform) -> None:
    app = await platform.register()
    assert await platform.consent(app["client_id"], step="cancel") == {"error": "access_denied", "state": "s-1"}


async def test_an_unknown_scope_comes_back_as_invalid_scope(platform: Platform) -> None:
    app = await platform.register()
    params = {"client_id": app["client_id"], "redirect_uri": CALLBACK, "response_type": "code", "state": "x"}
    answer = await platform.http.get("/connect/oauth2", params={**params, "scope": "everything"})
    assert answer.headers["location"] == f"{CALLBACK}?error=invalid_scope&state=x"


@pytest.mark.parametrize("change", [{"redirect_uri": CALLBACK + "/"}, {"client_id": "nobody"}])
async def test_a_request_that_nobody_can_be_sent_back_for_ends_on_a_page(
    platform: Platform, change: dict[str, str]
) -> None:
    app = await platform.register()
    params = {"client_id": app["client_id"], "redirect_uri": CALLBACK, "response_type": "code", "scope": ACCOUNTING}
    answer = await platform.http.get("/connect/oauth2", params={**params, **change})
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_form_without_the_proof_of_our_page_does_nothing(platform: Platform) -> None:
    app = await platform.register()
    await platform.consent(app["client_id"], step="cancel")
    params = {"client_id": app["client_id"], "redirect_uri": CALLBACK, "response_type": "code", "scope": ACCOUNTING}
    fields = {"csrf": "0" * 64, "company": SAMPLE_REALM, "step": "connect"}
    answer = await platform.http.post("/connect/oauth2", params=params, data=fields)
    assert answer.status_code == 403


async def test_a_wrong_password_says_so(platform: Platform) -> None:
    app = await platform.register()
    params = {"client_id": app["client_id"], "redirect_uri": CALLBACK, "response_type": "code", "scope": ACCOUNTING}
    page = await platform.http.get("/connect/oauth2", params=params)
    fields = {"csrf": csrf_of(page.text), "email": "owner@example.com", "password": "guess", "step": "sign_in"}
    answer = await platform.http.post("/connect/oauth2", params=params, data=fields)
    assert answer.status_code == 401
    assert "do not fit" in answer.text


async def test_only_an_administrator_can_connect_a_company(platform: Platform) -> None:
    app = await platform.register()
    with pytest.raises(AssertionError, match="Only an administrator"):
        await platform.consent(app["client_id"], SAMPLE_REALM, email=BOOKKEEPER.email)
    assert (await platform.consent(app["client_id"], EMPTY_REALM))["realmId"] == EMPTY_REALM


async def test_a_code_works_once_and_a_second_use_ends_the_grant(platform: Platform) -> None:
    app = await platform.register()
    back = await platform.consent(app["client_id"])
    first = await platform.token(app, grant_type=CODE, code=back["code"], redirect_uri=CALLBACK)
    second = await platform.token(app, grant_type=CODE, code=back["code"], redirect_uri=CALLBACK)
    assert (second.status_code, second.json()) == (400, {"error": "invalid_grant"})
    refreshed = await platform.token(app, grant_type="refresh_token", refresh_token=first.json()["refresh_token"])
    assert refreshed.json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("change", ["late", "other address", "other program"])
async def test_a_code_is_for_its_time_address_and_program(platform: Platform, change: str) -> None:
    app, other = await platform.register(), await platform.register()
    back = await platform.consent(app["client_id"])
    if change == "late":
        platform.clock.move(timedelta(minutes=10))
    uri = CALLBACK if change != "other address" else CALLBACK + "2"
    answer = await platform.token(
        other if change == "other program" else app, grant_type=CODE, code=back["code"], redirect_uri=uri
    )
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({}, 400, "invalid_request"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "RT1-nothing"}, 400, "invalid_grant"),
    ],
)
async def test_token_requests_that_make_no_sense_are_refused(
    platform: Platform, fields: dict[str, str], status: int, error: str
) -> None:
    answer = await platform.token(await platform.register(), **fields)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


async def test_a_wrong_secret_is_an_invalid_client(platform: Platform) -> None:
    app = await platform.register()
    answer = await platform.token({**app, "client_secret": "guess"}, grant_type="refresh_token", refresh_token="x")
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


async def test_a_refresh_token_keeps_its_value_for_a_day_and_then_the_old_one_dies(platform: Platform) -> None:
    connection = await platform.connect()
    first = connection.tokens["refresh_token"]

    async def refresh(value: str) -> dict[str, Any]:
        answer = await platform.token(connection.app, grant_type="refresh_token", refresh_token=value)
        return dict(answer.json())

    platform.clock.move(timedelta(hours=23))
    assert (await refresh(first))["refresh_token"] == first
    platform.clock.move(timedelta(hours=2))
    second = (await refresh(first))["refresh_token"]
    assert second != first
    assert await refresh(first) == {"error": "invalid_grant"}
    assert (await refresh(second))["refresh_token"] == second


async def test_the_old_value_can_be_given_a_grace(platform: Platform) -> None:
    connection = await platform.connect()
    first = connection.tokens["refresh_token"]
    await platform.http.post("/_sandbox/rules", json={"previous_refresh_token_lives_s": 60})
    platform.clock.move(timedelta(hours=25))
    second = await platform.token(connection.app, grant_type="refresh_token", refresh_token=first)
    again = await platform.token(connection.app, grant_type="refresh_token", refresh_token=first)
    assert again.json()["refresh_token"] == second.json()["refresh_token"]


async def test_a_grant_left_alone_for_its_lifetime_dies(platform: Platform) -> None:
    connection = await platform.connect()
    platform.clock.move(timedelta(seconds=8_726_401))
    answer = await platform.token(
        connection.app, grant_type="refresh_token", refresh_token=connection.tokens["refresh_token"]
    )
    assert answer.json() == {"error": "invalid_grant"}


async def test_a_grant_dies_after_five_years_whatever_is_done(platform: Platform) -> None:
    connection = await platform.connect()
    value = connection.tokens["refresh_token"]
    for _ in range(22):
        platform.clock.move(timedelta(days=85))
        answer = await platform.token(connection.app, grant_type="refresh_token", refresh_token=value)
        if answer.status_code != 200:
            break
        value = answer.json()["refresh_token"]
    assert answer.json() == {"error": "invalid_grant"}


async def test_the_hard_expiry_is_told_to_those_who_ask(platform: Platform) -> None:
    connection = await platform.connect()
    platform.clock.move(timedelta(days=1))
    answer = await platform.http.post(
        "/oauth2/v1/tokens/bearer",
        data={"grant_type": "refresh_token", "refresh_token": connection.tokens["refresh_token"]},
        auth=(connection.app["client_id"], connection.app["client_secret"]),
        headers={"x-include-refresh-token-hard-expires-in": "true"},
    )
    assert answer.json()["x_refresh_token_hard_expires_in"] == (5 * 365 - 1) * 86_400
    assert "x_refresh_token_hard_expires_in" not in connection.tokens


async def test_an_access_token_lives_an_hour(platform: Platform) -> None:
    connection = await platform.connect()
    platform.clock.move(timedelta(seconds=3599))
    assert (await connection.call("GET", "customer/1")).status_code == 200
    platform.clock.move(timedelta(seconds=1))
    answer = await connection.call("GET", "customer/1")
    assert answer.status_code == 401
    told = answer.json()
    assert told["fault"]["type"] == "AUTHENTICATION"
    assert told["fault"]["error"][0]["code"] == "3200"
    assert told["time"] == int(platform.clock.now().timestamp() * 1000)
    assert answer.headers["www-authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'


async def test_revoking_ends_the_whole_grant(platform: Platform) -> None:
    connection = await platform.connect()
    keys = (connection.app["client_id"], connection.app["client_secret"])
    answer = await platform.http.post(
        "/v2/oauth2/tokens/revoke", json={"token": connection.tokens["refresh_token"]}, auth=keys
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await connection.call("GET", "customer/1")).status_code == 401
    again = await platform.http.post("/v2/oauth2/tokens/revoke", json={"token": "gone"}, auth=keys)
    assert again.status_code == 400


async def test_a_program_cannot_revoke_the_grant_of_another(platform: Platform) -> None:
    connection, other = await platform.connect(), await platform.register()
    answer = await platform.http.post(
        "/v2/oauth2/tokens/revoke",
        json={"token": connection.tokens["access_token"]},
        auth=(other["client_id"], other["client_secret"]),
    )
    assert answer.status_code == 400
    assert (await connection.call("GET", "customer/1")).status_code == 200


async def test_a_disconnect_from_inside_kills_the_tokens_and_sends_the_browser_away(platform: Platform) -> None:
    connection = await platform.connect(disconnect_url="https://partner.example/ended")
    told = platform.people().act("disconnect", {})
    assert told["disconnected"] == [connection.app["client_id"]]
    assert told["browser_goes_to"] == {
        connection.app["client_id"]: f"https://partner.example/ended?realmId={SAMPLE_REALM}"
    }
    assert (await connection.call("GET", "customer/1")).status_code == 401
    answer = await platform.token(
        connection.app, grant_type="refresh_token", refresh_token=connection.tokens["refresh_token"]
    )
    assert answer.json() == {"error": "invalid_grant"}


async def test_a_token_is_for_one_company_only(platform: Platform) -> None:
    connection = await platform.connect()
    answer = await connection.call("GET", "customer/1", realm=EMPTY_REALM)
    assert answer.status_code == 403
    error = answer.json()["fault"]["error"][0]
    assert (error["code"], error["message"]) == (
        "3100",
        "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
    )


async def test_an_id_token_names_the_company_and_is_signed(platform: Platform) -> None:
    app = await platform.register()
    back = await platform.consent(app["client_id"], scope=f"{ACCOUNTING} openid profile email")
    tokens = (await platform.token(app, grant_type=CODE, code=back["code"], redirect_uri=CALLBACK)).json()
    signed, _, signature = tokens["id_token"].rpartition(".")

    def read(part: str) -> bytes:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    claims = json.loads(read(signed.split(".")[1]))
    assert (claims["realmid"], claims["aud"]) == (SAMPLE_REALM, [app["client_id"]])
    key = (await platform.http.get("/op/v1/jwks")).json()["keys"][0]
    numbers = rsa.RSAPublicNumbers(int.from_bytes(read(key["e"])), int.from_bytes(read(key["n"])))
    numbers.public_key().verify(read(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    told = (await platform.http.get("/v1/openid_connect/userinfo", headers=headers)).json()
    assert told["email"] == "owner@example.com"


async def test_user_information_needs_its_scope(platform: Platform) -> None:
    connection = await platform.connect()
    headers = {"authorization": f"Bearer {connection.tokens['access_token']}"}
    assert (await platform.http.get("/v1/openid_connect/userinfo", headers=headers)).status_code == 401
