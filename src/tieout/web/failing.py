"""Pages for what did not work: one per cause, each with one way forward."""

from http import HTTPStatus

from fastapi.responses import HTMLResponse

from tieout.platforms.port import Platform
from tieout.sync.callbacks import Landing
from tieout.sync.connection_links import LinkRefusal
from tieout.web.brand import Brand
from tieout.web.causes import OF_LANDING, OF_LINK, OLD_FORM, Told, WayOn, fill
from tieout.web.guests import Guest
from tieout.web.pages import NEUTRAL, Page, render

_SENDER = "the sender"
"""Who sent the link, where that cannot be known."""
_LINK_STATUS = {LinkRefusal.UNKNOWN: HTTPStatus.NOT_FOUND}


def stopped_page(guest: Guest, landing: Landing, platform: Platform | None) -> HTMLResponse:
    """Why connecting stopped, for somebody whose link works."""
    return _page(OF_LANDING[landing], brand=guest.brand, guest=guest, platform=platform)


def other_browser_page(brand: Brand, entity: str, platform: Platform | None) -> HTMLResponse:
    """For a browser that did not begin the visit: it is told what to do, and given no link."""
    told = OF_LANDING[Landing.OTHER_BROWSER]
    return _page(told, brand=brand, platform=platform, entity=entity, status=HTTPStatus.BAD_REQUEST)


def link_page(refusal: LinkRefusal, guest: Guest | None) -> HTMLResponse:
    """Why a link opens nothing; whose it was is said only if it was made here."""
    brand, entity = (guest.brand, guest.entity_name) if guest else (NEUTRAL, "")
    return _page(OF_LINK[refusal], brand=brand, entity=entity, status=_LINK_STATUS.get(refusal, HTTPStatus.GONE))


def old_form_page(guest: Guest) -> HTMLResponse:
    """For a form that did not come from our page, or came too late."""
    return _page(OLD_FORM, brand=guest.brand, guest=guest, status=HTTPStatus.FORBIDDEN)


def unknown_page() -> HTMLResponse:
    """For a callback that nobody here began."""
    return _page(OF_LANDING[Landing.UNKNOWN], brand=NEUTRAL, status=HTTPStatus.BAD_REQUEST)


def _page(
    told: Told,
    *,
    brand: Brand,
    guest: Guest | None = None,
    platform: Platform | None = None,
    entity: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    filled = fill(
        told,
        partner=brand.name or _SENDER,
        platform=platform.title if platform else None,
        entity=guest.entity_name if guest else entity,
    )
    way_on = filled.way_on if guest or filled.way_on is not WayOn.TRY_AGAIN else WayOn.NONE
    page = Page(template="stopped.html", title=filled.title, brand=brand, status=status)
    return render(page, told=filled, way_on=way_on.value, path=guest.path if guest else None)
