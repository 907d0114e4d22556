"""Turning values into a page: the templates, the headers that guard every page, and how figures are written."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from tieout.sandbox.visitors import CSRF_FIELD

if TYPE_CHECKING:
    from tieout.sandbox.simulator import Simulator

STATIC_FOLDER = Path(__file__).parent.parent / "static"
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "same-origin",  # without any, a browser says `Origin: null` for our own forms
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


def _money(amount: Decimal | None) -> str:
    """An amount with its thousands apart, two places, and a minus sign."""
    if amount is None:
        return ""
    return f"{amount + 0:,.2f}".replace("-", "−")


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["money"] = _money
_environment.filters["words"] = lambda text: text.replace("_", " ")


def render(simulator: "Simulator", template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from the shared templates; `title` among `values` names it."""
    body = _environment.get_template(template).render(
        platform=simulator.title, now=simulator.clock.now(), csrf_field=CSRF_FIELD, **values
    )
    return HTMLResponse(body, status, headers=_HEADERS)
