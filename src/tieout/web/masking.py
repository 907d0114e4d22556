"""Capability links out of the logs: whoever reads a log must not be able to follow a link or repeat a callback."""

import logging
import re
from typing import Final

ACCESS_LOG: Final = "uvicorn.access"
_WORDS = frozenset(("callback", "ended", "again"))
_LINK = re.compile(r"^/connect/(?:preview/)?([^/?#]+)")
_FILE = re.compile(r"^/files/([^/?#]{0,4}).*", re.DOTALL)
_PATH_ARGUMENT: Final = 2
"""uvicorn's access record: client, method, path, version, status."""


def masked_path(path: str) -> str:
    """The path with a link's token shortened to its first four characters, and of a query the names only."""
    bare, _, query = path.partition("?")
    if bare.startswith("/files/"):
        return _FILE.sub(lambda found: f"/files/{found[1]}…", bare)
    if not bare.startswith("/connect/"):
        return path
    names = "&".join(part.partition("=")[0] for part in query.split("&")) if query else ""
    masked = _LINK.sub(lambda found: found[0] if found[1] in _WORDS else f"{found[0][: found.start(1) + 4]}…", bare)
    return masked + (f"?{names}" if names else "")


class LinkMask(logging.Filter):
    """Masks connection links and links to files in the access log of the server."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, with its path masked."""
        arguments = record.args
        if isinstance(arguments, tuple) and len(arguments) > _PATH_ARGUMENT:
            path = arguments[_PATH_ARGUMENT]
            if isinstance(path, str):
                record.args = (*arguments[:_PATH_ARGUMENT], masked_path(path), *arguments[_PATH_ARGUMENT + 1 :])
        return True


def mask_access_log() -> None:
    """Put the mask on the server's access log, once."""
    log = logging.getLogger(ACCESS_LOG)
    if not any(isinstance(present, LinkMask) for present in log.filters):
        log.addFilter(LinkMask())
