"""Intuit's OAuth 2.0: consent, code, refresh, revocation, and the one company that a consent reaches.

Intuit knows no PKCE for apps with a secret. A refresh answer may repeat the old refresh token or bring a new one:
whatever it contains is what counts from then on (Intuit, OAuth 2.0 and refresh token policy).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from tieout.platforms.errors import Explanation, Misuse
from tieout.platforms.oauth import address_with, post_as_app, request_tokens, token_refusal, tokens_of
from tieout.platforms.port import App, CompanyChoice, Environment, HttpClient, Tokens
from tieout.platforms.quickbooks import wire
from tieout.platforms.quickbooks.client import opened, read_request
from tieout.platforms.quickbooks.errors import read_refusal
from tieout.platforms.quickbooks.translate_lists import country_code

SCOPE = "com.intuit.quickbooks.accounting"

_TOKEN_HEADERS = {"x-include-refresh-token-hard-expires-in": "true"}
"""Asks for the end of the whole grant, which no refresh moves (five years from consent)."""
_REALM = re.compile(r"[0-9]{1,20}")
_info_decoder = msgspec.json.Decoder(wire.CompanyInfoAnswer)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an environment's services stand."""

    authorize: str
    token: str
    revoke: str
    api: str


_PRODUCTION = Addresses(
    authorize="https://appcenter.intuit.com/connect/oauth2",
    token="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",  # noqa: S106 - an address, not a secret
    revoke="https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    api="https://quickbooks.api.intuit.com",
)
_SANDBOX = Addresses(
    authorize=_PRODUCTION.authorize,
    token=_PRODUCTION.token,
    revoke=_PRODUCTION.revoke,
    api="https://sandbox-quickbooks.api.intuit.com",
)


def addresses(app: App) -> Addresses:
    """The addresses for an app's environment; the simulated one stands below its origin with the same paths."""
    if app.environment is Environment.PRODUCTION:
        return _PRODUCTION
    if app.environment is Environment.SANDBOX:
        return _SANDBOX
    if not app.origin:
        raise ValueError("an app of the simulated environment needs the origin of its simulator")
    origin = app.origin.rstrip("/")
    return Addresses(
        authorize=f"{origin}/connect/oauth2",
        token=f"{origin}/oauth2/v1/tokens/bearer",
        revoke=f"{origin}/v2/oauth2/tokens/revoke",
        api=origin,
    )


def authorize_url(app: App, *, redirect_uri: str, state: str) -> str:
    """Where the person signs in, picks one company and consents."""
    return address_with(
        addresses(app).authorize,
        {
            "client_id": app.client_id,
            "response_type": "code",
            "scope": SCOPE,
            "redirect_uri": redirect_uri,
            "state": state,
        },
    )


async def exchange_code(http: HttpClient, app: App, *, code: str, redirect_uri: str) -> Tokens:
    """Turn a code into tokens; raises GrantEnded if it was used or is too old."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    return tokens_of(await request_tokens(http, app, addresses(app).token, fields, _TOKEN_HEADERS))


async def refresh_tokens(http: HttpClient, app: App, refresh_token: str) -> Tokens:
    """A new pair; raises GrantEnded when the grant is over."""
    fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return tokens_of(await request_tokens(http, app, addresses(app).token, fields, _TOKEN_HEADERS))


async def revoke(http: HttpClient, app: App, refresh_token: str) -> None:
    """End the grant. Intuit answers 400 for a token that it no longer knows: then there is nothing left to end."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    body = msgspec.json.encode({"token": refresh_token})
    answer = await post_as_app(http, app, addresses(app).revoke, headers, body)
    if answer.status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
        return
    refusal = token_refusal(answer)
    already_ended = answer.status == HTTPStatus.BAD_REQUEST and refusal.explanation.code != "app_credentials_refused"
    if not already_ended:
        raise refusal


async def list_companies(
    http: HttpClient, app: App, tokens: Tokens, callback: Mapping[str, str]
) -> tuple[CompanyChoice, ...]:
    """The one company of this consent: its id stands only in the redirect (`realmId`)."""
    realm = callback.get("realmId", "")
    if not _REALM.fullmatch(realm):
        raise Misuse(
            Explanation(
                code="company_missing",
                message="The redirect from QuickBooks does not say which company was chosen.",
                fix="Open the connection link again and choose a company.",
            )
        )
    request = read_request(realm, f"companyinfo/{realm}")
    headers = {**request.headers, "Authorization": f"Bearer {tokens.access_token}"}
    answer = await http.send(request.method, addresses(app).api + request.path, headers, b"")
    refusal = read_refusal(request, answer)
    if refusal is not None:
        raise refusal
    info = msgspec.json.decode(opened(answer, _info_decoder).company_info, type=wire.CompanyInfo)
    name = info.company_name or info.legal_name or realm
    return (CompanyChoice(external_id=realm, name=name, country=country_code(info.country)),)
