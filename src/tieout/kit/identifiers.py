"""Identifiers.

Ours are UUIDs; those of things found in a company's books are derived, so that finding them twice is harmless.
"""

import base64
import secrets
import uuid

_RANDOM_BYTES = 32


def new_id() -> uuid.UUID:
    """A new identifier for something of ours."""
    return uuid.uuid4()


def derived_id(owner: uuid.UUID, *parts: str) -> uuid.UUID:
    """The same identifier every time for the same parts below the same owner."""
    return uuid.uuid5(owner, "\x1f".join(parts))


def random_token() -> str:
    """256 unguessable bits, safe in a URL."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def encode_base64url(value: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def decode_base64url(value: str) -> bytes:
    """Undo `encode_base64url`; raises ValueError for anything else, also for another spelling of the same bytes."""
    decoded = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    if encode_base64url(decoded) != value:
        raise ValueError("not what encode_base64url gives")
    return decoded
