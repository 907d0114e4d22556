"""What QuickBooks says no with: codes, messages and details, as documented and recorded.

Where no recording of a text is known, the documented message stands with a plain detail.
"""

from dataclasses import dataclass


class NotSimulatedError(NotImplementedError):
    """The real platform can do this and the simulation cannot; answered 501, never ignored."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of a fault."""

    message: str
    detail: str
    code: str
    element: str | None = None


class Refusal(Exception):  # noqa: N818 - a refusal is an answer of the platform, not a failure of the simulation
    """A fault: `status` is HTTP's, `kind` the fault's type; `timed` says whether the answer carries `time`."""

    def __init__(
        self, *problems: Problem, status: int = 400, kind: str = "ValidationFault", timed: bool = True
    ) -> None:
        """`problems`: at least one."""
        super().__init__("; ".join(f"{problem.code} {problem.detail}" for problem in problems))
        self.problems = problems
        self.status = status
        self.kind = kind
        self.timed = timed


class GatewayRefusal(Refusal):
    """A fault that the gateway answers before the books are asked, in its own lower-case dialect."""


def _one(message: str, detail: str, code: str, element: str | None = None) -> Refusal:
    return Refusal(Problem(message, detail, code, element))


def unsupported(operation: str) -> Refusal:
    """A route or operation that does not exist (code 500, HTTP 400)."""
    return _one("Unsupported Operation", f"Operation {operation} is not supported.", "500")


def unsupported_route(path: str) -> Refusal:
    """A route that does not exist (code 500, HTTP 400)."""
    return unsupported(f"Could not find resource for relative : {path} of full path: {path}")


def unknown_property(field: str, type_name: str, known: list[str]) -> Refusal:
    """A field that the type does not have."""
    listed = ", ".join(f'"{name}"' for name in known)
    text = (
        f'Property Name:Unrecognized field "{field}" (class com.intuit.schema.finance.v3.{type_name}), '
        f"not marked as ignorable ({len(known)} known properties: {listed}"
    )
    if len(text) > 1000:  # noqa: PLR2004 - where the recorded detail is cut
        text = f"{text[:1000].rpartition(',')[0]} [truncated]"
    return _one(
        "Request has invalid or unsupported property", f"{text}])\n specified is unsupported or invalid", "2010"
    )


def invalid_value(field: str, value: object, wanted: str) -> Refusal:
    """A value that cannot be read as the field's type."""
    detail = f"Property Name:Can not construct instance of {wanted} from value '{value}' ({field})"
    return _one(
        "Request has invalid or unsupported property", f"{detail} specified is unsupported or invalid", "2010", field
    )


def malformed() -> Refusal:
    """A body that is no JSON object."""
    detail = "Property Name:failed to parse json object; a property specified is unsupported or invalid"
    return _one("Request has invalid or unsupported property", detail, "2010")


def invalid_choice(field: str, value: object) -> Refusal:
    """A value outside an enumeration."""
    return _one("Invalid Enumeration", f"Invalid Enumeration : {value}", "2170", field)


def missing(field: str) -> Refusal:
    """A required parameter that is not there."""
    return _one(
        "Required param missing, need to supply the required value for the API",
        f"Required parameter {field} is missing in the request",
        "2020",
        field,
    )


def invalid_id(value: str) -> Refusal:
    """An id that is no number; recorded without `time`."""
    problem = Problem("Invalid ID", f"Id should be a valid number. Supplied value:{value}", "2030", "Id")
    return Refusal(problem, timed=False)


def too_long(field: str, longest: int, length: int) -> Refusal:
    """A text that is too long."""
    return _one(
        "String length is either shorter or longer than supported by specification",
        "String length specified does not match the supported length. "
        f"Min:0 Max:{longest} supported. Supplied length:{length}",
        "2050",
        field,
    )


def invalid_text(field: str, value: str) -> Refusal:
    """A text with characters that the field refuses."""
    return _one("Invalid String", f"Invalid String. The value is not allowed. Supplied value:{value}", "2040", field)


def invalid_email(value: str) -> Refusal:
    """An address that is none."""
    return _one(
        "Invalid Email Address format",
        f"Email Address does not conform to the RFC 822 standard. Supplied value:{value}",
        "2210",
        "Address",
    )


def impossible_day(field: str, value: object) -> Refusal:
    """A date that no calendar has."""
    return _one("Invalid Date", f"Date value should be a valid value. Supplied value:{value}", "2070", field)


def unsupported_number(field: str, value: object) -> Refusal:
    """A whole number of the right form that is not supported."""
    return _one("Invalid Number", f"Number supplied is not supported. Supplied value:{value}", "2090", field)


def unsupported_decimal(field: str, value: object) -> Refusal:
    """A figure of the right form that is not supported."""
    return _one("Invalid Decimal", f"Decimal supplied is not supported. Supplied value:{value}", "2110", field)


def too_many_levels() -> Refusal:
    """An object too deep below others of its list."""
    return _one("Too many sub-levels", "You can only have up to five levels in this list.", "6180", "ParentRef")


def not_found() -> Refusal:
    """No object with this id."""
    return _one(
        "Object Not Found",
        "Object Not Found : Something you're trying to use has been made inactive. "
        "Check the fields with accounts, customers, items, vendors or employees.",
        "610",
        "",
    )


def deleted() -> Refusal:
    """A transaction that is gone."""
    return _one("Object Not Found", "Object Not Found : Another user has deleted this transaction.", "610", "")


def invalid_reference(words: str, reference: str) -> Refusal:
    """A reference to what does not exist; `words` is the list's name in the plural."""
    return _one("Invalid Reference Id", f"Invalid Reference Id : {words} element id {reference} not found", "2500", "")


