import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.platforms.quickbooks.quickbooks_books import (
    MARKER,
    REALM,
    UK,
    US_AUTOMATIC,
    answer,
    document,
    echoed,
    line,
    sent,
    write,
)

from tieout.books.records import (
    Allocation,
    Company,
    Invoice,
    Item,
    Kind,
    Line,
    Party,
    Payment,
    Taxation,
)
from tieout.platforms.errors import NoAnswer, WriteRefused
from tieout.platforms.port import CallKind, Operation, Write
from tieout.platforms.quickbooks.platform import PLATFORM

SALES = (Kind.INVOICE, Kind.CREDIT_NOTE)
PURCHASES = (Kind.BILL, Kind.VENDOR_CREDIT)
NATIVE = {
    Kind.INVOICE: "Invoice",
    Kind.CREDIT_NOTE: "CreditMemo",
    Kind.BILL: "Bill",
    Kind.VENDOR_CREDIT: "VendorCredit",
}


def body_of(planned: Write) -> dict[str, Any]:
    return sent(PLATFORM.plan_write(REALM, planned))


def refusal_of(planned: Write) -> WriteRefused:
    with pytest.raises(WriteRefused) as refused:
        PLATFORM.plan_write(REALM, planned)
    assert refused.value.explanation.fix
    return refused.value


def code_of(planned: Write) -> str:
    return refusal_of(planned).explanation.code


def test_a_create_is_one_free_post_under_its_key_and_overrides_no_warning() -> None:
    request = PLATFORM.plan_write(REALM, write(document(Kind.INVOICE, [line("100.00")]), Kind.INVOICE))
    key = "tieout-0123456789abcdef0123456789abcdef"
    assert request.method == "POST"
    assert request.kind is CallKind.WRITE
    assert request.path == f"/v3/company/{REALM}/invoice?requestid={key}&minorversion=75"
    assert "include" not in request.path
    assert "Authorization" not in request.headers


def test_the_same_write_is_the_same_bytes() -> None:
    planned = write(document(Kind.INVOICE, [line("100.00", "3")], tax="9.10"), Kind.INVOICE)
    assert PLATFORM.plan_write(REALM, planned) == PLATFORM.plan_write(REALM, planned)


def test_figures_are_plain_digits() -> None:
    thousand = Line(quantity=Decimal("1E+3"), unit_price=Decimal("0.10"), amount=Decimal("1E+2"), item_id="1")
    request = PLATFORM.plan_write(REALM, write(document(Kind.INVOICE, [thousand]), Kind.INVOICE))
    assert b'"Amount":100,' in request.body
    assert b'"Qty":1000,"UnitPrice":0.1' in request.body
    assert not re.search(rb":-?[\d.]+[eE]", request.body)


def test_an_untaxed_invoice_is_the_smallest_body_that_says_it_all() -> None:
    invoice = document(Kind.INVOICE, [line("100.00", description="Work")], memo="Thanks")
    assert body_of(write(invoice, Kind.INVOICE)) == {
        "CustomerRef": {"value": "58"},
        "DocNumber": "INV-7",
        "TxnDate": "2026-11-20",
        "DueDate": "2026-12-20",
        "Line": [
            {
                "Description": "Work",
                "Amount": 100,
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {
                    "ItemRef": {"value": "1"},
                    "Qty": 1,
                    "UnitPrice": 100,
                    "TaxCodeRef": {"value": "NON"},
                },
            }
        ],
        "CustomerMemo": {"value": "Thanks"},
        "PrivateNote": f"[Tieout {MARKER}]",
    }


def test_a_us_sale_says_tax_or_non_on_the_line_and_one_code_with_every_rate_for_the_whole() -> None:
    invoice = document(Kind.INVOICE, [line("422.00", "3"), line("50.00", "NON"), line("10.00", "4")], tax="38.40")
    body = body_of(write(invoice, Kind.INVOICE))
    codes = [each["SalesItemLineDetail"]["TaxCodeRef"]["value"] for each in body["Line"]]
    assert codes == ["TAX", "NON", "NON"]
    detail = body["TxnTaxDetail"]
    assert (detail["TxnTaxCodeRef"], detail["TotalTax"]) == ({"value": "3"}, Decimal("38.40"))
    # The recorded invoice: 422.00 at 7.1 % and 2 %.
    assert [(each["Amount"], each["TaxLineDetail"]["NetAmountTaxable"]) for each in detail["TaxLine"]] == [
        (Decimal("29.96"), 422),
        (Decimal("8.44"), 422),
    ]
    assert "GlobalTaxCalculation" not in body


