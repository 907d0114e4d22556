"""Every kind of object there is, as a table: what can be done with it, what can be asked, how it is listed.

A kind that is listed without operations can be queried and is empty, because nothing here can create one yet;
writing one is answered 501.
"""

from dataclasses import dataclass
from enum import StrEnum


class Operation(StrEnum):
    """What a client can do with an object."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    VOID = "void"
    READ = "read"


class Family(StrEnum):
    """How objects are numbered and whether they are ever deleted."""

    NAME = "name"
    ITEM = "item"
    ACCOUNT = "account"
    TRANSACTION = "transaction"
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object."""

    name: str
    family: Family
    operations: frozenset[Operation] = frozenset()
    filters: frozenset[str] = frozenset()
    """Fields that a query may filter and sort by, besides `Id` and the two times."""
    order: str = ""
    """The default order: a field, or nothing for the order of creation; transactions are newest first."""
    order_folds_case: bool = False
    """Whether the default order ignores case: recorded of departments, while vendors heed it."""
    counted: bool = False
    """Whether a page of a query carries `totalCount`."""
    changes: bool = True
    """Whether change data capture covers it."""
    pseudo_unpaged: bool = False
    """Whether objects whose id is a word come on top of MAXRESULTS: one tax code asked for was seen to bring four."""
    only_when_asked: tuple[str, ...] = ()
    """Fields that `SELECT *` leaves out."""
    reference_words: str = ""
    """What an invalid reference to it is called."""
    posts: bool = True
    """Of a transaction: whether it moves anything in the books."""
    deleted_by_id: bool = False
    """Whether deleting it needs no SyncToken, as was recorded of attachables."""
    dated: bool = False
    """Of what is no transaction: whether it has a date and is told newest first all the same."""
    wraps: bool = False
    """Whether the object stands within a field that is named as the kind of its template."""
    closed: bool = False
    """Whether the platform itself lets nobody write it by its own route."""

    path: str = ""
    """What routes and queries call it, where that is not its name."""

    @property
    def sequence(self) -> str:
        """The sequence that numbers it: parties share one, and so do transactions; every other list has its own."""
        if self.wraps:
            return Family.TRANSACTION.value
        return self.name if self.family is Family.SETTING else self.family.value

    @property
    def newest_first(self) -> bool:
        """Whether the default order is by the time of the last change, newest first."""
        return self.is_transaction or self.dated

    @property
    def route(self) -> str:
        """The path segment."""
        return self.path or self.name.lower()

    @property
    def is_transaction(self) -> bool:
        """Whether it is a transaction, which can be deleted."""
        return self.family is Family.TRANSACTION

    @property
    def is_list(self) -> bool:
        """Whether it has an `Active` mark: it is never deleted, and queries hide it when inactive."""
        return "Active" in self.filters


LINKED_TO = ("AttachableRef.EntityRef.Type", "AttachableRef.EntityRef.value")
"""How a query asks what an attachable hangs on."""
_WRITE = frozenset({Operation.CREATE, Operation.UPDATE, Operation.READ})
_READ = frozenset({Operation.READ})
_CREATE = frozenset({Operation.CREATE, Operation.READ})
_DOCUMENT = _WRITE | {Operation.DELETE}
_VOIDABLE = _DOCUMENT | {Operation.VOID}
_NAMES = frozenset(
    {
        "DisplayName", "GivenName", "MiddleName", "FamilyName", "Title", "Suffix", "CompanyName", "PrintOnCheckName",
        "Active", "Balance", "PrimaryEmailAddr", "PrimaryPhone",
    }
)  # fmt: skip
_SALE = frozenset({"DocNumber", "TxnDate", "CustomerRef", "TotalAmt", "Balance", "DueDate"})
_PURCHASE = frozenset({"DocNumber", "TxnDate", "VendorRef", "TotalAmt", "Balance", "DueDate"})
_LISTED = frozenset({"Name", "Active"})
_NESTED = _LISTED | {"FullyQualifiedName"}
_ANY_TRANSACTION = frozenset({"DocNumber", "TxnDate", "TotalAmt"})


