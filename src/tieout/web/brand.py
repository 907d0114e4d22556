"""The partner's brand on a page: only what was checked, in colours that can be read.

A brand is the JSON of `partners.brand`. Whatever does not pass the checks is left out, never shown as it came.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from tieout.web.languages import chosen_language

CONTRAST_MIN: Final = 4.5
"""WCAG 2.2, 1.4.3: text against its background."""
TEXT_CHARACTERS_MAX: Final = 600
ADDRESS_CHARACTERS_MAX: Final = 2_000
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_EMAIL = re.compile(r"[^\s@<>\"',;:()\[\]\\%?&]{1,64}@[A-Za-z0-9.-]{1,253}")
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_STEPS: Final = 20

Rgb = tuple[int, int, int]
WHITE: Final[Rgb] = (255, 255, 255)
INK: Final[Rgb] = (22, 27, 34)
PAPER: Final[Rgb] = (244, 245, 247)
CARD_DARK: Final[Rgb] = (28, 32, 39)
ACCENT: Final[Rgb] = (31, 79, 143)


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours as `#rrggbb`.

    `fill` is the brand's own colour, with what is written on it; `accent` is the same as text and lines, moved until it
    can be read, in light and in dark; `page` is behind the card.
    """

    fill: str
    on_fill: str
    accent: str
    accent_dark: str
    page: str
    on_page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A partner as its customers know it."""

    name: str
    palette: Palette
    logo_url: str | None = None
    support_email: str | None = None
    support_url: str | None = None
    return_url: str | None = None
    welcome: str | None = None
    consent: str | None = None
    farewell: str | None = None
    language: str | None = None
    """Of the partner's own texts; None where it did not say."""

    @property
    def logo_origin(self) -> str | None:
        """Where the browser must be allowed to fetch the logo from."""
        if self.logo_url is None:
            return None
        parts = urlsplit(self.logo_url)
        return f"{parts.scheme}://{parts.netloc}"


def read_brand(partner_name: str, stored: Mapping[str, Any], wanted: Sequence[str] = ()) -> Brand:
    """The brand that a partner's row keeps, checked; its texts are in the first of the wanted languages that it has."""
    translated = stored.get("texts")
    texts = translated if isinstance(translated, Mapping) else {}
    language = chosen_language(texts, wanted)
    words = {**stored, **(texts[language] if language is not None else {})}
    return Brand(
        name=_text(stored.get("name")) or partner_name,
        palette=plan_palette(read_colour(stored.get("color")), read_colour(stored.get("background_color"))),
        logo_url=read_address(stored.get("logo_url")),
        support_email=_email(stored.get("support_email")),
        support_url=read_address(stored.get("support_url")),
        return_url=read_address(stored.get("return_url")),
        welcome=_text(words.get("welcome_text")),
        consent=_text(words.get("consent_text")),
        farewell=_text(words.get("connected_text")),
        language=language,
    )


def plan_palette(colour: Rgb | None, page: Rgb | None) -> Palette:
    """Colours that keep the contrast of WCAG AA, as near to the wished ones as that allows."""
    wished = colour or ACCENT
    behind = page or PAPER
    return Palette(
        fill=_hex(wished),
        on_fill=_hex(readable_on(wished)),
        accent=_hex(legible(wished, WHITE, towards=(0, 0, 0))),
        accent_dark=_hex(legible(wished, CARD_DARK, towards=WHITE)),
        page=_hex(behind),
        on_page=_hex(readable_on(behind)),
    )


def legible(colour: Rgb, paper: Rgb, *, towards: Rgb) -> Rgb:
    """The colour, moved towards black or white just so far that text in it can be read on `paper`."""
    for step in range(_STEPS + 1):
        mixed = _mix(colour, towards, step / _STEPS)
        if contrast(mixed, paper) >= CONTRAST_MIN:
            return mixed
    return towards


def readable_on(paper: Rgb) -> Rgb:
    """White or ink, whichever can be read better."""
    return max((WHITE, INK, (0, 0, 0)), key=lambda text: (contrast(text, paper) >= CONTRAST_MIN, text != (0, 0, 0)))


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of WCAG 2.2, between 1 and 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def read_colour(value: object) -> Rgb | None:
    """`#rgb` or `#rrggbb`, and nothing else."""
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        return None
    digits = value[1:]
    if len(digits) == 3:  # noqa: PLR2004 - the short form doubles each digit
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def read_address(value: object) -> str | None:
    """An https address (http on this machine), with nothing in it that could end an attribute or a policy."""
    if not isinstance(value, str) or len(value) > ADDRESS_CHARACTERS_MAX or re.search(r"[\s\"'<>;,\\]", value):
        return None
    try:
        parts = urlsplit(value)
        hostname, port = parts.hostname, parts.port
    except ValueError:
        return None
    del port
    if not hostname or "*" in hostname or parts.username is not None or parts.password is not None:
        return None
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and hostname in _LOOPBACK)
    return value if is_secure else None


def _email(value: object) -> str | None:
    return value if isinstance(value, str) and _EMAIL.fullmatch(value) else None


def _text(value: object) -> str | None:
    return value.strip()[:TEXT_CHARACTERS_MAX] or None if isinstance(value, str) else None


def _mix(colour: Rgb, towards: Rgb, share: float) -> Rgb:
    red, green, blue = (round(one + (other - one) * share) for one, other in zip(colour, towards, strict=True))
    return red, green, blue


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
