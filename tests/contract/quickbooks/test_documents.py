from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill, a_payment, a_sale

from tieout.sandbox.ledger import DocumentRef


def entry_of(platform: Platform, realm: str, kind: str, record_id: str) -> dict[str, Decimal]:
    """The standing entry of a document: net amounts by account."""
    entry = platform.books(realm).ledger.standing(DocumentRef(kind, record_id))
    return {} if entry is None else {line.account_id: line.net for line in entry.lines}


async def test_the_smallest_invoice_comes_back_as_recorded(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice()
    assert invoice["Line"] == [
        {
            "Id": "1",
            "LineNum": 1,
            "Amount": Decimal("100.00"),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "1", "name": "Services"},
                "ItemAccountRef": {"value": "1", "name": "Services"},
                "TaxCodeRef": {"value": "NON"},
            },
            "CustomExtensions": [],
        },
        {"Amount": Decimal("100.00"), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
    ]
    assert invoice["TxnTaxDetail"] == {"TotalTax": 0}
    assert (invoice["TxnDate"], invoice["DueDate"]) == ("2026-05-04", "2026-06-03")
    assert invoice["BillAddr"]["Line1"] == "4581 Finch St."
    assert (invoice["TotalAmt"], invoice["Balance"], invoice["LinkedTxn"]) == (Decimal("100.00"),) * 2 + ([],)
    assert invoice["CustomField"] == [{"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"}]
    assert (invoice["PrintStatus"], invoice["EmailStatus"]) == ("NeedToPrint", "NotSet")
    assert invoice["MetaData"]["CreateTime"] == "2026-05-04T12:00:00-07:00"
    assert entry_of(platform, connected.realm, "Invoice", invoice["Id"]) == {
        "84": Decimal("100.00"),
        "1": Decimal("-100.00"),
    }


async def test_figures_keep_the_servers_own_scale(connected: Connected) -> None:
    answer = await connected.call("POST", "invoice", json=a_sale("100"))
    assert b'"TotalAmt":100.00' in answer.content
    assert b'"TotalTax":0,' in answer.content or b'"TotalTax":0}' in answer.content


async def test_invoices_and_credit_memos_share_one_sequence_of_numbers(connected: Connected) -> None:
    first = await connected.invoice()
    memo = await connected.post("CreditMemo", a_sale())
    assert int(memo["DocNumber"]) == int(first["DocNumber"]) + 1
    named = await connected.invoice(DocNumber="2000")
    assert (named["DocNumber"], (await connected.invoice())["DocNumber"]) == ("2000", "2001")


async def test_with_custom_numbers_an_omitted_number_stays_empty(platform: Platform, connected: Connected) -> None:
    platform.books().switches.custom_numbers = True
    assert "DocNumber" not in await connected.invoice()
    assert (await connected.invoice(DocNumber="AUTO-GENERATE"))["DocNumber"].isdigit()


async def test_tax_is_summed_per_rate_and_rounded_once(platform: Platform, connected: Connected) -> None:
    lines = [
        {
            "Amount": amount,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "4"}, "TaxCodeRef": {"value": "TAX"}},
        }
        for amount in ("147.00", "275.00")
    ]
    body = {"CustomerRef": {"value": "5"}, "Line": lines, "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "3"}}}
    invoice = await connected.post("Invoice", body)
    assert invoice["TxnTaxDetail"] == {
        "TxnTaxCodeRef": {"value": "3"},
        "TotalTax": Decimal("38.40"),
        "TaxLine": [
            {
                "Amount": amount,
                "DetailType": "TaxLineDetail",
                "TaxLineDetail": {
                    "TaxRateRef": {"value": rate},
                    "PercentBased": True,
                    "TaxPercent": percent,
                    "NetAmountTaxable": Decimal("422.00"),
                },
            }
            for rate, percent, amount in (("1", Decimal("7.1"), Decimal("29.96")), ("2", 2, Decimal("8.44")))
        ],
    }
    assert invoice["TotalAmt"] == Decimal("460.40")
    assert entry_of(platform, connected.realm, "Invoice", invoice["Id"]) == {
        "84": Decimal("460.40"),
        "82": Decimal("-422.00"),
        "89": Decimal("-38.40"),
    }


async def test_a_taxable_line_without_a_code_on_the_document_carries_no_tax(connected: Connected) -> None:
    assert (await connected.invoice(code="TAX"))["TxnTaxDetail"] == {"TotalTax": 0}


async def test_a_stated_total_of_tax_is_honoured_and_spread(connected: Connected) -> None:
    detail = {"TxnTaxCodeRef": {"value": "3"}, "TotalTax": "9.11"}
    invoice = await connected.invoice(code="TAX", TxnTaxDetail=detail)
    amounts = [line["Amount"] for line in invoice["TxnTaxDetail"]["TaxLine"]]
    assert (amounts, invoice["TotalAmt"]) == ([Decimal("7.11"), Decimal("2.00")], Decimal("109.11"))


async def test_stated_tax_lines_are_honoured(connected: Connected) -> None:
    lines = [
        {"Amount": amount, "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": rate}}}
        for rate, amount in (("1", "7.00"), ("2", "2.50"))
    ]
    invoice = await connected.invoice(code="TAX", TxnTaxDetail={"TxnTaxCodeRef": {"value": "3"}, "TaxLine": lines})
    assert invoice["TxnTaxDetail"]["TotalTax"] == Decimal("9.50")


