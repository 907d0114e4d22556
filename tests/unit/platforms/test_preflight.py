"""What a platform is known not to take is refused before anything is sent, with the code of its own refusal."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.unit.platforms.quickbooks import quickbooks_books as quickbooks
from tests.unit.platforms.xero import xero_books as xero

from tieout.books.records import Attachment, Company, Item, Kind, Party, Record
from tieout.platforms.errors import PermissionMissing, PlatformRefusal, WriteRefused
from tieout.platforms.port import Answer, Operation, Platform, Request
from tieout.platforms.quickbooks.platform import PLATFORM as QUICKBOOKS
from tieout.platforms.quickbooks.translate_lists import translate_company
from tieout.platforms.quickbooks.wire import CompanyInfo, Preferences
from tieout.platforms.registry import all_platforms
from tieout.platforms.xero.cursor import Cursor, read_cursor, write_cursor
from tieout.platforms.xero.platform import PLATFORM as XERO

SHUT_OUT = replace(xero.COMPANY, not_permitted=(Kind.INVOICE, Kind.ATTACHMENT))
SIMPLE = replace(quickbooks.UK, not_in_plan=(Kind.BILL, Kind.VENDOR_CREDIT, Kind.BILL_PAYMENT))
HOME_AND_DOLLARS = replace(xero.COMPANY, currencies=("NZD", "USD"))
FILE = Attachment(document_kind=Kind.INVOICE, document_id="i", name="a.pdf", media_type="application/pdf", size_bytes=1)


def invoice(kind: Kind = Kind.INVOICE, **changed: Any) -> Record:
    return xero.document(kind, [xero.line()], tax="15.00", total="115.00", **changed)


def refusal(platform: Platform, kind: Kind, record: Record, **changed: Any) -> PlatformRefusal | None:
    books = xero if platform is XERO else quickbooks
    write = books.write_of(kind, record, **changed) if platform is XERO else quickbooks.write(record, kind, **changed)
    try:
        platform.plan_write("org-1", write)
    except PlatformRefusal as refused:
        return refused
    return None


def code(found: PlatformRefusal | None) -> str | None:
    return None if found is None else found.explanation.code


def test_what_the_person_who_connected_may_not_create_is_not_sent() -> None:
    found = refusal(XERO, Kind.INVOICE, invoice(), company=SHUT_OUT)
    assert isinstance(found, PermissionMissing)
    assert code(found) == "not_permitted"
    assert "Settings > Users" in found.explanation.fix
    assert code(refusal(XERO, Kind.ATTACHMENT, FILE, company=SHUT_OUT, content=b"x")) == "not_permitted"
    assert refusal(XERO, Kind.BILL, invoice(Kind.BILL), company=SHUT_OUT) is None
    standing = {"operation": Operation.UPDATE, "external_id": "inv-1"}
    assert refusal(XERO, Kind.INVOICE, invoice(), company=SHUT_OUT, **standing) is None


def test_a_currency_that_the_organisation_does_not_use_is_not_sent() -> None:
    for currency, expected in (("EUR", "currency_not_subscribed"), ("USD", None), ("NZD", None)):
        record = invoice(currency=currency)
        found = refusal(XERO, Kind.INVOICE, record, company=HOME_AND_DOLLARS)
        assert code(found) == expected, currency
        assert found is None or isinstance(found, WriteRefused)
    assert refusal(XERO, Kind.INVOICE, invoice(currency="EUR")) is None, "nobody knows"


GONE = Party(external_id="58", name="Old friend", active=False, is_customer=True, is_vendor=True)


def test_whom_or_what_was_set_aside_in_the_books_no_new_document_names() -> None:
    assert code(refusal(XERO, Kind.INVOICE, invoice(), party=GONE)) == "contact_archived"
    record = quickbooks.document(Kind.INVOICE, [quickbooks.line("1.00")])
    found = refusal(QUICKBOOKS, Kind.INVOICE, record, party=GONE)
    assert found is not None
    assert (code(found), found.explanation.field) == ("reference_inactive", "party_id")
    found = refusal(QUICKBOOKS, Kind.INVOICE, record, items={"1": Item(name="Hour", active=False)})
    assert found is not None
    assert (code(found), found.explanation.field) == ("reference_inactive", "item_id")
    assert refusal(QUICKBOOKS, Kind.INVOICE, record, party=replace(GONE, active=True)) is None
    assert refusal(XERO, Kind.INVOICE, invoice(), party=replace(GONE, active=True)) is None


def test_a_plan_without_bills_takes_none() -> None:
    record = quickbooks.document(Kind.BILL, [quickbooks.line("1.00")])
    found = refusal(QUICKBOOKS, Kind.BILL, record, company=SIMPLE)
    assert isinstance(found, PermissionMissing)
    assert code(found) == "not_in_plan"


@pytest.mark.parametrize(
    ("offering", "has_bills"),
    [("QuickBooks Online Plus", True), ("QuickBooks Online Simple Start", False), ("QuickBooks EasyStart", False)],
)
def test_the_plan_is_read_from_the_companys_offering(offering: str, *, has_bills: bool) -> None:
    told = {"Id": "1", "CompanyName": "A", "Country": "US", "NameValue": [{"Name": "OfferingSku", "Value": offering}]}
    info = msgspec.convert(told, CompanyInfo)
    company = translate_company("1", info, msgspec.convert({"Id": "1"}, Preferences))
    assert (Kind.BILL not in company.not_in_plan) is has_bills


ORGANISATION = {"OrganisationID": "org-1", "Name": "Demo", "BaseCurrency": "NZD", "CountryCode": "NZ"}
ACTIONS = [
    {"Name": "CreateApprovedInvoice", "Status": "NOT-ALLOWED"},
    {"Name": "CreateApprovedBill", "Status": "ALLOWED"},
    {"Name": "CreateRepeatingBill", "Status": "NOT-ALLOWED"},
]


class Told:
    """An organisation that answers, and which paths it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def send(self, request: Request) -> Answer:
        name = request.path.removeprefix("/api.xro/2.0/").partition("?")[0]
        self.asked.append(name)
        rows: dict[str, Any] = {
            "Organisation": {"Organisations": [ORGANISATION]},
            "Currencies": {"Currencies": [{"Code": "NZD"}, {"Code": "EUR"}]},
            "Organisation/Actions": {"Actions": ACTIONS},
        }
        headers = {"content-type": "application/json", "date": "Mon, 23 Nov 2026 04:00:00 GMT"}
        return Answer(
            status=200,
            headers=headers,
            body=msgspec.json.encode({"DateTimeUTC": "/Date(1795406400000)/", **rows[name]}),
        )


