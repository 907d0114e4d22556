"""Transfers between bank accounts. Source: API description of BankTransfers; created with PUT, deleted with POST."""

from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.money.currencies import in_home, rate_on
from tieout.platforms.xero.sandbox.accounting.money.rows import BankTransaction, BankTransfer
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation, ref_of
from tieout.platforms.xero.sandbox.accounting.payments import check_only_deletes
from tieout.platforms.xero.sandbox.accounting.postings import account_line
from tieout.platforms.xero.sandbox.accounting.rows import Account
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length, check_locks
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported
from tieout.platforms.xero.sandbox.wire import RATE, ZERO, half_up
from tieout.sandbox.ledger import Draft

WORDS = vocabulary(
    "FromBankAccount ToBankAccount Amount Date Reference FromIsReconciled ToIsReconciled FromTracking ToTracking"
    " BankTransferID Status",
    "CurrencyRate FromBankTransactionID ToBankTransactionID CreatedDateUTC CreatedDateUTCString DateString",
)
UPDATE_WORDS = vocabulary("BankTransferID Status")


def write_bank_transfer(writing: Writing, element: Element) -> Written:
    """Create a transfer, or delete one."""
    if writing.may_update:
        return _delete(writing, element)
    element.check(WORDS)
    organisation = writing.organisation
    if element.inners("FromTracking") or element.inners("ToTracking"):
        raise unsupported("tracking categories on bank transfers")
    source, goal = _account(organisation, element, "FromBankAccount"), _account(organisation, element, "ToBankAccount")
    amount, on = element.decimal("Amount"), element.day("Date") or organisation.today()
    if source is goal:
        raise InvalidError("The bank accounts of a transfer must be different")
    if amount is None or half_up(amount) <= 0:
        raise InvalidError("Amount must be greater than zero")
    check_length("Reference", element.text("Reference"), 255)
    check_locks(organisation, on)
    amount = half_up(amount)
    source_currency, goal_currency = organisation.bank_currency(source), organisation.bank_currency(goal)
    rate = half_up(rate_on(organisation, goal_currency, on) / rate_on(organisation, source_currency, on), RATE)
    legs = [
        BankTransaction(
            id=organisation.ids.uuid(),
            updated_at=writing.at,
            app_id=writing.app_id,
            type=type_,
            contact_id="",
            number="",
            on=on,
            status="AUTHORISED",
            amount_types="NoTax",
            lines=[],
            sub_total=moved,
            total_tax=ZERO,
            total=moved,
            currency=currency,
            rate=rate_on(organisation, currency, on),
            reference=element.text("Reference"),
            account_id=account.id,
            reconciled=element.flag(flag) or False,
        )
        for type_, account, currency, moved, flag in (
            ("SPEND-TRANSFER", source, source_currency, amount, "FromIsReconciled"),
            ("RECEIVE-TRANSFER", goal, goal_currency, half_up(amount * rate), "ToIsReconciled"),
        )
    ]
    transfer = BankTransfer(
        id=organisation.ids.uuid(),
        updated_at=writing.at,
        app_id=writing.app_id,
        created_at=writing.at,
        from_account_id=source.id,
        to_account_id=goal.id,
        from_transaction_id=legs[0].id,
        to_transaction_id=legs[1].id,
        on=on,
        amount=amount,
        rate=rate,
        reference=element.text("Reference"),
    )
    for leg in legs:
        organisation.bank_transactions[leg.id] = leg
    organisation.bank_transfers[transfer.id] = transfer
    home = in_home(amount, rate_on(organisation, source_currency, on))
    lines = (
        account_line(organisation, goal.id, home, legs[1].total),
        account_line(organisation, source.id, -home, -legs[0].total),
    )
    organisation.ledger.post(Draft(ref_of(transfer), on, lines, memo="transfer"), at=writing.at)
    return Written(transfer)


def _account(organisation: Organisation, element: Element, name: str) -> Account:
    inner = element.inner(name)
    account_id, code = (inner.text("AccountID"), inner.text("Code")) if inner else (None, None)
    account = organisation.accounts.get(account_id.lower()) if account_id else None
    account = account or (organisation.account_by_code(code) if code and not account_id else None)
    if account is None or account.type != "BANK":
        raise InvalidError(f"{name} must be a bank account")
    if account.status != "ACTIVE":
        raise InvalidError(f"Account code '{account.code}' has been archived, or has been deleted.")
    return account


def _delete(writing: Writing, element: Element) -> Written:
    refusal = "Bank transfers cannot be updated. A bank transfer can only be deleted"
    check_only_deletes(element, WORDS, UPDATE_WORDS, refusal)
    organisation = writing.organisation
    transfer = writing.target if isinstance(writing.target, BankTransfer) else None
    transfer_id = element.text("BankTransferID")
    if transfer is None and not transfer_id:
        raise InvalidError("BankTransferID must be specified")
    transfer = transfer or organisation.bank_transfers.get((transfer_id or "").lower())
    if transfer is None:
        raise GoneError
    if transfer.status == "DELETED":
        raise InvalidError("Bank transfer has already been deleted")
    check_locks(organisation, transfer.on)
    transfer.status = "DELETED"
    transfer.touch(writing.at)
    for row_id in (transfer.from_transaction_id, transfer.to_transaction_id):
        leg = organisation.bank_transactions[row_id]
        leg.status = "DELETED"
        leg.touch(writing.at)
    organisation.ledger.reverse(ref_of(transfer), at=writing.at, memo="deleted")
    return Written(transfer)
