"""The pages that a person sees on the login host: sign in, choose organisations, allow or refuse.

Plain forms, no script. What the app asked for travels in hidden fields and is checked again at every step, so the
pages keep no state of their own. Source: auth-flow page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tieout.platforms.xero.sandbox.identity.grants import Grants
from tieout.platforms.xero.sandbox.identity.scopes import refuse_scopes
from tieout.sandbox.apps import App
from tieout.sandbox.companies import Company
from tieout.sandbox.pages.rendering import render
from tieout.sandbox.visitors import CSRF_FIELD, User

if TYPE_CHECKING:
    from tieout.sandbox.simulator import Simulator

PATH = "/identity/connect/authorize"
FORM_FIELDS_MAX = 60
_CARRIED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
)  # fmt: skip
_CHALLENGE_CHARACTERS = 43
"""The length of a base64url SHA-256 (RFC 7636)."""
_PERMISSIONS = {
    "accounting.settings": "See and change your chart of accounts, tax rates and items",
    "accounting.contacts": "See and change your contacts",
    "accounting.invoices": "See, create and change invoices, bills and credit notes",
    "accounting.payments": "See, create and remove payments",
    "accounting.attachments": "See and add attachments",
    "accounting.transactions": "See, create and change all your transactions",
    "accounting.banktransactions": "See, create and change bank transactions",
    "accounting.manualjournals": "See, create and change manual journals",
    "offline_access": "Keep doing so while you are away",
}


@dataclass(frozen=True, slots=True)
class _Ask:
    """What an app asks for, checked."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    nonce: str | None
    challenge: str | None
    carried: tuple[tuple[str, str], ...]


