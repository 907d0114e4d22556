import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.changes import Change
from tieout.books.records import (
    Account,
    AccountType,
    Address,
    Document,
    DocumentStatus,
    Item,
    Kind,
    Party,
    Payment,
    Taxation,
    Untranslated,
)
from tieout.platforms.quickbooks import wire
from tieout.platforms.quickbooks.marker import marked_note, read_note
from tieout.platforms.quickbooks.translate import translate_row
from tieout.platforms.quickbooks.translate_lists import effective_rate

INVOICE: dict[str, Any] = {
    "Id": "96",
    "SyncToken": "1",
    "MetaData": {"CreateTime": "2026-05-05T02:08:55-07:00", "LastUpdatedTime": "2026-05-05T02:10:00-07:00"},
    "DocNumber": "1037",
    "TxnDate": "2026-04-08",
    "DueDate": "2026-05-08",
    "CurrencyRef": {"value": "USD"},
    "CustomerRef": {"value": "24", "name": "Sonnenschein Family Store"},
    "Line": [
        {
            "Id": "1",
            "Description": "Rock Fountain",
            "Amount": 275,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "5"},
                "UnitPrice": 275,
                "Qty": 1,
                "TaxInclusiveAmt": 0,
                "TaxCodeRef": {"value": "TAX"},
            },
        },
        {
            "Id": "2",
            "Amount": 147,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "11"}, "Qty": 7, "TaxCodeRef": {"value": "NON"}},
        },
        {"Amount": 422, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
    ],
    "TxnTaxDetail": {
        "TxnTaxCodeRef": {"value": "3"},
        "TotalTax": 38.40,
        "TaxLine": [
            {
                "Amount": 29.96,
                "TaxLineDetail": {"TaxRateRef": {"value": "1"}, "TaxPercent": 7.1, "NetAmountTaxable": 422},
            },
            {
                "Amount": 8.44,
                "TaxLineDetail": {"TaxRateRef": {"value": "2"}, "TaxPercent": 2, "NetAmountTaxable": 422},
            },
        ],
    },
    "TotalAmt": 460.40,
    "Balance": 260.40,
}


def d(value: int | str) -> Decimal:
    return Decimal(value)


def change_of(native: str, members: dict[str, Any], home: str | None = None) -> Change:
    return translate_row(native, json.dumps(members).encode(), home)


def document_of(members: dict[str, Any], native: str = "Invoice") -> Document:
    record = change_of(native, members).record
    assert isinstance(record, Document), record
    return record


def reason_of(native: str, members: dict[str, Any]) -> str:
    record = change_of(native, members).record
    assert isinstance(record, Untranslated)
    assert record.native_kind == native
    return record.reason


def test_an_invoice_keeps_its_recorded_total_balance_and_tax() -> None:
    invoice = document_of(INVOICE)
    assert (invoice.subtotal, invoice.tax, invoice.total) == (d(422), d("38.4"), d("460.4"))
    assert (invoice.balance, invoice.status) == (Decimal("260.4"), DocumentStatus.PARTIALLY_PAID)
    assert [(each.rate_id, str(each.rate), each.amount) for each in invoice.tax_lines] == [
        ("1", "7.1", Decimal("29.96")),
        ("2", "2", Decimal("8.44")),
    ]
    assert (invoice.number, invoice.party_id, invoice.currency) == ("1037", "24", "USD")


def test_a_taxed_us_line_names_the_code_of_the_whole() -> None:
    assert [each.tax_rate_id for each in document_of(INVOICE).lines] == ["3", "NON"]


def test_a_line_without_a_price_gets_the_one_that_makes_its_amount() -> None:
    first, second = document_of(INVOICE).lines
    assert (first.quantity, first.unit_price, first.item_id) == (d(1), d(275), "5")
    assert (second.quantity, second.unit_price, second.amount) == (d(7), d(21), d(147))


def test_versions_are_opaque_and_times_are_utc() -> None:
    change = change_of("Invoice", INVOICE)
    assert change.version.token == "1"
    assert change.version.updated_at is not None
    assert change.version.updated_at.isoformat() == "2026-05-05T09:10:00+00:00"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Balance": 460.40}, DocumentStatus.OPEN),
        ({"Balance": 0}, DocumentStatus.PAID),
        ({"Balance": 1}, DocumentStatus.PARTIALLY_PAID),
    ],
)
def test_the_status_follows_the_balance(changes: dict[str, Any], status: DocumentStatus) -> None:
    assert document_of(INVOICE | changes).status is status


