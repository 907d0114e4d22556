"""Handing files out at their signed addresses, as the storage behind the platform does; never inside a frame."""

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from tieout.platforms.quickbooks.sandbox.attachments.keeping import Files, LinkRefusedError

FILES, THUMBNAILS = "/{realm}/attachments/{name:path}", "/{realm}/attachmentthumbnails/{name:path}"
_GUARDED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "cache-control": "private, no-store",
}


def serve_file(request: Request, files: Mapping[str, Files], now: Callable[[], datetime]) -> Response:
    """The file of an address, or the storage's refusal in its XML."""
    mine = files.get(request.path_params["realm"])
    if mine is None:
        return _refusal(404, "NoSuchBucket", "The specified bucket does not exist")
    raw_path = request.scope.get("raw_path", request.url.path.encode()).partition(b"?")[0].decode("latin-1")
    try:
        file = mine.open(raw_path, request.query_params, now())
    except LinkRefusedError as error:
        return _refusal(error.status, error.code, str(error))
    disposition = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    headers = {**_GUARDED, "content-type": file.content_type, "content-disposition": disposition}
    return Response(file.content, 200, headers)


def refuse_thumbnail(_request: Request) -> Response:
    """Nothing here makes pictures smaller."""
    return _refusal(501, "NotImplemented", "not simulated: thumbnails")


def _refusal(status: int, code: str, message: str) -> Response:
    told = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{told}'
    return Response(body, status, {**_GUARDED, "content-type": "application/xml"})
