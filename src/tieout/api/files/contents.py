"""What a file is, by its bytes, and how it may be called. Pure.

Callers' own words about a file (content type, folders in its name) are not believed.
"""

import base64
import binascii
import re
from typing import Final

FILE_BYTES_MAX: Final = 20 * 1024 * 1024
"""The contract's limit for uploads, 20 MB."""
NAME_CHARACTERS_MAX: Final = 512
NAME_DEFAULT: Final = "default_file_name"
UNKNOWN: Final = "application/octet-stream"
SCANNED: Final = frozenset(("application/pdf", "image/png", "image/jpeg", "image/tiff"))
"""What bills come as."""

_PDF_HEADER_BYTES = 1_024
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Nothing that breaks a line, or turns the direction of reading so that a name looks like another."""


def media_type_of(content: bytes) -> str:
    """The media type that the first bytes show; PDF readers look for their header in the first 1024."""
    for signature, media_type in _SIGNATURES:
        if content.startswith(signature):
            return media_type
    return "application/pdf" if b"%PDF-" in content[:_PDF_HEADER_BYTES] else UNKNOWN


def clean_name(name: str | None) -> str:
    """A name without folders and control characters, with its ending if it must be cut."""
    last = re.split(r"[/\\]", name or "")[-1]
    plain = _CONTROL.sub("", last).encode(errors="replace").decode().strip()
    if plain in {"", ".", ".."}:
        return NAME_DEFAULT
    if len(plain) <= NAME_CHARACTERS_MAX:
        return plain
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) >= NAME_CHARACTERS_MAX:
        return plain[:NAME_CHARACTERS_MAX]
    return f"{stem[: NAME_CHARACTERS_MAX - len(ending) - 1]}.{ending}"


def decode_file(text: str) -> bytes | None:
    """The bytes behind base64, whose lines may be broken; None for anything else."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
