"""The OAuth endpoints: discovery, tokens, revocation, user information and keys."""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tieout.platforms.quickbooks.sandbox.gateway.dialect import trace_id
from tieout.platforms.quickbooks.sandbox.identity.grants import GrantRefusedError, Grants, Pair
from tieout.sandbox.apps import App
from tieout.sandbox.simulator import Simulator
from tieout.sandbox.visitors import User
from tieout.sandbox.wire import MalformedJsonError, read_object

ACCOUNTING_SCOPE = "com.intuit.quickbooks.accounting"
SCOPES = frozenset(
    {ACCOUNTING_SCOPE, "com.intuit.quickbooks.payment", "openid", "profile", "email", "phone", "address"}
)
"""What a program may ask for."""
AUTHORIZE, TOKEN, REVOKE = "/connect/oauth2", "/oauth2/v1/tokens/bearer", "/v2/oauth2/tokens/revoke"
USER_INFO, KEYS, ISSUER = "/v1/openid_connect/userinfo", "/op/v1/jwks", "/op/v1"
DISCOVERIES = ("/.well-known/openid_configuration", "/.well-known/openid_sandbox_configuration")
_HARD_EXPIRY_HEADER = "x-include-refresh-token-hard-expires-in"
_FORM_FIELDS_MAX = 20
_KEY_BITS = 2048
_PUBLIC_EXPONENT = 65537


class _Signer:
    """Signs id tokens. The key is made when first needed, since making one takes a while."""

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(_PUBLIC_EXPONENT, _KEY_BITS)

    def public(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": "simulated-1",
            "n": _base64url(numbers.n.to_bytes(_KEY_BITS // 8, "big")),
            "e": _base64url(numbers.e.to_bytes(3, "big")),
        }

    def sign(self, claims: dict[str, Any]) -> str:
        header = {"alg": "RS256", "kid": "simulated-1"}
        signed = ".".join(_base64url(msgspec.json.encode(part)) for part in (header, claims))
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"


@dataclass(slots=True)
class OAuth:
    """The endpoints of one simulated platform."""

    simulator: Simulator
    grants: Grants
    _signer: _Signer = field(default_factory=_Signer)

    async def discovery(self, _request: Request) -> Response:
        """Where everything is."""
        origin = self.simulator.origin
        return JSONResponse(
            {
                "issuer": origin + ISSUER,
                "authorization_endpoint": origin + AUTHORIZE,
                "token_endpoint": origin + TOKEN,
                "userinfo_endpoint": origin + USER_INFO,
                "revocation_endpoint": origin + REVOKE,
                "jwks_uri": origin + KEYS,
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile", "address", "phone"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
            }
        )

    async def keys(self, _request: Request) -> Response:
        """The public key of id tokens."""
        return JSONResponse({"keys": [self._signer.public()]})

    async def token(self, request: Request) -> Response:
        """Exchange a code, or refresh."""
        now = self.simulator.clock.now()
        try:
            async with request.form(max_fields=_FORM_FIELDS_MAX, max_files=0) as form:
                fields = {name: value for name, value in form.items() if isinstance(value, str)}
            app = self._client(request, fields)
            pair = self._grant(app, fields, now)
        except GrantRefusedError as error:
            return self._answer({"error": error.error}, error.status)
        told: dict[str, Any] = {
            "token_type": "bearer",
            "access_token": pair.access,
            "expires_in": int(pair.access_lifetime.total_seconds()),
            "refresh_token": pair.refresh,
            "x_refresh_token_expires_in": int(pair.refresh_lifetime.total_seconds()),
        }
        if request.headers.get(_HARD_EXPIRY_HEADER, "").lower() == "true":
            told["x_refresh_token_hard_expires_in"] = int(pair.hard_lifetime.total_seconds())
        if "openid" in pair.chain.scopes and fields.get("grant_type") == "authorization_code":
            told["id_token"] = self._id_token(app, pair, now)
        return self._answer(told)

    async def revoke(self, request: Request) -> Response:
        """End a grant."""
        try:
            app = self._client(request, {})
            wish = await read_object(request)
        except (GrantRefusedError, MalformedJsonError) as error:
            status = error.status if isinstance(error, GrantRefusedError) else 400
            code = error.error if isinstance(error, GrantRefusedError) else "invalid_request"
            return self._answer({"error": code}, status)
        token = wish.get("token")
        if not isinstance(token, str) or not self.grants.revoke(app.client_id, token):
            return self._answer({"error": "invalid_request"}, 400)
        return Response(status_code=200, headers={"intuit_tid": self._tid()})

    async def user_info(self, request: Request) -> Response:
        """Who signed in."""
        access = self.grants.access(bearer(request), now=self.simulator.clock.now())
        user = next((one for one in self.simulator.users if access and one.id == access.user_id), None)
        if access is None or user is None or "openid" not in access.scopes:
            return self._answer({"error": "invalid_token"}, 401)
        return self._answer(_told_user(user, access.scopes))

    def _client(self, request: Request, fields: dict[str, str]) -> App:
        """The program that calls, by Basic authentication or by fields of the form."""
        client_id, secret = _basic(request) or (fields.get("client_id", ""), fields.get("client_secret", ""))
        app = self.simulator.apps.by_client_id.get(client_id)
        if app is None or not app.has_secret(secret):
            raise GrantRefusedError("invalid_client", 401)
        return app

    def _grant(self, app: App, fields: dict[str, str], now: datetime) -> Pair:
        kind = fields.get("grant_type")
        if kind == "authorization_code":
            if not fields.get("code") or not fields.get("redirect_uri"):
                raise GrantRefusedError("invalid_request")
            return self.grants.exchange(app.client_id, fields["code"], fields["redirect_uri"], now=now)
        if kind == "refresh_token":
            if not fields.get("refresh_token"):
                raise GrantRefusedError("invalid_request")
            return self.grants.refresh(app.client_id, fields["refresh_token"], now=now)
        raise GrantRefusedError("unsupported_grant_type" if kind else "invalid_request")

    def _id_token(self, app: App, pair: Pair, now: datetime) -> str:
        issued = int(now.timestamp())
        return self._signer.sign(
            {
                "sub": pair.chain.user_id,
                "aud": [app.client_id],
                "realmid": pair.grant.realm_id,
                "auth_time": issued,
                "iss": self.simulator.origin + ISSUER,
                "iat": issued,
                "exp": issued + int(pair.access_lifetime.total_seconds()),
            }
        )

    def _answer(self, told: dict[str, Any], status: int = 200) -> Response:
        headers = {"cache-control": "no-cache, no-store", "pragma": "no-cache", "intuit_tid": self._tid()}
        return JSONResponse(told, status, headers)

    def _tid(self) -> str:
        return trace_id(self.grants.traces, self.simulator.clock.now())


def bearer(request: Request) -> str:
    """The access token of a request, or nothing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise GrantRefusedError("invalid_client", 401) from None
    return client_id, secret


def _told_user(user: User, scopes: frozenset[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"sub": user.id}
    if "email" in scopes:
        told |= {"email": user.email, "emailVerified": True}
    if "profile" in scopes:
        given, _, family = user.name.partition(" ")
        told |= {"givenName": given, "familyName": family}
    return told


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
