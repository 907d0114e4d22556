"""The control surface of a simulated platform, under `/_sandbox/`: the developer portal, the clock, and the switches.

It has no login: it is for a loopback address, for tests, and for whoever runs the demo. JSON is taken only as
`application/json`, and a page's form only with the proof of `visitors`, so that another site in the same browser
cannot use it. Every figure in an answer is a string of plain digits.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from tieout.sandbox.apps import AppRefusedError
from tieout.sandbox.companies import Company
from tieout.sandbox.faults import Fault, FaultRefusedError
from tieout.sandbox.ledger import ZERO, JournalEntry, Ledger
from tieout.sandbox.pages import STATIC_FOLDER, Pages
from tieout.sandbox.people import ActionRefusedError, UnknownActionError
from tieout.sandbox.visitors import CSRF_FIELD
from tieout.sandbox.wire import MalformedJsonError, control_json, read_object

if TYPE_CHECKING:
    from tieout.sandbox.simulator import Simulator

PAGE_ENTRIES_MAX = 1_000
"""The most journal entries or requests in one answer."""
FILL_DOCUMENTS_MAX = 100_000
"""The most documents made up at once."""
FORM_FIELDS_MAX = 30

Endpoint = Callable[[Request], Awaitable[Response]]


class ControlRefusedError(Exception):
    """A wish that cannot be granted, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        """`message` is for the person at the switchboard."""
        super().__init__(message)
        self.status = status


