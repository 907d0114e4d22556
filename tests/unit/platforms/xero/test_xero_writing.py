"""What is sent to Xero, to the byte, and what is refused before it is sent."""

import json
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.platforms.xero.xero_books import ACCOUNTS, COMPANY, MARKER, document, line, rate, write_of

from tieout.books.records import (
    Account,
    AccountType,
    Address,
    Allocation,
    DocumentStatus,
    Item,
    Kind,
    Party,
    Payment,
    Record,
    Taxation,
    Untranslated,
)
from tieout.platforms.errors import Unavailable, WriteRefused
from tieout.platforms.port import Answer, CallKind, Operation, Request
from tieout.platforms.xero.marks import item_code
from tieout.platforms.xero.platform import PLATFORM

INVOICE = document(Kind.INVOICE, [line()], tax="15.00", total="115.00")
PARTY = Party(name="Boom FM", marker=MARKER)
PAYMENT = Payment(
    currency="NZD",
    paid_on=date(2026, 5, 1),
    amount=Decimal("115.00"),
    account_id="acc-bank",
    allocations=(Allocation(document_kind=Kind.INVOICE, document_id="inv-1", amount=Decimal("115.00")),),
    marker=MARKER,
)


def planned(kind: Kind, record: Record, **changed: Any) -> Request:
    return PLATFORM.plan_write("org-1", write_of(kind, record, **changed))


def sent(kind: Kind, record: Record, **changed: Any) -> dict[str, Any]:
    body = json.loads(planned(kind, record, **changed).body, parse_float=Decimal)
    (elements,) = body.values()
    (element,) = elements
    members: dict[str, Any] = element
    return members


def refused(kind: Kind, record: Record, **changed: Any) -> str:
    with pytest.raises(WriteRefused) as raised:
        planned(kind, record, **changed)
    assert raised.value.explanation.fix
    return raised.value.explanation.code


def test_a_create_is_a_put_with_key_and_company_and_answers_for_each_element() -> None:
    request = planned(Kind.INVOICE, INVOICE)
    assert (request.method, request.kind) == ("PUT", CallKind.WRITE)
    assert request.path == "/api.xro/2.0/Invoices?summarizeErrors=false&unitdp=4"
    assert request.headers == {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Idempotency-Key": "key-1",
        "xero-tenant-id": "org-1",
    }


def test_the_same_write_makes_the_same_bytes() -> None:
    assert planned(Kind.INVOICE, INVOICE) == planned(Kind.INVOICE, INVOICE)


def test_an_invoice_names_its_contact_by_id_alone_and_is_approved() -> None:
    assert sent(Kind.INVOICE, replace(INVOICE, memo="Order 7")) == {
        "Type": "ACCREC",
        "Contact": {"ContactID": "con-1"},
        "Date": "2026-04-24",
        "DueDate": "2026-05-24",
        "LineAmountTypes": "Exclusive",
        "LineItems": [
            {
                "Description": "Work",
                "Quantity": 1,
                "UnitAmount": 100,
                "AccountCode": "200",
                "TaxType": "OUTPUT2",
            }
        ],
        "CurrencyCode": "NZD",
        "Status": "AUTHORISED",
        "InvoiceNumber": "INV-7",
        "Reference": f"Order 7 [Tieout {MARKER}]",
    }


@pytest.mark.parametrize(
    ("kind", "type_", "number_name"),
    [
        (Kind.INVOICE, "ACCREC", "InvoiceNumber"),
        (Kind.BILL, "ACCPAY", "InvoiceNumber"),
        (Kind.CREDIT_NOTE, "ACCRECCREDIT", "CreditNoteNumber"),
        (Kind.VENDOR_CREDIT, "ACCPAYCREDIT", "CreditNoteNumber"),
    ],
)
def test_each_kind_of_document_has_its_type_and_number(kind: Kind, type_: str, number_name: str) -> None:
    element = sent(kind, document(kind, [line()], tax="15.00", total="115.00"))
    assert (element["Type"], element[number_name]) == (type_, "INV-7")
    assert ("DueDate" in element) == (kind in {Kind.INVOICE, Kind.BILL})


def test_a_document_without_a_due_date_is_due_when_issued() -> None:
    assert sent(Kind.BILL, document(Kind.BILL, [line()], tax="15.00", total="115.00", due_on=None))["DueDate"] == (
        "2026-04-24"
    )


def test_a_draft_stays_a_draft() -> None:
    assert sent(Kind.INVOICE, replace(INVOICE, status=DocumentStatus.DRAFT))["Status"] == "DRAFT"