def stale(other: str) -> Refusal:
    """An update with a SyncToken that is not the standing one."""
    return _one(
        "Stale Object Error",
        f"Stale Object Error : You and {other} were working on this at the same time. "
        f"{other} finished before you did, so your work was not saved.",
        "5010",
        "",
    )


def duplicate_name(detail: str = "null", element: str | None = None) -> Refusal:
    """A name that somebody, or something, already has. Of tax codes and rates it was recorded with an empty element."""
    return _one("Duplicate Name Exists Error", f"The name supplied already exists. : {detail}", "6240", element)


def duplicate_number(number: str, kind: str, transaction_id: str) -> Refusal:
    """A document number that is used already."""
    return _one(
        "Duplicate Document Number Error",
        "Duplicate Document Number Error : You must specify a different number. This number has already been used. "
        f"DocNumber={number} is assigned to TxnType={kind} with TxnId={transaction_id}",
        "6140",
        "",
    )


def business(detail: str) -> Refusal:
    """A rule of bookkeeping that the request breaks."""
    message = "A business validation error has occurred while processing your request"
    return _one(message, f"Business Validation Error: {detail}", "6000", "")


def no_name() -> Refusal:
    """A party without any name."""
    names = "Title, GivenName, MiddleName, FamilyName, DisplayName, Suffix"
    return _one("No Name Provided", f"{names} - one of these must be non-empty", "6080", "")


def no_account_type() -> Refusal:
    """An account without a type."""
    return _one(
        "Invalid Account.AccountType && Account.SubType",
        "Either an Account.AccountType or an Account.AccountSubType must be specified",
        "6010",
        "",
    )


def wrong_amount(amount: object) -> Refusal:
    """A line that does not multiply."""
    return _one(
        "Amount calculation incorrect in the request",
        f"Amount is not equal to UnitPrice * Qty. Supplied value:{amount}",
        "6070",
        "Amount",
    )


def no_sales_tax() -> Refusal:
    """Tax in a company whose tax centre nobody set up."""
    return business("Sales tax is not set up in this company; it has to be set up in the tax centre first")


def line_tax_code(value: str) -> Refusal:
    """A line's tax code in a United States company that is neither TAX nor NON."""
    return _one(
        "Invalid Line TaxCode in the request",
        f"Valid Line TaxCodes for US should be TAX or NON. Supplied value:{value}",
        "6100",
        "TaxCodeRef",
    )


def tax_code_needed() -> Refusal:
    """A line without a tax code outside the United States."""
    return _one("Invalid tax code", "Make sure all your transactions have a tax code before you save.", "6230", "")


def tax_code_invalid(value: str) -> Refusal:
    """A tax code that does not exist or does not serve this side."""
    return _one(
        "Invalid Tax Code", f"The tax code is not valid for this transaction. Supplied value:{value}", "6160", ""
    )


def tax_not_applicable() -> Refusal:
    """Tax details on a document that says tax does not apply."""
    return _one(
        "Tax details not allowed", "TxnTaxDetail cannot be given when GlobalTaxCalculation is NotApplicable", "6170", ""
    )


def wrong_account(field: str, wanted: str) -> Refusal:
    """An account of a type that does not fit there."""
    return _one("Invalid account type used", f"Invalid account type: {field} has to be {wanted}.", "6430", field)


def unbalanced(debited: object, credited: object) -> Refusal:
    """A journal entry whose sides differ."""
    return _one(
        "Debits and credits do not match",
        f"Total debits have to equal total credits. Debits: {debited}, credits: {credited}",
        "2300",
        "Line",
    )


def deposited() -> Refusal:
    """A change to money that a deposit has taken to the bank."""
    return _one(
        "Deposited Transaction cannot be changed",
        "This transaction has been deposited. If you want to change or delete it, "
        "you must edit the deposit it appears on and remove it first.",
        "6540",
        "",
    )


def before_stock(name: str) -> Refusal:
    """A sale of stock before the item's first day."""
    return _one(
        "Transaction date is prior to start date for inventory item",
        f"Transaction date is prior to start date for inventory item {name}",
        "6270",
        "TxnDate",
    )


def period_closed(code: str = "6210") -> Refusal:
    """A date within the closed books; `code` 6200 is documented for it, too, without other words."""
    return _one(
        "Account Period Closed, Cannot Update Through Services API",
        "The account period has closed and the account books cannot be updated through the QBO Services API. "
        "Please use the QBO website to make these changes.",
        code,
        "",
    )


def subscription_ended() -> Refusal:
    """A company that nobody pays for any more can only be read."""
    return _one(
        "Invalid Company Status",
        "Subscription period has ended or canceled or there was a billing problem : You can't add data to QuickBooks "
        "Online Plus because your trial or subscription period ended, you canceled your subscription, or there was a "
        "billing problem. To see or change your subscription status, click 'Your Account' at the upper-right of the "
        "screen, and click on Resubscribe link or contact your administrator.",
        "6190",
        "",
    )


def has_balance(what: str) -> Refusal:
    """Something that still owes or is owed and is to go."""
    return _one(
        "Delete Entity Has Balance Error", f"Delete Entity Has Balance Error : {what} has an open balance.", "6220", ""
    )


def cannot_link(reference: str) -> Refusal:
    """A transaction that cannot be linked."""
    return _one("Txn ID Cannot Be Linked", f"Txn ID {reference} cannot be linked", "620", "TxnId")


def unlinkable(name: str) -> Refusal:
    """A kind of object that no attachable can hang on."""
    return _one(
        "The entity reference type is unsupported for Attachable",
        f"The entity reference type {name} is unsupported for Attachable",
        "6050",
        "EntityRef",
    )
