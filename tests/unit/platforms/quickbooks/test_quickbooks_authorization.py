from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from tests.unit.platforms.quickbooks.quickbooks_books import answer

from tieout.books.records import Kind
from tieout.platforms.errors import GrantEnded, Misuse, PermissionMissing, PlatformRefusal, TokenExpired, Unavailable
from tieout.platforms.port import Answer, App, Environment, Tokens
from tieout.platforms.quickbooks.platform import PLATFORM
from tieout.platforms.registry import platform_named

PRODUCTION = App(client_id="id", client_secret="secret", environment=Environment.PRODUCTION)
SANDBOX = App(client_id="id", client_secret="secret", environment=Environment.SANDBOX)
SIMULATED = App(
    client_id="id", client_secret="secret", environment=Environment.SIMULATED, origin="http://127.0.0.1:8801/"
)
TOKENS = Tokens(access_token="access", refresh_token="refresh", access_expires_in_s=3600)


class Endpoint:
    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, Mapping[str, str], bytes]] = []

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.sent.append((method, url, headers, body))
        return self.answers.pop(0)


def test_the_registry_finds_it() -> None:
    assert platform_named("quickbooks") is PLATFORM


def test_only_intuits_own_sandbox_has_a_name_of_its_own() -> None:
    assert [PLATFORM.api_name(each) for each in Environment] == [
        "quickbooks_online",
        "quickbooks_online_sandbox",
        "quickbooks_online",
    ]


def test_the_environment_chooses_the_host_and_the_simulator_its_origin() -> None:
    assert PLATFORM.api_origin(PRODUCTION) == "https://quickbooks.api.intuit.com"
    assert PLATFORM.api_origin(SANDBOX) == "https://sandbox-quickbooks.api.intuit.com"
    assert PLATFORM.api_origin(SIMULATED) == "http://127.0.0.1:8801"
    nowhere = App(client_id="id", client_secret="s", environment=Environment.SIMULATED)
    with pytest.raises(ValueError, match="origin"):
        PLATFORM.api_origin(nowhere)


@pytest.mark.parametrize(
    ("object_type", "kind"),
    [
        ("customer", Kind.CUSTOMER),
        ("vendor", Kind.VENDOR),
        ("product", Kind.ITEM),
        ("receivable", Kind.INVOICE),
        ("bill", Kind.BILL),
        ("payment_record", Kind.PAYMENT),
        ("anything", None),
    ],
)
def test_every_synced_object_has_its_kind(object_type: str, kind: Kind | None) -> None:
    assert PLATFORM.kind_of(object_type) is kind


def test_a_person_is_asked_for_the_books_only() -> None:
    url = PLATFORM.authorize_url(PRODUCTION, redirect_uri="https://a.test/cb", state="s t", verifier="v" * 43)
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://appcenter.intuit.com/connect/oauth2"
    assert parse_qs(parts.query) == {
        "client_id": ["id"],
        "response_type": ["code"],
        "scope": ["com.intuit.quickbooks.accounting"],
        "redirect_uri": ["https://a.test/cb"],
        "state": ["s t"],
    }


async def test_tokens_come_with_the_day_on_which_the_grant_ends_for_good() -> None:
    body = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "x_refresh_token_expires_in": 8726400}
    endpoint = Endpoint(*[answer(body | {"x_refresh_token_hard_expires_in": 157494248, "token_type": "bearer"})] * 2)
    tokens = await PLATFORM.exchange_code(endpoint, SIMULATED, code="c", redirect_uri="https://a.test/cb", verifier="v")
    assert (tokens.refresh_expires_in_s, tokens.refresh_ends_in_s) == (8726400, 157494248)
    assert await PLATFORM.refresh_tokens(endpoint, SIMULATED, "old") == tokens
    first, second = endpoint.sent
    assert first[1] == "http://127.0.0.1:8801/oauth2/v1/tokens/bearer"
    assert first[2]["x-include-refresh-token-hard-expires-in"] == "true"
    assert parse_qs(first[3].decode())["grant_type"] == ["authorization_code"]
    assert parse_qs(second[3].decode()) == {"grant_type": ["refresh_token"], "refresh_token": ["old"]}


async def test_a_used_code_ends_the_grant() -> None:
    endpoint = Endpoint(answer({"error": "invalid_grant"}, 400))
    with pytest.raises(GrantEnded):
        await PLATFORM.exchange_code(endpoint, SIMULATED, code="c", redirect_uri="https://a.test/cb", verifier="v")


@pytest.mark.parametrize("told", [answer(b""), answer(b"", 400), answer({"error": "invalid_request"}, 400)])
async def test_a_grant_that_has_ended_already_is_revoked_without_error(told: Answer) -> None:
    endpoint = Endpoint(told)
    await PLATFORM.revoke(endpoint, PRODUCTION, "refresh")
    method, url, _, body = endpoint.sent[0]
    assert (method, url) == ("POST", "https://developer.api.intuit.com/v2/oauth2/tokens/revoke")
    assert msgspec.json.decode(body) == {"token": "refresh"}


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        (answer({"error": "invalid_client"}, 400), PermissionMissing),
        (answer(b"", 401), PermissionMissing),
        (answer(b"", 503), Unavailable),
    ],
)
async def test_a_revocation_that_did_not_happen_says_so(told: Answer, refusal: type[PlatformRefusal]) -> None:
    with pytest.raises(refusal):
        await PLATFORM.revoke(Endpoint(told), PRODUCTION, "refresh")


async def test_the_one_company_of_a_consent_stands_in_the_redirect() -> None:
    info = {"CompanyInfo": {"Id": "1", "CompanyName": "Craig's", "Country": "US"}, "time": "2026-11-22T04:00:01-08:00"}
    endpoint = Endpoint(answer(info))
    (choice,) = await PLATFORM.list_companies(endpoint, SANDBOX, TOKENS, {"realmId": "4620816365213534"})
    assert (choice.external_id, choice.name, choice.country) == ("4620816365213534", "Craig's", "US")
    method, url, headers, _ = endpoint.sent[0]
    host = "https://sandbox-quickbooks.api.intuit.com"
    assert (method, url) == (
        "GET",
        f"{host}/v3/company/4620816365213534/companyinfo/4620816365213534?minorversion=75",
    )
    assert headers["Authorization"] == "Bearer access"


@pytest.mark.parametrize("callback", [{}, {"realmId": ""}, {"realmId": "../1"}, {"realmId": "1" * 21}])
async def test_a_redirect_without_a_company_is_refused_before_anything_is_asked(callback: Mapping[str, str]) -> None:
    endpoint = Endpoint()
    with pytest.raises(Misuse):
        await PLATFORM.list_companies(endpoint, SANDBOX, TOKENS, callback)
    assert endpoint.sent == []


async def test_a_company_that_cannot_be_read_is_a_refusal() -> None:
    with pytest.raises(TokenExpired):
        await PLATFORM.list_companies(Endpoint(answer(b"", 401)), SANDBOX, TOKENS, {"realmId": "1"})


async def test_there_is_nothing_smaller_than_a_grant_to_end() -> None:
    assert not PLATFORM.consent_covers_many
    with pytest.raises(NotImplementedError, match="revoke"):
        await PLATFORM.end_company(Endpoint(), SANDBOX, "access", "1")


def test_what_resolving_relies_on_is_cautious() -> None:
    rules = PLATFORM.writing_rules
    assert (rules.absence_counts_after_s, rules.key_lifetime_s, rules.recreates_with_same_key) == (120, 120, True)
    for limit in PLATFORM.rate_limits:
        assert limit.burst < limit.calls
