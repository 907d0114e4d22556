"""What invoices and credit notes have in common when they are written: contact, dates, currency, lines, status."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.contacts import (
    ARCHIVED,
    NAMELESS,
    ContactPlan,
    apply_contact,
    plan_contact,
)
from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError
from tieout.platforms.xero.sandbox.accounting.lines import (
    AMOUNT_TYPES,
    LineRules,
    Totals,
    document_totals,
    plan_lines,
    recalculated,
)
from tieout.platforms.xero.sandbox.accounting.money.currencies import check_subscribed, rate_on, sent_rate
from tieout.platforms.xero.sandbox.accounting.rows import Contact, Document, Line
from tieout.platforms.xero.sandbox.accounting.statuses import POSTED
from tieout.platforms.xero.sandbox.accounting.writing import Writing, check_length, check_locks
from tieout.platforms.xero.sandbox.wire import half_up

NUMBER_LENGTH_MAX = 255
CONTACTLESS = "A Contact must be specified for this type of transaction"
LINELESS = "One or more line items must be specified"
TOTAL_DIFFERS = "The document total does not equal the sum of the lines."


@dataclass(frozen=True, slots=True)
class ContactChoice:
    """Whose document it is: a contact as it stands, or one that the write creates or changes on the way."""

    contact: Contact | None
    plan: ContactPlan | None

    def apply(self, writing: Writing) -> Contact:
        """The contact, written if it has to be."""
        if self.plan is not None:
            return apply_contact(writing, self.plan)
        assert self.contact is not None
        return self.contact


@dataclass(frozen=True, slots=True)
class Body:
    """The parts of a document that a write settles before anything is changed."""

    contact: ContactChoice
    on: date
    due_on: date | None
    status: str
    amount_types: str
    lines: list[Line]
    totals: Totals
    currency: str
    rate: Decimal | None


def plan_contact_choice(writing: Writing, element: Element, known: Document | None) -> ContactChoice:
    """Read `Contact`: an id alone names one, a name alone finds or creates one, an id with more edits the contact."""
    organisation = writing.organisation
    inner = element.inner("Contact")
    if inner is None:
        if known is None:
            raise InvalidError(CONTACTLESS)
        return ContactChoice(organisation.contacts[known.contact_id], None)
    contact_id, number, name = inner.text("ContactID"), inner.text("ContactNumber"), inner.text("Name")
    if not contact_id and not number and not name:
        raise InvalidError(NAMELESS)
    contact = None
    if contact_id:
        contact = organisation.contacts.get(contact_id.lower())
        if contact is None:
            raise GoneError
    contact = contact or (organisation.contact_numbered(number) if number else None)
    contact = contact or (organisation.active_contact_named(name) if name else None)
    if contact is not None and contact.status != "ACTIVE" and (known is None or known.contact_id != contact.id):
        raise InvalidError(ARCHIVED)
    said = {key for key in inner.sent if key not in {"contactid", "contactnumber", "name"}}
    renamed = contact is not None and name is not None and name.strip().lower() != contact.name.lower()
    if contact is not None and not renamed and not said - _SHOWN_ONLY:
        return ContactChoice(contact, None)
    edit = Writing(organisation, writing.app_id, may_update=True, at=writing.at, target=contact)
    return ContactChoice(contact, plan_contact(edit, inner))


_SHOWN_ONLY = frozenset(
    {"contactstatus", "issupplier", "iscustomer", "balances", "contactgroups", "salestrackingcategories",
     "purchasestrackingcategories", "validationerrors", "hasvalidationerrors", "updateddateutc"}
)  # fmt: skip
"""Properties of an embedded contact that clients send back as they read them; they do not edit it."""


def plan_body(
    writing: Writing,
    element: Element,
    known: Document | None,
    *,
    status: str,
    receivable: bool,
    discounts: bool,
    locked: bool = True,
) -> Body:
    """Settle everything about a document but its number and its own extras. Raises `InvalidError`.

    `discounts`: whether it is an invoice, which may give discounts if it is a sale; `locked`: whether lock dates bind
    it.
    """
    organisation = writing.organisation
    choice = plan_contact_choice(writing, element, known)
    on = element.day("Date") or (known.on if known else organisation.today())
    due_on = element.day("DueDate") or (known.due_on if known else None)
    if locked:
        check_locks(organisation, on, *([known.on] if known else []))
    amount_types = element.choice("LineAmountTypes", AMOUNT_TYPES) or (known.amount_types if known else "Exclusive")
    currency, rate = _currency(writing, element, known, on)
    rules = LineRules(
        receivable=receivable,
        discounts=discounts and receivable,
        amount_types=amount_types,
        complete=status in POSTED,
        unit_places=writing.unit_places,
    )
    lines = list(known.lines) if known else []
    if known is not None and (known.amount_types != amount_types or (status in POSTED) > (known.status in POSTED)):
        lines = recalculated(organisation, lines, rules)
    sent = element.inners("LineItems")
    if sent is not None and (sent or known is None):
        lines = plan_lines(organisation, sent, lines, rules)
    if not lines:
        raise InvalidError(LINELESS)
    totals = document_totals(lines, amount_types)
    _check_totals(element, totals)
    return Body(choice, on, due_on, status, amount_types, lines, totals, currency, rate)


def _currency(writing: Writing, element: Element, known: Document | None, on: date) -> tuple[str, Decimal | None]:
    """Currency and rate: as sent, as it was, or the day's. A document in home currency has the rate one."""
    organisation = writing.organisation
    code = element.text("CurrencyCode")
    currency = check_subscribed(organisation, code or (known.currency if known else organisation.currency))
    rate = sent_rate(element)
    if currency == organisation.currency:
        return currency, Decimal(1)
    kept = known.rate if known is not None and known.currency == currency and known.on == on else None
    return currency, rate or kept or rate_on(organisation, currency, on)


