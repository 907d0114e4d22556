"""What follows where the books changed a record: by the entity's rules, our record's room, and somebody's decision."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tieout.books.records import DocumentStatus, Invoice, Line, Taxation
from tieout.storage.tables.conflicts import Conflict
from tieout.sync.conflicts import decided_side, fingerprint
from tieout.sync.deciding import Refused, UnknownField, plan_decision
from tieout.sync.drafts import DocumentDraft, DraftLine, Ended, as_told
from tieout.sync.faces import EXISTENCE, LINES, PARTY, face_of, face_of_draft
from tieout.sync.meeting import Sides, must_meet, plan_meeting, would_lose
from tieout.sync.rules import rules_of
from tieout.sync.taking_over import LEFT, NO_ROOM, TAKEN, Ruling
from tieout.sync.three_way import Field, Outcome, Side, Why

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ID = UUID(int=1)
DRAFT = DocumentDraft(
    id=ID, version=1, is_sale=True, counterpart_id=ID, number="INV-1", currency="EUR", issued_on=date(2026, 3, 1),
    due_on=date(2026, 4, 1), memo=None, taxation=Taxation.EXCLUSIVE, total=1_200,
    lines=(DraftLine(description="Work", quantity=Decimal(1), unit_price=1_000, net=1_000, tax=200, tax_value=2_000),),
)  # fmt: skip
BASE = Invoice(
    external_id="7", number="INV-1", party_id="1", currency="EUR", issued_on=date(2026, 3, 1), due_on=date(2026, 4, 1),
    lines=(Line(external_id="1", description="Work", unit_price=Decimal(10), amount=Decimal("10.00")),),
    subtotal=Decimal(10), tax=Decimal(2), total=Decimal(12), balance=Decimal(12),
)  # fmt: skip


def sides(there: Any, draft: Any = DRAFT, *, rules: Any = None, newer: str = "books", **more: Any) -> Sides:
    drafted = (
        {} if isinstance(draft, Ended) else face_of_draft(draft, base_currency=None, account_id=None, party_id="1")
    )
    said = {
        "object_type": "receivable",
        "draft": draft,
        "drafted": drafted,
        "agreed": as_told(DRAFT),
        "is_wanted": draft != DRAFT,
        "base": BASE,
        "there": there,
        "ours_at": AT,
        "theirs_at": AT + timedelta(seconds=1 if newer == "books" else -1),
        "rules": rules_of({"accounting_sync_rules": {"conflicts": {"receivable": rules or {}}}}),
    }
    return Sides(**{**said, **more})


def outcomes(met: Sides, ruling: Ruling = TAKEN, decided: Side | None = None) -> dict[str, Any]:
    fields = plan_meeting(met, lambda _: ruling, lambda _: decided)
    return {name: one.outcome for name, one in fields.items() if one.outcome is not Outcome.UNCHANGED}


MOVED = replace(BASE, due_on=date(2026, 5, 5), memo="theirs")
CHANGED = replace(DRAFT, due_on=date(2026, 6, 6), memo="ours")
VOID = replace(BASE, status=DocumentStatus.VOID, total=Decimal(0))
OVER = Ended(id=ID, version=2)
DEARER = replace(BASE, total=Decimal(24), tax=Decimal(4))


@pytest.mark.parametrize(
    ("met", "expected"),
    [
        (sides(MOVED), {"due_on": Outcome.THEIRS, "memo": Outcome.THEIRS}),
        (sides(BASE, CHANGED), {"due_on": Outcome.OURS, "memo": Outcome.OURS}),
        (sides(MOVED, CHANGED), {"due_on": Outcome.HELD, "memo": Outcome.THEIRS}),
        (sides(MOVED, CHANGED, newer="partner"), {"due_on": Outcome.HELD, "memo": Outcome.OURS}),
        (sides(MOVED, CHANGED, rules={"dates": "books_win"}), {"due_on": Outcome.THEIRS, "memo": Outcome.THEIRS}),
        (sides(MOVED, CHANGED, rules={"dates": "partner_wins"}), {"due_on": Outcome.OURS, "memo": Outcome.THEIRS}),
        (sides(MOVED, CHANGED, rules={"texts": "hold"}), {"due_on": Outcome.HELD, "memo": Outcome.HELD}),
        (sides(MOVED, CHANGED, theirs_at=None), {"due_on": Outcome.HELD, "memo": Outcome.HELD}),
        (sides(replace(MOVED, due_on=CHANGED.due_on), CHANGED), {"due_on": Outcome.AGREED, "memo": Outcome.THEIRS}),
        (sides(MOVED, CHANGED, is_wanted=False), {"due_on": Outcome.THEIRS, "memo": Outcome.THEIRS}),
        (sides(DEARER), {LINES: Outcome.THEIRS}),
        (sides(DEARER, total_is_doubted=True), {LINES: Outcome.HELD}),
        (sides(replace(BASE, party_id="2"), drafted=face_of(BASE) | {PARTY: "2"}), {PARTY: Outcome.AGREED}),
        (sides(replace(BASE, balance=Decimal(0), status=DocumentStatus.PAID)), {}),
        (sides(VOID), {EXISTENCE: Outcome.THEIRS}),
        (sides(None), {EXISTENCE: Outcome.THEIRS}),
        (sides(VOID, CHANGED), {EXISTENCE: Outcome.HELD}),
        (sides(VOID, CHANGED, rules={"existence": "books_win"}), {EXISTENCE: Outcome.THEIRS}),
        (sides(VOID, OVER), {}),
        (sides(MOVED, OVER), {}),
        (sides(DEARER, OVER), {EXISTENCE: Outcome.HELD}),
        (sides(DEARER, OVER, rules={"existence": "partner_wins"}), {EXISTENCE: Outcome.OURS}),
        (sides(VOID, base=VOID), {}),
        (sides(MOVED, base=None), {}),
    ],
)  # fmt: skip
def test_what_follows(met: Sides, expected: dict[str, Outcome]) -> None:
    assert outcomes(met) == expected


def test_what_our_record_has_no_room_for_is_held_and_a_decision_for_the_books_leaves_it_standing() -> None:
    fields = plan_meeting(sides(MOVED), lambda _: NO_ROOM, lambda _: None)
    assert {(one.outcome, one.why) for one in fields.values() if one.theirs != one.base} == {
        (Outcome.HELD, Why.NO_ROOM)
    }
    assert outcomes(sides(MOVED), NO_ROOM, Side.BOOKS) == {"due_on": Outcome.LEFT, "memo": Outcome.LEFT}
    assert outcomes(sides(MOVED), NO_ROOM, Side.PARTNER) == {"due_on": Outcome.OURS, "memo": Outcome.OURS}
    assert outcomes(sides(MOVED), LEFT) == {"due_on": Outcome.LEFT, "memo": Outcome.LEFT}


def test_lines_are_compared_without_their_ids_and_order_and_payments_say_nothing() -> None:
    other = replace(BASE.lines[0], description="Travel")
    both = replace(BASE, lines=(*BASE.lines, other))
    turned = replace(BASE, lines=(other, replace(BASE.lines[0], external_id="9")), balance=Decimal(3))
    assert face_of(both) == face_of(turned)
    assert not must_meet(both, turned, frozenset())
    assert must_meet(BASE, both, frozenset())
    assert not must_meet(BASE, both, frozenset({LINES}))
    assert not would_lose(BASE, MOVED)
    assert would_lose(BASE, DEARER)


def held(**more: Any) -> Conflict:
    values = {"base": "2026-04-01", "ours": "2026-06-06", "theirs": "2026-05-05"}
    field = {"name": "due_on", "values": values, "choices": ["books", "partner"]}
    gone = {"name": "existence", "values": {"base": True, "ours": True, "theirs": False}, "choices": ["books"]}
    return Conflict(**{"status": "held", "version": 2, "decisions": {}, "fields": [field, gone], **more})


def test_a_decision_names_fields_that_are_held_and_sides_that_can_win() -> None:
    assert plan_decision(held(), whole=Side.BOOKS, fields=None, version=2) == {
        "due_on": Side.BOOKS,
        "existence": Side.BOOKS,
    }
    assert plan_decision(held(), whole=None, fields={"due_on": Side.PARTNER}, version=None) == {"due_on": Side.PARTNER}
    done = held(status="resolved", decisions={"due_on": {"side": "books"}})
    assert plan_decision(done, whole=None, fields={"due_on": Side.BOOKS}, version=1) is None, "said again"
    for conflict, side, version in (
        (held(), Side.PARTNER, None),
        (held(), Side.BOOKS, 1),
        (done, Side.BOOKS, None),
        (held(status="decided"), Side.BOOKS, None),
    ):
        with pytest.raises(Refused):
            plan_decision(conflict, whole=side, fields=None, version=version)
    with pytest.raises(UnknownField):
        plan_decision(held(), whole=None, fields={"memo": Side.BOOKS}, version=None)


def test_a_decision_is_void_for_other_values() -> None:
    conflict = held()
    field = Field("due_on", "2026-04-01", "2026-06-06", "2026-05-05", Outcome.HELD, Why.BOTH_CHANGED)
    assert decided_side(conflict, field) is None
    assert decided_side(None, field) is None
    conflict.decisions = {"due_on": {"side": "partner", "about": fingerprint("due_on", **conflict.fields[0]["values"])}}
    assert decided_side(conflict, field) is Side.PARTNER
    assert decided_side(conflict, replace(field, theirs="2026-05-06")) is None
