"""Xero's own Python SDK on what hangs around the books: reports, files, notes, tracking, themes, quotes and orders."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.contract.xero.answers import answer_faults
from tests.contract.xero.world import SCOPES
from tests.scenarios.test_xero_python import Sdk, a_line, connect, contact
from tests.support.serving import served
from tests.support.witness import Witness
from xero_python.accounting import (
    Contact,
    HistoryRecord,
    HistoryRecords,
    Invoice,
    Invoices,
    LineItem,
    LineItemTracking,
    PurchaseOrder,
    PurchaseOrders,
    Quote,
    Quotes,
    QuoteStatusCodes,
    RequestEmpty,
    TrackingCategory,
    TrackingOption,
)

from tieout.kit.clock import SystemClock
from tieout.platforms.xero.sandbox.application import build_simulator

REPORTS = (
    "accounting.reports.balancesheet.read accounting.reports.profitandloss.read accounting.reports.aged.read"
    " accounting.reports.banksummary.read"
)


@pytest.fixture(scope="module")
def sdk() -> Iterator[Sdk]:

    def build(origin: str) -> Witness:
        return Witness(build_simulator(clock=SystemClock(), seed=7, origin=origin), answer_faults)

    with served(build) as address, pytest.MonkeyPatch.context() as patched:
        patched.setattr("tests.scenarios.test_xero_python.SCOPES", f"{SCOPES} {REPORTS}")
        httpx2.post(f"{address}/_sandbox/rules", json={"limits_watched": False})
        yield connect(address)


@pytest.fixture(scope="module")
def tenant(sdk: Sdk) -> str:
    return sdk.tenant_id


def sale(sdk: Sdk, tenant: str, customer: Contact, line: LineItem | None = None) -> Invoice:
    wanted = Invoice(
        type="ACCREC", contact=Contact(contact_id=customer.contact_id), line_items=[line or a_line()],
        due_date=date(2026, 12, 31), status="AUTHORISED",
    )  # fmt: skip
    return sdk.accounting.create_invoices(tenant, Invoices(invoices=[wanted])).invoices[0]


def figures(report: Any, name: str) -> list[str]:
    rows = [row for section in report.reports[0].rows for row in (section.rows or [])]
    return next([cell.value for cell in row.cells[1:]] for row in rows if row.cells and row.cells[0].value == name)


def test_reports_are_read_and_agree(sdk: Sdk, tenant: str) -> None:
    customer = contact(sdk, tenant, "Reported")
    invoice = sale(sdk, tenant, customer)
    sheet = sdk.accounting.get_report_balance_sheet(tenant, periods=1, timeframe="MONTH", standard_layout=True)
    assert figures(sheet, "Net Assets") == figures(sheet, "Total Equity")
    profit = sdk.accounting.get_report_profit_and_loss(tenant, periods=2, timeframe="QUARTER")
    assert len(figures(profit, "Net Profit")) == 3
    aged = sdk.accounting.get_report_aged_receivables_by_contact(tenant, customer.contact_id)
    assert figures(aged, "Total")[-1] == str(invoice.amount_due)
    summary = sdk.accounting.get_report_bank_summary(tenant)
    assert len(figures(summary, "Total")) == 4


def test_files_and_notes_hang_on_an_invoice(sdk: Sdk, tenant: str) -> None:
    invoice = sale(sdk, tenant, contact(sdk, tenant, "Papers"))
    made = sdk.accounting.create_invoice_attachment_by_file_name(
        tenant, invoice.invoice_id, "scan 1.pdf", b"%PDF-1.4 x", include_online=True
    )
    assert (made.attachments[0].mime_type, made.attachments[0].include_online) == ("application/pdf", True)
    listed = sdk.accounting.get_invoice_attachments(tenant, invoice.invoice_id)
    path = sdk.accounting.get_invoice_attachment_by_id(
        tenant, invoice.invoice_id, listed.attachments[0].attachment_id, "application/pdf"
    )
    assert Path(path).read_bytes() == b"%PDF-1.4 x"
    note = HistoryRecords(history_records=[HistoryRecord(details="Hello World")])
    assert sdk.accounting.create_invoice_history(tenant, invoice.invoice_id, note).history_records[0].details
    history = sdk.accounting.get_invoice_history(tenant, invoice.invoice_id).history_records
    assert [one.changes for one in history] == ["Note", "Attached a file", "Created"]
    printed = sdk.accounting.get_invoice_as_pdf(tenant, invoice.invoice_id)
    assert Path(printed).read_bytes().startswith(b"%PDF-1.4")
    assert sdk.accounting.get_online_invoice(tenant, invoice.invoice_id).online_invoices[0].online_invoice_url


def test_an_invoice_is_emailed(sdk: Sdk, tenant: str) -> None:
    customer = contact(sdk, tenant, "Mailed")
    sdk.accounting.update_contact(tenant, customer.contact_id, {"Contacts": [{"EmailAddress": "mailed@example.com"}]})
    invoice = sale(sdk, tenant, customer)
    sdk.accounting.email_invoice(tenant, invoice.invoice_id, RequestEmpty())
    assert sdk.accounting.get_invoice(tenant, invoice.invoice_id).invoices[0].sent_to_contact


def test_a_line_is_tracked(sdk: Sdk, tenant: str) -> None:
    category = sdk.accounting.create_tracking_category(tenant, TrackingCategory(name="Team")).tracking_categories[0]
    made = sdk.accounting.create_tracking_options(tenant, category.tracking_category_id, TrackingOption(name="Blue"))
    option = made.options[0]
    line = a_line()
    line.tracking = [
        LineItemTracking(
            tracking_category_id=category.tracking_category_id, tracking_option_id=option.tracking_option_id
        )
    ]
    invoice = sale(sdk, tenant, contact(sdk, tenant, "Tracked"), line)
    assert (invoice.line_items[0].tracking[0].name, invoice.line_items[0].tracking[0].option) == ("Team", "Blue")
    archived = sdk.accounting.update_tracking_options(
        tenant, category.tracking_category_id, option.tracking_option_id, TrackingOption(status="ARCHIVED")
    )
    assert archived.options[0].status == "ARCHIVED"
    names = [one.name for one in sdk.accounting.get_tracking_categories(tenant).tracking_categories]
    assert names == ["Region", "Team"]


def test_users_themes_and_groups_are_read(sdk: Sdk, tenant: str) -> None:
    assert sdk.accounting.get_users(tenant).users[0].organisation_role == "FINANCIALADVISER"
    assert sdk.accounting.get_branding_themes(tenant).branding_themes[0].name == "Standard"
    assert sdk.accounting.get_contact_groups(tenant).contact_groups == []


def test_quotes_and_purchase_orders_are_created_and_changed(sdk: Sdk, tenant: str) -> None:
    partner = contact(sdk, tenant, "Partner")
    who = Contact(contact_id=partner.contact_id)
    wanted = Quote(contact=who, line_items=[a_line("20.00")], date=date(2026, 11, 1))
    quote = sdk.accounting.create_quotes(tenant, Quotes(quotes=[wanted])).quotes[0]
    sent = Quote(contact=who, date=date(2026, 11, 1), status=QuoteStatusCodes.SENT)
    assert (
        sdk.accounting.update_quote(tenant, quote.quote_id, Quotes(quotes=[sent])).quotes[0].status
        == QuoteStatusCodes.SENT
    )
    assert sdk.accounting.get_quotes(tenant, status="SENT").quotes[0].quote_number == "QU-0001"
    order = PurchaseOrder(contact=who, line_items=[a_line("30.00")], date=date(2026, 11, 1), attention_to="Peter")
    made = sdk.accounting.create_purchase_orders(tenant, PurchaseOrders(purchase_orders=[order])).purchase_orders[0]
    assert (made.purchase_order_number, made.sub_total) == ("PO-0001", Decimal("30.00"))
    listed = sdk.accounting.get_purchase_orders(tenant, status="DRAFT")
    assert [one.attention_to for one in listed.purchase_orders] == ["Peter"]
