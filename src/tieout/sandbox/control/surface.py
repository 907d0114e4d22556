"""The control surface of a simulated platform, under `/_sandbox/`: the developer portal, the clock, and the switches.

It has no login: it is for a loopback address, for tests, and for whoever runs the demo. JSON is taken only as
`application/json`, and a page's form only with the proof of `visitors`, so that another site in the same browser
cannot use it. Every figure in an answer is a string of plain digits.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from tieout.sandbox.apps import App
from tieout.sandbox.billing import billed_rows
from tieout.sandbox.companies import Company
from tieout.sandbox.control.hooks import webhook_routes
from tieout.sandbox.control.refusing import (
    ControlRefusedError,
    answering,
    day,
    figure,
    media_type,
    page_figure,
    read_wish,
)
from tieout.sandbox.faults.kinds import CHOOSING, told_kinds
from tieout.sandbox.ledger import ZERO, JournalEntry, Ledger
from tieout.sandbox.pages.rendering import STATIC_FOLDER
from tieout.sandbox.pages.visits import SWITCHBOARD, Pages
from tieout.sandbox.wire import control_json

if TYPE_CHECKING:
    from tieout.sandbox.simulator import Simulator

FILL_DOCUMENTS_MAX = 100_000
"""The most documents made up at once."""


def control_routes(simulator: "Simulator") -> Sequence[BaseRoute]:
    """Every route of the control surface and its pages."""
    pages = Pages(simulator)
    control = Control(simulator, pages)
    company = "/_sandbox/companies/{company_id}"
    return [
        Route("/", pages.origin, methods=["GET"]),
        Mount("/_sandbox/static", StaticFiles(directory=STATIC_FOLDER)),
        Route("/_sandbox/apps", answering(control.apps), methods=["GET", "POST"]),
        Route("/_sandbox/apps/{client_id}", answering(control.app), methods=["GET", "POST", "DELETE"]),
        *webhook_routes(simulator),
        Route("/_sandbox/clock", answering(control.clock), methods=["GET", "POST"]),
        Route("/_sandbox/faults", answering(control.faults), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/faults/kinds", answering(control.fault_kinds), methods=["GET"]),
        Route("/_sandbox/faults/{fault_id}", answering(control.fault), methods=["DELETE"]),
        Route("/_sandbox/requests", answering(control.requests), methods=["GET", "DELETE"]),
        Route("/_sandbox/meter", answering(control.meter), methods=["GET", "DELETE"]),
        Route("/_sandbox/meter/billed", answering(control.billed), methods=["GET"]),
        Route("/_sandbox/state", answering(control.state), methods=["POST"]),
        Route("/_sandbox/companies", answering(control.companies), methods=["GET"]),
        Route(SWITCHBOARD, pages.switchboard, methods=["GET"]),
        Route(f"{SWITCHBOARD}/{{switch}}", pages.switched, methods=["POST"]),
        Route(company, pages.company, methods=["GET"]),
        Route(f"{company}/journal", answering(control.journal), methods=["GET"]),
        Route(f"{company}/trial-balance", answering(control.trial_balance), methods=["GET"]),
        Route(f"{company}/fill", answering(control.fill), methods=["POST"]),
        Route(f"{company}/people/{{action}}", answering(control.act), methods=["POST"]),
    ]


class Control:
    """The endpoints of one simulator's control surface."""

    def __init__(self, simulator: "Simulator", pages: Pages) -> None:
        """Control `simulator`; a form of one of its `pages` is answered with a page."""
        self._simulator = simulator
        self._pages = pages

    async def apps(self, request: Request) -> Response:
        """Register a program, or list them."""
        if request.method == "POST":
            return control_json(self._simulator.apps.register(await read_wish(request)).told(), 201)
        return control_json({"apps": [app.told() for app in self._simulator.apps.listed()]})

    async def app(self, request: Request) -> Response:
        """A program: look at it, change what is sent of its registration, or end it with all it was allowed."""
        apps, app = self._simulator.apps, self._app(request)
        if request.method == "POST":
            return control_json(apps.change(app.client_id, await read_wish(request)).told())
        if request.method == "DELETE":
            for gone in self._simulator.app_gone:
                gone(app.client_id)
            if self._simulator.post is not None:
                self._simulator.post.remove(app.client_id)
            return control_json({"removed": int(apps.remove(app.client_id))})
        return control_json(app.told())

    async def clock(self, request: Request) -> Response:
        """Tell the time, set it (`{now}`), or move it (`{advance_s}`)."""
        clock = self._simulator.clock
        if request.method == "POST":
            await self._simulator.pass_time(plan_move(await read_wish(request), clock.now()))
        return control_json({"now": clock.now()})

    async def faults(self, request: Request) -> Response:
        """Set a fault, list them, or clear all."""
        plan = self._simulator.faults
        if request.method == "POST":
            return control_json(plan.add(await read_wish(request)).told(), 201)
        if request.method == "DELETE":
            return control_json({"removed": plan.remove()})
        return control_json({"faults": [fault.told() for fault in plan.faults]})

    async def fault_kinds(self, _request: Request) -> Response:
        """The table of what can go wrong here, and of the fields that choose requests."""
        plan = self._simulator.faults
        return control_json({"kinds": told_kinds(plan.kinds, plan.limits), "choosing": CHOOSING})

    async def fault(self, request: Request) -> Response:
        """Take one fault away."""
        if not self._simulator.faults.remove(request.path_params["fault_id"]):
            raise ControlRefusedError(404, "no such fault")
        return control_json({"removed": 1})

    async def requests(self, request: Request) -> Response:
        """The last requests, newest first: `?company_id=&limit=`; or forget them."""
        log = self._simulator.requests
        if request.method == "DELETE":
            log.clear()
            return control_json({"requests": []})
        limit = page_figure(request, "limit", 200)
        seen = log.listed(request.query_params.get("company_id"), limit=limit)
        return control_json({"requests": [one.told() for one in seen]})

    async def meter(self, request: Request) -> Response:
        """Calls and bytes by company, app, kind and month, or day with `?by=day`: `?company_id=`; or start again."""
        meter = self._simulator.meter
        if request.method == "DELETE":
            meter.clear()
        company_id = request.query_params.get("company_id")
        by = request.query_params.get("by", "month")
        if by not in ("day", "month"):
            raise ControlRefusedError(422, "by is day or month")
        rows = [row for row in meter.told(by_day=by == "day") if company_id in (None, row["company_id"])]
        return control_json({"meter": rows})

    async def billed(self, _request: Request) -> Response:
        """What the platform would bill: calls by workspace and month, and bytes by app, company and day."""
        simulator = self._simulator
        return control_json(billed_rows(simulator.meter, simulator.apps.by_client_id, simulator.billed_kinds))

    async def state(self, _request: Request) -> Response:
        """Save the state to the file that the simulator was started with."""
        if self._simulator.save is None:
            raise ControlRefusedError(409, "the simulator was started without a file for its state")
        return control_json(self._simulator.save())

    async def companies(self, _request: Request) -> Response:
        """Every company."""
        return control_json({"companies": [_told_company(one) for one in self._simulator.companies.values()]})

    async def journal(self, request: Request) -> Response:
        """Journal entries, oldest first: `?document_id=&document_kind=&offset=&limit=`."""
        ledger = self._company(request).ledger
        entries: Sequence[JournalEntry] = ledger.entries
        for field, name in (("id", "document_id"), ("kind", "document_kind")):
            wanted = request.query_params.get(name)
            if wanted is not None:
                entries = [entry for entry in entries if getattr(entry.document, field) == wanted]
        offset, limit = page_figure(request, "offset", 0), page_figure(request, "limit", 200)
        page = entries[offset : offset + limit]
        return control_json({"total": len(entries), "entries": [_told_entry(ledger, entry) for entry in page]})

    async def trial_balance(self, request: Request) -> Response:
        """Every account's balance, now or at the end of `?date=YYYY-MM-DD`."""
        company = self._company(request)
        return control_json(told_trial_balance(company, day(request.query_params.get("date"))))

    async def fill(self, request: Request) -> Response:
        """Make up documents: `{documents, seed}`."""
        company, wish = self._company(request), await read_wish(request)
        documents, seed = figure(wish, "documents", 100), figure(wish, "seed", 7)
        if not 1 <= documents <= FILL_DOCUMENTS_MAX:
            raise ControlRefusedError(422, f"documents is from 1 to {FILL_DOCUMENTS_MAX}")
        post = self._simulator.post
        with post.muted() if post is not None else nullcontext():
            return control_json(company.fill(int(documents), int(seed)), 201)

    async def act(self, request: Request) -> Response:
        """Somebody in the company does something; a form goes back to the company's page afterwards."""
        company, action = self._company(request), request.path_params["action"]
        if media_type(request) == "application/json":
            return control_json(company.people.act(action, await read_wish(request)))
        return await self._pages.acted(request, company, action)

    def _app(self, request: Request) -> App:
        app = self._simulator.apps.by_client_id.get(request.path_params["client_id"])
        if app is None:
            raise ControlRefusedError(404, "no such app")
        return app

    def _company(self, request: Request) -> Company:
        company = self._simulator.companies.get(request.path_params["company_id"])
        if company is None:
            raise ControlRefusedError(404, "no such company")
        return company


