"""Files behind their links: whoever has a link that was made here may fetch the file until its time is over.

The bytes are a stranger's: they are saved and never shown here, and nothing in them runs.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from tieout.storage.tables.files import StoredFile
from tieout.sync.stored_files import LINK_PATH, load_file, read_file_link
from tieout.web.guests import services_of

router = APIRouter(prefix=LINK_PATH, include_in_schema=False)

_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Access-Control-Allow-Origin": "*",  # the link is all it takes, and no cookie counts: scripts may fetch it too
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_GONE: Final = "The time of this link is over. Read the document again: it shows a new one."
_UNKNOWN: Final = "There is no such file."


@router.api_route("/{token}", methods=["GET", "HEAD"])
async def fetch_file(request: Request, token: str) -> Response:
    """The file; 404 for a link that was not made here or a file that is gone, 410 when the link's time is over."""
    services = services_of(request)
    link = read_file_link(services.vault.signer, token)
    if link is None:
        return PlainTextResponse(_UNKNOWN, HTTPStatus.NOT_FOUND, headers=_HEADERS)
    if link.ends_at <= services.clock.now():
        return PlainTextResponse(_GONE, HTTPStatus.GONE, headers=_HEADERS)
    async with services.database.read() as session:
        file = await load_file(session, link.file_id)
    if file is None:
        return PlainTextResponse(_UNKNOWN, HTTPStatus.NOT_FOUND, headers=_HEADERS)
    headers = _HEADERS | {"Content-Disposition": saved_as(file)}
    return Response(file.content, media_type=file.media_type, headers=headers)


def saved_as(file: StoredFile) -> str:
    """The header that has a browser save the file under its name (RFC 6266): the whole name, and one in ASCII."""
    plain = "".join(letter if letter.isascii() and letter.isprintable() else "_" for letter in file.name)
    plain = plain.replace("\\", "_").replace('"', "_").replace("%", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
