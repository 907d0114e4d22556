"""Browsers that visit a simulated platform: who they are signed in as, and proof that a form came from our page."""

from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from hmac import new as new_mac
from random import Random

from starlette.requests import Request
from starlette.responses import Response

VISITORS_MAX = 10_000
"""How many signed-in browsers are remembered; the oldest is signed out."""
CSRF_FIELD = "csrf"
"""The hidden field of every form."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a login at the simulated platform."""

    id: str
    email: str
    password: str
    name: str


@dataclass(slots=True)
class Visitors:
    """The browsers of one simulated platform; `cookie` carries the platform's slug, since loopback shares one jar."""

    cookie: str
    users: tuple[User, ...]
    random: Random
    key: bytes = field(init=False)
    _signed_in: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Draw the key that seals cookies."""
        self.key = self.random.randbytes(32)

    def visitor(self, request: Request) -> str:
        """The browser's id, or a new one if it brings none that we sealed."""
        visitor, _, seal = request.cookies.get(self.cookie, "").partition(".")
        if visitor and compare_digest(seal, self._seal("visitor", visitor)):
            return visitor
        return self.random.randbytes(16).hex()

    def remember(self, request: Request, response: Response, visitor: str) -> None:
        """Give the browser its id."""
        response.set_cookie(
            self.cookie,
            f"{visitor}.{self._seal('visitor', visitor)}",
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
            path="/",
        )

    def csrf(self, visitor: str) -> str:
        """What the hidden field of this browser's forms has to say."""
        return self._seal("form", visitor)

    def form_is_ours(self, request: Request, sent: object) -> bool:
        """Whether a form that came in was on a page we gave this browser."""
        visitor, _, seal = request.cookies.get(self.cookie, "").partition(".")
        return (
            isinstance(sent, str)
            and compare_digest(seal.encode(), self._seal("visitor", visitor).encode())
            and compare_digest(sent.encode(), self.csrf(visitor).encode())
        )

    def user(self, visitor: str) -> User | None:
        """Who this browser is signed in as."""
        user_id = self._signed_in.get(visitor)
        return next((user for user in self.users if user.id == user_id), None)

    def sign_in(self, visitor: str, email: str, password: str) -> User | None:
        """Sign in; None when e-mail or password are wrong."""
        for user in self.users:
            if user.email == email.strip().lower() and compare_digest(user.password.encode(), password.encode()):
                while len(self._signed_in) >= VISITORS_MAX:
                    self._signed_in.pop(next(iter(self._signed_in)))
                self._signed_in[visitor] = user.id
                return user
        return None

    def sign_out(self, visitor: str) -> None:
        """Forget who this browser was."""
        self._signed_in.pop(visitor, None)

    def _seal(self, purpose: str, visitor: str) -> str:
        return new_mac(self.key, f"{purpose}:{visitor}".encode(), sha256).hexdigest()