def plan_move(wish: dict[str, Any], now: datetime) -> timedelta:
    """How far to move the clock for `{now: ISO time}` or `{advance_s: number}`."""
    if set(wish) == {"now"} and isinstance(wish["now"], str):
        try:
            target = datetime.fromisoformat(wish["now"])
        except ValueError:
            raise ControlRefusedError(422, "now is an ISO 8601 time") from None
        if target.tzinfo is None:
            raise ControlRefusedError(422, "now needs an offset, such as Z")
        return target.astimezone(UTC) - now
    if set(wish) == {"advance_s"}:
        try:
            return timedelta(seconds=float(figure(wish, "advance_s", 0)))
        except OverflowError:
            raise ControlRefusedError(422, "advance_s is too far") from None
    raise ControlRefusedError(422, 'say {"now": "2026-01-31T12:00:00Z"} or {"advance_s": 3600}')


def told_trial_balance(company: Company, until: date | None) -> dict[str, object]:
    """A trial balance for the control surface."""
    rows = company.ledger.trial_balance(until=until)
    return {
        "company_id": company.id,
        "currency": company.currency,
        "date": until or company.today(),
        "accounts": [
            {
                "id": row.account.id,
                "name": row.account.name,
                "nature": row.account.nature.value,
                "debit": row.debit,
                "credit": row.credit,
            }
            for row in rows
        ],
        "total_debit": sum((row.debit for row in rows), ZERO),
        "total_credit": sum((row.credit for row in rows), ZERO),
    }


def _told_entry(ledger: Ledger, entry: JournalEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "date": entry.date,
        "posted_at": entry.posted_at,
        "document": {"kind": entry.document.kind, "id": entry.document.id, "number": entry.number},
        "memo": entry.memo,
        "reverses": entry.reverses,
        "lines": [
            {
                "account_id": line.account_id,
                "account": ledger.account(line.account_id).name,
                "debit": line.debit,
                "credit": line.credit,
                "memo": line.memo,
            }
            for line in entry.lines
        ],
    }


def _told_company(company: Company) -> dict[str, object]:
    total, _ = company.documents(offset=0, limit=0)
    return {
        "id": company.id,
        "name": company.name,
        "country": company.country,
        "currency": company.currency,
        "documents": total,
        "people_actions": company.people.actions,
    }
