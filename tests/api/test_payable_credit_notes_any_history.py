"""Whatever is called, in whatever order: credit notes keep to their states and add up, refusals change nothing."""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.support.crediting import NOTE, make_bill
from tests.support.machine import CallableApi

NOTES = "/payable_credit_notes"
BILL_TOTAL = 10_000
NOTES_MAX = 3
LONG = os.environ.get("TIEOUT_LONG") == "1"
EXAMPLES, STEPS = (200, 30) if LONG else (6, 16)
AFTER = {
    ("new", "submit_for_approval"): "submitted_for_approval",
    ("new", "approve"): "approved",
    ("submitted_for_approval", "approve"): "approved",
    ("submitted_for_approval", "reject"): "rejected",
    ("draft", "cancel"): "canceled",
    ("new", "cancel"): "canceled",
}
ACTIONS = ["submit_for_approval", "approve", "reject", "cancel"]
OPEN = {"draft", "new"}
DELETABLE = {"draft", "new", "rejected", "canceled"}

places = st.integers(0, 5)
amounts = st.none() | st.integers(0, 5_000)
lines = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Paper", "Ink"]),
        "quantity": st.sampled_from([0, 1, 2.5, 0.333]),
        "unit_price": st.integers(0, 3_000),
        "tax": st.sampled_from([0, 700, 1_900]),
    },
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "based_on": st.booleans(),
        "subtotal": amounts,
        "tax_amount": amounts,
        "total_amount": amounts,
        "tax": st.sampled_from([None, 700]),
        "currency": st.sampled_from(["USD", "EUR"]),
    },
)


def half_up(value: Fraction) -> int:
    """To the nearest whole number, halves up; written for this judge alone."""
    return (value + Fraction(1, 2)).__floor__()