async def test_stated_tax_survives_a_sparse_update_of_something_else_and_not_of_the_lines(
    connected: Connected,
) -> None:
    detail = {"TxnTaxCodeRef": {"value": "2"}, "TotalTax": "8.01"}
    invoice = await connected.invoice(code="TAX", TxnTaxDetail=detail)
    body = {"Id": invoice["Id"], "sparse": True}
    noted = await connected.post("Invoice", {**body, "SyncToken": "0", "PrivateNote": "hello"})
    assert noted["TxnTaxDetail"]["TotalTax"] == Decimal("8.01")
    again = await connected.post("Invoice", {**body, "SyncToken": "1", "Line": invoice["Line"]})
    assert again["TxnTaxDetail"]["TotalTax"] == Decimal("8.00")


async def test_a_discount_comes_off_before_or_after_tax(platform: Platform, connected: Connected) -> None:
    discount = {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
    }
    sale = a_sale(code="TAX", TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}})
    sale["Line"].append(discount)
    before = await connected.post("Invoice", sale)
    assert (before["TotalAmt"], before["TxnTaxDetail"]["TotalTax"]) == (Decimal("98.00"), Decimal("8.00"))
    after = await connected.post("Invoice", {**sale, "ApplyTaxAfterDiscount": True})
    assert (after["TotalAmt"], after["TxnTaxDetail"]["TotalTax"]) == (Decimal("97.20"), Decimal("7.20"))
    entry = entry_of(platform, connected.realm, "Invoice", after["Id"])
    assert entry == {
        "84": Decimal("97.20"),
        "1": Decimal("-100.00"),
        "86": Decimal("10.00"),
        "90": Decimal("-7.20"),
    }


