"""Writing quotes and purchase orders: one procedure, and a table of what differs. Source: pages of the two.

Unlike invoices they do not post, so neither lock dates nor stock bind them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tieout.platforms.xero.sandbox.accounting.documents import LINELESS, apply_body, check_number, plan_body
from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError, Vocabulary, vocabulary
from tieout.platforms.xero.sandbox.accounting.offers.rows import Offer, PurchaseOrder, Quote
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.statuses import NOT_CREATABLE, NOT_MODIFIABLE
from tieout.platforms.xero.sandbox.accounting.tables import Table
from tieout.platforms.xero.sandbox.accounting.themes import check_theme, default_theme
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length
from tieout.platforms.xero.sandbox.wire import ZERO, ZERO_ID

_SHARED = (
    " Contact LineItems Date LineAmountTypes CurrencyCode CurrencyRate Status Reference BrandingThemeID SubTotal"
    " TotalTax Total"
)
_SHOWN = " DateString TotalDiscount IsDiscounted Type SubTotal TotalTax"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What tells one kind of offer from the other. `texts`: further texts and how long they may be."""

    name: str
    make: Callable[..., Offer]
    table: Callable[[Organisation], Table[Any]]
    id_property: str
    number_property: str
    until_property: str
    prefix: str
    sequence: str
    type: str
    texts: Mapping[str, int]
    first: frozenset[str]
    moves: Mapping[str, str]
    """Status to the statuses, with spaces between, that it may go to."""
    words: Vocabulary
    receivable: bool


QUOTE = Kind(
    name="Quote",
    make=Quote,
    table=lambda organisation: organisation.quotes,
    id_property="QuoteID",
    number_property="QuoteNumber",
    until_property="ExpiryDate",
    prefix="QU",
    sequence="quote",
    type="QUOTE",
    texts={"Terms": 4000, "Title": 100, "Summary": 3000},
    first=frozenset({"DRAFT", "SENT"}),
    moves={
        "DRAFT": "SENT DELETED",
        "SENT": "ACCEPTED DECLINED INVOICED DRAFT DELETED",
        "ACCEPTED": "INVOICED SENT DRAFT DELETED",
        "DECLINED": "SENT DRAFT DELETED",
        "INVOICED": "SENT DRAFT DELETED",
    },
    words=vocabulary("QuoteID QuoteNumber ExpiryDate Terms Title Summary" + _SHARED, "ExpiryDateString" + _SHOWN),
    receivable=True,
)
PURCHASE_ORDER = Kind(
    name="Purchase order",
    make=PurchaseOrder,
    table=lambda organisation: organisation.purchase_orders,
    id_property="PurchaseOrderID",
    number_property="PurchaseOrderNumber",
    until_property="DeliveryDate",
    prefix="PO",
    sequence="purchase_order",
    type="PURCHASEORDER",
    texts={"DeliveryAddress": 4000, "AttentionTo": 255, "Telephone": 50, "DeliveryInstructions": 500},
    first=frozenset({"DRAFT", "SUBMITTED", "AUTHORISED"}),
    moves={
        "DRAFT": "SUBMITTED AUTHORISED BILLED DELETED",
        "SUBMITTED": "DRAFT AUTHORISED BILLED DELETED",
        "AUTHORISED": "BILLED DELETED",
        "BILLED": "AUTHORISED DELETED",
    },
    words=vocabulary(
        "PurchaseOrderID PurchaseOrderNumber DeliveryDate DeliveryAddress AttentionTo Telephone DeliveryInstructions"
        " SentToContact" + _SHARED,
        "DeliveryDateString ExpectedArrivalDate ExpectedArrivalDateString" + _SHOWN,
    ),
    receivable=False,
)
STATUSES = {kind.name: (*kind.moves, "DELETED") for kind in (QUOTE, PURCHASE_ORDER)}


def find_offer(kind: Kind, organisation: Organisation, key: str) -> Offer | None:
    """By id or number."""
    table = kind.table(organisation)
    known: Offer | None = table.get(key.lower())
    return known or _numbered(kind, organisation, key)


