"""Which list of Xero's is decoded and translated by what."""

from functools import partial
from typing import Final

import msgspec

from tieout.books.records import Kind
from tieout.platforms.xero import shapes, translate, translate_documents, translate_payments
from tieout.platforms.xero.translate import Codes, Translator

ACCOUNTS: Final = Translator(
    "Accounts", "AccountID", Kind.ACCOUNT, msgspec.json.Decoder(shapes.Account), translate.translate_account
)
TAX_RATES: Final = Translator(
    "TaxRates", "TaxType", Kind.TAX_RATE, msgspec.json.Decoder(shapes.TaxRate), translate.translate_tax_rate
)
CONTACTS: Final = Translator(
    "Contacts", "ContactID", Kind.PARTY, msgspec.json.Decoder(shapes.Contact), translate.translate_party
)
INVOICES: Final = Translator(
    "Invoices",
    "InvoiceID",
    Kind.INVOICE,
    msgspec.json.Decoder(shapes.Invoice),
    translate_documents.translate_invoice,
    kinds={"ACCPAY": Kind.BILL},
)
CREDIT_NOTES: Final = Translator(
    "CreditNotes",
    "CreditNoteID",
    Kind.CREDIT_NOTE,
    msgspec.json.Decoder(shapes.CreditNote),
    translate_documents.translate_credit_note,
    kinds={"ACCPAYCREDIT": Kind.VENDOR_CREDIT},
)
PAYMENTS: Final = Translator(
    "Payments",
    "PaymentID",
    Kind.PAYMENT,
    msgspec.json.Decoder(shapes.Payment),
    translate_payments.translate_payment,
    type_name="PaymentType",
    kinds=dict.fromkeys(translate_payments.PAID_TO_VENDORS, Kind.BILL_PAYMENT),
)
_ADVANCE_KINDS: Final = {f"SPEND-{name}": Kind.BILL_PAYMENT for name in ("OVERPAYMENT", "PREPAYMENT")}
OVERPAYMENTS: Final = Translator(
    "Overpayments",
    "OverpaymentID",
    Kind.PAYMENT,
    msgspec.json.Decoder(shapes.Advance),
    translate_payments.translate_advance,
    kinds=_ADVANCE_KINDS,
)
PREPAYMENTS: Final = Translator(
    "Prepayments",
    "PrepaymentID",
    Kind.PAYMENT,
    msgspec.json.Decoder(shapes.Advance),
    translate_payments.translate_advance,
    kinds=_ADVANCE_KINDS,
)
_organisation_decoder = msgspec.json.Decoder(shapes.Organisation)
_item_decoder = msgspec.json.Decoder(shapes.Item)


def organisations(*, currencies: tuple[str, ...], refused_actions: tuple[str, ...] = ()) -> Translator:
    """The translator of the organisation, given what its own answer does not say."""
    translate_shape = partial(translate.translate_company, currencies=currencies, refused_actions=refused_actions)
    return Translator("Organisations", "OrganisationID", Kind.COMPANY, _organisation_decoder, translate_shape)


def items(codes: Codes | None = None) -> Translator:
    """The translator of items, given the ids of ledger accounts by their codes."""
    translate_shape = partial(translate.translate_item, codes=codes)
    return Translator("Items", "ItemID", Kind.ITEM, _item_decoder, translate_shape)