def test_two_tax_codes_cannot_stand_on_one_us_document() -> None:
    invoice = document(Kind.INVOICE, [line("100.00", "2"), line("100.00", "3")], tax="17.10")
    assert code_of(write(invoice, Kind.INVOICE)) == "several_tax_codes"


def test_where_the_engine_decides_only_the_total_tax_is_said() -> None:
    invoice = document(
        Kind.INVOICE,
        [line("100.00", None, tax_amount=Decimal("8.25")), line("10.00", None, tax_amount=Decimal(0))],
        tax="8.25",
    )
    body = body_of(write(invoice, Kind.INVOICE, US_AUTOMATIC))
    assert body["TxnTaxDetail"] == {"TotalTax": Decimal("8.25")}
    codes = [each["SalesItemLineDetail"]["TaxCodeRef"]["value"] for each in body["Line"]]
    assert codes == ["TAX", "NON"]


@pytest.mark.parametrize("code", ["2", "TAX"])
def test_where_the_engine_decides_any_code_means_taxed(code: str) -> None:
    invoice = document(Kind.INVOICE, [line("100.00", code)], tax="9.99")
    body = body_of(write(invoice, Kind.INVOICE, US_AUTOMATIC))
    assert body["TxnTaxDetail"] == {"TotalTax": Decimal("9.99")}


@pytest.mark.parametrize("codes", [(None,), ("NON",), ("TAX",), ("99",)])
def test_a_taxed_us_sale_without_a_code_of_these_books_is_refused(codes: tuple[str | None, ...]) -> None:
    invoice = document(Kind.INVOICE, [line("100.00", code) for code in codes], tax="8.00")
    assert code_of(write(invoice, Kind.INVOICE)) == "tax_code_missing"


def test_a_tax_that_is_not_its_codes_is_refused_before_it_spoils_the_tax_return() -> None:
    said = line("100.00", "2", tax_amount=Decimal("8.25"))
    assert code_of(write(document(Kind.INVOICE, [said], tax="8.25"), Kind.INVOICE)) == "tax_differs"
    unsaid = line("100.00", "5")
    planned = write(document(Kind.INVOICE, [unsaid], tax="21.00", currency="GBP"), Kind.INVOICE, UK)
    assert code_of(planned) == "tax_differs"


def test_a_us_bill_carries_its_tax_in_the_cost_of_what_was_bought() -> None:
    lines = [
        line("100.00", None, account_id="7", item_id=None, tax_amount=Decimal("8.00")),
        line("50.00", None, account_id="8", item_id=None),
    ]
    body = body_of(write(document(Kind.BILL, lines, tax="8.00"), Kind.BILL))
    assert [each["Amount"] for each in body["Line"]] == [108, 50]
    assert "TxnTaxDetail" not in body
    assert all("TaxCodeRef" not in each["AccountBasedExpenseLineDetail"] for each in body["Line"])


def test_a_us_bill_that_says_tax_only_in_the_end_spreads_it_over_all_lines() -> None:
    lines = [line(amount, None, account_id="7", item_id=None) for amount in ("100.00", "100.00", "100.00")]
    body = body_of(write(document(Kind.BILL, lines, tax="10.00"), Kind.BILL))
    assert sum(each["Amount"] for each in body["Line"]) == 310
    assert [each["Amount"] for each in body["Line"]] == [Decimal("103.34"), Decimal("103.33"), Decimal("103.33")]


def test_elsewhere_every_line_has_a_code_and_every_rate_a_tax_line_even_those_of_nothing() -> None:
    lines = [line("100.00", "5"), line("40.00", "7"), line("10.00", "8")]
    invoice = document(Kind.INVOICE, lines, tax="21.50", currency="GBP")
    body = body_of(write(invoice, Kind.INVOICE, UK))
    assert body["GlobalTaxCalculation"] == "TaxExcluded"
    assert [each["SalesItemLineDetail"]["TaxCodeRef"]["value"] for each in body["Line"]] == ["5", "7", "8"]
    told = [
        (each["TaxLineDetail"]["TaxRateRef"]["value"], each["Amount"], each["TaxLineDetail"]["NetAmountTaxable"])
        for each in body["TxnTaxDetail"]["TaxLine"]
    ]
    assert told == [
        ("5s1", Decimal(20), Decimal(100)),
        ("7s1", Decimal(0), Decimal(0)),
        ("8s1", Decimal("0.50"), Decimal(10)),
        ("8s2", Decimal("1.00"), Decimal(10)),
    ]


