"""How quotes and purchase orders look on the wire. Source: examples of the API description.

Quotes have a dialect of their own: amount types in capitals, dates without an offset, lines with less.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.contact_shapes import compact_contact, full_contact
from tieout.platforms.xero.sandbox.accounting.document_shapes import show_line
from tieout.platforms.xero.sandbox.accounting.offers.rows import Offer, PurchaseOrder, Quote
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.shapes import (
    Shape,
    View,
    has_attachments,
    inner_attachments,
    scaled,
)
from tieout.platforms.xero.sandbox.wire import (
    RATE,
    ZERO,
    calendar_bare,
    calendar_ms,
    calendar_string,
    half_up,
    ms_date,
    ms_date_bare,
)

_LISTED = frozenset({Shape.LIST, Shape.PAGE, Shape.SUMMARY})
_QUOTE_LINE = (
    "LineItemID", "AccountCode", "Description", "UnitAmount", "DiscountRate", "DiscountAmount", "LineAmount",
    "ItemCode", "Quantity", "TaxAmount", "TaxType", "Tracking",
)  # fmt: skip


def show_quote(organisation: Organisation, quote: Quote, view: View) -> Mapping[str, Any]:
    """A quote, with its lines however it is asked for."""
    told: dict[str, Any] = {"QuoteID": quote.id, "QuoteNumber": quote.number}
    if quote.reference:
        told["Reference"] = quote.reference
    told |= {"Terms": ""} | quote.texts
    contact = organisation.contacts[quote.contact_id]
    told["Contact"] = {"ContactID": contact.id, "Name": contact.name}
    if view.shape not in _LISTED:
        people = (
            ("EmailAddress", contact.email or ""),
            ("FirstName", contact.first_name),
            ("LastName", contact.last_name),
        )
        told["Contact"] |= {name: text for name, text in people if text is not None}
    told["LineItems"] = [_quote_line(organisation, line, view) for line in quote.lines]
    told |= {"Date": calendar_bare(quote.on), "DateString": calendar_string(quote.on)}
    if quote.until is not None:
        told |= {"ExpiryDate": calendar_bare(quote.until), "ExpiryDateString": calendar_string(quote.until)}
    told |= {
        "Status": quote.status,
        "CurrencyRate": scaled(quote.rate or Decimal(1), RATE),
        "CurrencyCode": quote.currency,
        "SubTotal": quote.sub_total,
        "TotalTax": quote.total_tax,
        "Total": quote.total,
        "TotalDiscount": _discount(quote),
    }
    if quote.theme_id is not None:
        told["BrandingThemeID"] = quote.theme_id
    return told | {
        "UpdatedDateUTC": ms_date_bare(quote.updated_at),
        "LineAmountTypes": quote.amount_types.upper(),
    }


def _quote_line(organisation: Organisation, line: Any, view: View) -> Mapping[str, Any]:
    shown = show_line(organisation, line, view)
    return {name: shown[name] for name in _QUOTE_LINE if name in shown}


def show_purchase_order(organisation: Organisation, order: PurchaseOrder, view: View) -> Mapping[str, Any]:
    """A purchase order."""
    told: dict[str, Any] = {
        "PurchaseOrderID": order.id,
        "PurchaseOrderNumber": order.number,
        "DateString": calendar_string(order.on),
        "Date": calendar_ms(order.on),
    }
    if order.until is not None:
        told |= {"DeliveryDateString": calendar_string(order.until), "DeliveryDate": calendar_ms(order.until)}
    told |= order.texts
    told |= {
        "HasErrors": False,
        "IsDiscounted": bool(_discount(order)),
        "TotalDiscount": _discount(order),
        "SentToContact": order.sent,
    }
    if order.reference:
        told["Reference"] = order.reference
    contact = organisation.contacts[order.contact_id]
    told |= {
        "Type": order.type,
        "CurrencyRate": scaled(order.rate or Decimal(1), RATE),
        "CurrencyCode": order.currency,
        "Contact": compact_contact(contact) if view.shape in _LISTED else full_contact(contact),
    }
    if order.theme_id is not None:
        told["BrandingThemeID"] = order.theme_id
    told |= {
        "Status": order.status,
        "LineAmountTypes": order.amount_types,
        "LineItems": [show_line(organisation, line, view) for line in order.lines],
        "SubTotal": order.sub_total,
        "TotalTax": order.total_tax,
        "Total": order.total,
        "UpdatedDateUTC": ms_date(order.updated_at),
    }
    if view.shape is not Shape.WRITTEN:
        told["HasAttachments"] = has_attachments(organisation, order)
    if view.shape is Shape.SINGLE:
        told["Attachments"] = inner_attachments(organisation, "PurchaseOrders", order)
    return told


def _discount(offer: Offer) -> Decimal:
    """What all lines together are cheaper by."""
    return sum((half_up(line.quantity * line.unit_amount) - line.line_amount for line in offer.lines), ZERO)