class AnyCreditNotes(RuleBasedStateMachine):
    """An entity with one bill of 100 dollars, and any credit notes on it."""

    world: ClassVar[CallableApi]

    @initialize()
    def begin(self) -> None:
        vendor = self.world.begin()
        self.bill_id = self.world.run(make_bill(self.world.partner, vendor, BILL_TOTAL))
        self.seen: dict[str, dict[str, Any]] = {}
        self.lines: dict[str, list[dict[str, Any]]] = {}

    def some(self, place: int) -> str:
        known = list(self.seen)
        return known[place % len(known)]

    def learn(self, note_id: str) -> None:
        """The credit note and its lines, as they are from now on."""
        self.seen[note_id] = self.world.read(f"{NOTES}/{note_id}")
        self.lines[note_id] = self.world.read(f"{NOTES}/{note_id}/line_items")["data"]

    def attempt(self, note_id: str, method: str, path: str, body: Any = None) -> bool:
        """Call; a refusal leaves the credit note and its lines as they were. Says whether the call was allowed."""
        answer = self.world.call(method, f"{NOTES}/{note_id}{path}", body)
        if answer.status_code >= 400:
            assert answer.status_code in {404, 409, 422}, answer.text
            before = self.seen[note_id], self.lines[note_id]
            self.learn(note_id)
            assert (self.seen[note_id], self.lines[note_id]) == before
        return answer.status_code < 400

    def edit(self, note_id: str, method: str, path: str, body: Any = None) -> None:
        """Only what is open may be changed, and then nothing but a second draft is in the way."""
        before = self.seen[note_id]
        if self.attempt(note_id, method, path, body):
            assert before["status"] in OPEN
            self.learn(note_id)
            assert self.seen[note_id]["status"] in OPEN
        elif before["status"] in OPEN:
            assert self.drafts(apart_from=note_id), "an open credit note could not be changed"

    def drafts(self, *, apart_from: str = "") -> list[str]:
        return [
            note_id
            for note_id, note in self.seen.items()
            if note["status"] == "draft" and note["based_on"] and note_id != apart_from
        ]

    def said(self, change: dict[str, Any]) -> dict[str, Any]:
        return change | ({"based_on": self.bill_id if change["based_on"] else None} if "based_on" in change else {})

    @precondition(lambda self: len(self.seen) < NOTES_MAX)
    @rule(change=st.none() | changes)
    def create(self, change: dict[str, Any] | None) -> None:
        """Anything, or a complete one."""
        complete = {"based_on": self.bill_id, "subtotal": 1_000, "tax_amount": 190}
        answer = self.world.call("POST", NOTES, NOTE | (complete if change is None else self.said(change)))
        if answer.status_code == 201:
            self.learn(answer.json()["id"])
            assert self.seen[answer.json()["id"]] == answer.json()
            assert change is not None or answer.json()["status"] == "new"
        else:
            assert (answer.status_code, bool(self.drafts())) == (409, True)

    @precondition(lambda self: self.seen)
    @rule(place=places, way=st.sampled_from(["PATCH", "add", "PUT", "change", "remove"]), change=changes, line=lines)
    def change(self, place: int, way: str, change: dict[str, Any], line: dict[str, Any]) -> None:
        note_id = self.some(place)
        known = self.lines[note_id]
        path = f"/line_items/{known[place % len(known)]['id']}" if known else ""
        match way:
            case "PATCH":
                self.edit(note_id, "PATCH", "", self.said(change))
            case "add":
                self.edit(note_id, "POST", "/line_items", line)
            case "PUT":
                self.edit(note_id, "PUT", "/line_items", {"data": [line] * (place % 3)})
            case "change" if known:
                self.edit(note_id, "PATCH", path, line)
            case "remove" if known:
                self.edit(note_id, "DELETE", path)

    @precondition(lambda self: self.seen)
    @rule(place=places, action=st.sampled_from(ACTIONS))
    def act(self, place: int, action: str) -> None:
        note_id = self.some(place)
        before = self.seen[note_id]
        after = AFTER.get((before["status"], action))
        assert self.attempt(note_id, "POST", f"/{action}") is (after is not None)
        if after is not None:
            self.learn(note_id)
            assert self.seen[note_id] == before | {"status": after}

    @precondition(lambda self: self.seen)
    @rule(place=places, actions=st.lists(st.sampled_from(ACTIONS), min_size=3, max_size=5))
    def act_several_times(self, place: int, actions: list[str]) -> None:
        for action in actions:
            self.act(place, action)

    @precondition(lambda self: self.seen)
    @rule(place=places)
    def delete(self, place: int) -> None:
        note_id = self.some(place)
        may = self.seen[note_id]["status"] in DELETABLE
        assert self.attempt(note_id, "DELETE", "") is may
        if may:
            del self.seen[note_id], self.lines[note_id]
            assert self.world.call("GET", f"{NOTES}/{note_id}").status_code == 404

    @invariant()
    def what_is_listed_is_what_was_answered(self) -> None:
        listed = self.world.read(NOTES)["data"]
        assert {note["id"]: note for note in listed} == self.seen
        assert len(self.drafts()) <= 1

    @invariant()
    def what_is_no_draft_adds_up(self) -> None:
        for note_id, note in self.seen.items():
            assert note["status"] in OPEN | {"submitted_for_approval", "approved", "rejected", "canceled"}
            if note["status"] in {"draft", "canceled"}:
                continue
            assert note["subtotal"] + note["tax_amount"] == note["total_amount"]
            assert (note["based_on"], note["currency"]) == (self.bill_id, "USD")
            lines = self.lines[note_id]
            if any(line["quantity"] is None or line["unit_price"] is None for line in lines):
                continue  # such a line says no amounts, and the stated ones stand for themselves
            for line in lines:
                subtotal = half_up(Fraction(str(line["quantity"])) * line["unit_price"])
                tax = half_up(Fraction(subtotal * (line["tax"] or 0), 10_000))
                assert (line["subtotal"], line["tax_amount"] or 0, line["total"]) == (subtotal, tax, subtotal + tax)
            if lines:
                assert sum(line["subtotal"] for line in lines) == note["subtotal"]
                assert abs(sum(line["tax_amount"] or 0 for line in lines) - note["tax_amount"]) <= len(lines)

    @invariant()
    def the_bill_is_owed_less_by_what_was_approved(self) -> None:
        bill = self.world.read(f"/payables/{self.bill_id}")
        on_bill = {note_id: note for note_id, note in self.seen.items() if note["based_on"]}
        credited = sum(note["total_amount"] for note in on_bill.values() if note["status"] == "approved")
        assert {note["id"]: note["status"] for note in bill["credit_notes"]} == {
            note_id: note["status"] for note_id, note in on_bill.items()
        }
        assert bill["total_amount_with_credit_notes"] == BILL_TOTAL - credited
        assert bill["amount_due"] == max(BILL_TOTAL - credited, 0)
        assert bill["status"] == ("paid" if credited >= BILL_TOTAL else "waiting_to_be_paid")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[CallableApi]:
    made = CallableApi(tmp_path)
    yield made
    made.close()


def test_any_history_of_credit_notes_keeps_their_rules(world: CallableApi) -> None:
    AnyCreditNotes.world = world
    run_state_machine_as_test(
        AnyCreditNotes,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