def test_purchases_name_the_rates_of_the_purchase_side() -> None:
    lines = [line("100.00", "5", account_id="7", item_id=None)]
    body = body_of(write(document(Kind.BILL, lines, tax="20.00", currency="GBP"), Kind.BILL, UK))
    assert body["TxnTaxDetail"]["TaxLine"][0]["TaxLineDetail"]["TaxRateRef"] == {"value": "5p1"}


def test_a_code_that_has_no_purchase_side_is_refused_for_a_bill() -> None:
    lines = [line("10.00", "8", account_id="7", item_id=None)]
    assert code_of(write(document(Kind.BILL, lines, tax="1.50", currency="GBP"), Kind.BILL, UK)) == "tax_code_unfit"


def test_elsewhere_a_line_without_a_code_beside_taxed_ones_is_refused() -> None:
    lines = [line("100.00", "5"), line("10.00", None)]
    invoice = document(Kind.INVOICE, lines, tax="20.00", currency="GBP")
    assert code_of(write(invoice, Kind.INVOICE, UK)) == "tax_code_missing"


def test_elsewhere_a_document_without_any_tax_says_that_none_applies() -> None:
    body = body_of(write(document(Kind.INVOICE, [line("10.00")], currency="GBP"), Kind.INVOICE, UK))
    assert body["GlobalTaxCalculation"] == "NotApplicable"
    assert "TxnTaxDetail" not in body
    assert "TaxCodeRef" not in body["Line"][0]["SalesItemLineDetail"]


def test_inclusive_prices_send_net_amounts_with_the_gross_beside_them() -> None:
    lines = [line("120.00", "5", quantity=Decimal(2), unit_price=Decimal("60.00"))]
    invoice = document(Kind.INVOICE, lines, tax="20.00", currency="GBP", taxation=Taxation.INCLUSIVE)
    body = body_of(write(invoice, Kind.INVOICE, UK))
    assert body["GlobalTaxCalculation"] == "TaxInclusive"
    assert body["Line"][0]["Amount"] == 100
    detail = body["Line"][0]["SalesItemLineDetail"]
    assert (detail["TaxInclusiveAmt"], detail["Qty"], detail["UnitPrice"]) == (120, 2, 50)
    assert body["Line"][0]["Description"] == "2 × 60 GBP including tax"


def test_a_price_that_does_not_make_the_amount_is_left_to_the_description() -> None:
    third = line(
        "89.99",
        "NON",
        quantity=Decimal(3),
        unit_price=Decimal("33.33"),
        discount_percent=Decimal(10),
        description="Soap",
    )
    body = body_of(write(document(Kind.INVOICE, [third]), Kind.INVOICE))
    detail = body["Line"][0]["SalesItemLineDetail"]
    assert detail["Qty"] == 3
    assert "UnitPrice" not in detail
    assert body["Line"][0]["Description"] == "Soap (3 × 33.33 USD less 10 %)"


def test_a_discount_of_the_whole_document_is_shared_out_to_the_last_cent() -> None:
    invoice = document(Kind.INVOICE, [line("10.00"), line("10.00"), line("10.00")], discount=Decimal("10.00"))
    body = body_of(write(invoice, Kind.INVOICE))
    assert [each["Amount"] for each in body["Line"]] == [Decimal("6.66"), Decimal("6.67"), Decimal("6.67")]


@pytest.mark.parametrize(("number", "code"), [("X" * 21, None), ("X" * 22, "number_too_long")])
def test_a_number_is_never_cut(number: str, code: str | None) -> None:
    planned = write(document(Kind.INVOICE, [line("1.00")], number=number), Kind.INVOICE)
    if code is None:
        assert body_of(planned)["DocNumber"] == number
    else:
        refusal = refusal_of(planned)
        assert (refusal.explanation.code, refusal.explanation.field) == (code, "number")