def test_a_foreign_document_tells_the_rate_as_xero_does() -> None:
    foreign = replace(INVOICE, currency="USD", exchange_rate=Decimal("1.25"))
    assert sent(Kind.INVOICE, foreign)["CurrencyRate"] == Decimal("0.8")
    assert "CurrencyRate" not in sent(Kind.INVOICE, replace(foreign, currency="NZD"))
    assert "CurrencyRate" not in sent(Kind.INVOICE, replace(foreign, exchange_rate=None))


def test_a_line_without_a_tax_rate_is_not_taxed_by_its_accounts_default() -> None:
    untaxed = document(Kind.INVOICE, [line(tax_rate_id=None)], tax="0.00", total="100.00")
    assert sent(Kind.INVOICE, untaxed)["LineItems"][0]["TaxType"] == "NONE"


def test_a_document_without_tax_names_no_tax_types() -> None:
    plain = document(Kind.INVOICE, [line()], tax="0.00", total="100.00", taxation=Taxation.NONE)
    element = sent(Kind.INVOICE, plain)
    assert element["LineAmountTypes"] == "NoTax"
    assert "TaxType" not in element["LineItems"][0]


def test_a_product_is_named_by_its_code_and_lends_its_words() -> None:
    with_item = document(
        Kind.INVOICE, [line(item_id="item-1", description=None, account_id=None)], tax="15.00", total="115.00"
    )
    (sent_line,) = sent(Kind.INVOICE, with_item)["LineItems"]
    assert (sent_line["ItemCode"], sent_line["Description"]) == ("BOOK", "A book")
    assert "AccountCode" not in sent_line


@pytest.mark.parametrize(
    ("account_id", "reference"),
    [
        ("acc-200", ("AccountCode", "200")),
        ("code:210", ("AccountCode", "210")),
        ("acc-bank", ("AccountID", "acc-bank")),
        ("acc-unread", ("AccountID", "acc-unread")),
    ],
)
def test_an_account_is_named_by_its_code_if_it_has_one(account_id: str, reference: tuple[str, str]) -> None:
    named = document(Kind.INVOICE, [line(account_id=account_id)], tax="15.00", total="115.00")
    assert reference in sent(Kind.INVOICE, named)["LineItems"][0].items()


def test_a_long_description_is_cut_to_fit() -> None:
    wordy = document(Kind.INVOICE, [line(description="x" * 5000)], tax="15.00", total="115.00")
    words = sent(Kind.INVOICE, wordy)["LineItems"][0]["Description"]
    assert (len(words), words[-1]) == (4000, "…")


def test_a_discount_of_a_sale_is_told_as_one_and_of_a_bill_in_its_price() -> None:
    lines = [line("50.00", quantity=Decimal(2), amount=Decimal(90), discount_percent=Decimal(10))]
    (sale,) = sent(Kind.INVOICE, document(Kind.INVOICE, lines, tax="13.50", total="103.50"))["LineItems"]
    (bill,) = sent(Kind.BILL, document(Kind.BILL, lines, tax="13.50", total="103.50"))["LineItems"]
    assert (sale["UnitAmount"], sale["DiscountRate"]) == (50, 10)
    assert (bill["UnitAmount"], bill.get("DiscountRate")) == (45, None)


def test_what_must_be_told_as_one_piece_keeps_its_quantity_in_words() -> None:
    odd = document(
        Kind.BILL, [line("100.00", quantity=Decimal("0.33333"), amount=Decimal("33.33"))], tax="5.00", total="38.33"
    )
    (sent_line,) = sent(Kind.BILL, odd)["LineItems"]
    assert (sent_line["Quantity"], sent_line["UnitAmount"]) == (1, Decimal("33.33"))
    assert sent_line["Description"] == "Work (0.33333 × 100.00)"


def test_stock_is_never_told_as_another_quantity() -> None:
    odd = document(
        Kind.INVOICE,
        [line("100.00", quantity=Decimal("0.33333"), amount=Decimal("33.33"), item_id="item-2")],
        tax="5.00",
        total="38.33",
    )
    assert refused(Kind.INVOICE, odd) == "total_would_differ"


def test_tax_is_left_to_xero_where_it_comes_to_the_same() -> None:
    assert "TaxAmount" not in sent(Kind.INVOICE, INVOICE)["LineItems"][0]


