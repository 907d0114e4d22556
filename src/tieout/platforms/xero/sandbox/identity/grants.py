"""Who allowed which app to do what: authorization codes, token pairs that rotate, and connections to organisations.

Source: auth-flow page, oauth2 FAQ (code 5 minutes and single use, access token 30 minutes, refresh token 60 days
unused, 30 minutes of grace for the token before the last), tenants page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tieout.kit.clock import Clock
from tieout.platforms.xero.sandbox.identity.keys import challenge_of
from tieout.platforms.xero.sandbox.ids import Ids

CODE_LIFETIME = timedelta(minutes=5)
ACCESS_LIFETIME = timedelta(minutes=30)
REFRESH_LIFETIME = timedelta(days=60)
GRACE = timedelta(minutes=30)
TOKENS_KEPT = 20_000
"""How many tokens of each kind are remembered; the oldest are forgotten."""


class InvalidGrantError(Exception):
    """The code or refresh token is unknown, used, expired, or belongs to somebody else."""


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code that was handed out."""

    client_id: str
    user_id: str
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str | None
    nonce: str | None
    event_id: str
    issued_at: datetime


@dataclass(slots=True)
class Grant:
    """What one user allowed one app; consent adds scopes and never takes any away."""

    client_id: str
    user_id: str
    scopes: set[str] = field(default_factory=set)


@dataclass(slots=True)
class RefreshToken:
    """One link of a chain; `rotated_at` is when it was first exchanged."""

    grant: Grant
    event_id: str
    session_id: str
    signed_in_at: datetime
    issued_at: datetime
    previous: "RefreshToken | None" = None
    rotated_at: datetime | None = None
    superseded: bool = False
    """Whether a token that came from this one was itself exchanged, which ends the grace."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that the API accepts until it expires."""

    client_id: str
    user_id: str
    scopes: frozenset[str]
    event_id: str
    expires_at: datetime


@dataclass(slots=True)
class Connection:
    """One user's connection of one app to one organisation."""

    id: str
    client_id: str
    user_id: str
    tenant_id: str
    event_id: str
    created_at: datetime
    updated_at: datetime