class Consent:
    """The authorize endpoint."""

    def __init__(
        self,
        simulator: "Simulator",
        grants: Grants,
        organisations_of: Callable[[User], Sequence[Company]],
        granular_only: Callable[[App], bool],
        connections_max: Callable[[], int] = lambda: 0,
    ) -> None:
        """`organisations_of`: where a user may connect apps. `granular_only`: whether an app is a new one.

        `connections_max`: to how many organisations an app may be connected, 0 for any number.
        """
        self._simulator = simulator
        self._grants = grants
        self._organisations_of = organisations_of
        self._granular_only = granular_only
        self._connections_max = connections_max

    async def page(self, request: Request) -> Response:
        """`GET`: the page to begin with."""
        ask = self._read(request.query_params)
        if isinstance(ask, Response):
            return ask
        visitor = self._simulator.visitors.visitor(request)
        user = self._simulator.visitors.user(visitor)
        return self._choose(request, ask, user) if user else self._sign_in(request, ask, visitor)

    async def step(self, request: Request) -> Response:
        """`POST`: sign in, sign out, connect or cancel."""
        visitors = self._simulator.visitors
        async with request.form(max_fields=FORM_FIELDS_MAX, max_files=0) as form:
            texts = {name: value for name, value in form.items() if isinstance(value, str)}
            if not visitors.form_is_ours(request, form.get(CSRF_FIELD)):
                return self._notice("This page is too old", "Go back to the program and start again.", 403)
            chosen = _chosen(form)
        ask = self._read(texts)
        return ask if isinstance(ask, Response) else self._take(request, ask, texts, chosen)

    def _take(self, request: Request, ask: _Ask, texts: Mapping[str, str], chosen: Sequence[str]) -> Response:
        """Take the step that a button of the pages names."""
        visitors = self._simulator.visitors
        visitor = visitors.visitor(request)
        user = visitors.user(visitor)
        match texts.get("step"):
            case "sign_in":
                return self._signed_in(request, ask, visitor, texts)
            case "cancel":
                return _back(ask, error="access_denied", error_description="The user denied access")
            case "connect" if user is not None:
                return self._connect(request, ask, user, chosen)
            case "sign_out":
                visitors.sign_out(visitor)
        return self._sign_in(request, ask, visitor)

    def _read(self, params: Mapping[str, str]) -> "_Ask | Response":
        """Check what the app asks for: a wrong app or return address is told here, anything else is sent back."""
        app = self._simulator.apps.by_client_id.get(params.get("client_id", ""))
        redirect_uri = params.get("redirect_uri", "")
        if app is None:
            return self._notice("Unknown app", "unauthorized_client: Unknown client or client not enabled.", 400)
        if redirect_uri not in app.redirect_uris:
            return self._notice("Wrong return address", "invalid_request: Invalid redirect_uri.", 400)
        carried = tuple((name, params[name]) for name in _CARRIED if params.get(name))
        scopes = tuple(dict.fromkeys(params.get("scope", "").split()))
        ask = _Ask(
            app,
            redirect_uri,
            scopes,
            params.get("state") or None,
            params.get("nonce") or None,
            params.get("code_challenge") or None,
            carried,
        )
        return self._refused(ask, params) or ask

    def _refused(self, ask: _Ask, params: Mapping[str, str]) -> Response | None:
        """Send back what is wrong with an ask, if anything is."""
        if params.get("response_type") != "code":
            return _back(ask, error="unsupported_response_type")
        refusal = refuse_scopes(ask.scopes, granular_only=self._granular_only(ask.app))
        if refusal is not None:
            return _back(ask, error=refusal.error, error_description=refusal.description)
        method = params.get("code_challenge_method")
        if ask.challenge is not None and (method != "S256" or len(ask.challenge) != _CHALLENGE_CHARACTERS):
            return _back(ask, error="invalid_request", error_description="Transform algorithm not supported")
        return None

    def _signed_in(self, request: Request, ask: _Ask, visitor: str, texts: Mapping[str, str]) -> Response:
        email = texts.get("email", "")
        user = self._simulator.visitors.sign_in(visitor, email, texts.get("password", ""))
        if user is None:
            return self._sign_in(request, ask, visitor, email, "E-mail or password is wrong.")
        return self._choose(request, ask, user)

    def _connect(self, request: Request, ask: _Ask, user: User, chosen: Sequence[str]) -> Response:
        allowed = {company.id for company in self._organisations_of(user)}
        if not chosen or not set(chosen) <= allowed:
            return self._choose(request, ask, user, "Choose at least one organisation.")
        ceiling = self._connections_max()
        if ceiling and len(self._grants.tenants_of(ask.app.client_id) | set(chosen)) > ceiling:
            return self._choose(
                request, ask, user, f"This app cannot be connected to more than {ceiling} organisations."
            )
        code = self._grants.consent(
            client_id=ask.app.client_id,
            user_id=user.id,
            tenant_ids=chosen,
            scopes=ask.scopes,
            redirect_uri=ask.redirect_uri,
            challenge=ask.challenge,
            nonce=ask.nonce,
        )
        return _back(ask, code=code, scope=" ".join(ask.scopes))

    def _sign_in(
        self, request: Request, ask: _Ask, visitor: str, email: str | None = None, problem: str = ""
    ) -> Response:
        first = self._simulator.users[0]
        answer = render(
            self._simulator,
            "sign_in.html",
            title="Sign in",
            app_name=ask.app.name,
            action=PATH,
            hidden=ask.carried,
            csrf=self._simulator.visitors.csrf(visitor),
            problem=problem,
            email=first.email if email is None else email,
            password=first.password if email is None else "",
        )
        self._simulator.visitors.remember(request, answer, visitor)
        return answer

    def _choose(self, request: Request, ask: _Ask, user: User, problem: str = "") -> Response:
        visitor = self._simulator.visitors.visitor(request)
        answer = render(
            self._simulator,
            "consent.html",
            title=f"Connect {ask.app.name}",
            app_name=ask.app.name,
            user=user,
            action=PATH,
            hidden=ask.carried,
            csrf=self._simulator.visitors.csrf(visitor),
            problem=problem,
            question="Which organisations?",
            companies=self._organisations_of(user),
            several=True,
            permissions=_permissions(ask.scopes),
        )
        self._simulator.visitors.remember(request, answer, visitor)
        return answer

    def _notice(self, title: str, text: str, status: int) -> Response:
        return render(self._simulator, "notice.html", status, title=title, text=text, way_on=None)


def _chosen(form: FormData) -> Sequence[str]:
    """The organisations that are ticked."""
    return [value for value in form.getlist("company") if isinstance(value, str)]


_REPORTS = {
    "aged": "aged receivables and payables",
    "balancesheet": "balance sheet",
    "banksummary": "bank summary",
    "budgetsummary": "budget summary",
    "executivesummary": "executive summary",
    "profitandloss": "profit and loss",
    "trialbalance": "trial balance",
    "taxreports": "tax reports",
}


def _permissions(scopes: Sequence[str]) -> Sequence[str]:
    """The scopes in words; reading scopes in the words of the scope that they read."""
    told = []
    for scope in scopes:
        if scope in _PERMISSIONS:
            told.append(_PERMISSIONS[scope])
        elif scope.startswith("accounting.reports."):
            name = scope.split(".")[2]
            told.append(f"See the report: {_REPORTS.get(name, name)}")
        elif scope.endswith(".read"):
            told.append(f"See your {scope.split('.')[1]}")
    return told or ["See who you are"]


def _back(ask: _Ask, **params: str) -> Response:
    """Send the person back to the app with these parameters and its state."""
    parts = urlsplit(ask.redirect_uri)
    answer = urlencode(params | ({"state": ask.state} if ask.state is not None else {}))
    query = f"{parts.query}&{answer}" if parts.query else answer
    return RedirectResponse(urlunsplit(parts._replace(query=query)), 302, {"Cache-Control": "no-store"})
