"""Payments."""

from tieout.platforms.xero.sandbox.accounting.document_shapes import show_payment
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.payments import write_payment
from tieout.platforms.xero.sandbox.accounting.rows import Invoice, Payment
from tieout.platforms.xero.sandbox.gateway.filters import Fields
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource, day, flag, guid, number, text, updated
from tieout.platforms.xero.sandbox.identity.scopes import PAYMENTS


def _payment_fields(organisation: Organisation) -> Fields:
    accounts = organisation.accounts

    def invoice(payment: Payment) -> Invoice | None:
        return organisation.invoices.get(payment.document_id)

    return {
        "paymentid": guid(lambda p: p.id),
        "date": day(lambda p: p.on),
        "amount": number(lambda p: p.amount),
        "bankamount": number(lambda p: p.bank_amount),
        "reference": text(lambda p: p.reference),
        "paymenttype": text(lambda p: p.type),
        "status": text(lambda p: p.status),
        "isreconciled": flag(lambda p: p.reconciled),
        "account.accountid": guid(lambda p: p.account_id),
        "account.code": text(lambda p: accounts[p.account_id].code),
        "invoice.invoiceid": guid(lambda p: found.id if (found := invoice(p)) else None),
        "invoice.invoicenumber": text(lambda p: found.number if (found := invoice(p)) else None),
        "creditnote.creditnoteid": guid(lambda p: p.document_id if p.of == "CreditNote" else None),
        "overpayment.overpaymentid": guid(lambda p: p.document_id if p.of == "Overpayment" else None),
        "prepayment.prepaymentid": guid(lambda p: p.document_id if p.of == "Prepayment" else None),
        "batchpaymentid": guid(lambda p: p.batch_id),
        "updateddateutc": updated(),
    }


ENTRIES = (
    Resource(
        name="Payments",
        plural="Payments",
        type_name="Payment",
        id_property="PaymentID",
        access=PAYMENTS,
        rows=lambda organisation: organisation.payments,
        find=lambda organisation, key: organisation.payments.get(key.lower()),
        show=show_payment,
        write=write_payment,
        fields=_payment_fields,
        paged=True,
        optimised=frozenset({"paymenttype", "status", "date", "invoice.invoiceid", "reference"}),
        narrow={
            "paymentid": lambda organisation, key: [one for one in [organisation.payments.get(key)] if one is not None],
            "invoice.invoiceid": lambda organisation, key: organisation.payments_of.get(key, ()),
        },
    ),
)