class Grants:
    """Everything that was consented to. `grace` is the time for which the token before the last still works."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        """Start with nothing consented."""
        self.clock = clock
        self.ids = ids
        self.grace = GRACE
        self.barred: set[tuple[str, str]] = set()
        """User and organisation, where the user's permission was taken away."""
        self._codes: dict[str, Code] = {}
        self._grants: dict[tuple[str, str], Grant] = {}
        self._refresh: dict[str, RefreshToken] = {}
        self._access: dict[str, AccessToken] = {}
        self._connections: dict[str, Connection] = {}

    def consent(
        self,
        *,
        client_id: str,
        user_id: str,
        tenant_ids: Iterable[str],
        scopes: Iterable[str],
        redirect_uri: str,
        challenge: str | None,
        nonce: str | None,
    ) -> str:
        """Record that a user allowed an app into some organisations; answers the authorization code."""
        now = self.clock.now()
        event_id = self.ids.uuid()
        for tenant_id in tenant_ids:
            self._connect(client_id, user_id, tenant_id, event_id, now)
        code = self.ids.token()
        self._codes[code] = Code(client_id, user_id, redirect_uri, frozenset(scopes), challenge, nonce, event_id, now)
        _forget_oldest(self._codes)
        return code

    def redeem(self, code: str, *, client_id: str, redirect_uri: str, verifier: str | None) -> Code:
        """Exchange a code, once. Raises `InvalidGrantError`."""
        known = self._codes.pop(code, None)
        if known is None or known.client_id != client_id or known.redirect_uri != redirect_uri:
            raise InvalidGrantError
        if self.clock.now() - known.issued_at >= CODE_LIFETIME:
            raise InvalidGrantError
        if (known.challenge is None) != (not verifier):
            raise InvalidGrantError
        if known.challenge is not None and challenge_of(verifier or "") != known.challenge:
            raise InvalidGrantError
        grant = self._grants.setdefault((client_id, known.user_id), Grant(client_id, known.user_id))
        grant.scopes |= known.scopes
        return known

    def grant_of(self, client_id: str, user_id: str) -> Grant:
        """The grant that a redeemed code belongs to."""
        return self._grants[client_id, user_id]

    def refreshed(self, token: str, *, client_id: str) -> RefreshToken:
        """Accept a refresh token for exchange, or raise `InvalidGrantError`.

        The newest token of a chain lives 60 days unused. The one exchanged before it is accepted again within the
        grace, for a client that never saw the answer.
        """
        known = self._refresh.get(token)
        now = self.clock.now()
        if known is None or known.grant.client_id != client_id:
            raise InvalidGrantError
        if now - known.issued_at >= REFRESH_LIFETIME:
            raise InvalidGrantError
        if known.superseded or (known.rotated_at is not None and now - known.rotated_at >= self.grace):
            raise InvalidGrantError
        known.rotated_at = known.rotated_at or now
        if known.previous is not None:
            known.previous.superseded = True
            known.previous = None
        return known

    def issue_refresh(
        self,
        grant: Grant,
        *,
        event_id: str,
        session_id: str,
        signed_in_at: datetime,
        previous: RefreshToken | None = None,
    ) -> str:
        """A new refresh token at the end of a chain."""
        token = self.ids.token()
        self._refresh[token] = RefreshToken(grant, event_id, session_id, signed_in_at, self.clock.now(), previous)
        _forget_oldest(self._refresh)
        return token

    def keep_access(self, token: str, access: AccessToken) -> None:
        """Let the API know an access token."""
        self._access[token] = access
        _forget_oldest(self._access)

    def access(self, token: str) -> AccessToken | None:
        """The access token, expired or not; None if it was never issued or was revoked."""
        return self._access.get(token)

    def revoke(self, token: str, *, client_id: str) -> None:
        """Revoke a refresh token: all of the user's tokens and all of the user's connections for the app go."""
        known = self._refresh.get(token)
        if known is None or known.grant.client_id != client_id:
            return
        self._end(known.grant)

    def _end(self, grant: Grant) -> None:
        self._grants.pop((grant.client_id, grant.user_id), None)
        self._refresh = {key: link for key, link in self._refresh.items() if link.grant is not grant}
        self._access = {
            key: link
            for key, link in self._access.items()
            if (link.client_id, link.user_id) != (grant.client_id, grant.user_id)
        }
        for connection in self.connections(grant.client_id, grant.user_id):
            del self._connections[connection.id]

    def connections(self, client_id: str, user_id: str, event_id: str | None = None) -> Sequence[Connection]:
        """The organisations that a user connected an app to, oldest first."""
        return [
            connection
            for connection in self._connections.values()
            if (connection.client_id, connection.user_id) == (client_id, user_id)
            and event_id in (None, connection.event_id)
        ]

    def tenants_of(self, client_id: str) -> set[str]:
        """The organisations that an app is connected to, whoever connected it."""
        return {one.tenant_id for one in self._connections.values() if one.client_id == client_id}

    def connected(self, client_id: str, user_id: str, tenant_id: str) -> bool:
        """Whether an app may enter an organisation on behalf of a user, who has to be allowed in there too."""
        if (user_id, tenant_id) in self.barred:
            return False
        return any(connection.tenant_id == tenant_id for connection in self.connections(client_id, user_id))

    def app_connected(self, client_id: str, tenant_id: str) -> bool:
        """Whether an app may enter an organisation on behalf of anybody."""
        return any(
            (connection.client_id, connection.tenant_id) == (client_id, tenant_id)
            for connection in self._connections.values()
        )

    def expire(self, token: str) -> None:
        """Let an access token expire before its time."""
        known = self._access.get(token)
        if known is not None:
            self._access[token] = replace(known, expires_at=min(known.expires_at, self.clock.now()))

    def withdraw(self, client_id: str, user_id: str | None = None) -> None:
        """End what a user, or everybody, allowed an app: tokens and connections go."""
        for user in [user for app, user in self._grants if app == client_id and user_id in (None, user)]:
            self._end(self._grants[client_id, user])

    def disconnect(self, connection_id: str, *, client_id: str, user_id: str) -> bool:
        """Remove one connection of this user and app; False if there is none of that id."""
        connection = self._connections.get(connection_id)
        if connection is None or (connection.client_id, connection.user_id) != (client_id, user_id):
            return False
        del self._connections[connection_id]
        return True

    def disconnect_tenant(self, tenant_id: str, client_id: str | None = None) -> Sequence[Connection]:
        """What a person does inside Xero: end every connection of an organisation, or those of one app."""
        gone = [
            connection
            for connection in self._connections.values()
            if connection.tenant_id == tenant_id and client_id in (None, connection.client_id)
        ]
        for connection in gone:
            del self._connections[connection.id]
        return gone

    def _connect(self, client_id: str, user_id: str, tenant_id: str, event_id: str, now: datetime) -> None:
        for connection in self.connections(client_id, user_id):
            if connection.tenant_id == tenant_id:
                connection.event_id, connection.updated_at = event_id, now
                return
        connection_id = self.ids.uuid()
        self._connections[connection_id] = Connection(connection_id, client_id, user_id, tenant_id, event_id, now, now)


def _forget_oldest(kept: dict[str, Any]) -> None:
    while len(kept) > TOKENS_KEPT:
        kept.pop(next(iter(kept)))
