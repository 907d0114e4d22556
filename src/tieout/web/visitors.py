"""Browsers on the hosted pages: the cookie that binds a visit to one of them, and proof that a form came from our page.

The cookie names no person. It makes the OAuth state useless in any other browser, and forms useless on any other page.
"""

import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from tieout.kit.identifiers import random_token
from tieout.security.signatures import Signer

COOKIE: Final = "tieout_connect"
COOKIE_PATH: Final = "/connect"
FORM_FIELD: Final = "form_token"
FORM_PURPOSE: Final = "connect_form"
FORM_LIFETIME_S: Final = 4 * 3600
FORM_TOKEN_CHARACTERS_MAX: Final = 300
_FORM = struct.Struct(">16s16sQ")
_COOKIE_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
"""What `random_token` makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A browser; `is_new` until it has been given its cookie."""

    value: str
    is_new: bool


def visitor_of(request: Request) -> Visitor:
    """The browser that asks, or a new one."""
    value = known_visitor(request)
    return Visitor(value=value, is_new=False) if value else Visitor(value=random_token(), is_new=True)


def known_visitor(request: Request) -> str | None:
    """The cookie's value, if the browser brings one of ours."""
    value = request.cookies.get(COOKIE, "")
    return value if _COOKIE_VALUE.fullmatch(value) else None


def remember(response: Response, visitor: Visitor, *, public_url: str) -> None:
    """Give a new browser its cookie; it is forgotten when the browser closes."""
    if visitor.is_new:
        response.set_cookie(
            COOKIE,
            visitor.value,
            path=COOKIE_PATH,
            httponly=True,
            samesite="lax",
            secure=public_url.startswith("https:"),
        )


def form_token(signer: Signer, visitor: str, connection_id: UUID, *, now: datetime) -> str:
    """What a form of this browser about this connection has to carry."""
    ends_at = now + timedelta(seconds=FORM_LIFETIME_S)
    return signer.sign(FORM_PURPOSE, _FORM.pack(_mark(visitor), connection_id.bytes, int(ends_at.timestamp())))


def form_is_ours(signer: Signer, sent: object, visitor: str | None, connection_id: UUID, *, now: datetime) -> bool:
    """Whether a form was on a page that we gave this browser about this connection, not too long ago."""
    if visitor is None or not isinstance(sent, str) or len(sent) > FORM_TOKEN_CHARACTERS_MAX:
        return False
    payload = signer.check(FORM_PURPOSE, sent)
    if payload is None or len(payload) != _FORM.size:
        return False
    mark, raw_id, ends_s = _FORM.unpack(payload)
    fits = hmac.compare_digest(mark, _mark(visitor)) and hmac.compare_digest(raw_id, connection_id.bytes)
    return fits and now < datetime.fromtimestamp(ends_s, UTC)


def is_same_site(request: Request, public_url: str) -> bool:
    """Whether the browser says that our own page made this request.

    `Sec-Fetch-Site` decides where there is one. Our pages send no referrer, so their forms' `Origin` is `null`; then,
    and where there is neither header, the form token alone decides.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin in (None, "null", public_url)


def _mark(visitor: str) -> bytes:
    return hashlib.sha256(visitor.encode()).digest()[:16]