def test_tax_that_was_rounded_otherwise_is_told_line_by_line() -> None:
    lines = [line(net) for net in ("25.06", "25.61", "25.63")]
    rounded_once = document(Kind.INVOICE, lines, tax="11.45", total="87.75")
    told = [each.get("TaxAmount") for each in sent(Kind.INVOICE, rounded_once)["LineItems"]]
    assert told == [None, None, Decimal("3.85")]


@pytest.mark.parametrize(
    ("tax", "total"), [("20.00", "120.00"), ("15.00", "115.01"), ("15.02", "115.02"), ("0.00", "100.00")]
)
def test_what_would_not_land_on_its_total_is_not_sent(tax: str, total: str) -> None:
    assert refused(Kind.INVOICE, document(Kind.INVOICE, [line()], tax=tax, total=total)) == "total_would_differ"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"lines": ()}, "lines_missing"),
        ({"lines": (line(tax_rate_id="UNREAD"),)}, "tax_rate_unknown"),
        ({"lines": (line(tax_rate_id="GONE"),)}, "tax_rate_gone"),
        ({"lines": (line(account_id="acc-old"),)}, "ledger_account_inactive"),
        ({"lines": (line(account_id=None),)}, "ledger_account_missing"),
        ({"lines": (line(item_id="item-unread"),)}, "item_unknown"),
        ({"lines": (line(description=" "),)}, "description_missing"),
        ({"lines": (line(amount=Decimal("100.005")),)}, "amount_too_precise"),
        ({"number": "RÉF-1"}, "number_not_printable"),
        ({"number": "1" * 256}, "number_not_printable"),
    ],
)
def test_what_xero_would_refuse_is_refused_before_it_is_sent(changed: dict[str, Any], code: str) -> None:
    assert refused(Kind.INVOICE, replace(INVOICE, **changed)) == code


def test_thousandths_are_not_rounded_away() -> None:
    for lines, total in (([line("1.234")], "1.234"), ([line("1.00")], "1.001")):
        dinars = document(Kind.INVOICE, lines, tax="0", total=total, currency="KWD", taxation=Taxation.NONE)
        assert refused(Kind.INVOICE, dinars) == "amount_too_precise"


def test_the_total_at_home_is_predicted_by_the_rate_as_xero_is_told_it() -> None:
    foreign = document(
        Kind.INVOICE, [line("100.00")], tax="15.00", total="115.00", currency="USD", exchange_rate=Decimal("1.7")
    )
    prediction = PLATFORM.predict(write_of(Kind.INVOICE, foreign))
    assert prediction is not None
    assert (prediction.subtotal, prediction.tax) == (Decimal(100), Decimal(15))
    assert prediction.home_total == Decimal("195.50"), "115 divided by 0.588235"
    voided = write_of(Kind.INVOICE, foreign, operation=Operation.VOID)
    assert PLATFORM.predict(voided) is None


@pytest.mark.parametrize("operation", [Operation.CREATE, Operation.VOID, Operation.DELETE])
@pytest.mark.parametrize(("closed_until", "locked"), [(date(2026, 4, 23), False), (date(2026, 4, 24), True)])
def test_a_locked_period_is_not_written_to(operation: Operation, closed_until: date, locked: bool) -> None:
    changed = {
        "operation": operation,
        "external_id": None if operation is Operation.CREATE else "inv-1",
        "company": replace(COMPANY, closed_until=closed_until),
    }
    if locked:
        assert refused(Kind.INVOICE, INVOICE, **changed) == "period_closed"
    else:
        assert planned(Kind.INVOICE, INVOICE, **changed)


@pytest.mark.parametrize(("status", "asked"), [(DocumentStatus.OPEN, "VOIDED"), (DocumentStatus.DRAFT, "DELETED")])
@pytest.mark.parametrize("operation", [Operation.VOID, Operation.DELETE])
def test_an_approved_document_is_voided_and_a_draft_deleted(
    operation: Operation, status: DocumentStatus, asked: str
) -> None:
    record = replace(INVOICE, status=status)
    request = planned(Kind.INVOICE, record, operation=operation, external_id="inv-1")
    assert (request.method, request.path.partition("?")[0]) == ("POST", "/api.xro/2.0/Invoices/inv-1")
    assert json.loads(request.body) == {"Invoices": [{"InvoiceID": "inv-1", "Status": asked}]}


def test_a_contact_carries_our_mark_in_the_number_that_only_the_api_shows() -> None:
    party = replace(
        PARTY,
        email="a@b.example",
        phone="555",
        tax_number="11-22",
        currency="NZD",
        address=Address(line1="Box 9", country="NZ"),
    )
    assert sent(Kind.PARTY, party) == {
        "Name": "Boom FM",
        "ContactNumber": MARKER,
        "EmailAddress": "a@b.example",
        "TaxNumber": "11-22",
        "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "555"}],
        "Addresses": [{"AddressType": "POBOX", "AddressLine1": "Box 9", "Country": "NZ"}],
    }