def _check_totals(element: Element, totals: Totals) -> None:
    """Totals that are sent have to agree with the lines."""
    for name, amount in (("SubTotal", totals.sub_total), ("TotalTax", totals.total_tax), ("Total", totals.total)):
        sent = element.decimal(name)
        if sent is not None and half_up(sent) != amount:
            raise InvalidError(TOTAL_DIFFERS)
    if totals.total < 0:
        raise InvalidError("The document total must be zero or greater")


def check_number(number: str) -> None:
    """A document number is printable ASCII of at most 255 characters."""
    check_length("number", number, NUMBER_LENGTH_MAX)
    if not (number.isascii() and (number.isprintable() or not number)):
        raise InvalidError("The document number may only contain printable ASCII characters")


def apply_body(writing: Writing, document: Document, body: Body) -> None:
    """Put a settled body into a document; its ledger entry is the caller's to post."""
    contact = body.contact.apply(writing)
    document.contact_id = contact.id
    document.on, document.due_on = body.on, body.due_on
    document.status, document.amount_types = body.status, body.amount_types
    document.lines = body.lines
    document.sub_total, document.total_tax, document.total = (
        body.totals.sub_total,
        body.totals.total_tax,
        body.totals.total,
    )
    document.currency, document.rate = body.currency, body.rate
    if document.status in POSTED:
        _derive_sides(contact, document)
    contact.touch()


def _derive_sides(contact: Contact, document: Document) -> None:
    """A posted document makes its contact a customer or a supplier, which does not bump the contact."""
    if document.receivable:
        contact.customer = True
    else:
        contact.supplier = True


def zero_is_paid(document: Document) -> None:
    """A document of nothing is paid at once when it is authorised, and open again when it becomes one of something."""
    if document.status == "AUTHORISED" and not document.due:
        document.status = "PAID"
        document.fully_paid_on = document.on
    elif document.status == "PAID" and document.due:
        document.status, document.fully_paid_on = "AUTHORISED", None


def leaves_date_alone(known: Document, element: Element, body: Body) -> bool:
    """Whether an update says only what does not bump a partly paid document: its due date, or that it was sent."""
    said = set(element.sent) - {"invoiceid", "creditnoteid", "type", "invoicenumber", "status"}
    if body.contact.plan is None and body.contact.contact is not None and body.contact.contact.id == known.contact_id:
        said.discard("contact")
    quiet = {"duedate", "duedatestring", "senttocontact"}
    return bool(said) and said <= quiet and known.paid + known.credited > 0
