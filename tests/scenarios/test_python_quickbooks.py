"""Intuit's own OAuth client and the field's Python client, as published, against the simulated QuickBooks.

Nothing about them is changed but the host. They open sockets, so the simulator is served on a loopback port.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import httpx2
import pytest
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import (
    AuthorizationException,
    ObjectNotFoundException,
    QuickbooksException,
    ValidationException,
)
from quickbooks.objects import (
    Account,
    Attachable,
    Bill,
    BillPayment,
    CreditMemo,
    Customer,
    Invoice,
    Item,
    Payment,
    PaymentLine,
    Preferences,
    Term,
    Vendor,
)
from quickbooks.objects.base import AttachableRef
from quickbooks.objects.billpayment import BillPaymentLine, CheckPayment
from tests.support.quickbooks_client import Served, a_bill, books_of, named, sale, simulated_quickbooks

from tieout.platforms.quickbooks.sandbox.application import OWNER
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import SAMPLE_REALM


@pytest.fixture(scope="module")
def simulated() -> Iterator[Served]:
    with simulated_quickbooks() as served:
        yield served


@pytest.fixture(scope="module")
def books(simulated: Served) -> QuickBooks:
    return books_of(simulated)


def test_the_oauth_client_connects_refreshes_and_revokes(simulated: Served) -> None:
    client = simulated.connect()
    assert client.expires_in == 3600
    first = client.access_token
    client.refresh()
    assert client.access_token != first
    assert client.revoke(token=client.refresh_token)
    with pytest.raises(AuthClientError) as refused:
        client.refresh()
    assert (refused.value.status_code, refused.value.content) == (400, b'{"error":"invalid_grant"}')


def test_the_oauth_client_is_refused_a_code_twice(simulated: Served) -> None:
    client = simulated.auth_client()
    back = simulated.consent(client.get_authorization_url([Scopes.ACCOUNTING, Scopes.OPENID, Scopes.EMAIL]))
    client.get_bearer_token(back["code"], realm_id=back["realmId"])
    assert client.id_token
    assert client.get_user_info().json()["email"] == OWNER.email
    with pytest.raises(AuthClientError):
        client.get_bearer_token(back["code"])


def test_a_dead_token_is_refused_as_the_client_expects(simulated: Served) -> None:
    client = simulated.connect()
    books = QuickBooks(auth_client=client, refresh_token=client.refresh_token, company_id=SAMPLE_REALM, minorversion=75)
    books.api_url_v3 = f"{simulated.origin}/v3"
    client.revoke(token=client.refresh_token)
    with pytest.raises(AuthorizationException):
        Customer.get(1, qb=books)


def test_a_customer_is_created_read_updated_and_made_inactive(books: QuickBooks) -> None:
    customer = Customer()
    customer.DisplayName, customer.CompanyName = "Harbour Lights", "Harbour Lights Ltd"
    customer.save(qb=books)
    again = Customer.get(customer.Id, qb=books)
    assert (again.DisplayName, again.SyncToken, again.Active) == ("Harbour Lights", "0", True)
    again.CompanyName = "Harbour Lights & Sons"
    assert again.save(qb=books).SyncToken == "1"
    assert [one.Id for one in Customer.filter(DisplayName="Harbour Lights", qb=books)] == [customer.Id]
    latest = Customer.get(customer.Id, qb=books)
    latest.Active = False
    assert latest.save(qb=books).DisplayName == "Harbour Lights (deleted)"
    assert Customer.where("DisplayName LIKE 'Harbour Lights%'", qb=books) == []


def test_lists_are_paged_and_counted(books: QuickBooks) -> None:
    total = Vendor.count(qb=books)
    pages = [Vendor.all(start_position=start, max_results=10, qb=books) for start in range(1, total + 1, 10)]
    ids = [vendor.Id for page in pages for vendor in page]
    assert len(ids) == len(set(ids)) == total
    assert len(pages[0]) == 10
    assert {one.Id for one in Customer.choose(["1", "2"], field="Id", qb=books)} == {"1", "2"}
    assert Item.all(qb=books)[0].Name
    assert [term.Name for term in Term.filter(Active=True, order_by="Name", qb=books)]


def test_an_invoice_is_created_changed_and_voided(books: QuickBooks) -> None:
    invoice = sale(books).save(qb=books)
    assert (invoice.TotalAmt, invoice.Balance, invoice.SyncToken) == (100, 100, "0")
    read = Invoice.get(invoice.Id, qb=books)
    read.Line[0].Amount = 150
    changed = read.save(qb=books)
    assert (changed.TotalAmt, changed.SyncToken) == (150, "1")
    changed.void(qb=books)
    gone = Invoice.get(invoice.Id, qb=books)
    assert (gone.TotalAmt, gone.Balance, gone.PrivateNote) == (0, 0, "Voided")


def test_a_stale_update_is_a_conflict(books: QuickBooks) -> None:
    invoice = sale(books).save(qb=books)
    mine, theirs = Invoice.get(invoice.Id, qb=books), Invoice.get(invoice.Id, qb=books)
    theirs.PrivateNote = "theirs"
    theirs.save(qb=books)
    mine.PrivateNote = "mine"
    with pytest.raises(QuickbooksException) as refused:
        mine.save(qb=books)
    assert refused.value.error_code == 5010
    assert Invoice.get(invoice.Id, qb=books).PrivateNote == "theirs"


def test_a_repeated_request_id_creates_one_invoice(books: QuickBooks) -> None:
    first = sale(books, DocNumber="TWICE-1").save(qb=books, request_id="once-only")
    second = sale(books, DocNumber="TWICE-1").save(qb=books, request_id="once-only")
    assert first.Id == second.Id
    assert len(Invoice.filter(DocNumber="TWICE-1", qb=books)) == 1


def test_a_payment_settles_an_invoice_and_a_credit_memo_is_kept(books: QuickBooks) -> None:
    invoice = sale(books, 250).save(qb=books)
    line = PaymentLine()
    line.Amount = 200
    line.LinkedTxn.append(invoice.to_linked_txn())
    payment = Payment()
    payment.TotalAmt = 200
    payment.CustomerRef = named(Customer.get(1, qb=books))
    payment.Line.append(line)
    payment = payment.save(qb=books)
    paid = Invoice.get(invoice.Id, qb=books)
    assert (paid.Balance, paid.SyncToken) == (50, "1")
    assert [(one.TxnId, one.TxnType) for one in paid.LinkedTxn] == [(payment.Id, "Payment")]
    credit = CreditMemo()
    credit.CustomerRef, credit.Line = invoice.CustomerRef, sale(books, 30).Line
    assert CreditMemo.get(credit.save(qb=books).Id, qb=books).RemainingCredit == 30
    Payment.get(payment.Id, qb=books).void(qb=books)
    assert Invoice.get(invoice.Id, qb=books).Balance == 250


def test_a_bill_is_paid_by_cheque(books: QuickBooks) -> None:
    bill = a_bill(books).save(qb=books)
    line = BillPaymentLine()
    line.Amount = 80
    line.LinkedTxn.append(bill.to_linked_txn())
    cheque = CheckPayment()
    cheque.BankAccountRef = named(Account.get(35, qb=books))
    payment = BillPayment()
    payment.PayType, payment.TotalAmt, payment.CheckPayment = "Check", 80, cheque
    payment.VendorRef = bill.VendorRef
    payment.Line.append(line)
    payment.save(qb=books)
    paid = Bill.get(bill.Id, qb=books)
    assert (paid.Balance, paid.LinkedTxn[0].TxnType) == (0, "BillPaymentCheck")


def test_what_was_deleted_is_told_and_not_found(books: QuickBooks, simulated: Served) -> None:
    before = simulated.clock.now() - timedelta(minutes=1)
    bill = a_bill(books).save(qb=books)
    assert bill.delete(qb=books)["Bill"]["status"] == "Deleted"
    with pytest.raises(ObjectNotFoundException):
        Bill.get(bill.Id, qb=books)
    changes = change_data_capture([Bill, Customer], before.isoformat(), qb=books)
    assert [one.Id for one in changes.Bill if getattr(one, "status", "") == "Deleted"][-1:] == [bill.Id]


def test_refusals_are_the_exceptions_of_the_client(books: QuickBooks) -> None:
    twin = Customer()
    twin.DisplayName = Customer.get(1, qb=books).DisplayName
    with pytest.raises(QuickbooksException, match="Duplicate Name") as refused:
        twin.save(qb=books)
    assert refused.value.error_code == 6240
    with pytest.raises(ValidationException):
        sale(books, Line=[]).save(qb=books)
    with pytest.raises(ValidationException) as unknown:
        Customer.query("SELECT * FROM Custmoer", qb=books)
    assert unknown.value.error_code == 4001


def test_preferences_and_reports_are_read(books: QuickBooks, simulated: Served) -> None:
    assert Preferences.get(qb=books).CurrencyPrefs.HomeCurrency.value == "USD"
    report = books.get_report(
        "TrialBalance", {"start_date": "2026-01-01", "end_date": simulated.clock.now().date().isoformat()}
    )
    columns = [column["ColTitle"] for column in report["Columns"]["Column"]]
    assert columns == ["", "Debit", "Credit"]
    cells = report["Rows"]["Row"][-1]["Summary"]["ColData"]
    assert Decimal(cells[1]["value"]) == Decimal(cells[2]["value"]) > 0


def test_the_client_knows_the_signature_of_a_webhook(books: QuickBooks) -> None:
    body, key = '{"eventNotifications":[]}', "verifier"
    signature = base64.b64encode(hmac.new(key.encode(), body.encode(), hashlib.sha256).digest()).decode()
    assert books.validate_webhook_signature(body, signature, key)


def test_a_batch_answers_each_item(books: QuickBooks) -> None:
    names = [f"Batch {number}" for number in range(3)]
    customers = [Customer() for _ in names]
    for customer, name in zip(customers, names, strict=True):
        customer.DisplayName = name
    made = batch_create(customers, qb=books)
    assert [one.DisplayName for one in made.successes] == names
    twins = batch_create([customers[0]], qb=books)
    assert [fault.Error[0].code for fault in twins.faults] == ["6240"]
    for customer in made.successes:
        customer.CompanyName = "Batch Ltd"
    assert {one.SyncToken for one in batch_update(made.successes, qb=books).successes} == {"1"}
    bills = [a_bill(books).save(qb=books)]
    assert len(batch_delete(bills, qb=books).successes) == 1


def test_a_file_is_attached_and_downloaded(books: QuickBooks) -> None:
    invoice = sale(books).save(qb=books)
    link = AttachableRef()
    link.EntityRef = named(invoice)
    file = Attachable()
    file.FileName, file.ContentType, file._FileBytes = "terms.txt", "text/plain", b"net 30\n"  # noqa: SLF001 - the client's way
    file.AttachableRef.append(link)
    file.save(qb=books)
    kept = Attachable.get(file.Id, qb=books)
    assert (kept.FileName, kept.ContentType, kept.Size) == ("terms.txt", "text/plain", 7)
    assert httpx2.get(kept.TempDownloadUri).content == b"net 30\n"


def test_an_invoice_is_sent_and_printed(books: QuickBooks) -> None:
    invoice = sale(books).save(qb=books)
    sent = invoice.send(qb=books, send_to="somebody@example.com")
    assert sent["Invoice"]["EmailStatus"] == "EmailSent"
    assert invoice.download_pdf(qb=books).startswith(b"%PDF-")