def test_a_contacts_currency_goes_over_only_where_the_books_have_several() -> None:
    foreign = replace(PARTY, currency="EUR")
    assert "DefaultCurrency" not in sent(Kind.CUSTOMER, foreign)
    several = replace(COMPANY, multi_currency=True)
    assert sent(Kind.VENDOR, foreign, company=several)["DefaultCurrency"] == "EUR"


def test_changing_a_contact_names_it_by_id() -> None:
    request = planned(Kind.PARTY, PARTY, operation=Operation.UPDATE, external_id="con-1")
    assert (request.method, request.path.partition("?")[0]) == ("POST", "/api.xro/2.0/Contacts/con-1")
    assert json.loads(request.body)["Contacts"][0]["ContactID"] == "con-1"


def test_a_name_that_xero_has_no_room_for_is_refused() -> None:
    assert refused(Kind.PARTY, replace(PARTY, name="x" * 256)) == "name_too_long"


def test_an_item_without_a_code_gets_one_from_our_mark() -> None:
    item = Item(name="x" * 60, unit_price=Decimal("5.6075"), income_account_id="acc-200", marker=MARKER)
    assert sent(Kind.ITEM, item) == {
        "Code": item_code(MARKER),
        "Name": "x" * 49 + "…",
        "Description": "x" * 60,
        "IsSold": True,
        "IsPurchased": False,
        "SalesDetails": {"UnitPrice": Decimal("5.6075"), "AccountCode": "200"},
    }


def test_an_items_own_code_is_kept() -> None:
    item = Item(name="Book", code="BOOK", is_sold=False, is_purchased=True, expense_account_id="code:300")
    element = sent(Kind.ITEM, item)
    assert (element["Code"], element["PurchaseDetails"]) == ("BOOK", {"AccountCode": "300"})
    assert "SalesDetails" not in element


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"code": "x" * 31}, "code_too_long"),
        ({"income_account_id": "acc-bank"}, "account_without_code"),
        ({"income_account_id": "acc-unread"}, "account_unknown"),
        ({"income_account_id": "acc-old"}, "ledger_account_inactive"),
    ],
)
def test_an_item_that_xero_would_refuse_is_refused_before_it_is_sent(changed: dict[str, Any], code: str) -> None:
    assert refused(Kind.ITEM, replace(Item(name="Book", marker=MARKER), **changed)) == code


def test_a_payment_settles_one_document_from_one_account() -> None:
    assert sent(Kind.PAYMENT, PAYMENT) == {
        "Invoice": {"InvoiceID": "inv-1"},
        "Account": {"AccountID": "acc-bank"},
        "Date": "2026-05-01",
        "Amount": 115,
        "Reference": f"[Tieout {MARKER}]",
    }


def test_a_payment_is_deleted_by_its_status() -> None:
    request = planned(Kind.BILL_PAYMENT, PAYMENT, operation=Operation.DELETE, external_id="pay-1")
    assert (request.method, request.path.partition("?")[0]) == ("POST", "/api.xro/2.0/Payments/pay-1")
    assert json.loads(request.body) == {"Payments": [{"Status": "DELETED"}]}


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"account_id": None}, "payment_account_missing"), ({"account_id": "acc-old"}, "ledger_account_inactive")],
)
def test_a_payment_needs_an_account(changed: dict[str, Any], code: str) -> None:
    assert refused(Kind.PAYMENT, replace(PAYMENT, **changed)) == code


