"""A preview of the connection pages in a partner's draft of its brand: all is made up, and nothing can be done."""

from dataclasses import dataclass
from http import HTTPStatus
from types import SimpleNamespace
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tieout.books.records import Kind
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.access import Partner
from tieout.sync.callbacks import Landing
from tieout.sync.preview_links import read_preview_token
from tieout.web import failing
from tieout.web.brand import Brand, read_brand
from tieout.web.causes import OF_LANDING, fill
from tieout.web.guests import languages_of, services_of
from tieout.web.languages import wanted_languages
from tieout.web.pages import Page, render, security_headers
from tieout.web.people_routes import PeopleRoute
from tieout.web.progress import plan_progress_view

ENTITY_NAME: Final = "Example Ltd"
COUNTS: Final = {kind.value: 7 * number + 5 for number, kind in enumerate(Kind)}
"""How much was read: made up, like everything here."""

router = APIRouter(
    prefix="/connect/preview", include_in_schema=False, default_response_class=HTMLResponse, route_class=PeopleRoute
)

Token = Annotated[str, Path()]


@router.get("/{token}")
async def show_first(token: Token, language: str = "") -> Response:
    """The first of the pages."""
    first = f"/connect/preview/{token}/welcome{_query(language)}"
    return RedirectResponse(first, HTTPStatus.SEE_OTHER, security_headers())


def _query(language: str) -> str:
    return f"?{urlencode({'language': language})}" if language else ""


@router.get("/{token}/{name}")
async def show_page(request: Request, token: Token, name: str, language: str = "") -> Response:
    """A page by its name; `language` shows the texts of one language rather than of the browser's."""
    services = services_of(request)
    partner_id = read_preview_token(services.vault.signer, token, now=services.clock.now())
    if partner_id is None or name not in _PAGES:
        return failing.unknown_page()
    async with services.database.read() as session:
        partner = await session.get(Partner, partner_id)
    if partner is None:
        return failing.unknown_page()
    wanted = wanted_languages(language) if language else languages_of(request)
    place = _Place(f"/connect/preview/{token}", _query(language))
    return _PAGES[name](read_brand(partner.name, partner.brand_draft, wanted), place)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the pages of one preview lie; `query` goes with its reader from page to page."""

    path: str
    query: str


def _page(template: str, title: str, brand: Brand) -> Page:
    return Page(template=template, title=title, brand=brand, is_preview=True)


def _values(place: _Place, name: str) -> dict[str, object]:
    guest = SimpleNamespace(path=place.path, entity_name=ENTITY_NAME, company=None, may_renew=False)
    return {
        "guest": guest,
        "preview_path": place.path,
        "preview_query": place.query,
        "preview_name": name,
        "preview_pages": _LABELS.items(),
    }


def _welcome(brand: Brand, place: _Place) -> HTMLResponse:
    return render(
        _page("welcome.html", f"Connect {ENTITY_NAME} to {brand.name}", brand),
        **_values(place, "welcome"),
        again=False,
        platforms=sorted(all_platforms().values(), key=lambda platform: platform.title),
        forward_url=f"{place.path}/welcome",
        form_field="form",
        form_value="",
    )


def _connected(brand: Brand, place: _Place) -> HTMLResponse:
    platform = min(all_platforms().values(), key=lambda platform: platform.title)
    return render(
        _page("connected.html", f"{ENTITY_NAME} is connected", brand),
        **_values(place, "connected"),
        company=SimpleNamespace(name=ENTITY_NAME, last_pulled_at=None),
        platform=platform,
        view=plan_progress_view(platform, {}, COUNTS),
        trouble=[],
        goes_on=False,
        poll_every_s=0,
        reload_every_s=0,
        seen=1,
    )


def _stopped(brand: Brand, place: _Place) -> HTMLResponse:
    told = fill(OF_LANDING[Landing.DENIED], partner=brand.name, platform=None, entity=ENTITY_NAME)
    values = _values(place, "not-connected")
    return render(
        _page("stopped.html", told.title, brand), **values, told=told, way_on=told.way_on.value, path=place.path
    )


_PAGES = {"welcome": _welcome, "connected": _connected, "not-connected": _stopped}
_LABELS = {"welcome": "Welcome", "connected": "Connected", "not-connected": "Not connected"}
