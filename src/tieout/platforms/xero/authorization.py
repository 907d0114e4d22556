"""Signing in to Xero: consent with PKCE, tokens, and which organisations a consent reaches.

Sources: OAuth 2.0 and tenants pages. One person's consent may reach many organisations; the list of connections names
all that this person ever connected to the app, so it is narrowed to this consent's own event.
"""

import contextlib
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import msgspec

from tieout.platforms.errors import CompanyEnded, Gone, GrantEnded, PlatformRefusal
from tieout.platforms.oauth import (
    TokenAnswer,
    address_with,
    claims_of,
    code_challenge,
    post_form,
    request_tokens,
    token_refusal,
    tokens_of,
)
from tieout.platforms.port import Answer, App, CallKind, CompanyChoice, Environment, HttpClient, Request, Tokens
from tieout.platforms.xero.client import read_request, unreadable
from tieout.platforms.xero.errors import TRACE_HEADER, not_permitted, read_refusal
from tieout.platforms.xero.shapes import Organisation, Organisations

SCOPES: Final = (
    "offline_access",
    "openid",
    "profile",
    "email",
    "accounting.settings",
    "accounting.contacts",
    "accounting.invoices",
    "accounting.payments",
    "accounting.attachments",
    "accounting.reports.trialbalance.read",
    "accounting.reports.aged.read",
)
"""The granular scopes, the only ones that apps registered since March 2026 may ask for."""
DESCRIBED_MAX: Final = 20
"""Of so many organisations country and currency are asked, when there are several to choose from."""
REFRESH_TOKEN_LIFETIME_S: Final = 60 * 24 * 3600
"""An unused refresh token dies after 60 days; the token endpoint does not say so."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an app's world stands."""

    authorize: str
    token: str
    revocation: str
    api: str


_XERO: Final = Addresses(
    authorize="https://login.xero.com/identity/connect/authorize",
    token="https://identity.xero.com/connect/token",  # noqa: S106 - an address, no token
    revocation="https://identity.xero.com/connect/revocation",
    api="https://api.xero.com",
)


def addresses(app: App) -> Addresses:
    """Xero's own addresses, which serve its demo companies too; the simulator has one origin for all of them."""
    if app.environment is not Environment.SIMULATED:
        return _XERO
    if not app.origin:
        raise ValueError("a simulated app needs the simulator's origin")
    origin = app.origin.rstrip("/")
    return Addresses(
        authorize=f"{origin}/identity/connect/authorize",
        token=f"{origin}/connect/token",
        revocation=f"{origin}/connect/revocation",
        api=origin,
    )


def authorize_url(app: App, *, redirect_uri: str, state: str, verifier: str) -> str:
    """Where the person signs in and chooses organisations."""
    return address_with(
        addresses(app).authorize,
        {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(SCOPES),
            "state": state,
            "code_challenge": code_challenge(verifier),
            "code_challenge_method": "S256",
        },
    )