@pytest.mark.parametrize(
    ("kind", "record", "changed"),
    [
        (Kind.PARTY, PARTY, {"operation": Operation.DELETE, "external_id": "c"}),
        (Kind.ITEM, Item(name="x", code="x"), {"operation": Operation.VOID, "external_id": "i"}),
        (Kind.ITEM, Item(name="x", code="x", is_stock=True), {}),
        (Kind.PAYMENT, PAYMENT, {"operation": Operation.UPDATE, "external_id": "p"}),
        (Kind.PAYMENT, replace(PAYMENT, allocations=()), {}),
        (Kind.PAYMENT, replace(PAYMENT, unapplied=Decimal(1)), {}),
        (Kind.PAYMENT, replace(PAYMENT, amount=Decimal(1)), {}),
        (Kind.OTHER, Untranslated(external_id="x", native_kind="x"), {}),
        (Kind.INVOICE, PARTY, {}),
    ],
)
def test_what_is_never_written_says_so_loudly(kind: Kind, record: Record, changed: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        planned(kind, record, **changed)


@pytest.mark.parametrize("key", ["", "k" * 129])
def test_a_key_that_xero_would_not_keep_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        planned(Kind.INVOICE, INVOICE, key=key)


def test_a_change_must_name_its_record() -> None:
    with pytest.raises(ValueError, match="name the record"):
        planned(Kind.INVOICE, INVOICE, operation=Operation.VOID)


@pytest.mark.parametrize("body", [b'{"Invoices":[]}', b"{}", b"<html>", b'{"Invoices":[{},{}]}'])
def test_an_answer_that_does_not_hold_the_one_record_leaves_the_write_in_doubt(body: bytes) -> None:
    with pytest.raises(Unavailable):
        PLATFORM.read_written(write_of(Kind.INVOICE, INVOICE), Answer(status=200, headers={}, body=body))


def xero_total(element: dict[str, Any], percents: dict[str, Decimal]) -> tuple[Decimal, Decimal]:
    """What Xero makes of what it is sent, written down independently of the connector: tax and total."""
    cent = Decimal("0.01")
    tax = amount = Decimal(0)
    for each in element["LineItems"]:
        whole = Decimal(each["Quantity"]) * Decimal(each["UnitAmount"])
        whole = whole * (100 - Decimal(each.get("DiscountRate", 0))) / 100 - Decimal(each.get("DiscountAmount", 0))
        lined = whole.quantize(cent, ROUND_HALF_UP)
        percent = percents.get(each.get("TaxType", "NONE"), Decimal(0))
        divisor = 100 + percent if element["LineAmountTypes"] == "Inclusive" else Decimal(100)
        computed = (lined * percent / divisor).quantize(cent, ROUND_HALF_UP)
        amount += lined
        tax += Decimal(each.get("TaxAmount", computed))
    return tax, amount if element["LineAmountTypes"] == "Inclusive" else amount + tax


PERCENTS = {"A": Decimal("8.25"), "B": Decimal(15), "C": Decimal("12.5")}
drawn_lines = st.lists(
    st.tuples(
        st.decimals(min_value="0.001", max_value="500", places=5),
        st.decimals(min_value=0, max_value=5000, places=2),
        st.integers(min_value=0, max_value=100),
        st.sampled_from([None, *PERCENTS]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150)
@given(
    drawn_lines,
    st.sampled_from([Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT]),
    st.sampled_from([Taxation.EXCLUSIVE, Taxation.INCLUSIVE]),
)
def test_whatever_is_sent_lands_on_the_documents_own_total(
    drawn: list[tuple[Decimal, Decimal, int, str | None]], kind: Kind, taxation: Taxation
) -> None:
    """Tax rounded once per document, as some partners do: it is told so that Xero agrees, or nothing is sent."""
    cent = Decimal("0.01")
    lines = []
    exact = Decimal(0)
    for quantity, price, off, tax_type in drawn:
        amount = (quantity * price * (100 - off) / 100).quantize(cent, ROUND_HALF_UP)
        percent = PERCENTS.get(tax_type or "", Decimal(0))
        exact += amount * percent / (100 + percent if taxation is Taxation.INCLUSIVE else Decimal(100))
        lines.append(
            line(
                str(price),
                quantity=quantity,
                amount=amount,
                tax_rate_id=tax_type,
                discount_percent=Decimal(off) or None,
            )
        )
    tax = exact.quantize(cent, ROUND_HALF_UP)
    amounts = sum((each.amount for each in lines), Decimal(0))
    total = amounts if taxation is Taxation.INCLUSIVE else amounts + tax
    record = document(kind, lines, tax=tax, total=total, taxation=taxation)
    rates = {tax_type: rate(tax_type, percent) for tax_type, percent in PERCENTS.items()}
    element = sent(kind, record, tax_rates=rates, accounts=ACCOUNTS)
    assert xero_total(element, PERCENTS) == (tax, total)


def test_an_account_without_a_code_is_still_named() -> None:
    nameless = Account(external_id="acc-x", name="X", type=AccountType.EXPENSE)
    bill = document(Kind.BILL, [line(account_id="acc-x")], tax="15.00", total="115.00")
    assert sent(Kind.BILL, bill, accounts={"acc-x": nameless})["LineItems"][0]["AccountID"] == "acc-x"
