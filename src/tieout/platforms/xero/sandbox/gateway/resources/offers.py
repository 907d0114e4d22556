"""Quotes and purchase orders."""

from functools import partial

from tieout.platforms.xero.sandbox.accounting.lines import AMOUNT_TYPES
from tieout.platforms.xero.sandbox.accounting.offers.shapes import show_purchase_order, show_quote
from tieout.platforms.xero.sandbox.accounting.offers.writing import (
    PURCHASE_ORDER,
    QUOTE,
    STATUSES,
    find_offer,
    write_offer,
)
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.gateway.filters import Fields
from tieout.platforms.xero.sandbox.gateway.resources.documents import document_fields
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource, Span, day, guid, text
from tieout.platforms.xero.sandbox.identity.scopes import INVOICES


def _quote_fields(organisation: Organisation) -> Fields:
    return {
        **document_fields(organisation),
        "quoteid": guid(lambda q: q.id),
        "quotenumber": text(lambda q: q.number),
        "expirydate": day(lambda q: q.until),
    }


def _order_fields(organisation: Organisation) -> Fields:
    return {
        **document_fields(organisation),
        "purchaseorderid": guid(lambda o: o.id),
        "purchaseordernumber": text(lambda o: o.number),
        "deliverydate": day(lambda o: o.until),
    }


ENTRIES = (
    Resource(
        name="Quotes",
        plural="Quotes",
        type_name="Quote",
        id_property="QuoteID",
        access=INVOICES,
        rows=lambda organisation: organisation.quotes,
        find=partial(find_offer, QUOTE),
        show=show_quote,
        write=partial(write_offer, QUOTE),
        fields=_quote_fields,
        paged=True,
        paginates=False,
        listings={
            "contactid": lambda quote: quote.contact_id,
            "status": lambda quote: quote.status,
            "quotenumber": lambda quote: quote.number,
        },
        spans={
            "datefrom": Span(lambda quote: quote.on, first=True),
            "dateto": Span(lambda quote: quote.on, first=False),
            "expirydatefrom": Span(lambda quote: quote.until, first=True),
            "expirydateto": Span(lambda quote: quote.until, first=False),
        },
        parameters=frozenset({"unitdp"}),
        choices={"Status": STATUSES["Quote"], "LineAmountTypes": AMOUNT_TYPES},
        tells_summary=True,
    ),
    Resource(
        name="PurchaseOrders",
        plural="PurchaseOrders",
        type_name="PurchaseOrder",
        id_property="PurchaseOrderID",
        access=INVOICES,
        rows=lambda organisation: organisation.purchase_orders,
        find=partial(find_offer, PURCHASE_ORDER),
        show=show_purchase_order,
        write=partial(write_offer, PURCHASE_ORDER),
        fields=_order_fields,
        paged=True,
        always_paged=True,
        listings={"status": lambda order: order.status},
        spans={
            "datefrom": Span(lambda order: order.on, first=True),
            "dateto": Span(lambda order: order.on, first=False),
        },
        parameters=frozenset({"unitdp"}),
        choices={"Status": STATUSES["Purchase order"], "LineAmountTypes": AMOUNT_TYPES},
        bare_errors=True,
    ),
)
