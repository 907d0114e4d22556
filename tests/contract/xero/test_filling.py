"""The generator: plausible years, the same for the same seed, that always balance."""

from decimal import Decimal
from time import process_time

import pytest
from tests.contract.xero.test_organisations import organisations
from tests.contract.xero.world import World

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Credit, Document, Prepayment

TRADERS = ("Demo Company (Global)", "Thornbury Garden Supplies", "Meridian Trading House", "Fresh Page (US)")


def named(name: str) -> Organisation:
    return next(one for one in organisations().values() if one.name == name)


def open_at_home(organisation: Organisation, *, receivable: bool) -> Decimal:
    """What is open on one side in home currency; a prepayment is not in the control account."""
    rows: list[Document] = [
        *organisation.invoices.values(), *organisation.credit_notes.values(), *organisation.overpayments.values(),
    ]  # fmt: skip
    rows = [row for row in rows if row.receivable is receivable]
    return sum((-row.home_due if isinstance(row, Credit) else row.home_due for row in rows), Decimal(0))


def assert_sound(organisation: Organisation) -> None:
    organisation.ledger.assert_balanced()
    for system, receivable in (("DEBTORS", True), ("CREDITORS", False)):
        balance = organisation.ledger.balance(organisation.system_account(system).id)
        assert balance == (1 if receivable else -1) * open_at_home(organisation, receivable=receivable)
    for document in (
        *organisation.invoices.values(), *organisation.credit_notes.values(), *organisation.overpayments.values(),
        *organisation.prepayments.values(),
    ):  # fmt: skip
        payments = organisation.payments_of.get(document.id, ())
        paid = sum((one.amount for one in payments if one.status == "AUTHORISED"), Decimal(0))
        credits_ = [organisation.credit(one) for one in dict.fromkeys(organisation.credits_of.get(document.id, ()))]
        against = [one for credit in credits_ if credit for one in credit.allocations if one.invoice_id == document.id]
        if isinstance(document, Credit):
            against = document.allocations
        credited = sum((one.amount for one in against), Decimal(0))
        assert (document.paid, document.credited) == (paid, credited)
        assert document.due == (document.total - paid - credited if document.live else 0)
        assert document.due >= 0
        if document.status in {"AUTHORISED", "PAID"}:
            assert (document.status == "PAID") == (document.due == 0)
            assert (document.home_due == 0) or document.due > 0
        if isinstance(document, Prepayment):
            assert document.rate in {None, Decimal(1)}


@pytest.mark.parametrize("name", TRADERS)
def test_a_filled_organisation_is_sound(name: str) -> None:
    organisation = named(name)
    made = organisation.fill(150, 3)
    assert made["sales"] + made["bills"] + made["credit_notes"] == made["documents"] == 150  # type: ignore[operator]  # figures
    assert all(int(str(made[kind])) > 0 for kind in ("payments", "voids", "bank_transactions"))
    assert_sound(organisation)


def test_the_same_seed_makes_the_same_trade() -> None:
    left, right = named("Meridian Trading House"), named("Meridian Trading House")
    assert left.fill(120, 5) == right.fill(120, 5)
    for one, other in zip(left.ledger.entries, right.ledger.entries, strict=True):
        assert (one.date, one.document, one.lines) == (other.date, other.document, other.lines)
    assert left.fill(120, 6) != right.fill(120, 7)


def test_more_documents_make_more_years_and_locked_days_stay_empty() -> None:
    organisation = named("Thornbury Garden Supplies")
    known = set(organisation.invoices)
    organisation.fill(60, 1)
    assert organisation.period_lock is not None
    assert all(row.on > organisation.period_lock for row in organisation.invoices.values() if row.id not in known)
    empty = named("Fresh Page (US)")
    begun = process_time()
    empty.fill(3_000, 1)
    assert process_time() - begun < 10
    assert (empty.today() - min(row.on for row in empty.invoices.values())).days > 400


def test_a_house_of_many_currencies_trades_in_all_of_them() -> None:
    organisation = named("Meridian Trading House")
    organisation.fill(200, 2)
    assert {row.currency for row in organisation.invoices.values()} == {"SGD", "AUD", "EUR", "GBP", "USD"}
    gains = organisation.system_account("REALISEDCURRENCYGAIN").id
    assert organisation.ledger.balance(gains) != 0
    for account in organisation.accounts.values():
        if account.type == "BANK" and account.currency != organisation.currency:
            paid = sum(
                (1 if (one.type.startswith("AR") or one.type.startswith("ACCREC")) != one.refund else -1)
                * one.bank_amount
                for one in organisation.payments.values()
                if one.account_id == account.id and one.status == "AUTHORISED"
            )
            moved = sum(
                (1 if row.receivable else -1) * row.total
                for row in organisation.bank_transactions.values()
                if row.account_id == account.id and row.status == "AUTHORISED"
            )
            assert organisation.ledger.foreign_balance(account.id) == paid + moved


async def test_what_was_filled_can_be_read_in_pages(demo: World) -> None:
    answer = await demo.http.post(f"/_sandbox/companies/{demo.tenant_id}/fill", json={"documents": 300, "seed": 1})
    assert answer.status_code == 201
    page = await demo.get("Invoices", page=2)
    assert (len(page["Invoices"]), page["pagination"]["page"]) == (100, 2)
    assert (await demo.get("Overpayments", page=1))["pagination"]["itemCount"] >= 1
    assert (await demo.get("BankTransactions", page=1))["pagination"]["itemCount"] >= 5