async def company_page(cursor: Cursor | None) -> tuple[Company, Cursor, list[str]]:
    told = Told()
    text = None if cursor is None else write_cursor(cursor)
    page = await XERO.fetch_page(told, "org-1", text, now=quickbooks.NOW)
    company = page.changes[0].record  # type: ignore[union-attr] # a change
    assert isinstance(company, Company)
    return company, read_cursor(page.cursor), told.asked


async def test_rights_and_currencies_are_read_on_a_sweep_kept_until_the_next_and_read_again_when_asked() -> None:
    company, cursor, asked = await company_page(None)
    assert asked == ["Organisation", "Currencies", "Organisation/Actions"]
    assert (company.not_permitted, company.currencies) == ((Kind.INVOICE,), ("NZD", "EUR"))
    company, cursor, asked = await company_page(cursor.finished())
    assert asked == ["Organisation"]
    assert (company.not_permitted, company.currencies) == ((Kind.INVOICE,), ("NZD", "EUR"))
    again = read_cursor(XERO.recheck(write_cursor(cursor))).finished()
    _, cursor, asked = await company_page(again)
    assert len(asked) == 3
    assert not cursor.rechecking


def test_every_platform_rechecks_by_its_own_cursor() -> None:
    assert all(callable(platform.recheck) for platform in all_platforms().values())
