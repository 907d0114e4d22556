"""The pages of a connection: sign in, choose a company, agree or not. They work without script."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tieout.platforms.quickbooks.sandbox.identity.grants import Grants
from tieout.platforms.quickbooks.sandbox.identity.oauth import ACCOUNTING_SCOPE, AUTHORIZE, SCOPES
from tieout.sandbox.apps import App
from tieout.sandbox.companies import Company
from tieout.sandbox.pages.rendering import render
from tieout.sandbox.simulator import Simulator
from tieout.sandbox.visitors import CSRF_FIELD, User

_FORM_FIELDS_MAX = 20
STATE_CHARACTERS_MAX = 2_000
_PERMISSIONS = {
    ACCOUNTING_SCOPE: "read and change customers, vendors, items, invoices, bills and payments",
    "com.intuit.quickbooks.payment": "take payments",
    "openid": "know who you are",
    "email": "see your e-mail address",
    "profile": "see your name",
    "phone": "see your telephone number",
    "address": "see your address",
}


@dataclass(frozen=True, slots=True)
class _Ask:
    """A request for consent that makes sense."""

    app: App
    redirect_uri: str
    state: str
    scopes: frozenset[str]

    def back(self, **answer: str) -> Response:
        """Send the browser back to the program."""
        query = urlencode({**answer, "state": self.state} if self.state else answer)
        joint = "&" if "?" in self.redirect_uri else "?"
        return RedirectResponse(f"{self.redirect_uri}{joint}{query}", 302, {"cache-control": "no-store"})


class _MeaninglessError(Exception):
    """A request that cannot even be answered at its return address."""


@dataclass(slots=True)
class Consenting:
    """The authorize endpoint. `members` says which companies each user has, and whether as an administrator."""

    simulator: Simulator
    grants: Grants
    members: Mapping[str, Mapping[str, bool]]

    async def page(self, request: Request) -> Response:
        """Sign in, or choose and agree."""
        try:
            ask = self._read(request.query_params)
        except _MeaninglessError as error:
            return self._meaningless(str(error))
        refusal = _refusal(ask, request.query_params)
        if refusal is not None:
            return refusal
        visitor = self.simulator.visitors.visitor(request)
        return self._shown(request, ask, visitor, "")

    async def answer(self, request: Request) -> Response:
        """What the person did on the page."""
        try:
            ask = self._read(request.query_params)
        except _MeaninglessError as error:
            return self._meaningless(str(error))
        refusal = _refusal(ask, request.query_params)
        if refusal is not None:
            return refusal
        async with request.form(max_fields=_FORM_FIELDS_MAX, max_files=0) as form:
            return self._act(request, ask, form)

    def _act(self, request: Request, ask: _Ask, form: FormData) -> Response:
        visitors = self.simulator.visitors
        visitor = visitors.visitor(request)
        if not visitors.form_is_ours(request, form.get(CSRF_FIELD)):
            return self._shown(request, ask, visitor, "This page was too old. Please try again.", status=403)
        step, user = form.get("step"), visitors.user(visitor)
        if step == "cancel":
            return ask.back(error="access_denied")
        if step == "connect" and user is not None:
            return self._connect(request, ask, user, str(form.get("company", "")))
        if step == "sign_out":
            visitors.sign_out(visitor)
        elif step == "sign_in":
            known = visitors.sign_in(visitor, str(form.get("email", "")), str(form.get("password", "")))
            if known is None:
                return self._shown(request, ask, visitor, "This e-mail and password do not fit together.", status=401)
        return self._again(request)

    def _connect(self, request: Request, ask: _Ask, user: User, company_id: str) -> Response:
        visitor = self.simulator.visitors.visitor(request)
        role = self.members.get(user.id, {}).get(company_id)
        if role is None:
            return self._shown(request, ask, visitor, "Please choose one of your companies.", status=422)
        if not role:
            problem = "Only an administrator of this company can connect it. Ask one of them to do this step."
            return self._shown(request, ask, visitor, problem, status=403)
        now = self.simulator.clock.now()
        code = self.grants.consent(ask.app.client_id, company_id, user.id, ask.scopes, ask.redirect_uri, now=now)
        return ask.back(code=code.value, realmId=company_id)

    def _read(self, query: QueryParams) -> _Ask:
        """The request; what is wrong with it before anybody can be sent back is `_MeaninglessError`."""
        app = self.simulator.apps.by_client_id.get(query.get("client_id", ""))
        if app is None:
            raise _MeaninglessError("No program is registered here with this client id.")
        redirect_uri = query.get("redirect_uri", "")
        if redirect_uri not in app.redirect_uris:
            raise _MeaninglessError("The return address is not one that this program registered. It has to be exact.")
        state = query.get("state", "")
        if len(state) > STATE_CHARACTERS_MAX:
            raise _MeaninglessError("The state is too long.")
        return _Ask(app, redirect_uri, state, frozenset(query.get("scope", "").split()))

    def _shown(self, request: Request, ask: _Ask, visitor: str, problem: str, status: int = 200) -> Response:
        user = self.simulator.visitors.user(visitor)
        values: dict[str, Any] = {
            "app_name": ask.app.name,
            "action": f"{AUTHORIZE}?{request.url.query}",
            "csrf": self.simulator.visitors.csrf(visitor),
            "hidden": (),
            "problem": problem,
        }
        if user is None:
            first = self.simulator.users[0]
            response = render(
                self.simulator,
                "sign_in.html",
                status,
                title="Sign in",
                email=first.email,
                password=first.password,
                **values,
            )
        else:
            response = render(
                self.simulator,
                "consent.html",
                status,
                title=f"Connect {ask.app.name}",
                user=user,
                question="Which company?",
                several=False,
                companies=self._companies(user),
                permissions=[text for scope, text in _PERMISSIONS.items() if scope in ask.scopes],
                **values,
            )
        self.simulator.visitors.remember(request, response, visitor)
        return response

    def _companies(self, user: User) -> list[Company]:
        return [self.simulator.companies[company_id] for company_id in self.members.get(user.id, {})]

    def _again(self, request: Request) -> Response:
        return RedirectResponse(f"{AUTHORIZE}?{request.url.query}", 303)

    def _meaningless(self, text: str) -> Response:
        return render(
            self.simulator,
            "notice.html",
            400,
            title="This connection cannot start",
            text=text,
            way_on=("First page", "/"),
        )


def _refusal(ask: _Ask, query: QueryParams) -> Response | None:
    """What the program is told at its return address when its request is wrong."""
    if query.get("response_type") != "code":
        return ask.back(error="unsupported_response_type")
    if not ask.scopes or not ask.scopes <= SCOPES:
        return ask.back(error="invalid_scope")
    return None
