"""Xero's own Python SDK, as published, against the simulated Xero. Nothing about it is changed but the hosts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from tests.contract.xero.answers import answer_faults
from tests.contract.xero.world import REDIRECT_URI, SCOPES, VERIFIER, hidden
from tests.support.serving import served
from tests.support.witness import Witness
from xero_python.accounting import (
    Account,
    AccountingApi,
    AccountType,
    Allocation,
    Allocations,
    Contact,
    Contacts,
    CreditNote,
    CreditNotes,
    Invoice,
    Invoices,
    Item,
    Items,
    LineAmountTypes,
    LineItem,
    Payment,
    PaymentDelete,
)
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.exceptions import AccountingBadRequestException, HTTPStatusException, NotFoundException
from xero_python.identity import IdentityApi

from tieout.kit.clock import SystemClock
from tieout.platforms.xero.sandbox.application import build_simulator
from tieout.platforms.xero.sandbox.identity.keys import challenge_of

COMPANY = "Demo Company (Global)"


@dataclass
class Sdk:
    """The SDK, pointed at the simulator and connected to one organisation."""

    origin: str
    client: ApiClient
    tokens: dict[str, Any]
    oauth: OAuth2Token

    @property
    def accounting(self) -> AccountingApi:
        return AccountingApi(self.client, base_url=f"{self.origin}/api.xro/2.0")

    @property
    def identity(self) -> IdentityApi:
        return IdentityApi(self.client, base_url=self.origin)

    @property
    def tenant_id(self) -> str:
        return next(str(one.tenant_id) for one in self.identity.get_connections() if one.tenant_name == COMPANY)


def consent(origin: str, client_id: str) -> str:
    """Walk the pages as a person does; gives the code."""
    asked = {
        "response_type": "code", "client_id": client_id, "redirect_uri": REDIRECT_URI, "scope": SCOPES, "state": "s",
        "code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256",
    }  # fmt: skip
    url = f"{origin}/identity/connect/authorize?{urlencode(asked)}"
    companies = httpx2.get(f"{origin}/_sandbox/companies").json()["companies"]
    company = next(one["id"] for one in companies if one["name"] == COMPANY)
    with httpx2.Client() as browser:
        fields = hidden(browser.get(url)) | {"email": "jordan@example.com", "password": "simulated", "step": "sign_in"}
        page = browser.post(f"{origin}/identity/connect/authorize", data=fields)
        answer = browser.post(
            f"{origin}/identity/connect/authorize", data=hidden(page) | {"company": company, "step": "connect"}
        )
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


def connect(origin: str) -> Sdk:
    wish = {"name": "Somebody's program", "redirect_uris": [REDIRECT_URI]}
    app = httpx2.post(f"{origin}/_sandbox/apps", json=wish).json()
    form = {
        "grant_type": "authorization_code", "code": consent(origin, app["client_id"]), "redirect_uri": REDIRECT_URI,
        "client_id": app["client_id"], "client_secret": app["client_secret"], "code_verifier": VERIFIER,
    }  # fmt: skip
    tokens: dict[str, Any] = httpx2.post(f"{origin}/connect/token", data=form).json()
    oauth = OAuth2Token(client_id=app["client_id"], client_secret=app["client_secret"])
    client = ApiClient(
        Configuration(oauth2_token=oauth),
        oauth2_token_getter=lambda: tokens,
        oauth2_token_saver=tokens.update,
    )
    oauth.update_token(**tokens)
    return Sdk(origin, client, tokens, oauth)


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:

    def build(origin: str) -> Witness:
        return Witness(build_simulator(clock=SystemClock(), seed=7, origin=origin), answer_faults)

    with served(build) as address, pytest.MonkeyPatch.context() as patched:
        patched.setattr(TokenApi, "refresh_token_url", f"{address}/connect/token")
        patched.setattr(TokenApi, "revoke_token_url", f"{address}/connect/revocation")
        httpx2.post(f"{address}/_sandbox/rules", json={"limits_watched": False})
        yield address


@pytest.fixture(scope="module")
def sdk(origin: str) -> Sdk:
    return connect(origin)


@pytest.fixture(scope="module")
def tenant(sdk: Sdk) -> str:
    return sdk.tenant_id


def contact(sdk: Sdk, tenant: str, name: str) -> Contact:
    made = sdk.accounting.create_contacts(tenant, Contacts(contacts=[Contact(name=name)]))
    return made.contacts[0]


def a_line(amount: str = "100.00") -> LineItem:
    return LineItem(description="Work", quantity=Decimal(1), unit_amount=Decimal(amount), account_code="200")


def sale(sdk: Sdk, tenant: str, name: str, amount: str = "100.00", **more: Any) -> Invoice:
    """An authorised sale of one line without tax."""
    invoice = Invoice(
        type="ACCREC",
        contact=Contact(contact_id=contact(sdk, tenant, name).contact_id),
        line_items=[a_line(amount)],
        date=datetime.now(UTC).date(),
        due_date=datetime.now(UTC).date() + timedelta(days=14),
        line_amount_types=LineAmountTypes.NOTAX,
        status="AUTHORISED",
        **more,
    )
    return sdk.accounting.create_invoices(tenant, Invoices(invoices=[invoice])).invoices[0]


def test_the_sdk_refreshes_its_token_and_revokes_it(origin: str) -> None:
    sdk = connect(origin)
    first = sdk.tokens["access_token"]
    sdk.client.refresh_oauth2_token()
    assert sdk.tokens["access_token"] != first
    assert sdk.accounting.get_organisations(sdk.tenant_id).organisations[0].name == COMPANY
    before = dict(sdk.tokens)
    sdk.client.revoke_oauth2_token()
    sdk.oauth.update_token(**before)
    with pytest.raises(HTTPStatusException) as refused:
        sdk.oauth.refresh_access_token(sdk.client)
    assert (refused.value.http_resp.status, refused.value.body) == (400, b'{"error":"invalid_grant"}')


def test_a_connection_is_listed_and_removed(origin: str) -> None:
    sdk = connect(origin)
    (connection,) = sdk.identity.get_connections()
    sdk.identity.delete_connection(connection.id)
    with pytest.raises(HTTPStatusException) as refused:
        sdk.accounting.get_organisations(str(connection.tenant_id))
    assert refused.value.status == 403


def test_settings_are_read(sdk: Sdk, tenant: str) -> None:
    (organisation,) = sdk.accounting.get_organisations(tenant).organisations
    assert str(organisation.organisation_id) == tenant
    assert sdk.accounting.get_organisation_actions(tenant).actions
    accounts = sdk.accounting.get_accounts(tenant, where='Status=="ACTIVE" AND Type=="BANK"').accounts
    assert {account.type.value for account in accounts} == {"BANK"}
    assert sdk.accounting.get_tax_rates(tenant).tax_rates
    made = sdk.accounting.create_account(tenant, Account(code="4891", name="Conference fees", type=AccountType.EXPENSE))
    assert made.accounts[0].account_id


def test_a_contact_is_created_updated_and_archived(sdk: Sdk, tenant: str) -> None:
    made = contact(sdk, tenant, "Harbour Lights")
    changed = sdk.accounting.update_contact(
        tenant, made.contact_id, Contacts(contacts=[Contact(email_address="a@example.com")])
    )
    assert (changed.contacts[0].name, changed.contacts[0].email_address) == ("Harbour Lights", "a@example.com")
    archived = Contacts(contacts=[Contact(contact_status="ARCHIVED")])
    sdk.accounting.update_contact(tenant, made.contact_id, archived)
    assert sdk.accounting.get_contacts(tenant, i_ds=[made.contact_id]).contacts == []
    assert sdk.accounting.get_contacts(tenant, i_ds=[made.contact_id], include_archived=True).contacts


def test_an_item_is_created_and_deleted(sdk: Sdk, tenant: str) -> None:
    item = Item(code="LAMP", name="Lamp", description="A lamp")
    made = sdk.accounting.create_items(tenant, Items(items=[item])).items[0]
    assert sdk.accounting.get_item(tenant, "LAMP").items[0].item_id == made.item_id
    sdk.accounting.delete_item(tenant, made.item_id)
    with pytest.raises(NotFoundException):
        sdk.accounting.get_item(tenant, "LAMP")


def test_an_invoice_is_created_paid_unpaid_and_voided(sdk: Sdk, tenant: str) -> None:
    invoice = sale(sdk, tenant, "Payer", "250.00", reference="PO 7")
    assert (invoice.status, invoice.amount_due) == ("AUTHORISED", Decimal(250))
    bank = sdk.accounting.get_accounts(tenant, where='Type=="BANK"').accounts[0]
    payment = Payment(
        invoice=Invoice(invoice_id=invoice.invoice_id),
        account=Account(account_id=bank.account_id),
        amount=Decimal(250),
        date=datetime.now(UTC).date(),
    )
    made = sdk.accounting.create_payment(tenant, payment).payments[0]
    assert sdk.accounting.get_invoice(tenant, invoice.invoice_id).invoices[0].status == "PAID"
    sdk.accounting.delete_payment(tenant, made.payment_id, PaymentDelete(status="DELETED"))
    sdk.accounting.update_invoice(tenant, invoice.invoice_id, Invoices(invoices=[Invoice(status="VOIDED")]))
    gone = sdk.accounting.get_invoice(tenant, invoice.invoice_id).invoices[0]
    assert (gone.status, gone.amount_due) == ("VOIDED", 0)


def test_invoices_are_filtered_paged_and_asked_since(sdk: Sdk, tenant: str) -> None:
    started_at = datetime.now(UTC) - timedelta(seconds=2)
    made = [sale(sdk, tenant, f"Pager {number}", "10.00") for number in range(3)]
    ids = [one.invoice_id for one in made]
    page = sdk.accounting.get_invoices(tenant, i_ds=ids, page=1, page_size=2, order="InvoiceNumber ASC")
    assert len(page.invoices) == 2
    assert (page.pagination.item_count, page.pagination.page_count) == (3, 2)
    since = sdk.accounting.get_invoices(tenant, if_modified_since=started_at, created_by_my_app=True)
    assert set(ids) <= {one.invoice_id for one in since.invoices}
    named = sdk.accounting.get_invoices(tenant, where=f'InvoiceNumber=="{made[0].invoice_number}"')
    assert [one.invoice_id for one in named.invoices] == ids[:1]
    assert sdk.accounting.get_invoices(tenant, page=900).invoices == []


def test_a_credit_note_is_allocated_and_unallocated(sdk: Sdk, tenant: str) -> None:
    invoice = sale(sdk, tenant, "Credited", "100.00")
    note = CreditNote(
        type="ACCRECCREDIT",
        contact=Contact(contact_id=invoice.contact.contact_id),
        line_items=[a_line("40.00")],
        line_amount_types=LineAmountTypes.NOTAX,
        date=datetime.now(UTC).date(),
        status="AUTHORISED",
    )
    note = sdk.accounting.create_credit_notes(tenant, CreditNotes(credit_notes=[note])).credit_notes[0]
    wish = Allocation(invoice=Invoice(invoice_id=invoice.invoice_id), amount=Decimal(40), date=datetime.now(UTC).date())
    made = sdk.accounting.create_credit_note_allocation(
        tenant, note.credit_note_id, Allocations(allocations=[wish])
    ).allocations[0]
    assert sdk.accounting.get_invoice(tenant, invoice.invoice_id).invoices[0].amount_due == 60
    sdk.accounting.delete_credit_note_allocations(tenant, note.credit_note_id, made.allocation_id)
    assert sdk.accounting.get_invoice(tenant, invoice.invoice_id).invoices[0].amount_due == 100


def test_a_repeated_idempotency_key_creates_one_contact(sdk: Sdk, tenant: str) -> None:
    wish = Contacts(contacts=[Contact(name="Once Only")])
    first = sdk.accounting.create_contacts(tenant, wish, idempotency_key="once-only").contacts[0]
    second = sdk.accounting.create_contacts(tenant, wish, idempotency_key="once-only").contacts[0]
    assert first.contact_id == second.contact_id


def test_a_conflict_is_told_element_by_element(sdk: Sdk, tenant: str) -> None:
    contact(sdk, tenant, "Twin")
    wish = Contacts(contacts=[Contact(name="Twin"), Contact(name="Not a twin")])
    with pytest.raises(AccountingBadRequestException) as refused:
        sdk.accounting.create_contacts(tenant, wish)
    assert "already assigned to another contact" in refused.value.reason
    told = sdk.accounting.create_contacts(
        tenant, Contacts(contacts=[Contact(name="Twin"), Contact(name="A third")]), summarize_errors=False
    )
    assert [one.has_validation_errors for one in told.contacts] == [True, False]


def test_a_payment_of_more_than_is_open_is_refused(sdk: Sdk, tenant: str) -> None:
    invoice = sale(sdk, tenant, "Overpaid", "10.00")
    bank = sdk.accounting.get_accounts(tenant, where='Type=="BANK"').accounts[0]
    payment = Payment(
        invoice=Invoice(invoice_id=invoice.invoice_id),
        account=Account(account_id=bank.account_id),
        amount=Decimal(11),
        date=datetime.now(UTC).date(),
    )
    with pytest.raises(AccountingBadRequestException) as refused:
        sdk.accounting.create_payment(tenant, payment)
    assert "exceeds the amount outstanding" in refused.value.reason


def test_the_trial_balance_is_read(sdk: Sdk, tenant: str) -> None:
    (report,) = sdk.accounting.get_report_trial_balance(tenant, date=datetime.now(UTC).date()).reports
    assert report.report_type == "TrialBalance"
    assert report.rows


def test_a_file_is_attached_and_read_back(sdk: Sdk, tenant: str) -> None:
    invoice = sale(sdk, tenant, "Filed", "10.00")
    sdk.accounting.create_invoice_attachment_by_file_name(
        tenant, invoice.invoice_id, "terms.txt", b"net 30\n", include_online=True
    )
    (kept,) = sdk.accounting.get_invoice_attachments(tenant, invoice.invoice_id).attachments
    assert (kept.file_name, kept.content_length, kept.include_online) == ("terms.txt", 7, True)
    path = sdk.accounting.get_invoice_attachment_by_file_name(tenant, invoice.invoice_id, "terms.txt", "text/plain")
    with open(path, "rb") as file:  # noqa: PTH123 - the SDK answers the name of a temporary file
        assert file.read() == b"net 30\n"
