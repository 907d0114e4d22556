"""What people have consented to: codes, access tokens, refresh tokens, and how long each lives. Pure but for its draws.

A grant belongs to one program and one company. Its refresh token keeps its value for a day; after that the next
refresh hands out a new value, and the old one dies. Revoking any token of a grant ends the grant.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

CODE_LIFETIME = timedelta(minutes=5)
ACCESS_LIFETIME = timedelta(seconds=3600)
REFRESH_LIFETIME = timedelta(seconds=8_726_400)
"""As recorded; the platform's prose says a hundred days."""
SAME_VALUE_FOR = timedelta(days=1)
"""How long refreshing hands the same refresh token back."""
GRANT_LIFETIME = timedelta(days=5 * 365)
"""The hard limit from a consent; consenting once more begins another."""
TOKENS_PER_CHAIN_MAX = 50
"""How many access tokens of one consent are remembered; the oldest stop working."""
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ACCESS_CHARACTERS = 1_024


class GrantRefusedError(Exception):
    """A token request that is refused; `error` is OAuth's word for why."""

    def __init__(self, error: str, status: int = 400) -> None:
        """`status` is HTTP's."""
        super().__init__(error)
        self.error = error
        self.status = status


@dataclass(slots=True, eq=False)
class Chain:
    """What followed from one consent: its refresh token of the day, and its access tokens."""

    user_id: str
    scopes: frozenset[str]
    consented_at: datetime
    refresh: str = ""
    refresh_made_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    previous: str = ""
    access: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Grant:
    """What one program may do with one company."""

    client_id: str
    realm_id: str
    chains: list[Chain] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code: used once, soon, by the program and for the address it was made for."""

    value: str
    grant: Grant
    chain: Chain
    redirect_uri: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Pair:
    """The tokens of one answer."""

    access: str
    refresh: str
    access_lifetime: timedelta
    refresh_lifetime: timedelta
    hard_lifetime: timedelta
    grant: Grant
    chain: Chain


@dataclass(frozen=True, slots=True)
class Access:
    """What a valid access token stands for."""

    client_id: str
    realm_id: str
    user_id: str
    scopes: frozenset[str]


@dataclass(slots=True)
class Grants:
    """Every grant of the simulated platform."""

    random: Random
    previous_value_lives: timedelta = timedelta()
    """How long a refresh token's old value still works once a new one was handed out."""
    traces: Random = field(init=False)
    """For the ids of answers: reading draws from here, so that it never changes which tokens come next."""
    _grants: dict[tuple[str, str], Grant] = field(default_factory=dict)
    _codes: dict[str, Code] = field(default_factory=dict)
    _spent: dict[str, Grant] = field(default_factory=dict)
    _by_access: dict[str, tuple[Grant, Chain]] = field(default_factory=dict)
    _by_refresh: dict[str, tuple[Grant, Chain]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Part the draws of answers from those of tokens."""
        self.traces = Random(self.random.getrandbits(64))  # noqa: S311 - a simulation has to be repeatable

    def consent(
        self, client_id: str, realm_id: str, user_id: str, scopes: frozenset[str], redirect_uri: str, *, now: datetime
    ) -> Code:
        """Somebody agreed: make a code."""
        grant = self._grants.get((client_id, realm_id))
        if grant is None:
            grant = self._grants[(client_id, realm_id)] = Grant(client_id, realm_id)
        chain = Chain(user_id, scopes, now)
        code = Code(self._draw("AB", 48), grant, chain, redirect_uri, now + CODE_LIFETIME)
        self._codes[code.value] = code
        return code

    def exchange(self, client_id: str, value: str, redirect_uri: str, *, now: datetime) -> Pair:
        """Turn a code into tokens. A code that comes a second time ends what it made. Raises `GrantRefusedError`."""
        spent = self._spent.get(value)
        if spent is not None:
            self._end(spent)
            raise GrantRefusedError("invalid_grant")
        code = self._codes.get(value)
        if code is None or code.grant.client_id != client_id or code.redirect_uri != redirect_uri:
            raise GrantRefusedError("invalid_grant")
        del self._codes[value]
        if now >= code.expires_at:
            raise GrantRefusedError("invalid_grant")
        self._spent[value] = code.grant
        if self._grants.get((client_id, code.grant.realm_id)) is not code.grant:
            raise GrantRefusedError("invalid_grant")
        code.grant.chains.append(code.chain)
        self._renew(code.grant, code.chain, now)
        return self._pair(code.grant, code.chain, now)

    def refresh(self, client_id: str, value: str, *, now: datetime) -> Pair:
        """New tokens for a refresh token. Raises `GrantRefusedError`."""
        found = self._by_refresh.get(value)
        if found is None or found[0].client_id != client_id:
            raise GrantRefusedError("invalid_grant")
        grant, chain = found
        if not self._is_alive(chain, value, now) or now >= chain.consented_at + GRANT_LIFETIME:
            raise GrantRefusedError("invalid_grant")
        if chain.refresh_made_at is None or now >= chain.refresh_made_at + SAME_VALUE_FOR:
            self._renew(grant, chain, now)
        chain.refresh_expires_at = now + REFRESH_LIFETIME
        return self._pair(grant, chain, now)

    def access(self, value: str, *, now: datetime) -> Access | None:
        """What an access token stands for, or None when it is unknown, expired or revoked."""
        found = self._by_access.get(value)
        if found is None:
            return None
        grant, chain = found
        expires_at = chain.access.get(value)
        if expires_at is None or now >= expires_at:
            return None
        return Access(grant.client_id, grant.realm_id, chain.user_id, chain.scopes)

    def connected(self, client_id: str, realm_id: str) -> bool:
        """Whether a program may enter a company."""
        grant = self._grants.get((client_id, realm_id))
        return grant is not None and bool(grant.chains)

    def expire(self, value: str, *, now: datetime) -> None:
        """Let an access token expire before its time."""
        found = self._by_access.get(value)
        if found is not None:
            found[1].access[value] = now

    def forget(self, client_id: str) -> None:
        """End every grant of a program."""
        for grant in [grant for grant in self._grants.values() if grant.client_id == client_id]:
            self._end(grant)

    def revoke(self, client_id: str, value: str) -> bool:
        """End the grant that a token of either kind belongs to; whether there was one."""
        found = self._by_access.get(value) or self._by_refresh.get(value)
        if found is None or found[0].client_id != client_id:
            return False
        self._end(found[0])
        return True

    def disconnect(self, realm_id: str, client_id: str | None = None) -> list[str]:
        """End the grants of a company, as from inside it; answers which programs lost theirs."""
        ended = [
            grant
            for grant in self._grants.values()
            if grant.realm_id == realm_id and client_id in (None, grant.client_id) and grant.chains
        ]
        for grant in ended:
            self._end(grant)
        return [grant.client_id for grant in ended]

    def _renew(self, grant: Grant, chain: Chain, now: datetime) -> None:
        """A new value for the refresh token; the one before the last is forgotten."""
        self._by_refresh.pop(chain.previous, None)
        chain.previous = chain.refresh
        chain.refresh = self._draw("RT1-", 46)
        chain.refresh_made_at = now
        chain.refresh_expires_at = now + REFRESH_LIFETIME
        self._by_refresh[chain.refresh] = (grant, chain)

    def _is_alive(self, chain: Chain, value: str, now: datetime) -> bool:
        """Whether a refresh token still works: the present value until it expires, the old one for its grace."""
        if value == chain.refresh:
            return chain.refresh_expires_at is not None and now < chain.refresh_expires_at
        return chain.refresh_made_at is not None and now < chain.refresh_made_at + self.previous_value_lives

    def _pair(self, grant: Grant, chain: Chain, now: datetime) -> Pair:
        access = self._draw("eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0..", ACCESS_CHARACTERS)
        chain.access[access] = now + ACCESS_LIFETIME
        self._by_access[access] = (grant, chain)
        while len(chain.access) > TOKENS_PER_CHAIN_MAX:
            oldest = next(iter(chain.access))
            del chain.access[oldest]
            del self._by_access[oldest]
        expires_at = chain.refresh_expires_at or now
        hard = chain.consented_at + GRANT_LIFETIME - now
        return Pair(access, chain.refresh, ACCESS_LIFETIME, expires_at - now, hard, grant, chain)

    def _end(self, grant: Grant) -> None:
        for chain in grant.chains:
            for access in chain.access:
                self._by_access.pop(access, None)
            self._by_refresh.pop(chain.refresh, None)
            self._by_refresh.pop(chain.previous, None)
        grant.chains.clear()
        self._grants.pop((grant.client_id, grant.realm_id), None)

    def _draw(self, prefix: str, length: int) -> str:
        return prefix + "".join(self.random.choices(_ALPHABET, k=length))