@pytest.mark.parametrize("kind", [*SALES, *PURCHASES])
def test_what_falls_into_the_closed_period_stays_home_and_says_the_day(kind: Kind) -> None:
    closed = Company(external_id=REALM, name="C", base_currency="USD", country="US", closed_until=date(2026, 11, 20))
    refusal = refusal_of(write(document(kind, [line("1.00", account_id="7")]), kind, closed))
    assert refusal.explanation.code == "period_closed"
    assert "2026-11-20" in refusal.explanation.message


def test_a_foreign_currency_needs_books_that_keep_several() -> None:
    foreign = document(Kind.INVOICE, [line("1.00")], currency="EUR", exchange_rate=Decimal("1.08"))
    assert code_of(write(foreign, Kind.INVOICE)) == "multicurrency_off"
    body = body_of(write(foreign, Kind.INVOICE, UK))
    assert (body["CurrencyRef"], body["ExchangeRate"]) == ({"value": "EUR"}, Decimal("1.08"))


def test_a_rate_for_the_home_currency_is_never_sent() -> None:
    home = document(Kind.INVOICE, [line("1.00")], currency="GBP", exchange_rate=Decimal(1))
    body = body_of(write(home, Kind.INVOICE, UK))
    assert body["CurrencyRef"] == {"value": "GBP"}
    assert "ExchangeRate" not in body


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lines": [line("1.00", item_id=None)]}, "item_missing"),
        ({"lines": []}, "total_differs"),
        ({"lines": [line("1.00")], "total": Decimal("2.00")}, "total_differs"),
        ({"lines": [line("-1.00")]}, "negative_total"),
        ({"lines": [line("1.00")], "discount": Decimal("2.00")}, "total_differs"),
    ],
)
def test_an_invoice_that_cannot_land_is_refused_before_it_is_sent(changes: dict[str, Any], code: str) -> None:
    given = dict(changes)
    assert code_of(write(document(Kind.INVOICE, given.pop("lines"), **given), Kind.INVOICE)) == code


def test_a_bill_line_without_an_account_or_item_is_refused() -> None:
    assert code_of(write(document(Kind.BILL, [line("1.00", item_id=None)]), Kind.BILL)) == "account_missing"


def test_credits_have_no_due_date() -> None:
    assert "DueDate" not in body_of(write(document(Kind.CREDIT_NOTE, [line("1.00")]), Kind.CREDIT_NOTE))
    bought = document(Kind.VENDOR_CREDIT, [line("1.00", account_id="7")])
    assert "DueDate" not in body_of(write(bought, Kind.VENDOR_CREDIT))


def test_a_text_that_us_books_cannot_hold_is_made_to_fit() -> None:
    invoice = document(Kind.INVOICE, [line("1.00", description="“Käse” – Šunka 日本 …")])
    assert body_of(write(invoice, Kind.INVOICE))["Line"][0]["Description"] == '"Käse" - Sunka ?? ...'


