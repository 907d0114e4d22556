"""Xero as the port asks for it: names, addresses, consent, limits, its trial balance."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tieout.books.records import Kind
from tieout.platforms.errors import GrantEnded, PermissionMissing, PlatformRefusal, TokenExpired, Unavailable
from tieout.platforms.oauth import code_challenge
from tieout.platforms.port import Answer, App, CallKind, Environment, Request, Tokens
from tieout.platforms.registry import platform_named
from tieout.platforms.xero.authorization import SCOPES
from tieout.platforms.xero.platform import PLATFORM
from tieout.platforms.xero.trial_balance import fetch_trial_balance

APP = App(client_id="id-1", client_secret="secret-1", environment=Environment.PRODUCTION)
SIMULATED = replace(APP, environment=Environment.SIMULATED, origin="http://localhost:8802/")
TOKENS = Tokens(access_token="a", refresh_token="r", access_expires_in_s=1800, consent_id="event-1")


class Recorder:
    """An HTTP client that answers as told and remembers what it was asked."""

    def __init__(self, status: int = 200, body: Any = b"") -> None:
        self.answer = Answer(
            status=status,
            headers={"xero-correlation-id": "t-1"},
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        )
        self.asked: list[tuple[str, str, Mapping[str, str], bytes]] = []

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.asked.append((method, url, headers, body))
        return self.answer


def token(**claims: str) -> str:
    """An access token as Xero makes them, unsigned."""
    parts: tuple[Mapping[str, str], ...] = ({"alg": "RS256"}, claims, {})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def test_the_registry_finds_it() -> None:
    assert platform_named("xero") is PLATFORM


@pytest.mark.parametrize("environment", Environment)
def test_it_has_one_name_in_every_world(environment: Environment) -> None:
    assert PLATFORM.api_name(environment) == "xero"


@pytest.mark.parametrize("environment", [Environment.PRODUCTION, Environment.SANDBOX])
def test_it_has_no_sandbox_host(environment: Environment) -> None:
    app = replace(APP, environment=environment)
    assert PLATFORM.api_origin(app) == "https://api.xero.com"
    url = PLATFORM.authorize_url(app, redirect_uri="https://a.example/cb", state="s", verifier="v" * 64)
    assert url.startswith("https://login.xero.com/identity/connect/authorize?")


def test_a_simulated_app_needs_an_origin() -> None:
    assert PLATFORM.api_origin(SIMULATED) == "http://localhost:8802"
    with pytest.raises(ValueError, match="origin"):
        PLATFORM.api_origin(replace(SIMULATED, origin=None))


def test_consent_asks_for_granular_scopes_with_pkce_and_no_secret() -> None:
    url = PLATFORM.authorize_url(SIMULATED, redirect_uri="http://localhost/cb?x=1", state="s &", verifier="v" * 64)
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert query == {
        "response_type": "code",
        "client_id": "id-1",
        "redirect_uri": "http://localhost/cb?x=1",
        "scope": " ".join(SCOPES),
        "state": "s &",
        "code_challenge": code_challenge("v" * 64),
        "code_challenge_method": "S256",
    }
    assert not any("transactions" in scope or scope == "accounting.reports.read" for scope in SCOPES)
    assert "secret-1" not in url


@pytest.mark.parametrize(
    ("object_type", "kind"),
    [
        ("customer", Kind.PARTY),
        ("vendor", Kind.PARTY),
        ("product", Kind.ITEM),
        ("receivable", Kind.INVOICE),
        ("bill", Kind.BILL),
        ("payment_record", Kind.PAYMENT),
        ("unicorn", None),
    ],
)
def test_each_synced_object_has_its_kind(object_type: str, kind: Kind | None) -> None:
    assert PLATFORM.kind_of(object_type) is kind


def test_the_rules_of_writing_and_the_limits_are_xeros() -> None:
    rules = PLATFORM.writing_rules
    assert (rules.absence_counts_after_s, rules.recreates_with_same_key) == (360, False)
    assert rules.key_lifetime_s < 360
    assert [(limit.calls, limit.window_s) for limit in PLATFORM.rate_limits] == [
        (60, 60),
        (1000, 86_400),
        (10_000, 60),
    ]


async def test_tokens_say_whose_consent_they_are() -> None:
    access = token(authentication_event_id="event-1", xero_userid="user-1")
    http = Recorder(body={"access_token": access, "refresh_token": "r2", "expires_in": 1800, "token_type": "Bearer"})
    tokens = await PLATFORM.exchange_code(http, SIMULATED, code="c", redirect_uri="http://localhost/cb", verifier="v")
    assert (tokens.consent_id, tokens.user_id, tokens.refresh_token) == ("event-1", "user-1", "r2")
    method, url, headers, body = http.asked[0]
    assert (method, url) == ("POST", "http://localhost:8802/connect/token")
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"id-1:secret-1").decode()
    assert parse_qs(body.decode())["code_verifier"] == ["v"]


async def test_an_opaque_access_token_says_nothing_of_its_consent() -> None:
    http = Recorder(body={"access_token": "opaque", "refresh_token": "r2", "expires_in": 1800})
    tokens = await PLATFORM.refresh_tokens(http, APP, "r1")
    assert (tokens.consent_id, tokens.user_id) == (None, None)
    assert http.asked[0][1] == "https://identity.xero.com/connect/token"


async def test_a_refused_refresh_ends_the_grant() -> None:
    with pytest.raises(GrantEnded):
        await PLATFORM.refresh_tokens(Recorder(400, {"error": "invalid_grant"}), APP, "r1")


@pytest.mark.parametrize(
    ("status", "body", "refusal"),
    [
        (200, b"", None),
        (400, {"error": "invalid_grant"}, None),
        (401, {"error": "invalid_client"}, PermissionMissing),
        (503, b"", Unavailable),
    ],
)
async def test_a_grant_that_has_already_ended_is_revoked_without_error(
    status: int, body: Any, refusal: type[PlatformRefusal] | None
) -> None:
    http = Recorder(status, body)
    if refusal is not None:
        with pytest.raises(refusal):
            await PLATFORM.revoke(http, APP, "r1")
    else:
        await PLATFORM.revoke(http, APP, "r1")
    assert parse_qs(http.asked[0][3].decode()) == {"token": ["r1"]}


def connection(number: int, **changed: Any) -> dict[str, Any]:
    members = {
        "id": f"connection-{number}",
        "authEventId": "event-1",
        "tenantId": f"tenant-{number}",
        "tenantType": "ORGANISATION",
        "tenantName": f"Books {number}",
        "createdDateUtc": "2026-04-20T11:47:10.3365440",
        "updatedDateUtc": "2026-04-20T11:47:10.3365440",
    }
    return {name: value for name, value in (members | changed).items() if value is not None}


async def test_only_organisations_of_this_consent_are_offered() -> None:
    http = Recorder(
        body=[
            connection(1),
            connection(2, authEventId="event-0"),
            connection(3, tenantType="PRACTICE"),
            connection(4, tenantName=None, authEventId=None),
        ]
    )
    found = await PLATFORM.list_companies(http, APP, TOKENS, {"code": "c"})
    assert [(one.external_id, one.name, one.connection_id) for one in found] == [
        ("tenant-1", "Books 1", "connection-1"),
        ("tenant-4", "tenant-4", "connection-4"),
    ]
    method, url, headers, _ = http.asked[0]
    assert (method, url) == ("GET", "https://api.xero.com/connections?authEventId=event-1")
    assert headers["Authorization"] == "Bearer a"


async def test_a_consent_that_cannot_be_told_apart_offers_all() -> None:
    found = await PLATFORM.list_companies(
        Recorder(body=[connection(1), connection(2, authEventId="event-0")]), APP, replace(TOKENS, consent_id=None), {}
    )
    assert len(found) == 2


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'[{"id":"x"}]'])
async def test_a_list_of_connections_that_cannot_be_read_is_tried_again(body: bytes) -> None:
    with pytest.raises(Unavailable):
        await PLATFORM.list_companies(Recorder(body=body), APP, TOKENS, {})


@pytest.mark.parametrize("status", [204, 404])
async def test_an_organisation_that_has_already_ended_is_ended_without_error(status: int) -> None:
    http = Recorder(status)
    await PLATFORM.end_company(http, APP, "a", "connection/1")
    assert http.asked[0][:2] == ("DELETE", "https://api.xero.com/connections/connection%2F1")


async def test_ending_an_organisation_with_an_expired_token_asks_for_a_refresh() -> None:
    with pytest.raises(TokenExpired):
        await PLATFORM.end_company(Recorder(401), APP, "a", "connection-1")


def report(
    *rows: tuple[str, str, str], titles: tuple[str, ...] = ("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")
) -> Any:
    def row(account_id: str, debit: str, credit: str) -> dict[str, Any]:
        attributes = [{"Id": "account", "Value": account_id}]
        values = ("Name (200)", "7.00", "", debit, credit)
        return {"RowType": "Row", "Cells": [{"Value": value, "Attributes": attributes} for value in values]}

    total = {"RowType": "SummaryRow", "Cells": [{"Value": "Total"}, *[{"Value": "1.00"}] * 4]}
    header = {"RowType": "Header", "Cells": [{"Value": title} for title in titles]}
    section = {"RowType": "Section", "Title": "Revenue", "Rows": [row(*each) for each in rows]}
    return {
        "Reports": [{"ReportName": "Trial Balance", "Rows": [header, section, {"RowType": "Section", "Rows": [total]}]}]
    }


class Reporting:
    """A transport that answers with one report."""

    def __init__(self, body: Any) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.asked: list[Request] = []

    async def send(self, request: Request) -> Answer:
        self.asked.append(request)
        return Answer(status=200, headers={}, body=self.body)


async def test_a_trial_balance_closes_with_the_year_to_date_columns() -> None:
    transport = Reporting(report(("acc-1", "80.00", ""), ("acc-2", "", "1020.22"), ("acc-1", "", "0.50")))
    assert await fetch_trial_balance(transport, "org-1") == {"acc-1": "79.50", "acc-2": "-1020.22"}
    assert (transport.asked[0].kind, transport.asked[0].path) == (
        CallKind.REPORT,
        "/api.xro/2.0/Reports/TrialBalance",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'{"Reports":[]}',
        report(("acc-1", "eighty", "")),
        report(("acc-1", "80.00", ""), titles=("Account", "Debit", "Credit")),
    ],
)
async def test_a_report_that_is_no_trial_balance_is_not_taken_for_one(body: Any) -> None:
    with pytest.raises(Unavailable):
        await fetch_trial_balance(Reporting(body), "org-1")
