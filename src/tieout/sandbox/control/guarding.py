"""Who may use the control surface: programs on this machine, and pages of the simulator itself.

The control surface has no login, so a page of another site in the same browser must not reach it. A foreign page can
send a form or a simple request, and by pointing its own name at this machine it can even read answers. So the Host has
to be ours, and a browser that says where a request comes from has to name us.
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from tieout.sandbox.webhooks.deliveries import is_loopback

if TYPE_CHECKING:
    from tieout.sandbox.simulator import Simulator

_OURS = frozenset({"", "same-origin", "none"})
"""What a browser's `Sec-Fetch-Site` says of requests from our pages, from the address bar, or not at all."""


def stranger(simulator: "Simulator", scope: Scope) -> str | None:
    """Why a request is turned away; None when it may pass."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if not _is_ours(simulator, host):
        return f"the control surface does not answer to the host {host or '(none)'}"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() not in (host.lower(), _netloc(simulator)):
        return "a page of another site cannot use the control surface"
    if scope["method"] not in ("GET", "HEAD") and headers.get("sec-fetch-site", "") not in _OURS:
        return "a page of another site cannot use the control surface"
    return None


def _is_ours(simulator: "Simulator", host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return is_loopback(name) or host.lower() == _netloc(simulator)


def _netloc(simulator: "Simulator") -> str:
    return urlsplit(simulator.origin).netloc.lower()
