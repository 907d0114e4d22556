"""A simulated Xero and somebody who connects an app to it, through the pages that a person would use."""

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from starlette.applications import Starlette

from tieout.kit.clock import ManualClock
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.application import XeroState
from tieout.platforms.xero.sandbox.identity.keys import challenge_of

ORIGIN = "http://xero.test"
REDIRECT_URI = "http://localhost:8000/connect/callback/xero"
STARTED_AT = datetime(2026, 9, 15, 2, 0, 0, 123456, tzinfo=UTC)
VERIFIER = "v" * 64
SCOPES = (
    "offline_access openid profile email accounting.settings accounting.contacts accounting.invoices"
    " accounting.payments accounting.banktransactions accounting.manualjournals accounting.attachments"
    " accounting.reports.trialbalance.read"
)
_INPUT = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@dataclass
class World:
    """One simulator, with a browser and a program that talk to it."""

    app: Starlette
    clock: ManualClock
    http: httpx2.AsyncClient
    client_id: str = ""
    client_secret: str = ""
    token: dict[str, Any] = field(default_factory=dict)
    tenant_id: str = ""

    @property
    def xero(self) -> XeroState:
        state = self.app.state.xero
        assert isinstance(state, XeroState)
        return state

    @property
    def organisation(self) -> Organisation:
        return self.xero.organisations[self.tenant_id]

    def organisation_named(self, name: str) -> Organisation:
        return next(one for one in self.xero.organisations.values() if one.name == name)

    def move(self, **by: float) -> None:
        self.clock.move(timedelta(**by))

    async def register(self, **more: Any) -> dict[str, Any]:
        answer = await self.http.post(
            "/_sandbox/apps", json={"name": "Invoicer", "redirect_uris": [REDIRECT_URI], **more}
        )
        assert answer.status_code == 201, answer.text
        registered: dict[str, Any] = answer.json()
        self.client_id, self.client_secret = registered["client_id"], registered["client_secret"]
        return registered

    def ask(self, **changes: str) -> dict[str, str]:
        """The parameters of the authorize address."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": SCOPES,
            "state": "state-1",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return asked | changes

    async def sign_in(self, asked: dict[str, str], email: str = "jordan@example.com", **other: str) -> httpx2.Response:
        """Open the page, sign in, and see the choice of organisations."""
        page = await self.http.get("/identity/connect/authorize", params=asked)
        assert page.status_code == 200, page.text
        fields = hidden(page) | {"email": email, "password": "simulated", "step": "sign_in"} | other
        return await self.http.post("/identity/connect/authorize", data=fields)

    async def consent(
        self, *names: str, email: str = "jordan@example.com", step: str = "connect", **changes: str
    ) -> dict[str, str]:
        """Walk the pages to the end; answers the parameters that the program gets back."""
        page = await self.sign_in(self.ask(**changes), email)
        chosen = [self.organisation_named(name).id for name in names]
        answer = await self.http.post(
            "/identity/connect/authorize", data=hidden(page) | {"company": chosen, "step": step}
        )
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"].startswith(REDIRECT_URI)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    async def redeem(self, code: str, **changes: str) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        form |= {"code_verifier": VERIFIER} | changes
        return await self.http.post("/connect/token", data=form, auth=(self.client_id, self.client_secret))

    async def refresh(self, token: str) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return await self.http.post("/connect/token", data=form, auth=(self.client_id, self.client_secret))

    async def connect(self, *names: str, **changes: str) -> None:
        """Register if need be, consent, redeem, and talk to the first organisation."""
        if not self.client_id:
            await self.register()
        back = await self.consent(*names, **changes)
        answer = await self.redeem(back["code"])
        assert answer.status_code == 200, answer.text
        self.token = answer.json()
        self.tenant_id = self.organisation_named(names[0]).id

    def headers(self, **more: str) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self.token['access_token']}",
            "xero-tenant-id": self.tenant_id,
            "accept": "application/json",
        } | more

    async def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Call the accounting API."""
        headers = self.headers(**more.pop("headers", {}))
        return await self.http.request(method, f"/api.xro/2.0/{path}", headers=headers, **more)

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = await self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def write(self, method: str, path: str, body: Any, **params: Any) -> dict[str, Any]:
        """Write one element and answer it."""
        answer = await self.call(method, path, json=body, params=params)
        assert answer.status_code == 200, answer.text
        plural = path.split("/", maxsplit=1)[0]
        element: dict[str, Any] = answer.json()[plural][0]
        return element

    async def refused(self, method: str, path: str, body: Any, **params: Any) -> list[str]:
        """Write one element that is refused; answers the messages."""
        answer = await self.call(method, path, json=body, params=params)
        assert answer.status_code == 400, answer.text
        error = answer.json()
        assert (error["ErrorNumber"], error["Type"]) == (10, "ValidationException")
        return [one["Message"] for one in error["Elements"][0]["ValidationErrors"]]

    async def act(self, action: str, **wish: Any) -> httpx2.Response:
        """Let somebody in the organisation do something."""
        return await self.http.post(f"/_sandbox/companies/{self.tenant_id}/people/{action}", json=wish)

    async def contact(self, name: str = "Acme Ltd") -> dict[str, Any]:
        return await self.write("PUT", "Contacts", {"Name": name})

    async def sale(self, contact_id: str, amount: str = "100.00", **changes: Any) -> dict[str, Any]:
        """An authorised sale of one line without tax."""
        return await self.write("PUT", "Invoices", sale_of(contact_id, amount) | changes)


def sale_of(contact_id: str, amount: str = "100.00") -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "Contact": {"ContactID": contact_id},
        "Date": "2026-09-10",
        "DueDate": "2026-09-24",
        "Status": "AUTHORISED",
        "LineAmountTypes": "NoTax",
        "LineItems": [{"Description": "Work", "Quantity": 1, "UnitAmount": amount, "AccountCode": "200"}],
    }


def hidden(page: httpx2.Response) -> dict[str, Any]:
    """The hidden fields of the first form of a page."""
    form = page.text.split("<form", 1)[1].split("</form>", 1)[0]
    return {html.unescape(name): html.unescape(value) for name, value in _INPUT.findall(form)}
