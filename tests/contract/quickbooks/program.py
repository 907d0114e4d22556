"""A connected client of the simulated platform, walked through consent like a browser would."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import msgspec
from starlette.applications import Starlette

from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.application import OWNER
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import SAMPLE_REALM
from tieout.sandbox.people import People

ORIGIN = "http://quickbooks.test"
CALLBACK = "http://localhost:8000/connect/callback/quickbooks"
NOON = datetime(2026, 5, 4, 19, 0, tzinfo=UTC)
ACCOUNTING = "com.intuit.quickbooks.accounting"
_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)


@dataclass
class Platform:
    """The simulated platform and a browser-like client of it."""

    app: Starlette
    clock: ManualClock
    http: httpx2.AsyncClient

    async def register(self, **more: Any) -> dict[str, Any]:
        wish = {"name": "Partner Ltd", "redirect_uris": [CALLBACK], **more}
        answer = await self.http.post("/_sandbox/apps", json=wish)
        assert answer.status_code == 201
        return dict(answer.json())

    async def consent(
        self,
        client_id: str,
        realm: str = SAMPLE_REALM,
        *,
        scope: str = ACCOUNTING,
        step: str = "connect",
        email: str = OWNER.email,
    ) -> dict[str, str]:
        """What comes back to the program, as query parameters."""
        address = (
            f"/connect/oauth2?client_id={client_id}&response_type=code&scope={quote(scope)}"
            f"&redirect_uri={quote(CALLBACK, safe='')}&state=s-1"
        )
        page = await self.http.get(address)
        if 'name="password"' in page.text:
            fields = {"csrf": csrf_of(page.text), "email": email, "password": OWNER.password, "step": "sign_in"}
            await self.http.post(address, data=fields)
            page = await self.http.get(address)
        answer = await self.http.post(address, data={"csrf": csrf_of(page.text), "company": realm, "step": step})
        assert answer.status_code == 302, answer.text
        location = answer.headers["location"]
        assert location.startswith(CALLBACK)
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    async def token(self, app: dict[str, Any], **fields: str) -> httpx2.Response:
        return await self.http.post(
            "/oauth2/v1/tokens/bearer", data=fields, auth=(app["client_id"], app["client_secret"])
        )

    async def connect(self, realm: str = SAMPLE_REALM, **more: Any) -> "Connected":
        app = await self.register(**more)
        back = await self.consent(app["client_id"], realm)
        answer = await self.token(app, grant_type="authorization_code", code=back["code"], redirect_uri=CALLBACK)
        assert answer.status_code == 200
        return Connected(self, app, back["realmId"], answer.json())

    def people(self, realm: str = SAMPLE_REALM) -> People:
        people: People = self.app.state.simulator.companies[realm].people
        return people

    def books(self, realm: str = SAMPLE_REALM) -> Books:
        books: Books = self.app.state.quickbooks.books[realm]
        return books


@dataclass
class Connected:
    """A program that is connected to one company."""

    platform: Platform
    app: dict[str, Any]
    realm: str
    tokens: dict[str, Any]

    async def call(
        self, method: str, path: str, *, realm: str | None = None, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        sent = {"authorization": f"Bearer {self.tokens['access_token']}", "accept": "application/json"}
        if "json" in more:
            more["content"] = _encoder.encode(more.pop("json"))
            sent["content-type"] = "application/json"
        return await self.platform.http.request(
            method, f"/v3/company/{realm or self.realm}/{path}", headers={**sent, **(headers or {})}, **more
        )

    async def get(self, path: str, **params: str) -> Any:
        answer = await self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return decode(answer)

    async def refused(self, method: str, path: str, **more: Any) -> tuple[str, str]:
        """Code and detail of a refusal."""
        answer = await self.call(method, path, **more)
        assert answer.status_code == 400, answer.text
        error = answer.json()["Fault"]["Error"][0]
        return error["code"], error["Detail"]

    async def post(self, entity: str, body: dict[str, Any], **params: str) -> dict[str, Any]:
        answer = await self.call("POST", entity.lower(), json=body, params=params)
        assert answer.status_code == 200, answer.text
        return dict(decode(answer)[entity])

    async def query(self, statement: str) -> dict[str, Any]:
        return dict((await self.get("query", query=statement))["QueryResponse"])

    async def invoice(self, amount: str = "100.00", customer: str = "1", **more: Any) -> dict[str, Any]:
        return await self.post("Invoice", a_sale(amount, customer, **more))


def a_sale(amount: str = "100.00", customer: str = "1", *, code: str | None = None, **more: Any) -> dict[str, Any]:
    detail: dict[str, Any] = {"ItemRef": {"value": "1"}}
    if code is not None:
        detail["TaxCodeRef"] = {"value": code}
    line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return {"CustomerRef": {"value": customer}, "Line": [line], **more}


def a_bill(amount: str = "80.00", vendor: str = "30", *, code: str | None = None, **more: Any) -> dict[str, Any]:
    detail: dict[str, Any] = {"AccountRef": {"value": "7"}}
    if code is not None:
        detail["TaxCodeRef"] = {"value": code}
    kind = "AccountBasedExpenseLineDetail"
    return {"VendorRef": {"value": vendor}, "Line": [{"Amount": amount, "DetailType": kind, kind: detail}], **more}


def a_payment(amount: str, *targets: tuple[str, str, str], customer: str = "1", **more: Any) -> dict[str, Any]:
    """`targets`: amount, kind, id."""
    lines = [{"Amount": part, "LinkedTxn": [{"TxnId": txn, "TxnType": kind}]} for part, kind, txn in targets]
    return {"CustomerRef": {"value": customer}, "TotalAmt": amount, "Line": lines, **more}


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found is not None, page
    return found[1]


def decode(answer: httpx2.Response) -> Any:
    return _decoder.decode(answer.content)


def a_journal_entry(*lines: tuple[str, str, str] | tuple[str, str, str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """`lines`: Debit or Credit, account, amount, and what else the detail says."""
    kind = "JournalEntryLineDetail"
    told = []
    for posting, account, amount, *rest in lines:
        detail = {"PostingType": posting, "AccountRef": {"value": account}, **(rest[0] if rest else {})}
        told.append({"Amount": amount, "DetailType": kind, kind: detail})
    return {"Line": told, **more}


async def journal_of(platform: Platform, realm: str, kind: str, record_id: str) -> dict[str, Decimal]:
    """The standing entry of a document as the control surface shows it: net amounts by account."""
    wanted = {"document_kind": kind, "document_id": record_id}
    answer = await platform.http.get(f"/_sandbox/companies/{realm}/journal", params=wanted)
    assert answer.status_code == 200, answer.text
    nets: dict[str, Decimal] = {}
    for entry in decode(answer)["entries"]:
        for line in entry["lines"]:
            amount = Decimal(line["debit"]) - Decimal(line["credit"])
            nets[line["account_id"]] = nets.get(line["account_id"], Decimal(0)) + amount
    return {account: net for account, net in nets.items() if net}