def _numbered(kind: Kind, organisation: Organisation, number: str) -> Offer | None:
    found = organisation.documents_numbered(number, kind.type) if number else ()
    return next((row for row in found if isinstance(row, Offer) and row.status != "DELETED"), None)


def write_offer(kind: Kind, writing: Writing, element: Element) -> Written:
    """Create or change one. Raises `InvalidError` before anything is changed."""
    element.check(kind.words)
    organisation = writing.organisation
    known = _match(kind, writing, element)
    status = _status(kind, known, element)
    number = element.text(kind.number_property) or (known.number if known else "")
    check_number(number)
    taken = _numbered(kind, organisation, number)
    if taken is not None and taken is not known:
        raise InvalidError(f"{kind.name} number must be unique")
    texts = {name: text for name in kind.texts if (text := element.text(name)) is not None}
    for name, text in (texts | {"Reference": element.text("Reference")}).items():
        check_length(name, text, kind.texts.get(name, 4000))
    theme_id = check_theme(organisation, element)
    if known is not None and set(element.sent) <= {"status", kind.id_property.lower(), kind.number_property.lower()}:
        known.status = status
        known.touch(writing.at)
        return Written(known)
    body = plan_body(writing, element, known, status="DRAFT", receivable=kind.receivable, discounts=True, locked=False)
    if status not in {"DRAFT", "DELETED"} and not any(line.description for line in body.lines):
        raise InvalidError(LINELESS)
    row = known or _new(kind, writing, number or _next_number(kind, organisation))
    old_number = known.number if known is not None else None
    row.texts |= texts
    row.number = number or row.number
    row.until = element.day(kind.until_property) or row.until
    row.theme_id = theme_id or row.theme_id
    if (reference := element.text("Reference")) is not None:
        row.reference = reference
    if (sent := element.flag("SentToContact")) is not None:
        row.sent = sent
    apply_body(writing, row, body)
    row.status = status
    kind.table(organisation)[row.id] = row
    organisation.index_offer(row, old_number=old_number)
    row.touch(writing.at)
    return Written(row)


def _match(kind: Kind, writing: Writing, element: Element) -> Offer | None:
    if isinstance(writing.target, Offer):
        return writing.target
    offer_id, number = element.text(kind.id_property), element.text(kind.number_property)
    if offer_id and offer_id != ZERO_ID:
        known: Offer | None = kind.table(writing.organisation).get(offer_id.lower())
        if known is None or not writing.may_update:
            raise InvalidError(f"An existing {kind.name} with the specified {kind.id_property} could not be found")
        return known
    return _numbered(kind, writing.organisation, number) if number and writing.may_update else None


def _status(kind: Kind, known: Offer | None, element: Element) -> str:
    """The status after the write."""
    asked = element.choice("Status", STATUSES[kind.name])
    if known is None:
        if asked is not None and asked not in kind.first:
            raise InvalidError(NOT_CREATABLE.format(kind=kind.name))
        return asked or "DRAFT"
    if known.status not in kind.moves or asked not in {None, known.status, *kind.moves[known.status].split()}:
        raise InvalidError(NOT_MODIFIABLE.format(kind=kind.name))
    return asked or known.status


def _new(kind: Kind, writing: Writing, number: str) -> Offer:
    organisation = writing.organisation
    offer = kind.make(
        id=organisation.ids.uuid(), updated_at=writing.at, app_id=writing.app_id, type=kind.type, contact_id="",
        number=number, on=date.min, status="DRAFT", amount_types="Exclusive", lines=[], sub_total=ZERO, total_tax=ZERO,
        total=ZERO, currency=organisation.currency,
    )  # fmt: skip
    offer.theme_id = default_theme(organisation) if writing.app_id is not None else None
    return offer


def _next_number(kind: Kind, organisation: Organisation) -> str:
    """The next free number of the organisation's sequence."""
    while True:
        place: int = getattr(organisation.sequences, kind.sequence)
        setattr(organisation.sequences, kind.sequence, place + 1)
        number = f"{kind.prefix}-{place:04d}"
        if _numbered(kind, organisation, number) is None:
            return number
