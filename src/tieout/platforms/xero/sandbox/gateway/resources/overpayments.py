"""Overpayments and prepayments. Bank transactions make them; what is below them allocates them."""

from typing import NoReturn

from tieout.platforms.xero.sandbox.accounting.elements import Element
from tieout.platforms.xero.sandbox.accounting.money.shapes import show_credit
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.writing import Writing
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported
from tieout.platforms.xero.sandbox.gateway.filters import Fields
from tieout.platforms.xero.sandbox.gateway.resources.documents import document_fields
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource, guid, number, text
from tieout.platforms.xero.sandbox.identity.scopes import PAYMENTS


def _fields(organisation: Organisation, name: str) -> Fields:
    return {
        **document_fields(organisation),
        f"{name}id": guid(lambda d: d.id),
        "remainingcredit": number(lambda d: d.due),
        "invoicenumber": text(lambda d: d.number or None),
    }


def _unwritable(_writing: Writing, element: Element) -> NoReturn:
    raise unsupported(f"writing {element.path}: it is made by a bank transaction")


ENTRIES = (
    Resource(
        name="Overpayments",
        plural="Overpayments",
        type_name="Overpayment",
        id_property="OverpaymentID",
        access=PAYMENTS,
        rows=lambda organisation: organisation.overpayments,
        find=lambda organisation, key: organisation.overpayments.get(key.lower()),
        show=show_credit,
        write=_unwritable,
        fields=lambda organisation: _fields(organisation, "overpayment"),
        paged=True,
        parameters=frozenset({"unitdp"}),
        listings={"references": lambda credit: credit.reference or ""},
        writes=frozenset(),
    ),
    Resource(
        name="Prepayments",
        plural="Prepayments",
        type_name="Prepayment",
        id_property="PrepaymentID",
        access=PAYMENTS,
        rows=lambda organisation: organisation.prepayments,
        find=lambda organisation, key: organisation.prepayments.get(key.lower()),
        show=show_credit,
        write=_unwritable,
        fields=lambda organisation: _fields(organisation, "prepayment"),
        paged=True,
        parameters=frozenset({"unitdp"}),
        listings={"invoicenumbers": lambda credit: credit.number},
        writes=frozenset(),
    ),
)