@pytest.mark.parametrize(
    ("note", "status"),
    [
        ("Voided", DocumentStatus.VOID),
        ("Voided - Something [Tieout abc]", DocumentStatus.VOID),
        ("Not Voided", DocumentStatus.PAID),
        (None, DocumentStatus.PAID),
    ],
)
def test_only_nothing_with_the_note_is_a_void(note: str | None, status: DocumentStatus) -> None:
    nothing = {"Line": [{"Amount": 0, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}]}
    void = INVOICE | nothing | {"TxnTaxDetail": {"TotalTax": 0}, "TotalAmt": 0, "Balance": 0, "PrivateNote": note}
    assert document_of(void).status is status


def test_discounts_bundles_and_words_add_up() -> None:
    lines = [
        {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}},
        {
            "Amount": 30,
            "DetailType": "GroupLineDetail",
            "GroupLineDetail": {
                "Line": [
                    {"Amount": 10, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}},
                    {"Amount": 20, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}},
                ]
            },
        },
        {"Description": "Thank you", "DetailType": "DescriptionOnly", "DescriptionLineDetail": {}},
        {"Amount": 13, "DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True}},
    ]
    invoice = document_of(INVOICE | {"Line": lines, "TxnTaxDetail": None, "TotalAmt": 117, "Balance": 117})
    assert [each.amount for each in invoice.lines] == [100, 10, 20, 0]
    assert (invoice.discount, invoice.subtotal) == (d(13), d(117))


def test_inclusive_lines_show_their_gross_amounts() -> None:
    detail = {"TaxInclusiveAmt": 120, "Qty": 2, "UnitPrice": 50, "TaxCodeRef": {"value": "5"}}
    line = {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    inclusive = {
        "GlobalTaxCalculation": "TaxInclusive",
        "Line": [line],
        "TxnTaxDetail": {"TotalTax": 20},
        "TotalAmt": 120,
        "Balance": 120,
    }
    invoice = document_of(INVOICE | inclusive)
    assert invoice.taxation is Taxation.INCLUSIVE
    assert [(each.amount, each.unit_price, each.tax_amount) for each in invoice.lines] == [(d(120), d(60), d(20))]


def test_an_inclusive_document_whose_lines_lack_gross_amounts_is_told_by_its_net_ones() -> None:
    line = {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}
    inclusive = {
        "GlobalTaxCalculation": "TaxInclusive",
        "Line": [line],
        "TxnTaxDetail": {"TotalTax": 20},
        "TotalAmt": 120,
        "Balance": 120,
    }
    invoice = document_of(INVOICE | inclusive)
    assert (invoice.taxation, invoice.lines[0].amount, invoice.subtotal) == (Taxation.EXCLUSIVE, d(100), d(100))


def test_a_bill_shows_accounts_and_items() -> None:
    bill = document_of(
        {
            "Id": "25",
            "TxnDate": "2026-04-08",
            "VendorRef": {"value": "46"},
            "CurrencyRef": {"value": "GBP"},
            "ExchangeRate": 1.25,
            "GlobalTaxCalculation": "NotApplicable",
            "Line": [
                {
                    "Amount": 205,
                    "DetailType": "AccountBasedExpenseLineDetail",
                    "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "76"}, "TaxCodeRef": {"value": "NON"}},
                },
                {
                    "Amount": 20,
                    "DetailType": "ItemBasedExpenseLineDetail",
                    "ItemBasedExpenseLineDetail": {"ItemRef": {"value": "11"}, "UnitPrice": 10, "Qty": 2},
                },
            ],
            "TotalAmt": 225,
            "Balance": 225,
        },
        "Bill",
    )
    assert [(each.account_id, each.item_id) for each in bill.lines] == [("76", None), (None, "11")]
    assert (bill.taxation, bill.currency, bill.exchange_rate) == (Taxation.NONE, "GBP", Decimal("1.25"))


@pytest.mark.parametrize(
    ("native", "changes", "reason"),
    [
        ("Invoice", {"TotalAmt": 460.41}, "add up"),
        ("Invoice", {"CustomerRef": None}, "lacks its party"),
        ("Invoice", {"Balance": None}, "balance"),
        ("Invoice", {"CurrencyRef": None}, "currency"),
        ("Invoice", {"TxnDate": "yesterday"}, "TxnDate"),
        ("Customer", {}, "display name"),
    ],
)
def test_half_an_understanding_is_none_and_says_why(native: str, changes: dict[str, Any], reason: str) -> None:
    members = {name: value for name, value in (INVOICE | changes).items() if value is not None}
    assert reason in reason_of(native, members)


def test_a_document_that_leaves_its_currency_unsaid_is_in_the_home_currency() -> None:
    members = {name: value for name, value in INVOICE.items() if name != "CurrencyRef"}
    record = change_of("Invoice", members, "CAD").record
    assert isinstance(record, Document)
    assert record.currency == "CAD"


def test_a_row_without_an_id_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="Id"):
        change_of("Invoice", {"TotalAmt": 1})


