"""Everything that a browser is shown, as one router, and the static files beside it."""

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from tieout.web import connect, files, platform_webhooks, preview
from tieout.web.masking import mask_access_log
from tieout.web.pages import STATIC_FOLDER, STATIC_PATH

CACHE_S = 365 * 24 * 3600
"""Addresses of static files carry a mark of their content, so they may be kept for a year."""


class CachedFiles(StaticFiles):
    """Static files that browsers keep."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve a file, and let it be kept if its address carries its mark."""
        response = await super().get_response(path, scope)
        marked = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = f"public, max-age={CACHE_S}, immutable" if marked else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def build_router() -> APIRouter:
    """All pages."""
    router = APIRouter()
    router.include_router(preview.router)
    router.include_router(connect.router)
    router.include_router(files.router)
    router.include_router(platform_webhooks.router)
    return router


def mount_static(app: FastAPI) -> None:
    """Serve the static files, and keep links that open something out of the server's access log."""
    app.mount(STATIC_PATH, CachedFiles(directory=STATIC_FOLDER), name="static")
    mask_access_log()
