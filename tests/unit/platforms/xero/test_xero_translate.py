"""Xero's objects as records: what each field becomes, and what has no meaning."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.changes import Change
from tieout.books.records import (
    Account,
    AccountType,
    Bill,
    Company,
    CreditNote,
    DocumentStatus,
    Invoice,
    Item,
    Kind,
    Party,
    Payment,
    Taxation,
    TaxRate,
    Untranslated,
)
from tieout.platforms.xero import shapes, translators
from tieout.platforms.xero.translate import Translator, translate_object
from tieout.platforms.xero.zones import iana_zone

INVOICE: dict[str, Any] = {
    "Type": "ACCREC",
    "InvoiceID": "inv-1",
    "InvoiceNumber": "INV-7",
    "Reference": "Order 7 [Tieout 8e3c7d1e-1f9a-4b5e-9c62-0d5a5f6f7a10]",
    "Contact": {"ContactID": "con-1", "Name": "Boom FM"},
    "Date": "/Date(1563753600000+0000)/",
    "DueDate": "/Date(1564617600000+0000)/",
    "Status": "AUTHORISED",
    "LineAmountTypes": "Exclusive",
    "CurrencyCode": "USD",
    "CurrencyRate": 0.8,
    "LineItems": [
        {
            "LineItemID": "line-1",
            "Description": "Work",
            "Quantity": 2.5,
            "UnitAmount": 40,
            "LineAmount": 90,
            "DiscountRate": 10,
            "AccountID": "acc-1",
            "AccountCode": "200",
            "ItemCode": "W",
            "Item": {"ItemID": "item-1"},
            "TaxType": "OUTPUT2",
            "TaxAmount": 13.5,
        },
        {"Description": "Words alone"},
    ],
    "SubTotal": 90,
    "TotalTax": 13.5,
    "Total": 103.5,
    "AmountDue": 103.5,
    "UpdatedDateUTC": "/Date(1788825600123+0000)/",
}
CREDIT: dict[str, Any] = {
    **{k: v for k, v in INVOICE.items() if k not in {"InvoiceID", "InvoiceNumber", "AmountDue", "DueDate"}},
    "Type": "ACCRECCREDIT",
    "CreditNoteID": "cn-1",
    "CreditNoteNumber": "CN-1",
    "RemainingCredit": 3.5,
}
PAYMENT: dict[str, Any] = {
    "PaymentID": "pay-1",
    "Date": "/Date(1563753600000+0000)/",
    "Amount": 50.25,
    "PaymentType": "ACCPAYPAYMENT",
    "Status": "AUTHORISED",
    "Reference": "[Tieout abc]",
    "CurrencyRate": 0,
    "Account": {"AccountID": "bank-1", "Code": "090"},
    "Invoice": {"InvoiceID": "bill-1", "Type": "ACCPAY", "CurrencyCode": "NZD", "Contact": {"ContactID": "con-2"}},
}


def translated(translator: Translator, raw: dict[str, Any], **changed: Any) -> Change:
    merged = {key: value for key, value in (raw | changed).items() if value is not ...}
    return translate_object(json.dumps(merged).encode(), translator)


def test_an_invoice_keeps_every_figure_it_states() -> None:
    change = translated(translators.INVOICES, INVOICE)
    record = change.record
    assert isinstance(record, Invoice)
    assert change.ref.kind is Kind.INVOICE
    assert change.version.updated_at == datetime(2026, 9, 8, 0, 0, 0, 123000, UTC)
    assert (record.number, record.party_id, record.party_name) == ("INV-7", "con-1", "Boom FM")
    assert (record.issued_on, record.due_on) == (date(2019, 7, 22), date(2019, 8, 1))
    assert (record.subtotal, record.tax, record.total, record.balance) == (90, Decimal("13.5"), *[Decimal("103.5")] * 2)
    assert record.exchange_rate == Decimal("1.25")
    assert (record.memo, record.marker) == ("Order 7", "8e3c7d1e-1f9a-4b5e-9c62-0d5a5f6f7a10")
    assert (record.taxation, record.status) == (Taxation.EXCLUSIVE, DocumentStatus.OPEN)


def test_a_line_names_its_account_and_item_by_id_and_a_line_of_words_is_worth_nothing() -> None:
    record = translated(translators.INVOICES, INVOICE).record
    assert isinstance(record, Invoice)
    priced, words = record.lines
    assert (priced.account_id, priced.item_id, priced.tax_rate_id) == ("acc-1", "item-1", "OUTPUT2")
    assert (priced.quantity, priced.unit_price, priced.discount_percent) == (Decimal("2.5"), Decimal(40), Decimal(10))
    assert (words.amount, words.account_id, words.tax_amount) == (Decimal(0), None, None)
    assert [(line.rate_id, line.taxable, line.amount) for line in record.tax_lines] == [
        ("OUTPUT2", Decimal(90), Decimal("13.5"))
    ]


def test_an_account_known_by_its_code_alone_is_marked_as_a_code() -> None:
    lines = [{**INVOICE["LineItems"][0], "AccountID": None, "Item": None}]
    record = translated(translators.INVOICES, INVOICE, LineItems=lines).record
    assert isinstance(record, Invoice)
    assert (record.lines[0].account_id, record.lines[0].item_id) == ("code:200", "code:W")


def test_taxable_amounts_inside_gross_prices_are_net() -> None:
    lines = [{**INVOICE["LineItems"][0], "LineAmount": 115, "TaxAmount": 15}]
    record = translated(
        translators.INVOICES,
        INVOICE,
        LineAmountTypes="Inclusive",
        LineItems=lines,
        SubTotal=100,
        TotalTax=15,
        Total=115,
    ).record
    assert isinstance(record, Invoice)
    assert record.tax_lines[0].taxable == 100


@pytest.mark.parametrize(
    ("status", "due", "expected", "balance"),
    [
        ("DRAFT", 103.5, DocumentStatus.DRAFT, "103.5"),
        ("SUBMITTED", 103.5, DocumentStatus.DRAFT, "103.5"),
        ("AUTHORISED", 103.5, DocumentStatus.OPEN, "103.5"),
        ("AUTHORISED", 3.5, DocumentStatus.PARTIALLY_PAID, "3.5"),
        ("PAID", 0, DocumentStatus.PAID, "0"),
        ("VOIDED", 103.5, DocumentStatus.VOID, "0"),
        ("DELETED", 0, DocumentStatus.DELETED, "0"),
    ],
)
def test_a_status_says_how_far_a_document_got(status: str, due: float, expected: DocumentStatus, balance: str) -> None:
    record = translated(translators.INVOICES, INVOICE, Status=status, AmountDue=due).record
    assert isinstance(record, Invoice)
    assert (record.status, record.balance) == (expected, Decimal(balance))


def test_a_bill_is_an_invoice_to_pay() -> None:
    change = translated(translators.INVOICES, INVOICE, Type="ACCPAY", InvoiceNumber="")
    assert isinstance(change.record, Bill)
    assert change.ref.kind is Kind.BILL
    assert change.record.number is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"Total": 103.6}, "do not make"),
        ({"Status": "PONDERED"}, "status PONDERED"),
        ({"LineAmountTypes": "Mixed"}, "Mixed"),
        ({"Type": "ACCOTHER"}, "ACCOTHER"),
        ({"Date": "yesterday"}, "yesterday"),
        ({"Contact": None}, "Contact"),
        ({"Total": "many"}, "Total"),
        ({"UpdatedDateUTC": "now"}, "now"),
    ],
)
def test_what_contradicts_itself_or_cannot_be_read_is_kept_with_the_reason(
    changed: dict[str, Any], reason: str
) -> None:
    change = translated(translators.INVOICES, INVOICE, **changed)
    assert isinstance(change.record, Untranslated)
    assert reason in change.record.reason
    assert (change.ref.external_id, change.record.native_kind) == ("inv-1", "Invoices")
    assert json.loads(change.raw)["InvoiceID"] == "inv-1"


def test_what_cannot_be_translated_stays_under_its_own_kind() -> None:
    assert translated(translators.INVOICES, INVOICE, Type="ACCPAY", Total=1).ref.kind is Kind.BILL
    assert translated(translators.PAYMENTS, PAYMENT, Invoice=None).ref.kind is Kind.BILL_PAYMENT
    assert translated(translators.CREDIT_NOTES, CREDIT, Type="ACCPAYCREDIT", Total=1).ref.kind is Kind.VENDOR_CREDIT


@pytest.mark.parametrize("raw", [b"{}", b'{"InvoiceID":""}', b'{"InvoiceID":7}', b"[]", b"null"])
def test_an_object_without_an_id_is_no_object(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"InvoiceID|object"):
        translate_object(raw, translators.INVOICES)


def test_a_credit_notes_balance_is_what_is_left_of_it() -> None:
    record = translated(translators.CREDIT_NOTES, CREDIT).record
    assert isinstance(record, CreditNote)
    assert (record.balance, record.status, record.due_on) == (Decimal("3.5"), DocumentStatus.PARTIALLY_PAID, None)


def test_a_credit_note_that_does_not_state_what_is_left_is_counted_from_its_allocations() -> None:
    used = [{"Amount": 100.01, "Invoice": {"InvoiceID": "in-1"}}]
    record = translated(translators.CREDIT_NOTES, CREDIT, RemainingCredit=..., Allocations=used).record
    assert isinstance(record, CreditNote)
    assert record.balance == Decimal("3.49")


def test_a_payment_settles_one_document() -> None:
    change = translated(translators.PAYMENTS, PAYMENT)
    record = change.record
    assert isinstance(record, Payment)
    assert (change.ref.kind, record.kind, record.currency) == (Kind.BILL_PAYMENT, Kind.BILL_PAYMENT, "NZD")
    assert (record.amount, record.account_id, record.party_id) == (Decimal("50.25"), "bank-1", "con-2")
    assert [(a.document_kind, a.document_id, a.amount) for a in record.allocations] == [
        (Kind.BILL, "bill-1", Decimal("50.25"))
    ]
    assert (record.marker, record.reference, record.exchange_rate, record.is_void) == ("abc", None, None, False)


def test_a_deleted_payment_is_void() -> None:
    record = translated(translators.PAYMENTS, PAYMENT, Status="DELETED", PaymentType="ACCRECPAYMENT").record
    assert isinstance(record, Payment)
    assert (record.is_void, record.kind) == (True, Kind.PAYMENT)


@pytest.mark.parametrize(
    ("payment_type", "against", "of"),
    [
        ("ARCREDITPAYMENT", "CreditNote", Kind.CREDIT_NOTE),
        ("APOVERPAYMENTPAYMENT", "Overpayment", Kind.BILL_PAYMENT),
        ("ARPREPAYMENTPAYMENT", "Prepayment", Kind.PAYMENT),
    ],
)
def test_money_that_is_paid_back_is_negative_and_takes_from_its_credit(
    payment_type: str, against: str, of: Kind
) -> None:
    credit = {f"{against}ID": "credit-1", "CurrencyCode": "NZD"}
    change = translated(translators.PAYMENTS, PAYMENT, PaymentType=payment_type, Invoice=..., **{against: credit})
    assert isinstance(change.record, Payment)
    (taken,) = change.record.allocations
    assert (change.record.amount, change.record.unapplied) == (Decimal("-50.25"), Decimal(0))
    assert (taken.document_kind, taken.document_id, taken.amount) == (of, "credit-1", Decimal("50.25"))
    assert change.ref.kind is (Kind.PAYMENT if payment_type.startswith("AR") else Kind.BILL_PAYMENT)


def test_a_payment_of_a_type_that_nobody_knows_has_no_meaning() -> None:
    change = translated(translators.PAYMENTS, PAYMENT, PaymentType="BARTER")
    assert isinstance(change.record, Untranslated)
    assert "BARTER" in change.record.reason


def test_the_later_lock_date_closes_the_books() -> None:
    raw = {
        "OrganisationID": "org",
        "Name": "Demo",
        "BaseCurrency": "NZD",
        "CountryCode": "NZ",
        "Timezone": "NEWZEALANDSTANDARDTIME",
        "PeriodLockDate": "/Date(1222732800000+0000)/",
        "EndOfYearLockDate": "/Date(1254268800000+0000)/",
    }
    record = translated(translators.organisations(currencies=("NZD", "USD")), raw).record
    assert isinstance(record, Company)
    assert (record.closed_until, record.time_zone) == (date(2009, 9, 30), "Pacific/Auckland")
    assert (record.multi_currency, record.tax_is_computed_there, record.numbers_are_custom) == (True, False, True)


def test_a_company_without_lock_dates_is_open() -> None:
    raw = {"OrganisationID": "org", "Name": "Demo", "BaseCurrency": "NZD", "Timezone": "SOMEWHERE"}
    record = translated(translators.organisations(currencies=("NZD",)), raw).record
    assert isinstance(record, Company)
    assert (record.closed_until, record.time_zone) == (None, None)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"Type": "BANK", "Class": "ASSET", "Code": ""}, (AccountType.ASSET, True, True, None)),
        ({"Type": "CURRLIAB", "Class": "LIABILITY"}, (AccountType.LIABILITY, False, False, "200")),
        (
            {"Type": "EQUITY", "Class": "EQUITY", "EnablePaymentsToAccount": True},
            (AccountType.EQUITY, False, True, "200"),
        ),
        ({"Type": "SALES", "Class": "REVENUE", "SystemAccount": None}, (AccountType.INCOME, False, False, "200")),
        ({"Type": "NEW", "Class": "NOVEL"}, (AccountType.UNKNOWN, False, False, "200")),
    ],
)
def test_a_ledger_account_has_one_of_five_classes(changed: dict[str, Any], expected: tuple[Any, ...]) -> None:
    record = translated(translators.ACCOUNTS, {"AccountID": "a", "Name": "Sales", "Code": "200"}, **changed).record
    assert isinstance(record, Account)
    assert (record.type, record.is_bank, record.takes_payments, record.code) == expected


def test_an_archived_account_is_inactive() -> None:
    raw = {"AccountID": "a", "Name": "Old", "Type": "SALES", "Status": "ARCHIVED"}
    record = translated(translators.ACCOUNTS, raw).record
    assert isinstance(record, Account)
    assert not record.active


def test_a_compound_tax_rate_keeps_both_its_rates() -> None:
    raw = {
        "Name": "GST and PST",
        "TaxType": "TAX001",
        "EffectiveRate": 15.5,
        "DisplayTaxRate": 15.0,
        "Status": "ACTIVE",
        "CanApplyToRevenue": True,
        "CanApplyToExpenses": False,
        "CanApplyToAssets": False,
        "CanApplyToEquity": True,
        "CanApplyToLiabilities": False,
        "TaxComponents": [
            {"Name": "GST", "Rate": 5.0, "IsCompound": False},
            {"Name": "PST", "Rate": 10.0, "IsCompound": True},
        ],
    }
    change = translated(translators.TAX_RATES, raw)
    record = change.record
    assert isinstance(record, TaxRate)
    assert (record.external_id, record.effective_rate, record.total_rate) == ("TAX001", Decimal("15.5"), Decimal(15))
    assert [(part.name, part.rate, part.is_compound) for part in record.components] == [
        ("GST", Decimal(5), False),
        ("PST", Decimal(10), True),
    ]
    assert (record.on_sales, record.on_purchases, record.active) == (True, False, True)
    assert record.applies_to == (AccountType.EQUITY, AccountType.INCOME)
    assert change.version.updated_at is None


def test_a_deleted_tax_rate_is_inactive() -> None:
    raw = {"Name": "Old", "TaxType": "TAX002", "Status": "DELETED", "TaxComponents": [{"Name": "x", "Rate": 7}]}
    record = translated(translators.TAX_RATES, raw).record
    assert isinstance(record, TaxRate)
    assert (record.active, record.effective_rate) == (False, Decimal(7))


def test_a_contact_is_a_party_with_its_billing_address_first() -> None:
    raw = {
        "ContactID": "con-1",
        "ContactNumber": "mark-1",
        "ContactStatus": "ACTIVE",
        "Name": "Boom FM",
        "EmailAddress": "",
        "TaxNumber": "11-22",
        "IsCustomer": True,
        "IsSupplier": True,
        "DefaultCurrency": "EUR",
        "Addresses": [
            {"AddressType": "STREET", "AddressLine1": "Street 1", "City": "Rye", "Country": ""},
            {"AddressType": "POBOX", "AddressLine1": "Box 9", "PostalCode": "123"},
        ],
        "Phones": [
            {"PhoneType": "MOBILE", "PhoneNumber": "777"},
            {"PhoneType": "DEFAULT", "PhoneNumber": "5555", "PhoneAreaCode": "9", "PhoneCountryCode": "+64"},
        ],
    }
    record = translated(translators.CONTACTS, raw).record
    assert isinstance(record, Party)
    assert (record.name, record.email, record.phone, record.tax_number) == ("Boom FM", None, "+64 9 5555", "11-22")
    assert record.address is not None
    assert (record.address.line1, record.address.postal_code, record.address.city) == ("Box 9", "123", None)
    assert (record.is_customer, record.is_vendor, record.active, record.marker) == (True, True, True, "mark-1")


@pytest.mark.parametrize("status", ["ARCHIVED", "GDPRREQUEST"])
def test_a_contact_that_cannot_be_used_is_inactive(status: str) -> None:
    raw = {"ContactID": "c", "Name": "Gone", "ContactStatus": status, "Addresses": [{"AddressType": "POBOX"}]}
    record = translated(translators.CONTACTS, raw).record
    assert isinstance(record, Party)
    assert (record.active, record.address, record.phone) == (False, None, None)


def test_an_items_accounts_are_looked_up_by_code() -> None:
    raw = {
        "ItemID": "item-1",
        "Code": "GB1",
        "Name": "Golf balls",
        "IsTrackedAsInventory": True,
        "SalesDetails": {"UnitPrice": 5.6075, "AccountCode": "200", "TaxType": "OUTPUT2"},
        "PurchaseDetails": {"COGSAccountCode": "310"},
    }
    record = translated(translators.items({"200": "acc-200"}), raw).record
    assert isinstance(record, Item)
    assert (record.income_account_id, record.expense_account_id) == ("acc-200", "code:310")
    assert (record.unit_price, record.is_stock, record.tax_rate_id) == (Decimal("5.6075"), True, "OUTPUT2")
    assert record.marker is None


def test_an_item_that_is_neither_sold_nor_bought_still_has_a_name() -> None:
    raw = {"ItemID": "i", "Code": "X", "SalesDetails": {}, "PurchaseDetails": {}, "UpdatedDateUTC": "/Date(1)/"}
    record = translated(translators.items(), raw).record
    assert isinstance(record, Item)
    assert (record.name, record.unit_price, record.income_account_id) == ("X", None, None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("/Date(1439434356790)/", datetime(2015, 8, 13, 2, 52, 36, 790000, UTC)),
        ("/Date(1439434356790+0000)/", datetime(2015, 8, 13, 2, 52, 36, 790000, UTC)),
        ("/Date(1439434356790-1300)/", datetime(2015, 8, 13, 2, 52, 36, 790000, UTC)),
        ("/Date(-1000+1300)/", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_moment_is_milliseconds_of_utc_whatever_its_offset(text: str, moment: datetime) -> None:
    assert shapes.read_moment(text) == moment


@given(st.dates(min_value=date(1, 1, 2)))
def test_a_calendar_date_is_midnight_utc(day: date) -> None:
    ms = (day.toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000
    assert shapes.read_day(f"/Date({ms}+0000)/") == day


@pytest.mark.parametrize("text", ["", "2019-07-22", "/Date()/", "/Date(x)/", "/Date(1"])
def test_other_forms_of_dates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|invalid literal"):
        shapes.read_day(text)


@pytest.mark.parametrize(
    ("timezone", "zone"),
    [
        ("EASTERNSTANDARDTIME", "America/New_York"),
        ("EASTERNSTANDARDTIME(MEXICO)", "America/Cancun"),
        ("UTC", "Etc/UTC"),
        (None, None),
        ("MARSSTANDARDTIME", None),
    ],
)
def test_a_time_zone_is_spelled_as_the_world_does(timezone: str | None, zone: str | None) -> None:
    assert iana_zone(timezone) == zone