async def test_nothing_of_a_document_stands_on_a_second_control_account(connected: Connected) -> None:
    bill = a_bill()
    bill["Line"][0]["AccountBasedExpenseLineDetail"]["AccountRef"] = {"value": "33"}
    assert (await connected.refused("POST", "bill", json=bill))[0] == "6430"
    sale = a_sale()
    detail = {"PercentBased": True, "DiscountPercent": 10, "DiscountAccountRef": {"value": "84"}}
    sale["Line"].append({"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail})
    assert (await connected.refused("POST", "invoice", json=sale))[0] == "6430"


async def test_a_new_set_of_lines_replaces_the_old_and_ids_are_never_used_again(connected: Connected) -> None:
    invoice = await connected.invoice()
    line = {k: v for k, v in invoice["Line"][0].items() if k != "Id"}
    body = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "Line": [line]}
    assert (await connected.post("Invoice", body))["Line"][0]["Id"] == "2"
    kept = {**line, "Id": "2", "Amount": "70.00"}
    again = await connected.post("Invoice", {**body, "SyncToken": "1", "Line": [kept, line]})
    assert [one.get("Id") for one in again["Line"]] == ["2", "3", None]
    assert again["TotalAmt"] == Decimal("170.00")


async def test_a_bill_books_its_expense_and_is_due_at_once_without_terms(
    platform: Platform, connected: Connected
) -> None:
    bill = await connected.post("Bill", a_bill(DocNumber="X-1"))
    assert (bill["DueDate"], bill["Balance"]) == (bill["TxnDate"], Decimal("80.00"))
    assert bill["Line"][0]["AccountBasedExpenseLineDetail"] == {
        "AccountRef": {"value": "7", "name": "Advertising"},
        "BillableStatus": "NotBillable",
        "TaxCodeRef": {"value": "NON"},
    }
    assert "LinkedTxn" not in bill
    assert entry_of(platform, connected.realm, "Bill", bill["Id"]) == {"7": Decimal("80.00"), "33": Decimal("-80.00")}
    termed = await connected.post("Bill", a_bill(SalesTermRef={"value": "3"}, TxnDate="2026-01-15"))
    assert termed["DueDate"] == "2026-02-14"


async def test_a_number_of_a_bill_is_used_once_unless_that_is_allowed(connected: Connected) -> None:
    first = await connected.post("Bill", a_bill(DocNumber="X-1"))
    code, detail = await connected.refused("POST", "bill", json=a_bill(DocNumber="X-1"))
    assert code == "6140"
    assert detail.endswith(f"DocNumber=X-1 is assigned to TxnType=Bill with TxnId={first['Id']}")
    await connected.post("Bill", a_bill(DocNumber="X-1"), include="allowduplicatedocnum")
    await connected.invoice(DocNumber="X-1")
    await connected.invoice(DocNumber="X-1")


async def test_credits_book_the_other_way(platform: Platform, connected: Connected) -> None:
    memo = await connected.post("CreditMemo", a_sale())
    assert (memo["RemainingCredit"], memo["Balance"]) == (Decimal("100.00"), Decimal("100.00"))
    assert "DueDate" not in memo
    assert entry_of(platform, connected.realm, "CreditMemo", memo["Id"])["84"] == Decimal("-100.00")
    credit = await connected.post("VendorCredit", a_bill())
    assert entry_of(platform, connected.realm, "VendorCredit", credit["Id"]) == {
        "7": Decimal("-80.00"),
        "33": Decimal("80.00"),
    }


async def test_a_void_leaves_number_and_note_and_nothing_else(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice(PrivateNote="for May")
    body = {"Id": invoice["Id"], "SyncToken": "0"}
    void = await connected.post("Invoice", body, operation="void")
    assert (void["SyncToken"], void["TotalAmt"], void["Balance"], void["DocNumber"]) == (
        "1",
        0,
        0,
        invoice["DocNumber"],
    )
    assert void["PrivateNote"] == "Voided - for May"
    assert [line["Amount"] for line in void["Line"]] == [0, 0]
    assert entry_of(platform, connected.realm, "Invoice", invoice["Id"]) == {}


async def test_a_deleted_document_is_gone_from_everything(platform: Platform, connected: Connected) -> None:
    before = platform.books().ledger.balance("84")
    invoice = await connected.invoice()
    answer = await connected.call("POST", "invoice?operation=delete", json={"Id": invoice["Id"], "SyncToken": "0"})
    assert answer.json()["Invoice"] == {"domain": "QBO", "status": "Deleted", "Id": invoice["Id"]}
    assert platform.books().ledger.balance("84") == before
    code, detail = await connected.refused("GET", f"invoice/{invoice['Id']}")
    assert (code, "deleted this transaction" in detail) == ("610", True)


async def test_an_old_token_is_stale(connected: Connected) -> None:
    invoice = await connected.invoice()
    body = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True}
    await connected.post("Invoice", {**body, "PrivateNote": "a"})
    for operation in ("", "?operation=delete", "?operation=void"):
        code, detail = await connected.refused("POST", f"invoice{operation}", json={**body, "PrivateNote": "b"})
        assert (code, "were working on this at the same time" in detail) == ("5010", True)


async def test_a_payment_settles_an_invoice_and_moves_its_token(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice()
    platform.clock.move(timedelta(minutes=5))
    payment = await connected.post("Payment", a_payment("60.00", ("60.00", "Invoice", invoice["Id"])))
    assert (payment["UnappliedAmt"], payment["DepositToAccountRef"]["value"]) == (0, "4")
    paid = (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]
    assert (paid["SyncToken"], paid["Balance"]) == ("1", Decimal("40.00"))
    assert paid["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "Payment"}]
    assert paid["MetaData"]["LastUpdatedTime"] == payment["MetaData"]["CreateTime"]
    assert entry_of(platform, connected.realm, "Payment", payment["Id"]) == {
        "4": Decimal("60.00"),
        "84": Decimal("-60.00"),
    }


async def test_a_balance_moves_the_time_of_its_party_and_not_its_token(
    platform: Platform, connected: Connected
) -> None:
    before = (await connected.get("customer/1"))["Customer"]
    platform.clock.move(timedelta(minutes=5))
    invoice = await connected.invoice()
    after = (await connected.get("customer/1"))["Customer"]
    assert after["SyncToken"] == before["SyncToken"]
    assert after["MetaData"]["LastUpdatedTime"] == invoice["MetaData"]["CreateTime"]
    assert after["Balance"] == before["Balance"] + 100


async def test_the_lines_of_a_payment_are_the_whole_set(connected: Connected) -> None:
    first, second = await connected.invoice(), await connected.invoice()
    payment = await connected.post("Payment", a_payment("100.00", ("100.00", "Invoice", first["Id"])))
    body = {**a_payment("100.00", ("100.00", "Invoice", second["Id"])), "Id": payment["Id"], "SyncToken": "0"}
    await connected.post("Payment", {**body, "sparse": True})
    freed = (await connected.get(f"invoice/{first['Id']}"))["Invoice"]
    assert (freed["Balance"], freed["LinkedTxn"], freed["SyncToken"]) == (Decimal("100.00"), [], "2")
    assert (await connected.get(f"invoice/{second['Id']}"))["Invoice"]["Balance"] == 0


async def test_a_credit_is_linked_to_a_charge_by_a_payment_without_money(
    platform: Platform, connected: Connected
) -> None:
    invoice, memo = await connected.invoice(), await connected.post("CreditMemo", a_sale())
    links = (("100.00", "Invoice", invoice["Id"]), ("100.00", "CreditMemo", memo["Id"]))
    payment = await connected.post("Payment", a_payment("0", *links))
    assert (payment["TotalAmt"], payment["UnappliedAmt"]) == (0, 0)
    assert "DepositToAccountRef" not in payment
    assert (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]["Balance"] == 0
    assert (await connected.get(f"creditmemo/{memo['Id']}"))["CreditMemo"]["RemainingCredit"] == 0
    assert entry_of(platform, connected.realm, "Payment", payment["Id"]) == {}
    token = (await connected.get(f"creditmemo/{memo['Id']}"))["CreditMemo"]["SyncToken"]
    body = {"Id": memo["Id"], "SyncToken": token}
    platform.books().switches.keeps_settled_documents = False
    await connected.call("POST", "creditmemo?operation=delete", json=body)
    assert (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]["Balance"] == Decimal("100.00")
    assert (await connected.refused("GET", f"payment/{payment['Id']}"))[0] == "610"


@pytest.mark.parametrize(
    ("how", "code"),
    [("too much", "6000"), ("other customer", "6000"), ("no such invoice", "620"), ("more than paid", "6000")],
)
async def test_a_payment_cannot_settle_what_it_may_not(connected: Connected, how: str, code: str) -> None:
    invoice = await connected.invoice()
    target = "999999" if how == "no such invoice" else invoice["Id"]
    applied = "100.01" if how == "too much" else "100.00"
    total = "99.00" if how == "more than paid" else "200.00"
    customer = "2" if how == "other customer" else "1"
    body = a_payment(total, (applied, "Invoice", target), customer=customer)
    assert (await connected.refused("POST", "payment", json=body))[0] == code
    assert (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]["SyncToken"] == "0"


async def test_a_parent_can_pay_for_its_sub_customer(connected: Connected) -> None:
    invoice = await connected.invoice("20.00", "9")
    payment = a_payment("20.00", ("20.00", "Invoice", invoice["Id"]), customer="7")
    await connected.post("Payment", payment)
    assert (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]["Balance"] == 0


@pytest.mark.parametrize("how", ["Check", "CreditCard"])
async def test_a_bill_shows_its_payment_as_a_check_whatever_paid_it(
    platform: Platform, connected: Connected, how: str
) -> None:
    bill = await connected.post("Bill", a_bill())
    paid: dict[str, Any] = (
        {"CheckPayment": {"BankAccountRef": {"value": "35"}}}
        if how == "Check"
        else {"CreditCardPayment": {"CCAccountRef": {"value": "41"}}}
    )
    link = {"Amount": "80.00", "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
    body = {"VendorRef": {"value": "30"}, "PayType": how, "TotalAmt": "80.00", "Line": [link], **paid}
    payment = await connected.post("BillPayment", body)
    settled = (await connected.get(f"bill/{bill['Id']}"))["Bill"]
    assert settled["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "BillPaymentCheck"}]
    assert (settled["Balance"], settled["SyncToken"]) == (0, "1")
    account = "35" if how == "Check" else "41"
    assert entry_of(platform, connected.realm, "BillPayment", payment["Id"]) == {
        "33": Decimal("80.00"),
        account: Decimal("-80.00"),
    }
    wrong = {**body, "PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "7"}}}
    assert (await connected.refused("POST", "billpayment", json=wrong))[0] == "6430"


@pytest.mark.parametrize("operation", ["void", "delete"])
async def test_a_paid_invoice_goes_only_where_a_rule_un_applies_its_payments(
    platform: Platform, connected: Connected, operation: str
) -> None:
    invoice = await connected.invoice()
    payment = await connected.post("Payment", a_payment("100.00", ("100.00", "Invoice", invoice["Id"])))
    body = {"Id": invoice["Id"], "SyncToken": "1"}
    assert (await connected.refused("POST", f"invoice?operation={operation}", json=body))[0] == "6000"
    rules = await platform.http.post("/_sandbox/rules", json={"keeps_settled_documents": False})
    assert rules.json()["keeps_settled_documents"] is False
    assert (await connected.call("POST", f"invoice?operation={operation}", json=body)).status_code == 200
    left = (await connected.get(f"payment/{payment['Id']}"))["Payment"]
    assert (left["UnappliedAmt"], left["Line"], left["SyncToken"]) == (Decimal("100.00"), [], "1")


async def test_a_payment_is_voided_by_an_update_that_includes_void(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice()
    payment = await connected.post("Payment", a_payment("100.00", ("100.00", "Invoice", invoice["Id"])))
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    assert (await connected.refused("POST", "payment?operation=void", json=body))[0] == "500"
    void = await connected.post("Payment", body, operation="update", include="void")
    assert (void["TotalAmt"], void["UnappliedAmt"], void["PrivateNote"]) == (0, 0, "Voided")
    assert (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]["Balance"] == Decimal("100.00")
    assert entry_of(platform, connected.realm, "Payment", payment["Id"]) == {}


async def test_a_paid_invoice_keeps_its_customer_and_its_worth(connected: Connected) -> None:
    invoice = await connected.invoice()
    await connected.post("Payment", a_payment("60.00", ("60.00", "Invoice", invoice["Id"])))
    body = {"Id": invoice["Id"], "SyncToken": "1", "sparse": True}
    less = {**body, "Line": a_sale("59.99")["Line"]}
    assert (await connected.refused("POST", "invoice", json=less))[0] == "6000"
    assert (await connected.refused("POST", "invoice", json={**body, "CustomerRef": {"value": "2"}}))[0] == "6000"
    more = {**body, "Line": a_sale("60.00")["Line"]}
    assert (await connected.post("Invoice", more))["Balance"] == 0


async def test_closed_books_refuse_every_change(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice(TxnDate="2026-03-31")
    platform.books().switches.books_closed_on = platform.books().today() - timedelta(days=30)
    assert (await connected.refused("POST", "invoice", json=a_sale(TxnDate="2026-04-04")))[0] == "6210"
    body = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "TxnDate": "2026-05-01"}
    assert (await connected.refused("POST", "invoice", json=body))[0] == "6210"
    assert (await connected.refused("POST", "invoice?operation=delete", json=body))[0] == "6210"
    await connected.invoice(TxnDate="2026-04-05")


async def test_an_ended_subscription_can_only_be_read(platform: Platform, connected: Connected) -> None:
    platform.books().switches.subscription_ended = True
    assert (await connected.refused("POST", "invoice", json=a_sale()))[0] == "6190"
    assert "Invoice" in await connected.query("select * from Invoice")


async def test_lines_carry_empty_extensions_and_lines_of_bills_empty_links(connected: Connected) -> None:
    invoice, bill = await connected.invoice(), await connected.post("Bill", a_bill())
    sold, subtotal = invoice["Line"]
    assert (sold["CustomExtensions"], "LinkedTxn" in sold, "CustomExtensions" in subtotal) == ([], False, False)
    assert (bill["Line"][0]["CustomExtensions"], bill["Line"][0]["LinkedTxn"]) == ([], [])
    assert await connected.post("Invoice", {**invoice, "sparse": True}) == invoice
    assert await connected.post("Bill", {**bill, "sparse": True}) == bill


async def test_forms_say_how_their_addresses_are_kept(connected: Connected) -> None:
    told = await connected.invoice(FreeFormAddress=False)
    assert told["FreeFormAddress"] is True
    assert "FreeFormAddress" not in await connected.post("SalesReceipt", a_sale())


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31"])
async def test_a_day_that_no_books_have_is_refused(connected: Connected, day: str) -> None:
    assert (await connected.refused("POST", "invoice", json=a_sale(TxnDate=day)))[0] == "2070"
    assert (await connected.refused("POST", "bill", json=a_bill(DueDate=day)))[0] == "2070"


async def test_a_report_until_the_end_of_time_is_refused(connected: Connected) -> None:
    asked = {"start_date": "9999-01-01", "end_date": "9999-12-31", "summarize_column_by": "Month"}
    assert (await connected.refused("GET", "reports/ProfitAndLoss", params=asked))[0] == "2010"
