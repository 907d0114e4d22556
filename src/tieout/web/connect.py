"""The hosted connection pages: welcome, leaving, choosing the company, and what became of it."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tieout.platforms.registry import all_platforms
from tieout.sync.attaching import OPEN
from tieout.sync.callbacks import Arrival, Landing
from tieout.sync.choosing import Choosing, choose_company, load_choosing, reconsider
from tieout.sync.connecting import Departure, finish_consent, start_consent
from tieout.sync.connection_links import LinkRefusal, read_link
from tieout.sync.hinting import note_hint
from tieout.web import failing, watching
from tieout.web.causes import OF_LANDING
from tieout.web.guests import Guest, load_guest, load_guest_of, services_of
from tieout.web.pages import Page, render, security_headers
from tieout.web.people_routes import PeopleRoute
from tieout.web.visitors import (
    FORM_FIELD,
    Visitor,
    form_is_ours,
    form_token,
    is_same_site,
    known_visitor,
    remember,
    visitor_of,
)

FORM_BYTES_MAX = 64 * 1024
FORM_FIELDS_MAX = 20
HINTS_MAX = 5
"""Query parameters of a hint that are looked at."""
HINT_CHARACTERS_MAX = 64

router = APIRouter(
    prefix="/connect",
    include_in_schema=False,
    default_response_class=HTMLResponse,
    max_body_size=FORM_BYTES_MAX,
    route_class=PeopleRoute,
)

Token = Annotated[str, Path()]
PlatformName = Annotated[str, Path()]


@router.get("/callback/{platform_name}")
async def come_back(request: Request, platform_name: PlatformName) -> Response:
    """A platform sends the person back here. The answer redirects, so that no code stays in the address bar."""
    services = services_of(request)
    if platform_name not in all_platforms():
        return failing.unknown_page()
    arrival = await finish_consent(services, platform_name, dict(request.query_params), known_visitor(request))
    if arrival.connection_id is None:
        return failing.unknown_page()
    guest = await load_guest_of(request, arrival.connection_id, request.query_params.get("state", ""))
    if guest is None:
        return failing.unknown_page()
    if arrival.landing is Landing.OTHER_BROWSER:
        return failing.other_browser_page(guest.brand, guest.entity_name, all_platforms()[platform_name])
    return _redirect_to(guest, arrival)


@router.get("/ended/{platform_name}")
async def landed_after_end(request: Request, platform_name: PlatformName) -> Response:
    """Where a platform sends people who ended the connection there. What the address says only wakes a check."""
    return await _landing_page(request, platform_name, "ended.html", "{platform} is disconnected")


@router.get("/again/{platform_name}")
async def landed_to_reconnect(request: Request, platform_name: PlatformName) -> Response:
    """Where a platform sends people who want to connect again. What the address says only wakes a check."""
    return await _landing_page(request, platform_name, "again.html", "Connect {platform} again")


async def _landing_page(request: Request, platform_name: str, template: str, title: str) -> Response:
    platform = all_platforms().get(platform_name)
    if platform is None:
        return failing.unknown_page()
    values = [value for _, value in request.query_params.multi_items()][:HINTS_MAX]
    hints = {value for value in values if 0 < len(value) <= HINT_CHARACTERS_MAX}
    if hints:
        await note_hint(services_of(request), platform_name, hints)
    return render(Page(template=template, title=title.format(platform=platform.title)), platform=platform)


@router.get("/{token}")
async def welcome(request: Request, token: Token, platform: str = "") -> Response:
    """Who asks for what, and where to sign in; `platform` names the one to offer first."""
    guest = await load_guest(request, token)
    if guest is None or guest.refusal is not None:
        return _closed(guest)
    if guest.connection.status not in OPEN and not guest.may_renew:
        landing = Landing.CONNECTED if guest.connection.status == "connected" else Landing.ENDED
        return _redirect_to(guest, Arrival(landing=landing, connection_id=guest.connection.id))
    visitor = visitor_of(request)
    offered = sorted(guest.platforms, key=lambda one: (one.name != _first_offer(guest, platform), one.title))
    page = Page(template="welcome.html", title=f"Connect {guest.entity_name} to {guest.brand.name}", brand=guest.brand)
    answer = render(
        page,
        guest=guest,
        again=guest.connection.status == "deauthorized",
        platforms=offered,
        forward_url=f"{guest.services.settings.public_url}{guest.path}",
        form_field=FORM_FIELD,
        form_value=_form_value(guest, visitor),
    )
    remember(answer, visitor, public_url=guest.services.settings.public_url)
    return answer


def _first_offer(guest: Guest, wished: str) -> str:
    """The platform of the books that were connected before, else the one that the link's maker wished for."""
    return guest.company.platform if guest.company else wished


@router.post("/{token}/start")
async def start(request: Request, token: Token) -> Response:
    """The person picked a platform: off they go, by a page that says where."""
    posted = await _read_form(request, token)
    if isinstance(posted, Response):
        return posted
    guest, visitor, form = posted
    if form.get("platform") not in {platform.name for platform in guest.platforms}:
        return RedirectResponse(guest.path, HTTPStatus.SEE_OTHER, security_headers())
    claim = read_link(guest.services.vault.signer, token)
    assert claim is not None, "the guest came by this link"
    result = await start_consent(
        guest.services, guest.connection.id, form["platform"], visitor, link_expires_at=claim.expires_at
    )
    if not isinstance(result, Departure):
        return _redirect_to(guest, result)
    title = f"Going to {result.platform.title}"
    page = Page(template="leaving.html", title=title, brand=guest.brand)
    return render(page, guest=guest, platform=result.platform, url=result.url)


