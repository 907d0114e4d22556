import json
from collections.abc import Mapping
from urllib.parse import parse_qs

import pytest

from tieout.platforms.errors import (
    GrantEnded,
    Misuse,
    NoAnswer,
    PermissionMissing,
    PlatformRefusal,
    Throttled,
    Unavailable,
)
from tieout.platforms.oauth import (
    address_with,
    basic_authorization,
    claims_of,
    code_challenge,
    new_verifier,
    request_tokens,
    tokens_of,
)
from tieout.platforms.port import Answer, App, Environment

APP = App(client_id="id", client_secret="se:cret", environment=Environment.PRODUCTION)


class Endpoint:
    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        self.answer = Answer(
            status=status,
            headers=dict(headers or {}),
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        )
        self.sent: list[tuple[str, str, Mapping[str, str], bytes]] = []

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.sent.append((method, url, headers, body))
        return self.answer


def test_the_challenge_is_the_one_of_the_standard() -> None:
    # RFC 7636, appendix B.
    assert (
        code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_every_verifier_is_new_and_of_a_lawful_length() -> None:
    first, second = new_verifier(), new_verifier()
    assert first != second
    assert 43 <= len(first) <= 128


def test_an_address_escapes_what_has_a_meaning() -> None:
    address = address_with("https://a.test/x", {"scope": "one two", "state": "a&b"})
    assert address == "https://a.test/x?scope=one%20two&state=a%26b"


async def test_tokens_are_asked_for_by_a_form_under_the_credentials_of_the_app() -> None:
    body = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "x_refresh_token_expires_in": 8726400}
    endpoint = Endpoint(200, body | {"scope": "one two", "token_type": "bearer", "unknown": 1})
    tokens = tokens_of(await request_tokens(endpoint, APP, "https://a.test/t", {"code": "x y"}, {"X-Y": "1"}))
    method, url, headers, sent = endpoint.sent[0]
    assert (method, url, headers["X-Y"]) == ("POST", "https://a.test/t", "1")
    assert headers["Authorization"] == basic_authorization("id", "se:cret") == "Basic aWQ6c2U6Y3JldA=="
    assert parse_qs(sent.decode()) == {"code": ["x y"]}
    assert (tokens.access_token, tokens.refresh_token, tokens.access_expires_in_s) == ("a", "r", 3600)
    assert (tokens.refresh_expires_in_s, tokens.scopes) == (8726400, ("one", "two"))
    assert "'r'" not in repr(tokens)


@pytest.mark.parametrize(
    ("status", "body", "refusal", "code"),
    [
        (400, {"error": "invalid_grant"}, GrantEnded, "grant_ended"),
        (400, {"error": "invalid_grant", "error_description": "Token invalid"}, GrantEnded, "grant_ended"),
        (401, {"error": "invalid_client"}, PermissionMissing, "app_credentials_refused"),
        (400, {"error": "invalid_client"}, PermissionMissing, "app_credentials_refused"),
        (400, {"error": "unauthorized_client"}, PermissionMissing, "app_credentials_refused"),
        (401, b"<html>", PermissionMissing, "app_credentials_refused"),
        (429, b"", Throttled, "throttled"),
        (503, b"<html>", Unavailable, "platform_unavailable"),
        (400, {"error": "unsupported_grant_type"}, Misuse, "token_request_refused"),
        (302, b"", Misuse, "token_request_refused"),
    ],
)
async def test_only_an_invalid_grant_ends_the_grant(
    status: int, body: object, refusal: type[PlatformRefusal], code: str
) -> None:
    with pytest.raises(PlatformRefusal) as refused:
        await request_tokens(Endpoint(status, body), APP, "https://a.test/t", {})
    assert type(refused.value) is refusal
    assert refused.value.explanation.code == code


async def test_the_wait_that_the_platform_names_is_kept() -> None:
    with pytest.raises(Throttled) as refused:
        await request_tokens(Endpoint(429, b"", {"retry-after": "7"}), APP, "https://a.test/t", {})
    assert refused.value.retry_after_s == 7


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"\xff", b'{"access_token":"a"}'])
async def test_a_success_that_cannot_be_read_counts_as_no_answer_because_tokens_may_have_changed(body: bytes) -> None:
    with pytest.raises(NoAnswer):
        await request_tokens(Endpoint(200, body), APP, "https://a.test/t", {})


def test_the_claims_of_a_token_are_read_and_nonsense_has_none() -> None:
    assert claims_of("e30.eyJzdWIiOiAiMSJ9.x") == {"sub": "1"}
    assert claims_of("opaque") == {}
    assert claims_of("a.!!!.c") == {}
    assert claims_of("a.Ww.c") == {}
