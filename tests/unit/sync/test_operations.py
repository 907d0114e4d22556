"""What the ledger does next, over all combinations of both sides; and what is written of a change."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.records import Address, DocumentStatus, Invoice, Item, Kind, Party, Payment, Taxation
from tieout.platforms.port import Operation
from tieout.sync.drafts import DocumentDraft, ItemDraft, PartyDraft, agreed_but, as_told, changed_since
from tieout.sync.operations import Ours, Step, Theirs, compare, merged, plan_operation, taking_out
from tieout.sync.parts import Status, plan_status

ID = UUID(int=1)
WRITES = {Step.CREATE, Step.UPDATE, Step.TAKE_OUT}
AFTER = {Step.CREATE: Theirs.IN_STEP, Step.UPDATE: Theirs.IN_STEP, Step.TAKE_OUT: Theirs.ABSENT}
"""How the books stand once a step was carried out."""


@given(st.sampled_from(Ours), st.sampled_from(Theirs))
def test_one_write_at_most_brings_both_sides_in_step(ours: Ours, theirs: Theirs) -> None:
    step = plan_operation(ours, theirs)
    if ours is Ours.LET_GO:
        assert step is Step.NOTHING
    if step in WRITES:
        assert plan_operation(ours, AFTER[step]) is Step.NOTHING
    if step is Step.TAKE_OUT:
        assert ours is Ours.ENDED
    if step in {Step.CREATE, Step.UPDATE}:
        assert ours is Ours.IN_FORCE


@pytest.mark.parametrize(
    ("ours", "theirs", "step"),
    [
        (Ours.IN_FORCE, Theirs.ABSENT, Step.CREATE),
        (Ours.IN_FORCE, Theirs.BEHIND, Step.UPDATE),
        (Ours.IN_FORCE, Theirs.GONE, Step.REFUSE_GONE),
        (Ours.ENDED, Theirs.IN_STEP, Step.TAKE_OUT),
        (Ours.ENDED, Theirs.BEHIND, Step.TAKE_OUT),
        (Ours.ENDED, Theirs.GONE, Step.NOTHING),
        (Ours.ENDED, Theirs.ABSENT, Step.NOTHING),
    ],
)
def test_what_follows(ours: Ours, theirs: Theirs, step: Step) -> None:
    assert plan_operation(ours, theirs) is step


@given(st.sampled_from(Kind))
def test_invoices_are_voided_and_all_else_is_deleted(kind: Kind) -> None:
    assert taking_out(kind) is (Operation.VOID if kind is Kind.INVOICE else Operation.DELETE)


WORDS = st.sampled_from(["a", "b", "c"])
PARTIES = st.builds(
    Party,
    name=WORDS,
    first_name=WORDS | st.none(),
    email=WORDS | st.none(),
    phone=WORDS | st.none(),
    tax_number=WORDS | st.none(),
)
FIELDS = ("name", "first_name", "email", "phone", "tax_number")
CHANGED = st.frozensets(st.sampled_from(FIELDS))


@given(PARTIES, PARTIES, CHANGED)
def test_a_change_takes_over_only_what_was_changed_here(there: Party, wanted: Party, changed: frozenset[str]) -> None:
    written = merged(there, wanted, changed)
    for name in FIELDS:
        sent = getattr(written, name)
        if name in changed:
            assert sent == getattr(wanted, name)
        else:
            assert sent in (None, getattr(there, name)), "what the books have stays, said or left out"
    if compare(there, wanted, changed) is Theirs.IN_STEP:
        assert all(getattr(there, name) == getattr(wanted, name) for name in changed)


INVOICE = Invoice(
    party_id="1",
    currency="EUR",
    issued_on=date(2026, 3, 1),
    subtotal=Decimal(10),
    tax=Decimal(2),
    total=Decimal(12),
    balance=Decimal(12),
)


def test_of_a_document_what_awaits_a_decision_is_written_as_the_books_have_it() -> None:
    wanted = replace(INVOICE, memo="Thank you", due_on=date(2026, 4, 1), total=Decimal(13), tax=Decimal(3))
    written = merged(INVOICE, wanted, frozenset({"memo", "due_on"}), {"due_on", "lines"})
    assert written == replace(INVOICE, memo="Thank you")
    assert merged(INVOICE, wanted, frozenset({"memo"})) == wanted


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        ({}, Theirs.IN_STEP),
        ({"balance": Decimal(0), "status": DocumentStatus.PAID}, Theirs.IN_STEP),
        ({"status": DocumentStatus.VOID, "total": Decimal(0)}, Theirs.GONE),
        ({"status": DocumentStatus.DELETED}, Theirs.GONE),
    ],
)
def test_what_is_missing_or_voided_is_gone(change: dict[str, Any], standing: Theirs) -> None:
    assert compare(replace(INVOICE, **change), None, frozenset()) is standing
    payment = Payment(currency="EUR", paid_on=date(2026, 3, 1), amount=Decimal(1), is_void=True)
    assert compare(payment, None, frozenset()) is Theirs.GONE
    assert compare(None, None, frozenset()) is Theirs.GONE


PARTY_DRAFT = PartyDraft(
    id=ID,
    version=1,
    is_customer=True,
    is_vendor=False,
    name="Acme",
    first_name=None,
    last_name=None,
    email=None,
    phone="1",
    tax_number=None,
    address=Address(city="Bristol"),
)
ITEM_DRAFT = ItemDraft(
    id=ID, version=1, name="Hour", code=None, description=None, unit_price=100, currency="EUR", account_id=ID
)
BILL_DRAFT = DocumentDraft(
    id=ID,
    version=3,
    is_sale=False,
    counterpart_id=ID,
    number="V-1",
    currency="EUR",
    issued_on=date(2026, 3, 1),
    due_on=None,
    memo=None,
    taxation=Taxation.EXCLUSIVE,
    lines=(),
    total=0,
)


def test_what_was_told_is_compared_field_by_field_in_the_words_of_the_record() -> None:
    told = as_told(PARTY_DRAFT)
    assert changed_since(told, PARTY_DRAFT) == frozenset()
    moved = replace(PARTY_DRAFT, email="a@b.c", address=Address(city="Bath"))
    assert changed_since(told, moved) == {"email", "address"}
    priced = replace(ITEM_DRAFT, currency="GBP", account_id=None)
    assert changed_since(as_told(ITEM_DRAFT), priced) == {"unit_price", "income_account_id"}
    assert all(hasattr(Item(name="x"), name) for name in changed_since(as_told(ITEM_DRAFT), priced))
    assert changed_since(None, moved) == frozenset(), "a record that nobody changed since it was matched"


def test_a_document_is_told_by_its_fields_and_its_lines_whole_and_its_version_says_nothing() -> None:
    told = as_told(BILL_DRAFT)
    assert changed_since(told, replace(BILL_DRAFT, version=9)) == frozenset()
    assert changed_since(told, replace(BILL_DRAFT, total=1)) == {"lines"}
    moved = replace(BILL_DRAFT, counterpart_id=UUID(int=2), memo="Corrected")
    assert changed_since(told, moved) == {"party_id", "memo"}
    assert changed_since(agreed_but(as_told(moved), told, {"party_id"}), moved) == {"party_id"}


@given(st.booleans(), st.lists(st.tuples(st.sampled_from(["pending", "error", "done"]), st.booleans())))
def test_a_document_is_done_only_when_nothing_of_it_is_wanted(is_wanted: bool, parts: list[tuple[str, bool]]) -> None:
    status = plan_status(is_wanted=is_wanted, parts=parts)
    if status is Status.DONE:
        assert not is_wanted
        assert not any(wanted or said == "error" for said, wanted in parts)
    if status is Status.ERROR:
        assert any(said == "error" and not wanted for said, wanted in parts)