@router.get("/{token}/choose")
async def show_choices(request: Request, token: Token) -> Response:
    """Which of several companies, or whether it really is to be another one than before."""
    guest = await load_guest(request, token)
    if guest is None or guest.refusal is not None:
        return _closed(guest)
    visitor = visitor_of(request)
    choosing = await load_choosing(guest.services, guest.connection.id, visitor.value)
    if choosing is None:
        landing = Landing.CONNECTED if guest.connection.status == "connected" else Landing.TOO_LATE
        return _redirect_to(guest, Arrival(landing=landing, connection_id=guest.connection.id))
    return _choices_page(guest, visitor, choosing)


def _choices_page(guest: Guest, visitor: Visitor, choosing: Choosing) -> Response:
    asked = choosing.asked
    title = "Which company?" if asked is None else "Another company than before"
    before = choosing.before.external_id if choosing.before else None
    return render(
        Page(template="choose.html" if asked is None else "confirm.html", title=title, brand=guest.brand),
        guest=guest,
        choosing=choosing,
        asked=asked,
        before_at=all_platforms()[choosing.before.platform] if choosing.before else None,
        chosen=before if any(choice.external_id == before for choice in choosing.choices) else None,
        form_field=FORM_FIELD,
        form_value=_form_value(guest, visitor),
    )


@router.post("/{token}/choose")
async def choose(request: Request, token: Token) -> Response:
    """The person picked a company, confirmed one, or goes back."""
    posted = await _read_form(request, token)
    if isinstance(posted, Response):
        return posted
    guest, visitor, form = posted
    if form.get("step") == "back":
        arrival = await reconsider(guest.services, guest.connection.id, visitor)
    else:
        confirmed = form.get("step") == "confirm"
        company = form.get("company", "")
        arrival = await choose_company(guest.services, guest.connection.id, visitor, company, confirmed=confirmed)
    return _redirect_to(guest, arrival)


@router.get("/{token}/connected")
async def show_connected(request: Request, token: Token) -> Response:
    """Connected, and how the first synchronisation goes."""
    guest = await load_guest(request, token)
    if guest is None or guest.refusal is not None:
        return _closed(guest)
    if guest.connection.status != "connected" or guest.company is None:
        return RedirectResponse(guest.path, HTTPStatus.SEE_OTHER, security_headers())
    return await watching.connected_page(guest, guest.company)


@router.get("/{token}/progress")
async def show_progress(request: Request, token: Token, seen: int = 0) -> Response:
    """The part of the connected page that fills; `seen` counts how often it was asked for."""
    guest = await load_guest(request, token)
    if guest is None or guest.refusal is not None or guest.company is None or guest.connection.status != "connected":
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=security_headers() | {"HX-Refresh": "true"})
    return await watching.progress_part(guest, guest.company, seen=seen)


@router.get("/{token}/not-connected/{cause}")
async def show_stopped(request: Request, token: Token, cause: str, platform: str = "") -> Response:
    """Why connecting stopped, and the one way forward."""
    guest = await load_guest(request, token)
    if guest is None or guest.refusal is not None:
        return _closed(guest)
    landing = next((known for known in OF_LANDING if known.value == cause), None)
    if landing is None:
        return RedirectResponse(guest.path, HTTPStatus.SEE_OTHER, security_headers())
    return failing.stopped_page(guest, landing, all_platforms().get(platform))


def _closed(guest: Guest | None) -> Response:
    refusal = guest.refusal if guest is not None and guest.refusal is not None else LinkRefusal.UNKNOWN
    return failing.link_page(refusal, guest)


def _redirect_to(guest: Guest, arrival: Arrival) -> Response:
    """To the page of where the person stands: an address of our own, whatever was asked."""
    match arrival.landing:
        case Landing.WELCOME:
            path = guest.path
        case Landing.CHOOSE | Landing.CONNECTED as page:
            path = f"{guest.path}/{page.value}"
        case cause:
            platform = f"?platform={quote(arrival.platform, safe='')}" if arrival.platform else ""
            path = f"{guest.path}/not-connected/{cause.value}{platform}"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER, security_headers())


def _form_value(guest: Guest, visitor: Visitor) -> str:
    services = guest.services
    return form_token(services.vault.signer, visitor.value, guest.connection.id, now=services.clock.now())


async def _read_form(request: Request, token: str) -> Response | tuple[Guest, str, dict[str, str]]:
    """The guest, its browser and the fields of a form that came from our own page; else the page that says why not."""
    services = services_of(request)
    guest = await load_guest(request, token)
    if guest is None or guest.refusal is not None:
        return _closed(guest)
    async with request.form(max_fields=FORM_FIELDS_MAX, max_files=0) as sent:
        form = {name: value for name, value in sent.items() if isinstance(value, str)}
    visitor = known_visitor(request)
    is_ours = form_is_ours(
        services.vault.signer, form.get(FORM_FIELD), visitor, guest.connection.id, now=services.clock.now()
    )
    if visitor is None or not is_ours or not is_same_site(request, services.settings.public_url):
        return failing.old_form_page(guest)
    return guest, visitor, form
