"""Every kind of object that the field's Python client knows, made with it in the simulated QuickBooks and read back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from quickbooks import QuickBooks
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException
from quickbooks.objects import (
    Account,
    Class,
    Customer,
    Department,
    Deposit,
    DepositLine,
    DepositLineDetail,
    Employee,
    Estimate,
    Invoice,
    Item,
    JournalEntry,
    JournalEntryLine,
    JournalEntryLineDetail,
    Payment,
    PaymentLine,
    PaymentMethod,
    Purchase,
    PurchaseOrder,
    RefundReceipt,
    SalesReceipt,
    TaxAgency,
    TaxCode,
    TaxRate,
    Term,
    TimeActivity,
    Transfer,
    Vendor,
    VendorCredit,
)
from quickbooks.objects.base import Ref
from quickbooks.objects.companycurrency import CompanyCurrency
from quickbooks.objects.creditcardpayment_entity import CreditCardPayment
from quickbooks.objects.exchangerate import ExchangeRate
from quickbooks.objects.recurringtransaction import (
    RecurringInfo,
    RecurringInvoice,
    RecurringTransaction,
    ScheduleInfo,
)
from quickbooks.objects.taxservice import TaxRateDetails, TaxService
from tests.support.quickbooks_client import a_bill, books_of, named, sale, simulated_quickbooks


@pytest.fixture(scope="module")
def books() -> Iterator[QuickBooks]:
    with simulated_quickbooks() as simulated:
        yield books_of(simulated)


def account(books: QuickBooks, kind: str) -> Ref:
    """The first account of a type."""
    return named(Account.where(f"AccountType = '{kind}'", qb=books)[0])


def with_values(record: Any, **values: Any) -> Any:
    for name, value in values.items():
        setattr(record, name, value)
    return record


def a_term(_: QuickBooks) -> Any:
    return with_values(Term(), Name="Net 45", DueDays=45)


def a_class(_: QuickBooks) -> Any:
    return with_values(Class(), Name="Retail")


def a_department(_: QuickBooks) -> Any:
    return with_values(Department(), Name="Harbour")


def an_employee(_: QuickBooks) -> Any:
    return with_values(Employee(), GivenName="Robin", FamilyName="Hale", DisplayName="Robin Hale")


def a_payment_method(_: QuickBooks) -> Any:
    return with_values(PaymentMethod(), Name="Voucher", Type="NON_CREDIT_CARD")


def a_tax_agency(_: QuickBooks) -> Any:
    return with_values(TaxAgency(), DisplayName="State of Harbour")


def an_account(_: QuickBooks) -> Any:
    return with_values(
        Account(), Name="Harbour dues", AccountType="Expense", AccountSubType="OtherMiscellaneousServiceCost"
    )


def an_item(books: QuickBooks) -> Any:
    return with_values(
        Item(),
        Name="Lantern",
        Type="Inventory",
        TrackQtyOnHand=True,
        QtyOnHand=10,
        InvStartDate="2015-01-01",
        IncomeAccountRef=named(Account.where("AccountSubType = 'SalesOfProductIncome'", max_results=1, qb=books)[0]),
        ExpenseAccountRef=named(Account.where("AccountSubType = 'SuppliesMaterialsCogs'", max_results=1, qb=books)[0]),
        AssetAccountRef=named(Account.where("AccountSubType = 'Inventory'", max_results=1, qb=books)[0]),
    )


def a_sales_receipt(books: QuickBooks) -> Any:
    return with_values(SalesReceipt(), CustomerRef=named(Customer.get(1, qb=books)), Line=sale(books).Line)


def a_refund_receipt(books: QuickBooks) -> Any:
    return with_values(
        RefundReceipt(),
        CustomerRef=named(Customer.get(1, qb=books)),
        Line=sale(books, 20).Line,
        DepositToAccountRef=account(books, "Bank"),
    )


def an_estimate(books: QuickBooks) -> Any:
    return with_values(Estimate(), CustomerRef=named(Customer.get(1, qb=books)), Line=sale(books).Line)


def a_vendor_credit(books: QuickBooks) -> Any:
    return with_values(VendorCredit(), VendorRef=named(Vendor.get(30, qb=books)), Line=a_bill(books).Line)


def a_purchase(books: QuickBooks) -> Any:
    return with_values(Purchase(), PaymentType="Cash", AccountRef=account(books, "Bank"), Line=a_bill(books).Line)


def a_purchase_order(books: QuickBooks) -> Any:
    return with_values(
        PurchaseOrder(),
        VendorRef=named(Vendor.get(30, qb=books)),
        APAccountRef=account(books, "Accounts Payable"),
        Line=a_bill(books).Line,
    )


def a_transfer(books: QuickBooks) -> Any:
    banks = Account.where("AccountType = 'Bank'", qb=books)
    return with_values(Transfer(), Amount=100, FromAccountRef=named(banks[0]), ToAccountRef=named(banks[1]))


def a_journal_entry(books: QuickBooks) -> Any:
    entry = JournalEntry()
    for posting, kind in (("Debit", "Expense"), ("Credit", "Bank")):
        detail = with_values(JournalEntryLineDetail(), PostingType=posting, AccountRef=account(books, kind))
        entry.Line.append(with_values(JournalEntryLine(), Amount=50, JournalEntryLineDetail=detail))
    return entry


def a_deposit(books: QuickBooks) -> Any:
    detail = with_values(DepositLineDetail(), AccountRef=account(books, "Income"))
    line = with_values(DepositLine(), Amount=75, DepositLineDetail=detail)
    return with_values(Deposit(), DepositToAccountRef=account(books, "Bank"), Line=[line])


def a_time_activity(books: QuickBooks) -> Any:
    known = Employee.where("FamilyName = 'Ford'", qb=books)
    worker = known[0] if known else with_values(Employee(), GivenName="Sam", FamilyName="Ford").save(qb=books)
    return with_values(
        TimeActivity(),
        NameOf="Employee",
        EmployeeRef=named(worker),
        CustomerRef=named(Customer.get(1, qb=books)),
        Hours=3,
        Minutes=30,
        Description="Pruned the hedge",
        TxnDate="2026-05-04",
    )


def a_card_payment(books: QuickBooks) -> Any:
    return with_values(
        CreditCardPayment(),
        TxnDate="2026-05-04",
        Amount=60,
        BankAccountRef=account(books, "Bank"),
        CreditCardAccountRef=account(books, "Credit Card"),
    )


LISTS = (a_term, a_class, a_department, an_employee, a_payment_method, a_tax_agency, an_account, an_item)
DOCUMENTS = (
    a_sales_receipt,
    a_refund_receipt,
    an_estimate,
    a_vendor_credit,
    a_purchase,
    a_purchase_order,
    a_transfer,
    a_journal_entry,
    a_deposit,
    a_time_activity,
    a_card_payment,
)
Make = Callable[[QuickBooks], Any]


@pytest.mark.parametrize("make", [*LISTS, *DOCUMENTS], ids=lambda make: make.__name__)
def test_it_is_created_read_and_queried(books: QuickBooks, make: Make) -> None:
    wish = make(books)
    made = wish.save(qb=books)
    kind = type(wish)
    read = kind.get(made.Id, qb=books)
    assert (read.Id, read.SyncToken) == (made.Id, "0")
    assert read.to_json() == made.to_json()
    assert made.Id in {one.Id for one in kind.where(f"Id = '{made.Id}'", qb=books)}
    assert kind.count(qb=books) >= 1


@pytest.mark.parametrize("make", DOCUMENTS, ids=lambda make: make.__name__)
def test_a_document_is_deleted_and_gone(books: QuickBooks, make: Make) -> None:
    made = make(books).save(qb=books)
    made.delete(qb=books)
    with pytest.raises(ObjectNotFoundException):
        type(made).get(made.Id, qb=books)


@pytest.mark.parametrize(
    "make",
    [a_sales_receipt, an_estimate, a_purchase, a_purchase_order, a_vendor_credit],
    ids=lambda make: make.__name__,
)
def test_a_document_keeps_a_note_that_is_added(books: QuickBooks, make: Make) -> None:
    made = make(books).save(qb=books)
    read = type(made).get(made.Id, qb=books)
    read.PrivateNote = "Seen by the auditor"
    changed = read.save(qb=books)
    assert (changed.PrivateNote, changed.SyncToken) == ("Seen by the auditor", "1")
    assert changed.TotalAmt == made.TotalAmt


def test_a_sales_receipt_is_voided(books: QuickBooks) -> None:
    made = a_sales_receipt(books).save(qb=books)
    made.void(qb=books)
    assert SalesReceipt.get(made.Id, qb=books).TotalAmt == 0


def test_a_tracked_item_has_its_stock(books: QuickBooks) -> None:
    item = with_values(an_item(books), Name="Buoy").save(qb=books)
    assert (Item.get(item.Id, qb=books).QtyOnHand, item.TrackQtyOnHand) == (10, True)


def test_a_deposited_payment_is_locked(books: QuickBooks) -> None:
    invoice = sale(books, 40).save(qb=books)
    line = with_values(PaymentLine(), Amount=40, LinkedTxn=[invoice.to_linked_txn()])
    payment = with_values(Payment(), TotalAmt=40, CustomerRef=invoice.CustomerRef, Line=[line]).save(qb=books)
    money = with_values(payment.to_linked_txn(), TxnLineId=0)
    banked = with_values(DepositLine(), Amount=40, LinkedTxn=[money], DetailType=None)
    with_values(Deposit(), DepositToAccountRef=account(books, "Bank"), Line=[banked]).save(qb=books)
    locked = Payment.get(payment.Id, qb=books)
    assert locked.LinkedTxn[0]["TxnType"] == "Deposit"
    with pytest.raises(QuickbooksException) as refused:
        locked.delete(qb=books)
    assert refused.value.error_code == 6540


def test_a_debit_without_its_credit_is_refused(books: QuickBooks) -> None:
    entry = a_journal_entry(books)
    entry.Line[0].Amount = 60
    with pytest.raises(QuickbooksException) as refused:
        entry.save(qb=books)
    assert refused.value.error_code == 2300


def test_an_estimate_becomes_an_invoice(books: QuickBooks) -> None:
    estimate = an_estimate(books).save(qb=books)
    invoice = sale(books)
    invoice.LinkedTxn.append(estimate.to_linked_txn())
    made = invoice.save(qb=books)
    assert [(one.TxnId, one.TxnType) for one in Invoice.get(made.Id, qb=books).LinkedTxn] == [(estimate.Id, "Estimate")]
    assert Estimate.get(estimate.Id, qb=books).TxnStatus == "Closed"


def test_a_tax_code_is_set_up(books: QuickBooks) -> None:
    detail = with_values(
        TaxRateDetails(), TaxRateName="Harbour", RateValue=10, TaxAgencyId=TaxAgency.all(qb=books)[0].Id
    )
    service = with_values(TaxService(), TaxCode="Harbour", TaxRateDetails=[detail])
    made = service.save(qb=books)
    assert (made.TaxCode, made.TaxRateDetails[0].RateValue) == ("Harbour", 10)
    code = next(one for one in TaxCode.all(qb=books) if one.Name == "Harbour")
    rate = code.SalesTaxRateList.TaxRateDetail[0].TaxRateRef.value
    assert TaxRate.get(rate, qb=books).RateValue == 10


def test_currencies_have_their_rates(books: QuickBooks) -> None:
    made = with_values(CompanyCurrency(), Code="CHF", Name="Swiss Franc").save(qb=books)
    assert CompanyCurrency.get(made.Id, qb=books).Code == "CHF"
    rate = with_values(ExchangeRate(), SourceCurrencyCode="CHF", Rate=1.25, AsOfDate="2026-05-04")
    assert rate.save(qb=books).Rate == 1.25
    (kept,) = ExchangeRate.where("SourceCurrencyCode = 'CHF' AND AsOfDate = '2026-05-04'", qb=books)
    assert (kept.Rate, kept.TargetCurrencyCode) == (1.25, "USD")


def test_a_template_recurs(books: QuickBooks) -> None:
    schedule = with_values(
        ScheduleInfo(), StartDate="2026-06-01", MaxOccurrences=6, IntervalType="Monthly", DayOfMonth=1, NumInterval=1
    )
    info = with_values(RecurringInfo(), Active=True, Name="Monthly gardening", ScheduleInfo=schedule)
    invoice = with_values(
        RecurringInvoice(), CustomerRef=named(Customer.get(1, qb=books)), Line=sale(books).Line, RecurringInfo=info
    )
    made = with_values(RecurringTransaction(), Invoice=invoice).save(qb=books)
    kept = RecurringTransaction.get(made.Invoice.Id, qb=books)
    assert kept.Invoice.RecurringInfo.ScheduleInfo.MaxOccurrences == 6
    kept.Invoice.RecurringInfo.ScheduleInfo.DayOfMonth = 15
    kept.Invoice.Deposit = None
    kept.save(qb=books)
    again = RecurringTransaction.get(made.Invoice.Id, qb=books)
    assert again.Invoice.RecurringInfo.ScheduleInfo.DayOfMonth == 15
    assert all(hasattr(one, "Invoice") for one in RecurringTransaction.where("Type = 'Invoice'", qb=books))
    again.delete(qb=books)
    with pytest.raises(ObjectNotFoundException):
        RecurringTransaction.get(made.Invoice.Id, qb=books)
