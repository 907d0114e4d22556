"""What a browser gets at each address of a simulated platform's pages, and what its forms do."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tieout.sandbox.companies import Company
from tieout.sandbox.faults.kinds import KINDS
from tieout.sandbox.faults.plan import FaultRefusedError
from tieout.sandbox.pages.company import company_values
from tieout.sandbox.pages.rendering import render
from tieout.sandbox.people import ActionRefusedError
from tieout.sandbox.visitors import CSRF_FIELD

if TYPE_CHECKING:
    from tieout.sandbox.simulator import Simulator

FORM_FIELDS_MAX = 30
SWITCHBOARD = "/_sandbox/switchboard"
REQUESTS_SHOWN = 40
"""The last requests on the switchboard."""
DELIVERIES_SHOWN = 20
"""The last attempts to deliver notifications on the switchboard."""
ADVANCE_S_MAX = 10 * 366 * 86_400
"""How far a form may move the clock at once, seconds."""
_STEPS = {"hour": 3_600, "day": 86_400, "month": 30 * 86_400}


class Pages:
    """The pages of one simulator."""

    def __init__(self, simulator: "Simulator") -> None:
        """Show `simulator`."""
        self._simulator = simulator
        self._switches: dict[str, Callable[[dict[str, str]], Awaitable[str]]] = {
            "clock": self._move_clock,
            "fault": self._set_fault,
            "mend": self._take_fault,
        }

    async def origin(self, _request: Request) -> Response:
        """The first page: companies, people and addresses."""
        simulator = self._simulator
        companies = [(company, company.documents(offset=0, limit=0)[0]) for company in simulator.companies.values()]
        return render(
            simulator,
            "origin.html",
            title=simulator.title,
            companies=companies,
            addresses=[(what, f"{simulator.origin}{path}") for what, path in simulator.addresses],
            users=simulator.users,
            apps=simulator.apps.listed(),
            faults=simulator.faults.faults,
        )

    async def company(self, request: Request) -> Response:
        """A company, on the tab that the address names."""
        company = self._simulator.companies.get(request.path_params["company_id"])
        if company is None:
            return self._nothing("There is no company with this id here.")
        return self._with_forms(
            request, "company.html", **company_values(self._simulator, company, request.query_params)
        )

    async def acted(self, request: Request, company: Company, action: str) -> Response:
        """A form in which somebody did something: back to where it was, or the page again with what is wrong."""
        wish = await self._form(request)
        if wish is None:
            return self._foreign_form()
        tab = wish.pop("show", "documents")
        try:
            company.people.act(action, {name: value for name, value in wish.items() if value})
        except ActionRefusedError as refusal:
            values = company_values(self._simulator, company, {"show": tab})
            values |= {"problem": f"{action.replace('_', ' ').capitalize()}: {refusal}", "tried": action, "said": wish}
            return self._with_forms(request, "company.html", 409, **values)
        return RedirectResponse(f"/_sandbox/companies/{company.id}?show={tab}&done={action}", 303)

    async def switchboard(self, request: Request) -> Response:
        """The clock, the faults, and the last requests with what they cost."""
        return self._with_forms(
            request, "switchboard.html", **self._switchboard_values(request.query_params.get("done"))
        )

    async def switched(self, request: Request) -> Response:
        """A form of the switchboard."""
        wish = await self._form(request)
        if wish is None:
            return self._foreign_form()
        switch = self._switches.get(request.path_params["switch"])
        if switch is None:
            return self._nothing("The switchboard has no such switch.")
        try:
            done = await switch(wish)
        except (FaultRefusedError, ValueError) as refusal:
            values = self._switchboard_values(None) | {"problem": str(refusal)}
            return self._with_forms(request, "switchboard.html", 422, **values)
        return RedirectResponse(f"{SWITCHBOARD}?done={done}", 303)

    def _switchboard_values(self, done: str | None) -> dict[str, Any]:
        simulator = self._simulator
        return {
            "title": "Switchboard",
            "faults": simulator.faults.faults,
            "kinds": KINDS,
            "seen": simulator.requests.listed(limit=REQUESTS_SHOWN),
            "meter": simulator.meter.told(),
            **_notifications(simulator),
            "companies": simulator.companies,
            "app_names": {app.client_id: app.name for app in simulator.apps.listed()},
            "done": done if done in _DONE else "",
            "said": _DONE,
            "problem": "",
        }

    async def _move_clock(self, wish: dict[str, str]) -> str:
        now = self._simulator.clock.now()
        if wish.get("step") in _STEPS:
            by = timedelta(seconds=_STEPS[wish["step"]])
        else:
            try:
                target = datetime.fromisoformat(wish.get("to", ""))
            except ValueError:
                raise ValueError("Say when, such as 2026-12-31T09:00") from None
            by = (target if target.tzinfo else target.replace(tzinfo=UTC)) - now
        if by < timedelta(0):
            raise ValueError("The clock only goes forward")
        if by > timedelta(seconds=ADVANCE_S_MAX):
            raise ValueError("That is more than ten years ahead")
        await self._simulator.pass_time(by)
        return "clock"

    async def _set_fault(self, wish: dict[str, str]) -> str:
        self._simulator.faults.add({name: value for name, value in wish.items() if value})
        return "fault"

    async def _take_fault(self, wish: dict[str, str]) -> str:
        self._simulator.faults.remove(wish.get("fault_id"))
        return "mend"

    async def _form(self, request: Request) -> dict[str, str] | None:
        """The texts of a form; None unless it stood on a page that we gave this browser."""
        async with request.form(max_fields=FORM_FIELDS_MAX, max_files=0) as form:
            if not self._simulator.visitors.form_is_ours(request, form.get(CSRF_FIELD)):
                return None
            return {name: value for name, value in form.items() if isinstance(value, str) and name != CSRF_FIELD}

    def _with_forms(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """A page with forms, which carry the proof that they are ours."""
        visitors = self._simulator.visitors
        visitor = visitors.visitor(request)
        answer = render(self._simulator, template, status, csrf=visitors.csrf(visitor), **values)
        visitors.remember(request, answer, visitor)
        return answer

    def _foreign_form(self) -> Response:
        return render(
            self._simulator,
            "notice.html",
            403,
            title="This form is not ours",
            text="It is not from a page of this simulator, or is too old. Open the page again and send it once more.",
            way_on=("First page", "/"),
        )

    def _nothing(self, text: str) -> Response:
        return render(self._simulator, "notice.html", 404, title="Not here", text=text, way_on=("All companies", "/"))


def _notifications(simulator: "Simulator") -> dict[str, Any]:
    """Programs' webhooks and what was sent last; `webhooks` is None where the platform has none."""
    if simulator.post is None:
        return {"webhooks": None, "attempts": []}
    webhooks = list(simulator.post.webhooks.values())
    attempts = [(attempt, webhook) for webhook in webhooks for attempt in webhook.history]
    attempts.sort(key=lambda row: row[0].at, reverse=True)
    return {"webhooks": webhooks, "attempts": attempts[:DELIVERIES_SHOWN]}


_DONE = {"clock": "The clock was moved.", "fault": "The fault is set.", "mend": "The fault is taken away."}
