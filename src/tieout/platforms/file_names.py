"""What a file is called in the books: the same name always makes the same one, so that it can be found by it. Pure."""

import re
import unicodedata
from typing import Final

STEM_DEFAULT: Final = "file"
ENDING_CHARS_MAX: Final = 10
"""What follows the last dot is an ending only if it is no longer than this."""
ENDINGS: Final = {
    "application/pdf": "pdf",
    "application/xml": "xml",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "text/csv": "csv",
    "text/plain": "txt",
    "text/xml": "xml",
}
"""The ending that a file without one gets: both platforms judge files by it."""

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]')
"""What one platform or the other refuses, what parts folders, and what breaks a line or turns it around."""
_ENDING = re.compile(r"[A-Za-z0-9]+")


def stem_and_ending(name: str, media_type: str) -> tuple[str, str]:
    """A safe name in two parts, the ending in lower case; empty where neither name nor media type tell one."""
    plain = " ".join(_UNSAFE.sub("_", unicodedata.normalize("NFC", name)).split())
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > ENDING_CHARS_MAX or not _ENDING.fullmatch(ending):
        stem, ending = plain, ENDINGS.get(media_type.partition(";")[0].strip().lower(), "")
    return stem.strip(" .") or STEM_DEFAULT, ending.lower()


def joined(stem: str, ending: str, chars_max: int, *, mark: str = "") -> str:
    """The whole name, its stem cut so that it fits with its mark and its ending."""
    tail = f"{mark}.{ending}" if ending else mark
    return stem[: chars_max - len(tail)].rstrip(" .") + tail
