"""Estimates and purchase orders: documents with lines, tax and a number that post nothing."""

from dataclasses import replace

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.documents import numbered
from tieout.platforms.quickbooks.sandbox.accounting.purchases.bills import shape_purchase
from tieout.platforms.quickbooks.sandbox.accounting.records import Shaped
from tieout.platforms.quickbooks.sandbox.accounting.sales.forms import shape_owed_sale, shown_custom_fields
from tieout.platforms.quickbooks.sandbox.accounting.wishes import Wish, check_email, check_lengths
from tieout.platforms.quickbooks.sandbox.figures import ZERO

PENDING = "Pending"
_ESTIMATE_STATUSES = (PENDING, "Accepted", "Closed", "Rejected", "Converted")
_MEMO_MAX = 4000


def shape_estimate(wish: Wish) -> Shaped:
    """An estimate. Raises `Refusal`."""
    shaped = shape_owed_sale(wish, sign=1)
    content = shaped.content
    status = content.setdefault("TxnStatus", PENDING)
    if status not in _ESTIMATE_STATUSES:
        raise refusals.invalid_choice("TxnStatus", status)
    if content["EmailStatus"] == "NeedToSend" and not content.get("BillEmail"):
        raise refusals.missing("BillEmail")
    wish.resolve("SalesTermRef", "Term")
    return _unposted(wish, shaped)


def shape_purchase_order(wish: Wish) -> Shaped:
    """A purchase order. Raises `Refusal`; the payable account that a bill of it will be booked on is required."""
    body = wish.body
    wish.need("APAccountRef")
    check_lengths(body, {"Memo": _MEMO_MAX})
    check_email(body, "POEmail")
    shaped = shape_purchase(wish, sign=1)
    content = shaped.content
    content.setdefault("POStatus", "Open")
    content.setdefault("EmailStatus", "NotSet")
    shown_custom_fields(wish, content)
    receiver = wish.resolve("ShipTo", "Customer")
    if receiver is not None and "ShipAddr" not in content and receiver.content.get("ShipAddr"):
        content["ShipAddr"] = dict(receiver.content["ShipAddr"])
    wish.resolve("SalesTermRef", "Term")
    numbered(wish, content)
    return _unposted(wish, shaped)


def _unposted(wish: Wish, shaped: Shaped) -> Shaped:
    """The same document without any effect on the books. One that others were made from keeps its party."""
    standing = wish.standing
    if standing is not None and standing.made_into and shaped.party != standing.shaped.party:
        raise refusals.business("The customer or vendor of a transaction with linked transactions cannot change")
    return replace(shaped, owed=ZERO, lines=(), control="", stock=())
