"""Intuit's OAuth client and the field's Python client, pointed at a simulator that is served on a loopback port."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from quickbooks import QuickBooks
from quickbooks.objects import Account, Bill, Customer, Invoice, Item, SalesItemLine, SalesItemLineDetail, Vendor
from quickbooks.objects.base import Ref
from quickbooks.objects.bill import AccountBasedExpenseLine
from quickbooks.objects.detailline import AccountBasedExpenseLineDetail
from tests.contract.quickbooks.answers import answer_faults
from tests.contract.quickbooks.program import csrf_of
from tests.support.serving import served
from tests.support.witness import Witness

from tieout.kit.clock import Clock, SystemClock
from tieout.platforms.quickbooks.sandbox.application import OWNER, build_simulator
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import SAMPLE_REALM

REDIRECT_URI = "http://localhost:8000/callback"


@dataclass
class Served:
    """The simulator, and what was registered there."""

    origin: str
    clock: Clock
    client_id: str
    client_secret: str

    def auth_client(self) -> AuthClient:
        return AuthClient(
            self.client_id, self.client_secret, REDIRECT_URI, f"{self.origin}/.well-known/openid_sandbox_configuration"
        )

    def consent(self, url: str) -> dict[str, str]:
        """Walk the pages as a person does; gives what comes back to the program."""
        with httpx2.Client() as browser:
            page = browser.get(url)
            fields = {"email": OWNER.email, "password": OWNER.password, "step": "sign_in"}
            browser.post(url, data={**fields, "csrf": csrf_of(page.text)})
            page = browser.get(url)
            chosen = {"company": SAMPLE_REALM, "step": "connect", "csrf": csrf_of(page.text)}
            answer = browser.post(url, data=chosen)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def connect(self) -> AuthClient:
        """An authorised client of the company."""
        client = self.auth_client()
        back = self.consent(client.get_authorization_url([Scopes.ACCOUNTING]))
        assert back["state"] == client.state_token
        client.get_bearer_token(back["code"], realm_id=back["realmId"])
        return client

    def control(self, path: str, wish: dict[str, Any]) -> httpx2.Response:
        answer = httpx2.post(f"{self.origin}/_sandbox/{path}", json=wish)
        assert answer.status_code < 300, answer.text
        return answer


@contextmanager
def simulated_quickbooks() -> Iterator[Served]:
    """The simulator, with a registered program and without limits; every answer is checked."""
    clock = SystemClock()  # the client checks its id token against the machine's own time

    def build(origin: str) -> Witness:
        return Witness(build_simulator(clock=clock, seed=1, origin=origin), answer_faults)

    with served(build) as origin, pytest.MonkeyPatch.context() as patched:
        patched.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # a simulator on a loopback address speaks plain HTTP
        wish = {"name": "Somebody's program", "redirect_uris": [REDIRECT_URI]}
        app = httpx2.post(f"{origin}/_sandbox/apps", json=wish).json()
        httpx2.post(f"{origin}/_sandbox/rules", json={"limits_watched": False})
        yield Served(origin, clock, app["client_id"], app["client_secret"])


def books_of(simulated: Served) -> QuickBooks:
    """The client, connected, and pointed at the simulator's host."""
    client = simulated.connect()
    books = QuickBooks(auth_client=client, refresh_token=client.refresh_token, company_id=SAMPLE_REALM, minorversion=75)
    books.api_url_v3 = f"{simulated.origin}/v3"
    return books


def named(record: Any) -> Ref:
    reference: Ref = record.to_ref()
    return reference


def sale(books: QuickBooks, amount: int = 100, **changes: Any) -> Invoice:
    """An invoice to the first customer, not yet saved."""
    line = SalesItemLine()
    line.Amount = amount
    line.Description = "Work"
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = named(Item.get(1, qb=books))
    invoice = Invoice()
    invoice.CustomerRef = named(Customer.get(1, qb=books))
    invoice.Line.append(line)
    for name, value in changes.items():
        setattr(invoice, name, value)
    return invoice


def a_bill(books: QuickBooks, amount: int = 80) -> Bill:
    line = AccountBasedExpenseLine()
    line.Amount = amount
    line.DetailType = "AccountBasedExpenseLineDetail"
    line.AccountBasedExpenseLineDetail = AccountBasedExpenseLineDetail()
    line.AccountBasedExpenseLineDetail.AccountRef = named(Account.where("AccountType = 'Expense'", qb=books)[0])
    bill = Bill()
    bill.VendorRef = named(Vendor.get(30, qb=books))
    bill.Line.append(line)
    return bill