async def exchange_code(http: HttpClient, app: App, *, code: str, redirect_uri: str, verifier: str) -> Tokens:
    """Turn a code, good once and for five minutes, into tokens."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    return _tokens(await request_tokens(http, app, addresses(app).token, fields))


async def refresh_tokens(http: HttpClient, app: App, refresh_token: str) -> Tokens:
    """A new pair. The old refresh token stays good for half an hour, in case this answer is lost."""
    fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _tokens(await request_tokens(http, app, addresses(app).token, fields))


def _tokens(answer: TokenAnswer) -> Tokens:
    """Tokens with what the access token says of its consent; it came straight from the token endpoint."""
    claims = claims_of(answer.access_token)
    consent_id, user_id = claims.get("authentication_event_id"), claims.get("xero_userid")
    tokens = tokens_of(
        answer,
        consent_id=consent_id if isinstance(consent_id, str) else None,
        user_id=user_id if isinstance(user_id, str) else None,
    )
    return replace(tokens, refresh_expires_in_s=tokens.refresh_expires_in_s or REFRESH_TOKEN_LIFETIME_S)


async def revoke(http: HttpClient, app: App, refresh_token: str) -> None:
    """End the whole grant, and with it every organisation that this person connected to the app."""
    answer = await post_form(http, app, addresses(app).revocation, {"token": refresh_token})
    if answer.status >= HTTPStatus.BAD_REQUEST:
        refusal = token_refusal(answer)
        if not isinstance(refusal, GrantEnded):
            raise refusal


class _Connection(msgspec.Struct, frozen=True, rename="camel"):
    """One organisation or practice that the person connected to the app."""

    id: str
    tenant_id: str
    tenant_type: str
    tenant_name: str | None = None
    auth_event_id: str | None = None


async def list_companies(http: HttpClient, app: App, tokens: Tokens) -> tuple[CompanyChoice, ...]:
    """The organisations of this consent; practices are no books. Several are described, so that a person can choose."""
    query = f"?authEventId={quote(tokens.consent_id, safe='')}" if tokens.consent_id else ""
    connections = await _connections(http, app, tokens.access_token, query)
    chosen = [one for one in connections if one.tenant_type == "ORGANISATION" and _is_of(one, tokens.consent_id)]
    described = chosen[:DESCRIBED_MAX] if len(chosen) > 1 else []
    facts = {one.tenant_id: await _describe(http, app, tokens.access_token, one.tenant_id) for one in described}
    return tuple(_choice(one, facts.get(one.tenant_id)) for one in chosen)


async def confirm_end(
    http: HttpClient, app: App, access_token: str, tenant_id: str, refusal: CompanyEnded
) -> PlatformRefusal:
    """Tell a disconnected organisation from a person without permission: both are refused in the same words.

    The organisation is still listed among the person's connections in the second case (documented by observation).
    """
    connections = await _connections(http, app, access_token, "")
    if all(one.tenant_id.lower() != tenant_id.lower() for one in connections):
        return refusal
    return not_permitted(refusal.trace_id, refusal.native)


async def _connections(http: HttpClient, app: App, access_token: str, query: str) -> list[_Connection]:
    answer = await _call(http, app, access_token, "GET", f"/connections{query}")
    try:
        return msgspec.json.decode(answer.body, type=list[_Connection])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(answer.headers.get(TRACE_HEADER), type(error).__name__) from error


def _choice(connection: _Connection, organisation: Organisation | None) -> CompanyChoice:
    return CompanyChoice(
        external_id=connection.tenant_id,
        name=connection.tenant_name or connection.tenant_id,
        country=organisation.country_code if organisation else None,
        base_currency=organisation.base_currency if organisation else None,
        connection_id=connection.id,
    )


async def _describe(http: HttpClient, app: App, access_token: str, tenant_id: str) -> Organisation | None:
    """Country and currency, so that a person can tell organisations of one name apart; None where Xero does not say."""
    request = read_request(tenant_id, "Organisation")
    headers = {**request.headers, "Authorization": f"Bearer {access_token}"}
    answer = await http.send(request.method, addresses(app).api + request.path, headers, b"")
    if read_refusal(request, answer) is not None:
        return None
    try:
        return msgspec.json.decode(answer.body, type=Organisations).organisations[0]
    except (msgspec.DecodeError, UnicodeDecodeError, IndexError):
        return None


def _is_of(connection: _Connection, consent_id: str | None) -> bool:
    """Whether a connection came with this consent; one that says nothing of its consent is not left out."""
    return consent_id is None or connection.auth_event_id in {None, consent_id}


async def end_company(http: HttpClient, app: App, access_token: str, connection_id: str) -> None:
    """End the access to one organisation; one that has already ended is no error."""
    with contextlib.suppress(Gone):
        await _call(http, app, access_token, "DELETE", f"/connections/{quote(connection_id, safe='')}")


async def _call(http: HttpClient, app: App, access_token: str, method: str, path: str) -> Answer:
    """A call that belongs to a grant and to no organisation."""
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
    answer = await http.send(method, addresses(app).api + path, headers, b"")
    refusal = read_refusal(Request(method=method, path=path, kind=CallKind.READ), answer)
    if refusal is not None:
        raise refusal
    return answer