_KINDS = (
    Kind("CompanyInfo", Family.SETTING, _READ, changes=False),
    Kind("Preferences", Family.SETTING, _READ, changes=False),
    Kind(
        "Account",
        Family.ACCOUNT,
        _WRITE,
        _NESTED
        | {"AccountType", "AccountSubType", "Classification", "AcctNum", "CurrentBalance", "SubAccount", "Description"},
        order="Name",
        reference_words="Accounts",
    ),
    Kind(
        "Customer",
        Family.NAME,
        _WRITE,
        _NAMES | {"FullyQualifiedName", "Job", "BalanceWithJobs", "Taxable"},
        order="FullyQualifiedName",
        reference_words="Names",
    ),
    Kind("Vendor", Family.NAME, _WRITE, _NAMES | {"AcctNum", "Vendor1099"}, "DisplayName", reference_words="Names"),
    Kind(
        "Item",
        Family.ITEM,
        _WRITE,
        _NESTED | {"Sku", "Type", "UnitPrice", "PurchaseCost", "QtyOnHand", "TrackQtyOnHand", "Taxable", "SubItem"},
        order="FullyQualifiedName",
        only_when_asked=("Sku",),
        reference_words="Items",
    ),
    Kind("Term", Family.SETTING, _WRITE, _LISTED | {"Type", "DueDays"}, order="Name", reference_words="Terms"),
    Kind("PaymentMethod", Family.SETTING, _WRITE, _LISTED | {"Type"}, order="Name", reference_words="PaymentMethods"),
    Kind(
        "Class",
        Family.SETTING,
        _WRITE,
        _NESTED | {"SubClass"},
        order="FullyQualifiedName",
        order_folds_case=True,
        counted=True,
        reference_words="Klasses",
    ),
    Kind(
        "Department",
        Family.SETTING,
        _WRITE,
        _NESTED | {"SubDepartment"},
        order="FullyQualifiedName",
        order_folds_case=True,
        reference_words="Depts",
    ),
    Kind("Employee", Family.NAME, _WRITE, _NAMES - {"Balance", "CompanyName"}, "DisplayName", reference_words="Names"),
    Kind(
        "TaxCode",
        Family.SETTING,
        _READ,
        _LISTED | {"Taxable", "TaxGroup"},
        changes=False,
        pseudo_unpaged=True,
        counted=True,
        reference_words="TaxCodes",
        closed=True,
    ),
    Kind(
        "TaxRate",
        Family.SETTING,
        _READ,
        _LISTED | {"RateValue", "Description", "AgencyRef"},
        order="Name",
        counted=True,
        changes=False,
        reference_words="TaxRates",
        closed=True,
    ),
    Kind(
        "TaxAgency",
        Family.SETTING,
        _CREATE,
        frozenset({"DisplayName"}),
        counted=True,
        changes=False,
        reference_words="TaxAgencies",
    ),
    Kind("Invoice", Family.TRANSACTION, _VOIDABLE, _SALE, counted=True),
    Kind("CreditMemo", Family.TRANSACTION, _DOCUMENT, _SALE - {"DueDate"}),
    Kind("Payment", Family.TRANSACTION, _VOIDABLE, frozenset({"TxnDate", "CustomerRef", "TotalAmt", "PaymentRefNum"})),
    Kind(
        "Estimate",
        Family.TRANSACTION,
        _DOCUMENT,
        _SALE - {"Balance"} | {"TxnStatus", "ExpirationDate", "AcceptedDate"},
        counted=True,
        posts=False,
    ),
    Kind("Bill", Family.TRANSACTION, _DOCUMENT, _PURCHASE, counted=True),
    Kind("PurchaseOrder", Family.TRANSACTION, _DOCUMENT, _PURCHASE - {"Balance"} | {"POStatus"}, posts=False),
    Kind("VendorCredit", Family.TRANSACTION, _DOCUMENT, _PURCHASE - {"DueDate"}),
    Kind(
        "BillPayment",
        Family.TRANSACTION,
        _VOIDABLE,
        frozenset({"DocNumber", "TxnDate", "VendorRef", "TotalAmt", "PayType"}),
    ),
    Kind("SalesReceipt", Family.TRANSACTION, _VOIDABLE, _SALE - {"DueDate"}),
    Kind("RefundReceipt", Family.TRANSACTION, _DOCUMENT, _SALE - {"DueDate"}),
    Kind("Purchase", Family.TRANSACTION, _DOCUMENT, _ANY_TRANSACTION | {"PaymentType"}),
    Kind("JournalEntry", Family.TRANSACTION, _DOCUMENT, frozenset({"DocNumber", "TxnDate"}), counted=True),
    Kind("CreditCardPaymentTxn", Family.TRANSACTION, _DOCUMENT, frozenset({"TxnDate"}), path="creditcardpayment"),
    Kind("Transfer", Family.TRANSACTION, _DOCUMENT, frozenset({"TxnDate"})),
    Kind(
        "Deposit",
        Family.TRANSACTION,
        _DOCUMENT,
        _ANY_TRANSACTION | {"DepositToAccountRef"},
        counted=True,
    ),
    Kind(
        "CompanyCurrency",
        Family.SETTING,
        _WRITE,
        frozenset({"Code", "Name", "Active"}),
        order="Name",
        reference_words="Currencies",
    ),
    Kind(
        "ExchangeRate",
        Family.SETTING,
        filters=frozenset({"SourceCurrencyCode", "TargetCurrencyCode", "AsOfDate"}),
        changes=False,
        closed=True,
    ),
    Kind(
        "TimeActivity",
        Family.SETTING,
        _DOCUMENT,
        frozenset({"TxnDate", "BillableStatus", "CustomerRef", "EmployeeRef", "VendorRef"}),
        changes=False,
        dated=True,
    ),
    Kind(
        "RecurringTransaction",
        Family.SETTING,
        _DOCUMENT,
        frozenset({"Type"}),
        changes=False,
        wraps=True,
    ),
    Kind(
        "Attachable",
        Family.SETTING,
        _DOCUMENT,
        frozenset({"FileName", "Note", "ContentType", "Size", "Category"}) | set(LINKED_TO),
        deleted_by_id=True,
    ),
)

KINDS = {kind.name: kind for kind in _KINDS}
"""Every kind by its name."""
BY_ROUTE = {kind.route: kind for kind in _KINDS}
"""Every kind by its path segment."""
BY_WORD = {kind.name.lower(): kind for kind in _KINDS} | BY_ROUTE
"""Every kind as a query may write it: by its name or its path segment, in lower case."""
TRANSACTIONS = tuple(kind for kind in _KINDS if kind.is_transaction and kind.operations)
"""The kinds of transaction that can be written here."""
