"""The simulated QuickBooks Online as an application: every host of the platform at one origin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tieout.kit.clock import Clock
from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Profile
from tieout.platforms.quickbooks.sandbox.attachments.keeping import Files
from tieout.platforms.quickbooks.sandbox.attachments.serving import FILES, THUMBNAILS, refuse_thumbnail, serve_file
from tieout.platforms.quickbooks.sandbox.attachments.uploading import body_bytes_max
from tieout.platforms.quickbooks.sandbox.company import QuickBooksCompany
from tieout.platforms.quickbooks.sandbox.faulting import equip
from tieout.platforms.quickbooks.sandbox.gateway.rest import PREFIX, Rest
from tieout.platforms.quickbooks.sandbox.gateway.routes import CORE, CORE_PLUS
from tieout.platforms.quickbooks.sandbox.identity.consenting import Consenting
from tieout.platforms.quickbooks.sandbox.identity.grants import Grants
from tieout.platforms.quickbooks.sandbox.identity.oauth import (
    AUTHORIZE,
    DISCOVERIES,
    KEYS,
    REVOKE,
    TOKEN,
    USER_INFO,
    OAuth,
)
from tieout.platforms.quickbooks.sandbox.people.staff import Staff
from tieout.platforms.quickbooks.sandbox.rules import quickbooks_rules
from tieout.platforms.quickbooks.sandbox.seeds.au_sample import AU, AU_REALM
from tieout.platforms.quickbooks.sandbox.seeds.ca_sample import CA, CA_REALM
from tieout.platforms.quickbooks.sandbox.seeds.gb_sample import GB, GB_REALM
from tieout.platforms.quickbooks.sandbox.seeds.us_automated import AUTOMATED, AUTOMATED_REALM
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import (
    EMPTY_REALM,
    SAMPLE_REALM,
    empty_profile,
    fill_empty,
    fill_sample,
    sample_profile,
)
from tieout.platforms.quickbooks.sandbox.webhooks import QuickBooksWebhooks, watch
from tieout.sandbox.agenda import movable
from tieout.sandbox.control.rules import rules_endpoint
from tieout.sandbox.simulator import Simulator, build_application, seeded
from tieout.sandbox.visitors import User

DEFAULT_PORT = 8801
TITLE = "Simulated QuickBooks Online"
SLUG = "quickbooks"
PASSWORD = "demo-password"  # noqa: S105 - nobody real signs in here; the page shows it
OWNER = User("5a1e0001-0000-4000-8000-000000000001", "owner@example.com", PASSWORD, "Olivia Owner")
BOOKKEEPER = User("5a1e0002-0000-4000-8000-000000000002", "bookkeeper@example.com", PASSWORD, "Ben Bookkeeper")
_MEMBERS = {
    OWNER.id: dict.fromkeys(
        (SAMPLE_REALM, EMPTY_REALM, GB_REALM, AU_REALM, CA_REALM, AUTOMATED_REALM),
        True,
    ),
    BOOKKEEPER.id: {SAMPLE_REALM: False, EMPTY_REALM: True, AU_REALM: False, CA_REALM: True},
}
"""Which companies each person has, and whether as an administrator, which connecting needs."""
_SEEDS: tuple[tuple[Profile, Callable[[Books], None]], ...] = (
    (sample_profile(), fill_sample),
    (empty_profile(), fill_empty),
    *((one.profile, one.fill) for one in (GB, AU, CA, AUTOMATED)),
)


@dataclass(slots=True)
class QuickBooks:
    """The simulated platform's own parts, for tests that look behind its door."""

    grants: Grants
    rest: Rest
    books: dict[str, Books]


def build_simulator(*, clock: Clock, seed: int, origin: str) -> Starlette:
    """The application. `app.state.simulator` is the shared room's view of it, `app.state.quickbooks` its own parts."""
    moving = movable(clock)
    grants = Grants(seeded(seed, f"{SLUG}:grants"))
    books: dict[str, Books] = {}
    staffs: dict[str, Staff] = {}
    for profile, fill in _SEEDS:
        books[profile.id] = Books(profile, moving, seeded(seed, f"{SLUG}:{profile.id}"))
        books[profile.id].files = Files(profile.id, origin.rstrip("/"), seeded(seed, f"{SLUG}:files").randbytes(32))
        fill(books[profile.id])
        books[profile.id].ledger.assert_balanced()
        staffs[profile.id] = Staff(books[profile.id], grants)
    rest = Rest(grants, books)
    simulator = Simulator(
        title=TITLE,
        slug=SLUG,
        origin=origin.rstrip("/"),
        clock=moving,
        seed=seed,
        companies={realm: QuickBooksCompany(one, staffs[realm]) for realm, one in books.items()},
        classify=rest.classify,
        refuse=rest.refuse,
        addresses=(
            ("Discovery", DISCOVERIES[1]),
            ("Authorize", AUTHORIZE),
            ("Token", TOKEN),
            ("Revoke", REVOKE),
            ("REST interface", f"{PREFIX}{{realmId}}/"),
            ("Control surface", "/_sandbox/companies"),
        ),
        users=(OWNER, BOOKKEEPER),
        body_bytes_max=body_bytes_max,
    )
    rest.simulator = simulator
    for staff in staffs.values():
        staff.apps = simulator.apps
    webhooks = QuickBooksWebhooks(grants)
    post = simulator.notify_by(webhooks)
    for one in books.values():
        watch(one, post, webhooks)
    equip(simulator, rest)
    simulator.streams["answers"] = grants.traces
    simulator.billed_kinds = frozenset({CORE, CORE_PLUS})
    simulator.app_gone.append(grants.forget)
    app = build_application(simulator, _routes(simulator, grants, rest, webhooks))
    app.state.quickbooks = QuickBooks(grants, rest, books)
    return app


def _routes(simulator: Simulator, grants: Grants, rest: Rest, webhooks: QuickBooksWebhooks) -> list[Route]:
    oauth, consenting = OAuth(simulator, grants), Consenting(simulator, grants, _MEMBERS)

    async def rest_endpoint(request: Request) -> Response:
        return await rest.handle(request)

    async def file_endpoint(request: Request) -> Response:
        return serve_file(request, {realm: one.files for realm, one in rest.books.items()}, simulator.clock.now)

    discovery: list[Any] = [Route(path, oauth.discovery, methods=["GET"]) for path in DISCOVERIES]
    return [
        *discovery,
        Route(AUTHORIZE, consenting.page, methods=["GET"]),
        Route(AUTHORIZE, consenting.answer, methods=["POST"]),
        Route(TOKEN, oauth.token, methods=["POST"]),
        Route(REVOKE, oauth.revoke, methods=["POST"]),
        Route(USER_INFO, oauth.user_info, methods=["GET"]),
        Route(KEYS, oauth.keys, methods=["GET"]),
        Route(f"{PREFIX}{{rest:path}}", rest_endpoint, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        Route(FILES, file_endpoint, methods=["GET"]),
        Route(THUMBNAILS, refuse_thumbnail, methods=["GET"]),
        Route("/_sandbox/rules", rules_endpoint(quickbooks_rules(grants, rest, webhooks)), methods=["GET", "POST"]),
    ]
