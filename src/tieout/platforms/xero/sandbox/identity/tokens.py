"""The token, revocation and OpenID Connect endpoints. Source: auth-flow page; recorded token answer of 2020."""

import base64
import binascii
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tieout.platforms.xero.sandbox.identity.grants import (
    ACCESS_LIFETIME,
    AccessToken,
    Grant,
    Grants,
    InvalidGrantError,
    RefreshToken,
)
from tieout.platforms.xero.sandbox.identity.keys import SigningKey, at_hash
from tieout.platforms.xero.sandbox.identity.scopes import BROAD, GRANULAR
from tieout.sandbox.apps import App, Apps
from tieout.sandbox.visitors import User

NO_STORE = {"Cache-Control": "max-age=0, no-cache, no-store", "Pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class _Session:
    """What every token of one consent carries."""

    grant: Grant
    event_id: str
    session_id: str
    signed_in_at: datetime
    nonce: str | None = None
    previous: RefreshToken | None = None


class TokenServer:
    """Hands out tokens."""

    def __init__(
        self,
        *,
        origin: str,
        grants: Grants,
        apps: Apps,
        users: Mapping[str, User],
        key: SigningKey,
        public_apps: Collection[str] = (),
    ) -> None:
        """Serve the apps and users of one simulator."""
        self.origin = origin
        self.grants = grants
        self.apps = apps
        self.users = users
        self.key = key
        self.public_apps = public_apps

    def written_key(self) -> str:
        """The key, to be written down."""
        return self.key.pem()

    def take_key(self, pem: str) -> None:
        """Sign with a key of an earlier run from now on. Raises `ValueError` if it is none."""
        self.key = SigningKey(pem)

    async def token(self, request: Request) -> Response:
        """`POST /connect/token`: exchange a code or a refresh token."""
        form = await _form(request)
        app = self._client(request, form)
        if app is None:
            return _refused("invalid_client")
        match form.get("grant_type"):
            case "authorization_code":
                return self._redeem(app, form)
            case "refresh_token":
                return self._refresh(app, form)
            case "client_credentials":
                return _refused("unauthorized_client", "custom connections are not simulated")
            case _:
                return _refused("unsupported_grant_type")

    async def revocation(self, request: Request) -> Response:
        """`POST /connect/revocation`: a token that is not known is as good as revoked (RFC 7009)."""
        form = await _form(request)
        app = self._client(request, form)
        if app is None:
            return _refused("invalid_client")
        if not form.get("token"):
            return _refused("invalid_request")
        self.grants.revoke(form["token"], client_id=app.client_id)
        return Response(status_code=200, headers=NO_STORE)

    async def userinfo(self, request: Request) -> Response:
        """`GET /connect/userinfo`: who signed in."""
        bearer = request.headers.get("authorization", "").partition(" ")
        access = self.grants.access(bearer[2].strip()) if bearer[0].lower() == "bearer" else None
        if access is None or access.expires_at <= self.grants.clock.now() or "openid" not in access.scopes:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer error=invalid_token"})
        return JSONResponse(self._person(access.user_id, access.scopes), headers=NO_STORE)

    async def discovery(self, _request: Request) -> Response:
        """`GET /.well-known/openid-configuration`."""
        at = self.origin
        return JSONResponse(
            {
                "issuer": at,
                "jwks_uri": f"{at}/.well-known/openid-configuration/jwks",
                "authorization_endpoint": f"{at}/identity/connect/authorize",
                "token_endpoint": f"{at}/connect/token",
                "userinfo_endpoint": f"{at}/connect/userinfo",
                "revocation_endpoint": f"{at}/connect/revocation",
                "scopes_supported": sorted(GRANULAR | BROAD),
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "subject_types_supported": ["public"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def jwks(self, _request: Request) -> Response:
        """`GET /.well-known/openid-configuration/jwks`."""
        return JSONResponse(self.key.published())

    def _client(self, request: Request, form: Mapping[str, str]) -> App | None:
        """The app that proves itself by Basic authentication or in the body; None if it does not."""
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                pair = base64.b64decode(credentials, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return None
            client_id, _, secret = (unquote(part) for part in pair.partition(":"))
        app = self.apps.by_client_id.get(client_id)
        if app is None or (client_id in self.public_apps and not secret):
            return app
        return app if app.has_secret(secret) else None

    def _redeem(self, app: App, form: Mapping[str, str]) -> Response:
        if app.client_id in self.public_apps and not form.get("code_verifier"):
            return _refused("invalid_grant")
        try:
            code = self.grants.redeem(
                form.get("code", ""),
                client_id=app.client_id,
                redirect_uri=form.get("redirect_uri", ""),
                verifier=form.get("code_verifier"),
            )
        except InvalidGrantError:
            return _refused("invalid_grant")
        grant = self.grants.grant_of(app.client_id, code.user_id)
        session_id = self.grants.ids.uuid().replace("-", "")
        return self._pair(_Session(grant, code.event_id, session_id, code.issued_at, code.nonce))

    def _refresh(self, app: App, form: Mapping[str, str]) -> Response:
        try:
            known = self.grants.refreshed(form.get("refresh_token", ""), client_id=app.client_id)
        except InvalidGrantError:
            return _refused("invalid_grant")
        return self._pair(_Session(known.grant, known.event_id, known.session_id, known.signed_in_at, previous=known))

    def _pair(self, session: _Session) -> Response:
        """The answer of a successful exchange, with its parts in the recorded order."""
        scopes = frozenset(session.grant.scopes)
        access_token = self._access_token(session, scopes)
        answer: dict[str, object] = {}
        if "openid" in scopes:
            answer["id_token"] = self._id_token(session, scopes, access_token)
        answer |= {
            "access_token": access_token,
            "expires_in": int(ACCESS_LIFETIME.total_seconds()),
            "token_type": "Bearer",
        }
        if "offline_access" in scopes:
            answer["refresh_token"] = self.grants.issue_refresh(
                session.grant,
                event_id=session.event_id,
                session_id=session.session_id,
                signed_in_at=session.signed_in_at,
                previous=session.previous,
            )
        answer["scope"] = " ".join(sorted(scopes))
        return JSONResponse(answer, headers=NO_STORE)

    def _access_token(self, session: _Session, scopes: frozenset[str]) -> str:
        now = self.grants.clock.now()
        expires_at = now + ACCESS_LIFETIME
        user_id = session.grant.user_id
        token = self.key.sign(
            {
                "nbf": int(now.timestamp()),
                "exp": int(expires_at.timestamp()),
                "iss": self.origin,
                "aud": f"{self.origin}/resources",
                "client_id": session.grant.client_id,
                "sub": user_id.replace("-", ""),
                "auth_time": int(session.signed_in_at.timestamp()),
                "xero_userid": user_id,
                "global_session_id": session.session_id,
                "jti": self.grants.ids.uuid().replace("-", ""),
                "authentication_event_id": session.event_id,
                "scope": sorted(scopes),
            }
        )
        self.grants.keep_access(
            token, AccessToken(session.grant.client_id, user_id, scopes, session.event_id, expires_at)
        )
        return token

    def _id_token(self, session: _Session, scopes: frozenset[str], access_token: str) -> str:
        now = int(self.grants.clock.now().timestamp())
        claims = {
            "nbf": now,
            "exp": now + int(ACCESS_LIFETIME.total_seconds()),
            "iss": self.origin,
            "aud": session.grant.client_id,
            "iat": now,
            "at_hash": at_hash(access_token),
            "sid": session.session_id,
            "auth_time": int(session.signed_in_at.timestamp()),
            "global_session_id": session.session_id,
            "amr": ["pwd"],
        }
        if session.nonce is not None:
            claims["nonce"] = session.nonce
        return self.key.sign(claims | self._person(session.grant.user_id, scopes))

    def _person(self, user_id: str, scopes: frozenset[str]) -> dict[str, object]:
        """What the profile and email scopes tell about a user."""
        user = self.users[user_id]
        given_name, _, family_name = user.name.partition(" ")
        told: dict[str, object] = {"sub": user_id.replace("-", ""), "xero_userid": user_id}
        if "email" in scopes:
            told |= {"email": user.email}
        if "profile" in scopes:
            told |= {"preferred_username": user.email, "given_name": given_name, "family_name": family_name}
        return told


async def _form(request: Request) -> dict[str, str]:
    """The text fields of a form; anything else counts as absent."""
    if not request.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
        return {}
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _refused(error: str, description: str | None = None) -> Response:
    """A refusal of the token endpoint: 400 with `{"error": …}`."""
    body = {"error": error} | ({"error_description": description} if description else {})
    return JSONResponse(body, 400, headers=NO_STORE)
