"""What is sent and shown of a brand, stored under the same names.

Colours may be any: the page moves the accent until text in it can be read, and computes what is written on it.
"""

import re
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from tieout.api.schemas import Body, EmailStr, Shown

ADDRESS_LENGTH_MAX = 2_000
TEXT_LENGTH_MAX = 600
LANGUAGES_MAX = 30
_WANTED = "Input should be an https address without a name or password in it"
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_NEVER_IN_AN_ADDRESS = re.compile(r"[\s\"'<>;,\\]")


def _is_page_address(value: str) -> str:
    """An https address (http on this machine), with nothing in it that could end an attribute or a policy."""
    try:
        parts = urlsplit(value)
        has_host, _ = bool(parts.hostname), parts.port
    except ValueError:
        has_host = False
    if not has_host or _NEVER_IN_AN_ADDRESS.search(value) or "@" in parts.netloc:
        raise PydanticCustomError("https_url", _WANTED)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return value
    raise PydanticCustomError("https_url", _WANTED)


Name = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True)]
Colour = Annotated[str, StringConstraints(pattern=r"^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]
Address = Annotated[str, StringConstraints(max_length=ADDRESS_LENGTH_MAX), AfterValidator(_is_page_address)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8}){0,3}$")]
"""A language tag of BCP 47: `de`, `pt-BR`, `zh-Hant-TW`."""
Sentences = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LENGTH_MAX, strip_whitespace=True)]


class BrandTexts(Body):
    """The partner's own texts on the pages, in one language; without one, the page has words of its own there."""

    welcome_text: Sentences | None = None
    consent_text: Sentences | None = None
    connected_text: Sentences | None = None


class BrandPayload(Body):
    """A change of the brand: what is left out stays, null empties. Without a name, the partner's own is shown."""

    name: Name | None = None
    logo_url: Address | None = None
    color: Colour | None = None
    background_color: Colour | None = None
    support_email: EmailStr | None = None
    support_url: Address | None = None
    return_url: Address | None = None
    welcome_text: Sentences | None = None
    consent_text: Sentences | None = None
    connected_text: Sentences | None = None
    texts: Annotated[dict[Language, BrandTexts], Field(max_length=LANGUAGES_MAX)] | None = None


class BrandResponse(Shown):
    """The brand."""

    name: str
    logo_url: str | None = None
    color: str | None = None
    background_color: str | None = None
    support_email: str | None = None
    support_url: str | None = None
    return_url: str | None = None
    welcome_text: str | None = None
    consent_text: str | None = None
    connected_text: str | None = None
    texts: dict[str, BrandTexts] | None = None


class BrandPreviewResponse(Shown):
    """Where the brand can be looked at before it is kept."""

    url: str
    expires_at: datetime