@pytest.mark.parametrize("key", ["", "k" * 51])
def test_a_key_that_would_not_be_remembered_is_a_fault(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        PLATFORM.plan_write(REALM, write(document(Kind.INVOICE, [line("1.00")]), Kind.INVOICE, key=key))


# Parties and items.


def test_a_company_becomes_a_customer_with_a_name_that_quickbooks_allows() -> None:
    party = Party(name="ACME: East\n", email="a@b.test", phone="1" * 40, is_customer=True, currency="USD")
    assert body_of(write(party, Kind.CUSTOMER)) == {
        "DisplayName": "ACME - East",
        "CompanyName": "ACME - East",
        "PrimaryEmailAddr": {"Address": "a@b.test"},
        "PrimaryPhone": {"FreeFormNumber": "1" * 30},
    }


def test_a_person_becomes_a_vendor_with_both_names_and_the_currency_where_there_are_several() -> None:
    party = Party(name="Jo Doe", first_name="Jo", last_name="Doe", tax_number="12-345", is_vendor=True, currency="EUR")
    assert body_of(write(party, Kind.VENDOR, UK)) == {
        "DisplayName": "Jo Doe",
        "GivenName": "Jo",
        "FamilyName": "Doe",
        "TaxIdentifier": "12-345",
        "CurrencyRef": {"value": "EUR"},
    }


def test_a_name_of_other_letters_is_refused_in_us_books_and_kept_elsewhere() -> None:
    party = Party(name="株式会社", is_customer=True)
    assert code_of(write(party, Kind.CUSTOMER)) == "text_not_accepted"
    assert body_of(write(party, Kind.CUSTOMER, UK))["DisplayName"] == "株式会社"


def test_an_update_of_a_party_is_sparse_and_leaves_its_currency_alone() -> None:
    party = Party(name="Acme", is_customer=True, currency="GBP")
    planned = write(party, Kind.CUSTOMER, UK, operation=Operation.UPDATE, external_id="58", version_token="3")
    body = body_of(planned)
    assert (body["Id"], body["SyncToken"], body["sparse"], body["DisplayName"]) == ("58", "3", True, "Acme")
    assert "CurrencyRef" not in body


def test_a_party_is_made_inactive_instead_of_deleted() -> None:
    party = Party(name="Acme", is_vendor=True)
    planned = write(party, Kind.VENDOR, operation=Operation.DELETE, external_id="58", version_token="3")
    assert body_of(planned) == {"Id": "58", "SyncToken": "3", "sparse": True, "Active": False}


def test_a_product_is_a_service_with_the_accounts_that_it_has() -> None:
    item = Item(name="Hours", code="H1", unit_price=Decimal("75.50"), income_account_id="1", tax_rate_id="2")
    assert body_of(write(item, Kind.ITEM)) == {
        "Name": "Hours",
        "Type": "Service",
        "Sku": "H1",
        "UnitPrice": Decimal("75.50"),
        "IncomeAccountRef": {"value": "1"},
        "Taxable": True,
    }


def test_an_update_of_a_product_never_moves_its_history_to_another_account() -> None:
    item = Item(name="Hours", unit_price=Decimal(80), income_account_id="99")
    planned = write(item, Kind.ITEM, operation=Operation.UPDATE, external_id="6", version_token="1")
    body = body_of(planned)
    assert "IncomeAccountRef" not in body
    assert "QtyOnHand" not in body
    assert body["UnitPrice"] == 80


def test_a_product_without_an_account_is_refused_and_stock_is_not_written() -> None:
    assert code_of(write(Item(name="Hours"), Kind.ITEM)) == "account_missing"
    with pytest.raises(NotImplementedError, match="stock"):
        PLATFORM.plan_write(REALM, write(Item(name="Pump", is_stock=True, income_account_id="1"), Kind.ITEM))


# Payments.


def payment(kind: Kind, amount: str, *allocations: tuple[Kind, str, str], **more: Any) -> Payment:
    given: dict[str, Any] = {"currency": "USD", "account_id": "35", "marker": MARKER, "unapplied": Decimal(0)} | more
    return Payment(
        kind=kind,
        party_id="58",
        paid_on=date(2026, 11, 21),
        amount=Decimal(amount),
        allocations=tuple(
            Allocation(document_kind=settled, document_id=number, amount=Decimal(part))
            for settled, number, part in allocations
        ),
        **given,
    )


def test_a_payment_settles_an_invoice_and_says_where_the_money_went() -> None:
    paid = payment(Kind.PAYMENT, "100.00", (Kind.INVOICE, "155", "90.00"), unapplied=Decimal(10), reference="R1")
    assert body_of(write(paid, Kind.PAYMENT)) == {
        "CustomerRef": {"value": "58"},
        "PaymentRefNum": "R1",
        "DepositToAccountRef": {"value": "35"},
        "TotalAmt": 100,
        "TxnDate": "2026-11-21",
        "Line": [{"Amount": 90, "LinkedTxn": [{"TxnId": "155", "TxnType": "Invoice"}]}],
        "PrivateNote": f"[Tieout {MARKER}]",
    }


def test_a_credit_is_applied_by_a_payment_of_nothing() -> None:
    linking = payment(Kind.PAYMENT, "0", (Kind.INVOICE, "155", "50.00"), (Kind.CREDIT_NOTE, "9", "50.00"))
    body = body_of(write(linking, Kind.PAYMENT))
    assert [each["LinkedTxn"][0]["TxnType"] for each in body["Line"]] == ["Invoice", "CreditMemo"]
    assert "DepositToAccountRef" not in body


@pytest.mark.parametrize(
    ("account", "pay_type", "side"),
    [("35", "Check", "CheckPayment"), ("42", "CreditCard", "CreditCardPayment"), ("77", "Check", "CheckPayment")],
)
def test_a_bill_is_paid_from_a_bank_account_or_a_card(account: str, pay_type: str, side: str) -> None:
    paid = payment(Kind.BILL_PAYMENT, "25.00", (Kind.BILL, "25", "25.00"), account_id=account)
    body = body_of(write(paid, Kind.BILL_PAYMENT))
    assert body["PayType"] == pay_type
    assert {"value": account} in body[side].values()


def test_a_payment_that_settles_more_than_it_is_is_refused() -> None:
    paid = payment(Kind.PAYMENT, "10.00", (Kind.INVOICE, "155", "11.00"))
    assert code_of(write(paid, Kind.PAYMENT)) == "total_differs"


def test_a_bill_payment_without_an_account_is_refused_and_another_kind_of_document_not_settled() -> None:
    paid = payment(Kind.BILL_PAYMENT, "10.00", (Kind.BILL, "25", "10.00"), account_id=None)
    assert code_of(write(paid, Kind.BILL_PAYMENT)) == "account_missing"
    odd = payment(Kind.PAYMENT, "10.00", (Kind.OTHER, "25", "10.00"))
    with pytest.raises(NotImplementedError):
        PLATFORM.plan_write(REALM, write(odd, Kind.PAYMENT))


# Ending documents.


@pytest.mark.parametrize("operation", [Operation.VOID, Operation.DELETE])
def test_an_invoice_is_voided_or_deleted_by_its_id_and_version_alone(operation: Operation) -> None:
    planned = write(
        document(Kind.INVOICE, [line("1.00")]), Kind.INVOICE, operation=operation, external_id="155", version_token="2"
    )
    request = PLATFORM.plan_write(REALM, planned)
    assert f"/invoice?operation={operation.value}&requestid=" in request.path
    assert sent(request) == {"Id": "155", "SyncToken": "2"}


@pytest.mark.parametrize(
    ("kind", "operation"),
    [(Kind.BILL, Operation.VOID), (Kind.PAYMENT, Operation.VOID), (Kind.PAYMENT, Operation.UPDATE)],
)
def test_what_is_not_done_says_so_loudly(kind: Kind, operation: Operation) -> None:
    record = payment(kind, "1.00", unapplied=Decimal(1)) if kind is Kind.PAYMENT else document(kind, [line("1.00")])
    planned = write(record, kind, operation=operation, external_id="1", version_token="0")
    with pytest.raises(NotImplementedError):
        PLATFORM.plan_write(REALM, planned)


def test_a_record_without_its_version_is_never_changed() -> None:
    planned = write(document(Kind.INVOICE, [line("1.00")]), Kind.INVOICE, operation=Operation.DELETE, external_id="1")
    with pytest.raises(ValueError, match="version"):
        PLATFORM.plan_write(REALM, planned)


def test_a_record_of_another_kind_is_a_fault() -> None:
    with pytest.raises(ValueError, match="Party"):
        PLATFORM.plan_write(REALM, write(Party(name="Acme"), Kind.INVOICE))


# Reading what was written.


def test_the_answer_to_a_write_is_the_record_so_that_nothing_is_read_again() -> None:
    planned = write(document(Kind.INVOICE, [line("422.00", "3")], tax="38.40"), Kind.INVOICE)
    change = PLATFORM.read_written(planned, answer(echoed("Invoice", body_of(planned))))
    assert change is not None
    assert change.ref.external_id == "155"
    assert change.version.token == "0"
    assert isinstance(change.record, Invoice)
    assert change.record.total == Decimal("460.40")
    assert change.record.marker == MARKER
    assert change.record.lines[0].tax_rate_id == "3"


def test_a_deleted_document_has_no_record() -> None:
    planned = write(
        document(Kind.BILL, [line("1.00")]), Kind.BILL, operation=Operation.DELETE, external_id="1", version_token="0"
    )
    told = {"Bill": {"domain": "QBO", "status": "Deleted", "Id": "1"}, "time": "2026-11-22T04:00:01-08:00"}
    assert PLATFORM.read_written(planned, answer(told)) is None


@pytest.mark.parametrize("body", [b"{}", b"<html>", b'{"Bill": {"Id": "1"}}', b"\xff"])
def test_an_answer_without_the_record_counts_as_no_answer(body: bytes) -> None:
    with pytest.raises(NoAnswer):
        PLATFORM.read_written(write(document(Kind.INVOICE, [line("1.00")]), Kind.INVOICE), answer(body))
