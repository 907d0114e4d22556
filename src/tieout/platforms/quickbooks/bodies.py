"""What goes over the wire: figures in plain digits, texts that these books can hold."""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tieout.books.records import Company

_SUBSTITUTES = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"',
        "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-", "\u2022": "-", "\u2212": "-",
        "\u2026": "...", "\u20ac": "EUR", "\u2122": "(TM)", "\u0153": "oe", "\u0152": "OE", "\u0142": "l",
        "\u0141": "L", "\u0111": "d", "\u0110": "D", "\u2009": " ", "\u202f": " ", "\u200b": "",
    }
)  # fmt: skip
"""Characters outside ISO-8859-1 that have a usual spelling inside it: quotes, dashes, dots, signs, barred letters."""
_UNKNOWN = "?"

_encoder = msgspec.json.Encoder()


def encoded(body: Mapping[str, Any]) -> bytes:
    """A request body: entries of None are left out, Decimals are numbers in plain digits, the order is kept."""
    return _encoder.encode(_wired(body))


def _wired(value: Any) -> Any:
    if isinstance(value, Decimal):
        return msgspec.Raw(plain(value).encode("ascii"))
    if isinstance(value, Mapping):
        return {name: _wired(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_wired(inner) for inner in value]
    return value


def plain(figure: Decimal) -> str:
    """A figure without exponent and without idle zeros behind the point."""
    text = format(figure, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


def reference(external_id: str | None) -> dict[str, str] | None:
    """A reference to something by its id."""
    return {"value": external_id} if external_id else None


def is_united_states(company: Company) -> bool:
    """Whether the US rules of tax and text hold: there, and where the country is not told but the currency is."""
    return company.country == "US" or (company.country is None and company.base_currency == "USD")


def fitted(text: str | None, company: Company, chars_max: int) -> str | None:
    """A text for people, as these books can hold it, cut to length; None for an empty one.

    Companies in the US take ISO-8859-1 only (field definitions): letters outside it lose their marks, typographic
    characters get their plain form, anything else becomes a question mark.
    """
    if not text or not text.strip():
        return None
    kept = "".join(character for character in text if character in "\n\t" or unicodedata.category(character) != "Cc")
    if is_united_states(company):
        kept = "".join(_latin(character) for character in unicodedata.normalize("NFC", kept).translate(_SUBSTITUTES))
    return kept.strip()[:chars_max] or None


def _latin(character: str) -> str:
    if ord(character) < 0x100:  # noqa: PLR2004 - the size of ISO-8859-1
        return character
    bare = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    return bare if bare and all(ord(part) < 0x100 for part in bare) else _UNKNOWN  # noqa: PLR2004 - likewise


def fitted_name(name: str, company: Company, chars_max: int) -> str:
    """A name as these books can hold it: colons, tabs and line breaks mean something else there.

    The same name always gives the same result, so that a name can be looked up by it.
    """
    text = fitted(name.replace(":", " -"), company, chars_max) or ""
    return " ".join(text.split())


def is_lossless(name: str, fitted_to: str) -> bool:
    """Whether a fitted name is still the name, and not partly question marks."""
    return fitted_to.count(_UNKNOWN) == name.count(_UNKNOWN)