# Payments.


def payment_of(native: str, **members: Any) -> Payment:
    given = {"Id": "1", "TxnDate": "2026-04-08", "CurrencyRef": {"value": "USD"}}
    record = change_of(native, given | members).record
    assert isinstance(record, Payment), record
    return record


def linked(amount: float, kind: str, number: str) -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": number, "TxnType": kind}], "LineEx": {"any": [{"odd": 1}]}}


def test_a_payment_shows_what_it_settles_and_what_is_left() -> None:
    payment = payment_of(
        "Payment",
        CustomerRef={"value": "8"},
        DepositToAccountRef={"value": "4"},
        PaymentRefNum="R1",
        TotalAmt=100,
        UnappliedAmt=30,
        Line=[linked(90, "Invoice", "96"), linked(20, "CreditMemo", "73")],
    )
    assert [(each.document_kind, each.document_id, each.amount) for each in payment.allocations] == [
        (Kind.INVOICE, "96", d(90)),
        (Kind.CREDIT_NOTE, "73", d(20)),
    ]
    assert (payment.amount, payment.unapplied, payment.account_id, payment.reference) == (d(100), d(30), "4", "R1")
    assert not payment.is_allocation_only


def test_a_payment_of_nothing_that_links_a_credit_is_no_money() -> None:
    linking = payment_of(
        "Payment",
        CustomerRef={"value": "8"},
        PrivateNote="Created by QB Online to link credits to charges.",
        TotalAmt=0,
        UnappliedAmt=0,
        Line=[linked(100, "Invoice", "96"), linked(100, "CreditMemo", "73")],
    )
    assert linking.is_allocation_only
    assert not linking.is_void


def test_a_voided_payment_is_no_allocation() -> None:
    void = payment_of("Payment", TotalAmt=0, PrivateNote="Voided", Line=[])
    assert void.is_void
    assert not void.is_allocation_only


def test_a_bill_payment_shows_its_bank_or_card_and_uses_credits() -> None:
    by_check = payment_of(
        "BillPayment",
        VendorRef={"value": "46"},
        TotalAmt=80,
        PayType="Check",
        CheckPayment={"BankAccountRef": {"value": "35"}},
        Line=[linked(100, "Bill", "25"), linked(20, "VendorCredit", "26")],
    )
    assert (by_check.kind, by_check.account_id, by_check.unapplied) == (Kind.BILL_PAYMENT, "35", d(0))
    by_card = payment_of("BillPayment", TotalAmt=5, CreditCardPayment={"CCAccountRef": {"value": "42"}}, Line=[])
    assert (by_card.account_id, by_card.unapplied) == ("42", d(5))


@pytest.mark.parametrize(
    "members",
    [
        {"TotalAmt": 100, "UnappliedAmt": 50, "Line": [linked(90, "Invoice", "96")]},
        {"TotalAmt": 10, "Line": [linked(90, "Invoice", "96")]},
        {"TotalAmt": 10, "Line": [{"Amount": 10, "LinkedTxn": []}]},
        {"Line": []},
    ],
)
def test_a_payment_that_does_not_add_up_is_not_understood(members: dict[str, Any]) -> None:
    given = {"Id": "1", "TxnDate": "2026-04-08", "CurrencyRef": {"value": "USD"}}
    assert reason_of("Payment", given | members)


# Lists.


