"""OAuth 2.0 as both platforms speak it: form posts with a Basic header, PKCE, and what a token endpoint answers.

A token endpoint's refusal becomes GrantEnded only for `invalid_grant`: every other refusal leaves the grant alive.
"""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec

from tieout.platforms.errors import (
    Explanation,
    GrantEnded,
    Misuse,
    NoAnswer,
    PermissionMissing,
    PlatformRefusal,
    Throttled,
    Unavailable,
)
from tieout.platforms.port import Answer, App, HttpClient, Tokens

TOKEN_RETRY_AFTER_S = 60.0
"""How long to wait after a token endpoint's 429 that names no time."""
TOKEN_CALL_S_MAX = 15.0
"""The longest that one call to an OAuth endpoint may take: whoever waits for a token blocks others."""
VERIFIER_BYTES = 48
"""Random bytes of a PKCE verifier: 64 characters, within RFC 7636's 43 to 128."""

_APP_REFUSED = ("invalid_client", "unauthorized_client")


class TokenAnswer(msgspec.Struct, frozen=True):
    """A token endpoint's success (RFC 6749, 5.1), with the lifetimes that platforms add. Seconds from now."""

    access_token: str
    refresh_token: str
    expires_in: int
    x_refresh_token_expires_in: int | None = None
    x_refresh_token_hard_expires_in: int | None = None
    scope: str | None = None
    id_token: str | None = None


class _TokenError(msgspec.Struct, frozen=True):
    """A token endpoint's refusal (RFC 6749, 5.2)."""

    error: str = ""
    error_description: str | None = None


def new_verifier() -> str:
    """A fresh PKCE verifier."""
    return secrets.token_urlsafe(VERIFIER_BYTES)


def code_challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def basic_authorization(client_id: str, client_secret: str) -> str:
    """The value of an Authorization header with an app's credentials."""
    return "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode("ascii")


def address_with(url: str, parameters: Mapping[str, str]) -> str:
    """A URL with its query, spaces as %20 and everything escaped that has a meaning."""
    escaped = urlencode(parameters).replace("+", "%20")
    return f"{url}?{escaped}"


async def post_as_app(http: HttpClient, app: App, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Post to an OAuth endpoint under the app's credentials; returns whatever comes back.

    When the platform does not take the secret and an older one is good still, that is tried: a platform may not know a
    new secret everywhere at once. Raises NotSent or NoAnswer, the latter also when `TOKEN_CALL_S_MAX` has passed.
    """

    async def post(secret: str) -> Answer:
        authorization = {"Authorization": basic_authorization(app.client_id, secret)}
        return await http.send("POST", url, authorization | dict(headers), body)

    try:
        async with asyncio.timeout(TOKEN_CALL_S_MAX):
            answer = await post(app.client_secret)
            if app.previous_client_secret is not None and _is_of_app(answer):
                return await post(app.previous_client_secret)
            return answer
    except TimeoutError:
        raise NoAnswer(
            Explanation(
                code="no_answer",
                message=f"The platform's sign-in service did not answer within {TOKEN_CALL_S_MAX:.0f} seconds.",
                fix="Nothing to do: Tieout asks again by itself.",
            )
        ) from None


async def post_form(
    http: HttpClient, app: App, url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> Answer:
    """Post fields to an OAuth endpoint as the app; see `post_as_app`."""
    sent = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    return await post_as_app(http, app, url, sent, urlencode(fields).encode("ascii"))


async def request_tokens(
    http: HttpClient, app: App, url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> TokenAnswer:
    """Ask a token endpoint and read its answer.

    Raises GrantEnded for `invalid_grant`, PermissionMissing when the app's own credentials are refused, NoAnswer when
    a success cannot be read (the tokens may have been rotated), Throttled, Unavailable, or Misuse.
    """
    answer = await post_form(http, app, url, fields, headers)
    if answer.status != HTTPStatus.OK:
        raise token_refusal(answer)
    try:
        return msgspec.json.decode(answer.body, type=TokenAnswer, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NoAnswer(
            Explanation(
                code="token_answer_unreadable",
                message="The platform's answer to the token request could not be read.",
                fix="Nothing to do: Tieout asks again by itself.",
            ),
            native=type(error).__name__,
        ) from None


def tokens_of(answer: TokenAnswer, *, consent_id: str | None = None, user_id: str | None = None) -> Tokens:
    """The port's form of a token answer."""
    return Tokens(
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        access_expires_in_s=answer.expires_in,
        refresh_expires_in_s=answer.x_refresh_token_expires_in,
        refresh_ends_in_s=answer.x_refresh_token_hard_expires_in,
        scopes=tuple(answer.scope.split()) if answer.scope else (),
        consent_id=consent_id,
        user_id=user_id,
    )


def claims_of(token: str) -> Mapping[str, object]:
    """What a JWT says, unverified: only for tokens that came straight from the token endpoint over TLS.

    A token that is no JWT says nothing: `{}`.
    """
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        return {}
    try:
        payload = base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), altchars=b"-_", validate=True)
        claims: Mapping[str, object] = msgspec.json.decode(payload, type=dict[str, object])
    except (ValueError, msgspec.DecodeError):
        return {}
    return claims


def token_refusal(answer: Answer) -> PlatformRefusal:
    """What an OAuth endpoint's answer other than success means."""
    native = _error_word(answer.body)
    if native == "invalid_grant":
        return GrantEnded(
            Explanation(
                code="grant_ended",
                message="The platform no longer accepts this connection: it was ended there, or not used for too long.",
                fix="Connect the books again.",
            ),
            native=native,
        )
    if _is_of_app(answer):
        return PermissionMissing(
            Explanation(
                code="app_credentials_refused",
                message="The platform refuses the app's client id or client secret.",
                fix="Whoever runs the app compares both with the platform's developer portal and saves them again in "
                "the app's settings. Nobody has to connect their books again.",
            ),
            native=native or str(answer.status),
        )
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(
            Explanation(
                code="throttled",
                message="The platform refuses token requests for the moment: there were too many.",
                fix="Nothing to do: Tieout tries again by itself.",
            ),
            retry_after_s=retry_after_s(answer, TOKEN_RETRY_AFTER_S),
        )
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(
            Explanation(
                code="platform_unavailable",
                message=f"The platform's sign-in service failed with status {answer.status}.",
                fix="Nothing to do: Tieout tries again by itself.",
            ),
            native=native or str(answer.status),
        )
    return Misuse(
        Explanation(
            code="token_request_refused",
            message=f"The platform refused the token request ({native or answer.status}).",
            fix="Report this to whoever runs Tieout, with the time.",
        ),
        native=native or str(answer.status),
    )


def _is_of_app(answer: Answer) -> bool:
    """Whether an answer refuses the app itself, not what it asked for."""
    return answer.status == HTTPStatus.UNAUTHORIZED or _error_word(answer.body) in _APP_REFUSED


def retry_after_s(answer: Answer, otherwise: float) -> float:
    """The seconds of a Retry-After header, or what is usual when it is missing or no number."""
    named = answer.headers.get("retry-after", "")
    return float(named) if named.isascii() and named.isdigit() else otherwise


def _error_word(body: bytes) -> str | None:
    """The `error` of an OAuth refusal; None when the body is something else."""
    try:
        return msgspec.json.decode(body, type=_TokenError).error or None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