def control_routes(simulator: "Simulator") -> Sequence[BaseRoute]:
    """Every route of the control surface and its pages."""
    control, pages = Control(simulator), Pages(simulator)
    company = "/_sandbox/companies/{company_id}"
    return [
        Route("/", pages.origin, methods=["GET"]),
        Mount("/_sandbox/static", StaticFiles(directory=STATIC_FOLDER)),
        Route("/_sandbox/apps", _answering(control.apps), methods=["GET", "POST"]),
        Route("/_sandbox/clock", _answering(control.clock), methods=["GET", "POST"]),
        Route("/_sandbox/faults", _answering(control.faults), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/faults/{fault_id}", _answering(control.fault), methods=["DELETE"]),
        Route("/_sandbox/requests", _answering(control.requests), methods=["GET", "DELETE"]),
        Route("/_sandbox/meter", _answering(control.meter), methods=["GET", "DELETE"]),
        Route("/_sandbox/companies", _answering(control.companies), methods=["GET"]),
        Route(company, pages.company, methods=["GET"]),
        Route(f"{company}/journal", _answering(control.journal), methods=["GET"]),
        Route(f"{company}/trial-balance", _answering(control.trial_balance), methods=["GET"]),
        Route(f"{company}/fill", _answering(control.fill), methods=["POST"]),
        Route(f"{company}/people/{{action}}", _answering(control.act), methods=["POST"]),
    ]


class Control:
    """The endpoints of one simulator's control surface."""

    def __init__(self, simulator: "Simulator") -> None:
        """Control `simulator`."""
        self._simulator = simulator

    async def apps(self, request: Request) -> Response:
        """Register a program, or list them."""
        if request.method == "POST":
            return control_json(self._simulator.apps.register(await _wish(request)).told(), 201)
        return control_json({"apps": [app.told() for app in self._simulator.apps.listed()]})

    async def clock(self, request: Request) -> Response:
        """Tell the time, set it (`{now}`), or move it (`{advance_s}`)."""
        clock = self._simulator.clock
        if request.method == "POST":
            clock.move(plan_move(await _wish(request), clock.now()))
        return control_json({"now": clock.now()})

    async def faults(self, request: Request) -> Response:
        """Set a fault, list them, or clear all."""
        plan = self._simulator.faults
        if request.method == "POST":
            return control_json(_told_fault(plan.add(await _wish(request))), 201)
        if request.method == "DELETE":
            return control_json({"removed": plan.remove()})
        return control_json({"faults": [_told_fault(fault) for fault in plan.faults]})

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
        limit = _page_figure(request, "limit", 200)
        seen = log.listed(request.query_params.get("company_id"), limit=limit)
        return control_json({"requests": [one.told() for one in seen]})

    async def meter(self, request: Request) -> Response:
        """Calls and bytes by company, app, kind and month: `?company_id=`; or start again."""
        meter = self._simulator.meter
        if request.method == "DELETE":
            meter.clear()
        company_id = request.query_params.get("company_id")
        rows = [row for row in meter.told() if company_id in (None, row["company_id"])]
        return control_json({"meter": rows})

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
        offset, limit = _page_figure(request, "offset", 0), _page_figure(request, "limit", 200)
        page = entries[offset : offset + limit]
        return control_json({"total": len(entries), "entries": [_told_entry(ledger, entry) for entry in page]})

    async def trial_balance(self, request: Request) -> Response:
        """Every account's balance, now or at the end of `?date=YYYY-MM-DD`."""
        company = self._company(request)
        return control_json(told_trial_balance(company, _day(request.query_params.get("date"))))

    async def fill(self, request: Request) -> Response:
        """Make up documents: `{documents, seed}`."""
        company, wish = self._company(request), await _wish(request)
        documents, seed = _figure(wish, "documents", 100), _figure(wish, "seed", 7)
        if not 1 <= documents <= FILL_DOCUMENTS_MAX:
            raise ControlRefusedError(422, f"documents is from 1 to {FILL_DOCUMENTS_MAX}")
        return control_json(company.fill(int(documents), int(seed)), 201)

    async def act(self, request: Request) -> Response:
        """Somebody in the company does something; a form goes back to the company's page afterwards."""
        company, action = self._company(request), request.path_params["action"]
        if _media_type(request) == "application/json":
            return control_json(company.people.act(action, await _wish(request)))
        async with request.form(max_fields=FORM_FIELDS_MAX, max_files=0) as form:
            if not self._simulator.visitors.form_is_ours(request, form.get(CSRF_FIELD)):
                raise ControlRefusedError(403, "this form is not from a page of this simulator, or is too old")
            wish = {name: value for name, value in form.items() if name != CSRF_FIELD}
        company.people.act(action, wish)
        return RedirectResponse(f"/_sandbox/companies/{company.id}?done={action}", 303)

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
            return timedelta(seconds=float(_figure(wish, "advance_s", 0)))
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


def _told_fault(fault: Fault) -> dict[str, object]:
    return {
        "id": fault.id,
        "kind": fault.kind.value,
        "method": fault.method,
        "path_prefix": fault.path_prefix,
        "count": fault.count,
        "skip": fault.skip,
        "probability": fault.probability,
        "status": fault.status,
        "delay_s": fault.delay_s,
        "retry_after_s": fault.retry_after_s,
        "hits": fault.hits,
    }


def _answering(endpoint: Endpoint) -> Endpoint:
    """Turn refusals into answers, `{"error": …}`."""

    async def answering(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ControlRefusedError as error:
            return control_json({"error": str(error)}, error.status)
        except UnknownActionError as error:
            return control_json({"error": str(error.args[0])}, 501)
        except ActionRefusedError as error:
            return control_json({"error": str(error)}, 409)
        except (AppRefusedError, FaultRefusedError, MalformedJsonError) as error:
            return control_json({"error": str(error)}, 422)

    return answering


async def _wish(request: Request) -> dict[str, Any]:
    if _media_type(request) != "application/json":
        raise ControlRefusedError(415, "send application/json")
    return await read_object(request)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _figure(wish: dict[str, Any], name: str, otherwise: int) -> Decimal:
    value = wish.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ControlRefusedError(422, f"{name} is a number")
    try:
        figure = Decimal(value)
    except InvalidOperation:
        raise ControlRefusedError(422, f"{name} is a number") from None
    if not figure.is_finite():
        raise ControlRefusedError(422, f"{name} is a number")
    return figure


def _page_figure(request: Request, name: str, otherwise: int) -> int:
    value = request.query_params.get(name, str(otherwise))
    if not value.isascii() or not value.isdigit() or len(value) > 9:  # noqa: PLR2004 - more digits than any page has
        raise ControlRefusedError(422, f"{name} is a whole number")
    return int(value) if name == "offset" else min(int(value), PAGE_ENTRIES_MAX)


def _day(value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ControlRefusedError(422, "date is YYYY-MM-DD") from None
