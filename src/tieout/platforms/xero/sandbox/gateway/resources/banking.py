"""Bank transactions and transfers, batches of payments, and manual journals."""

from tieout.platforms.xero.sandbox.accounting.lines import AMOUNT_TYPES
from tieout.platforms.xero.sandbox.accounting.money.bank_transactions import (
    STATUSES,
    TYPES,
    write_bank_transaction,
)
from tieout.platforms.xero.sandbox.accounting.money.bank_transfers import write_bank_transfer
from tieout.platforms.xero.sandbox.accounting.money.batch_payments import write_batch_payment
from tieout.platforms.xero.sandbox.accounting.money.manual_journals import STATUSES as JOURNAL_STATUSES
from tieout.platforms.xero.sandbox.accounting.money.manual_journals import write_manual_journal
from tieout.platforms.xero.sandbox.accounting.money.rows import BankTransaction
from tieout.platforms.xero.sandbox.accounting.money.shapes import (
    show_bank_transaction,
    show_bank_transfer,
    show_batch_payment,
    show_manual_journal,
)
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Contact
from tieout.platforms.xero.sandbox.gateway.filters import Fields
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource, day, flag, guid, number, text, updated
from tieout.platforms.xero.sandbox.identity.scopes import BANKING, MANUAL_JOURNALS, PAYMENTS


def _transaction_fields(organisation: Organisation) -> Fields:
    accounts, contacts = organisation.accounts, organisation.contacts

    def contact(row: BankTransaction) -> Contact | None:
        return contacts.get(row.contact_id)

    return {
        "banktransactionid": guid(lambda t: t.id),
        "type": text(lambda t: t.type),
        "status": text(lambda t: t.status),
        "date": day(lambda t: t.on),
        "reference": text(lambda t: t.reference),
        "isreconciled": flag(lambda t: t.reconciled),
        "lineamounttypes": text(lambda t: t.amount_types),
        "subtotal": number(lambda t: t.sub_total),
        "totaltax": number(lambda t: t.total_tax),
        "total": number(lambda t: t.total),
        "currencycode": text(lambda t: t.currency),
        "currencyrate": number(lambda t: t.rate),
        "overpaymentid": guid(lambda t: t.credit_id if t.kind == "OVERPAYMENT" else None),
        "prepaymentid": guid(lambda t: t.credit_id if t.kind == "PREPAYMENT" else None),
        "bankaccount.accountid": guid(lambda t: t.account_id),
        "bankaccount.code": text(lambda t: accounts[t.account_id].code),
        "bankaccount.name": text(lambda t: accounts[t.account_id].name),
        "contact.contactid": guid(lambda t: t.contact_id or None),
        "contact.name": text(lambda t: found.name if (found := contact(t)) else None),
        "updateddateutc": updated(),
    }


def _transfer_fields(organisation: Organisation) -> Fields:
    accounts = organisation.accounts
    return {
        "banktransferid": guid(lambda t: t.id),
        "date": day(lambda t: t.on),
        "amount": number(lambda t: t.amount),
        "status": text(lambda t: t.status),
        "reference": text(lambda t: t.reference),
        "createddateutc": day(lambda t: t.created_at),
        "frombankaccount.accountid": guid(lambda t: t.from_account_id),
        "frombankaccount.code": text(lambda t: accounts[t.from_account_id].code),
        "tobankaccount.accountid": guid(lambda t: t.to_account_id),
        "tobankaccount.code": text(lambda t: accounts[t.to_account_id].code),
    }


def _batch_fields(organisation: Organisation) -> Fields:
    accounts = organisation.accounts
    return {
        "batchpaymentid": guid(lambda b: b.id),
        "type": text(lambda b: b.type),
        "status": text(lambda b: b.status),
        "date": day(lambda b: b.on),
        "totalamount": number(lambda b: b.total),
        "reference": text(lambda b: b.texts.get("Reference")),
        "isreconciled": flag(lambda b: b.reconciled),
        "account.accountid": guid(lambda b: b.account_id),
        "account.code": text(lambda b: accounts[b.account_id].code),
        "updateddateutc": updated(),
    }


JOURNAL_FIELDS: Fields = {
    "manualjournalid": guid(lambda j: j.id),
    "narration": text(lambda j: j.narration),
    "status": text(lambda j: j.status),
    "date": day(lambda j: j.on),
    "lineamounttypes": text(lambda j: j.amount_types),
    "showoncashbasisreports": flag(lambda j: j.on_cash_basis),
    "updateddateutc": updated(),
}


ENTRIES = (
    Resource(
        name="BankTransactions",
        plural="BankTransactions",
        type_name="BankTransaction",
        id_property="BankTransactionID",
        access=BANKING,
        rows=lambda organisation: organisation.bank_transactions,
        find=lambda organisation, key: organisation.bank_transactions.get(key.lower()),
        show=show_bank_transaction,
        write=write_bank_transaction,
        fields=_transaction_fields,
        paged=True,
        parameters=frozenset({"unitdp"}),
        choices={"Type": TYPES, "Status": STATUSES, "LineAmountTypes": AMOUNT_TYPES},
    ),
    Resource(
        name="BankTransfers",
        plural="BankTransfers",
        type_name="BankTransfer",
        id_property="BankTransferID",
        access=BANKING,
        rows=lambda organisation: organisation.bank_transfers,
        find=lambda organisation, key: organisation.bank_transfers.get(key.lower()),
        show=show_bank_transfer,
        write=write_bank_transfer,
        fields=_transfer_fields,
        parameters=frozenset({"includedeleted"}),
        archived=lambda transfer: transfer.status == "DELETED",
        archived_unless="includedeleted",
        choices={"Status": ("AUTHORISED", "DELETED")},
    ),
    Resource(
        name="BatchPayments",
        plural="BatchPayments",
        type_name="BatchPayment",
        id_property="BatchPaymentID",
        access=PAYMENTS,
        rows=lambda organisation: organisation.batch_payments,
        find=lambda organisation, key: organisation.batch_payments.get(key.lower()),
        show=show_batch_payment,
        write=write_batch_payment,
        fields=_batch_fields,
        choices={"Status": ("AUTHORISED", "DELETED")},
    ),
    Resource(
        name="ManualJournals",
        plural="ManualJournals",
        type_name="ManualJournal",
        id_property="ManualJournalID",
        access=MANUAL_JOURNALS,
        rows=lambda organisation: organisation.manual_journals,
        find=lambda organisation, key: organisation.manual_journals.get(key.lower()),
        show=show_manual_journal,
        write=write_manual_journal,
        fields=lambda _: JOURNAL_FIELDS,
        paged=True,
        choices={"Status": JOURNAL_STATUSES, "LineAmountTypes": AMOUNT_TYPES},
    ),
)
