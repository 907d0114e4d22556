"""Rendering: templates, the headers that every page carries, and addresses of static files that change with them."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from tieout.web.brand import Brand, plan_palette

FOLDER: Final = Path(__file__).parent
STATIC_FOLDER: Final = FOLDER / "static"
STATIC_PATH: Final = "/static"
_NONCE_BYTES: Final = 16
_VERSION_CHARACTERS: Final = 12

NEUTRAL: Final = Brand(name="", palette=plan_palette(None, None))
"""For pages that cannot know whose they are."""


@cache
def asset(name: str) -> str:
    """The address of a static file, with a mark of its content: it may be kept for ever."""
    digest = hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()
    return f"{STATIC_PATH}/{name}?v={digest[:_VERSION_CHARACTERS]}"


def _clock_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


_environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["asset"] = asset
_environment.filters["clock_time"] = _clock_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page to show. `live` is whether it goes on by itself, with script or by reloading; a preview does nothing."""

    template: str
    title: str
    brand: Brand = NEUTRAL
    status: HTTPStatus = HTTPStatus.OK
    live: bool = False
    is_preview: bool = False


def render(page: Page, **values: Any) -> HTMLResponse:
    """The page with its headers: no foreign script, frame, style or address can get into it."""
    nonce = secrets.token_urlsafe(_NONCE_BYTES)
    body = _environment.get_template(page.template).render(
        page=page, brand=page.brand, palette=page.brand.palette, nonce=nonce, **values
    )
    headers = security_headers(nonce=nonce, image_origins=filter(None, [page.brand.logo_origin]), script=page.live)
    return HTMLResponse(body, page.status, headers=headers)


def render_part(template: str, **values: Any) -> HTMLResponse:
    """A part of a page, for htmx to put in place."""
    body = _environment.get_template(template).render(**values)
    return HTMLResponse(body, headers=security_headers())


def security_headers(
    *, nonce: str | None = None, image_origins: Iterable[str] = (), script: bool = False
) -> dict[str, str]:
    """What every page says to the browser. `form-action 'self'`: leaving for a platform is a page of its own."""
    styles = " ".join(filter(None, ("'self'", f"'nonce-{nonce}'" if nonce else "")))
    policy = {
        "default-src": "'none'",
        "style-src": styles,
        "img-src": " ".join(("'self'", *image_origins)),
        "script-src": "'self'" if script else "'none'",
        "connect-src": "'self'" if script else "'none'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