def test_a_customer_shows_how_it_is_reached_and_hides_a_masked_number() -> None:
    record = change_of(
        "Customer",
        {
            "Id": "1",
            "DisplayName": "Amy's Bird Sanctuary",
            "GivenName": "Amy",
            "FamilyName": "Lauterbach",
            "PrimaryEmailAddr": {"Address": "birds@intuit.test"},
            "PrimaryPhone": {"FreeFormNumber": "(650) 555-3311"},
            "BillAddr": {
                "Line1": "4581 Finch St.",
                "Line3": "Suite 2",
                "City": "Bayshore",
                "CountrySubDivisionCode": "CA",
                "PostalCode": "94326",
            },
            "PrimaryTaxIdentifier": "XXXXXX9875",
            "Active": False,
        },
    ).record
    assert record == Party(
        external_id="1",
        name="Amy's Bird Sanctuary",
        first_name="Amy",
        last_name="Lauterbach",
        email="birds@intuit.test",
        phone="(650) 555-3311",
        address=Address(line1="4581 Finch St.", line2="Suite 2", city="Bayshore", state="CA", postal_code="94326"),
        is_customer=True,
        active=False,
    )


def test_an_account_is_classed_and_says_whether_money_may_go_there() -> None:
    account = change_of(
        "Account",
        {
            "Id": "42",
            "Name": "Visa",
            "FullyQualifiedName": "Cards:Visa",
            "AcctNum": "2010",
            "Classification": "Liability",
            "AccountType": "Credit Card",
            "AccountSubType": "CreditCard",
            "CurrentBalance": 157.72,
        },
    ).record
    assert account == Account(
        external_id="42",
        name="Cards:Visa",
        code="2010",
        type=AccountType.LIABILITY,
        subtype="CreditCard",
        current_balance=Decimal("157.72"),
        takes_payments=True,
    )


def test_stock_is_told_from_services() -> None:
    item = change_of(
        "Item",
        {
            "Id": "11",
            "Name": "Pump",
            "Sku": "P461-17",
            "Type": "Inventory",
            "UnitPrice": 15,
            "IncomeAccountRef": {"value": "79"},
            "ExpenseAccountRef": {"value": "80"},
        },
    ).record
    assert isinstance(item, Item)
    assert (item.is_stock, item.is_sold, item.is_purchased, item.code) == (True, True, True, "P461-17")


def test_compound_rates_are_taken_of_what_they_say() -> None:
    def detail(rate_id: str, applies: str, order: int) -> wire.TaxRateDetail:
        return wire.TaxRateDetail(
            tax_rate_ref=wire.Ref(rate_id), tax_type_applicable=applies, tax_order=order, tax_on_tax_order=None
        )

    rates = {
        "1": wire.TaxRate(id="1", rate_value=Decimal(5)),
        "2": wire.TaxRate(id="2", rate_value=Decimal("9.5")),
        "3": wire.TaxRate(id="3", rate_value=Decimal(10)),
    }
    on_both = wire.TaxRateList((detail("1", "TaxOnAmount", 0), detail("2", "TaxOnAmountPlusTax", 1)))
    assert effective_rate(on_both, rates) == Decimal("14.975")
    on_tax = wire.TaxRateList((detail("1", "TaxOnAmount", 0), detail("3", "TaxOnTax", 1)))
    assert effective_rate(on_tax, rates) == Decimal("5.5")


# The mark.


@given(st.none() | st.text(max_size=5000), st.uuids())
def test_a_mark_survives_any_note_and_a_void(memo: str | None, marker: Any) -> None:
    note = marked_note(memo, str(marker))
    assert note is not None
    assert len(note) <= 4000
    assert read_note(f"Voided - {note}")[1] == str(marker)
    assert read_note(note)[1] == str(marker)


@pytest.mark.parametrize("note", ["We met the Tieout people", "[Tieout]", "[Tieout a b]", "Tieout 123", None, ""])
def test_no_sentence_of_a_persons_is_a_mark(note: str | None) -> None:
    assert read_note(note)[1] is None


def test_the_memo_comes_back_without_the_mark() -> None:
    assert read_note(marked_note("Two lines\nof text", "abc-1")) == ("Two lines\nof text", "abc-1")
    assert read_note(marked_note(None, "abc-1")) == (None, "abc-1")
    assert marked_note("Only text", None) == "Only text"
    with pytest.raises(ValueError, match="marker"):
        marked_note(None, "a b")
