"""Whatever is paid, in whatever order: documents agree with their payments, nothing is overpaid silently."""

import os
from collections.abc import Iterator
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
from tests.support.crediting import make_bill
from tests.support.machine import CallableApi

RECORDS = "/payment_records"
TOTAL = 10_000
RECORDS_MAX = 5
LONG = os.environ.get("TIEOUT_LONG") == "1"
EXAMPLES, STEPS = (200, 30) if LONG else (6, 16)
BEGINNING = {"payable": "waiting_to_be_paid", "receivable": "issued"}
STEPS_OF = {
    "start_processing": {"created": "processing"},
    "mark_as_succeeded": {"created": "succeeded", "processing": "succeeded"},
    "cancel": {"created": "canceled", "processing": "canceled"},
}

places = st.integers(0, 5)
amounts = st.sampled_from([1, 3_000, 7_000, TOTAL])
kinds = st.sampled_from(sorted(BEGINNING))


class AnyPayments(RuleBasedStateMachine):
    """A bill and an invoice of 100 dollars each, and any payments of them; what they should be is counted here."""

    world: ClassVar[CallableApi]

    @initialize()
    def begin(self) -> None:
        trader = self.world.begin()
        line = {"product": {"name": "Work", "price": {"currency": "USD", "value": TOTAL}}, "quantity": 1}
        invoice = {
            "type": "invoice",
            "counterpart_id": trader.id,
            "counterpart_billing_address_id": trader.address_id,
            "currency": "USD",
            "line_items": [line | {"tax_rate_value": 0}],
        }
        receivable_id = self.world.call("POST", "/receivables", invoice).json()["id"]
        assert self.world.call("POST", f"/receivables/{receivable_id}/issue").status_code == 200
        self.ids = {
            "payable": self.world.run(make_bill(self.world.partner, trader, TOTAL)),
            "receivable": str(receivable_id),
        }
        self.paid = dict.fromkeys(self.ids, 0)
        self.seen: dict[str, dict[str, Any]] = {}

    def status_of(self, kind: str) -> str:
        paid = self.paid[kind]
        return "paid" if paid >= TOTAL else "partially_paid" if paid else BEGINNING[kind]

    def some(self, place: int) -> dict[str, Any] | None:
        known = list(self.seen.values())
        return known[place % len(known)] if known else None

    def settled(self, record: dict[str, Any], kind: str, before: str) -> None:
        """A payment has succeeded: it says what that made of the document, and what was too much."""
        self.paid[kind] += record["amount"]
        assert record["object"] == {
            "id": self.ids[kind],
            "type": kind,
            "old_status": before,
            "new_status": self.status_of(kind),
        }
        assert record["overpaid_amount"] == min(max(self.paid[kind] - TOTAL, 0), record["amount"])
        assert record["paid_at"] is not None

    @precondition(lambda self: len(self.seen) < RECORDS_MAX)
    @rule(kind=kinds, amount=amounts, status=st.sampled_from(["created", "processing", "succeeded"]))
    def record(self, kind: str, amount: int, status: str) -> None:
        self.create(kind, amount, status)

    def create(self, kind: str, amount: int, status: str) -> None:
        before = self.status_of(kind)
        document = {"id": self.ids[kind], "type": kind}
        body = {"amount": amount, "currency": "USD", "object": document, "status": status}
        answer = self.world.call("POST", RECORDS, body)
        if before == "paid":
            assert answer.status_code == 409
            return
        assert answer.status_code == 201, answer.text
        record = answer.json()
        assert [entry["status"] for entry in record["history"]] == [status]
        if status == "succeeded":
            self.settled(record, kind, before)
        self.seen[record["id"]] = record

    @precondition(lambda self: self.seen)
    @rule(kind=kinds)
    def succeed_with_all(self, kind: str) -> None:
        for place, record in enumerate(list(self.seen.values())):
            if record["object"]["type"] == kind:
                self.act(place, "mark_as_succeeded")

    @precondition(lambda self: not self.seen)
    @rule(kind=kinds, several=st.lists(amounts, min_size=2, max_size=4))
    def plan(self, kind: str, several: list[int]) -> None:
        for amount in several:
            self.create(kind, amount, "created")

    @rule(place=places, action=st.sampled_from(sorted(STEPS_OF)))
    def step(self, place: int, action: str) -> None:
        self.act(place, action)

    def act(self, place: int, action: str) -> None:
        record = self.some(place)
        if record is None:
            return
        kind, path = record["object"]["type"], f"{RECORDS}/{record['id']}"
        before, after = self.status_of(kind), STEPS_OF[action].get(record["status"])
        body = {"paid_at": "2026-03-02T08:00:00Z"} if action == "mark_as_succeeded" else {}
        answer = self.world.call("POST", f"{path}/{action}", body)
        if after is None:
            assert answer.status_code == 409
            return
        assert (answer.status_code, answer.json()["status"]) == (200, after)
        assert answer.json()["history"][:-1] == record["history"]
        if after == "succeeded":
            self.settled(answer.json(), kind, before)
        self.seen[record["id"]] = answer.json()

    @rule(place=places, amount=st.integers(-1, 7_000), kind=kinds, currency=st.sampled_from(["USD", "EUR"]))
    def change(self, place: int, amount: int, kind: str, currency: str) -> None:
        record = self.some(place)
        if record is None:
            return
        change = {"amount": amount, "currency": currency, "object": {"id": self.ids[kind], "type": kind}}
        answer = self.world.call("PATCH", f"{RECORDS}/{record['id']}", change)
        is_open = record["status"] in {"created", "processing"}
        may = is_open and amount > 0 and currency == "USD" and self.status_of(kind) != "paid"
        assert (answer.status_code == 200) is may, answer.text
        if may:
            assert (answer.json()["amount"], answer.json()["object"]["type"]) == (amount, kind)
            self.seen[record["id"]] = answer.json()

    @rule(kind=kinds, amount=st.none() | st.integers(1, TOTAL))
    def mark(self, kind: str, amount: int | None) -> None:
        if amount is None:
            self.mark_as_paid(kind)
        else:
            self.mark_as_partially_paid(kind, amount)

    def mark_as_partially_paid(self, kind: str, amount: int) -> None:
        path = f"/{kind}s/{self.ids[kind]}/mark_as_partially_paid"
        answer = self.world.call("POST", path, {"amount_paid": amount})
        may = self.status_of(kind) != "paid" and self.paid[kind] < amount < TOTAL
        assert (answer.status_code == 200) is may, answer.text
        if may:
            self.paid[kind] = amount
            self.learn()

    def mark_as_paid(self, kind: str) -> None:
        answer = self.world.call("POST", f"/{kind}s/{self.ids[kind]}/mark_as_paid", {})
        may = self.status_of(kind) != "paid"
        assert answer.status_code == (200 if may else 409), answer.text
        if may:
            self.paid[kind] = TOTAL
            self.learn()

    def learn(self) -> None:
        """Marking made one record, of exactly what was missing."""
        new = [row for row in self.world.read(RECORDS)["data"] if row["id"] not in self.seen]
        assert len(new) == 1
        self.seen[new[0]["id"]] = new[0]

    @invariant()
    def records_are_as_they_were_answered(self) -> None:
        assert {row["id"]: row for row in self.world.read(RECORDS)["data"]} == self.seen

    @invariant()
    def documents_agree_with_their_payments(self) -> None:
        for kind, document_id in self.ids.items():
            shown = self.world.read(f"/{kind}s/{document_id}")
            rows = [row for row in self.seen.values() if row["object"]["type"] == kind and row["status"] == "succeeded"]
            assert sum(row["amount"] for row in rows) == self.paid[kind]
            assert (shown["status"], shown["amount_paid"]) == (self.status_of(kind), self.paid[kind])
            assert shown["amount_due"] == max(TOTAL - self.paid[kind], 0)
            assert sum(row["overpaid_amount"] for row in rows) == max(self.paid[kind] - TOTAL, 0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[CallableApi]:
    made = CallableApi(tmp_path)
    yield made
    made.close()


def test_any_history_of_payments_keeps_documents_right(world: CallableApi) -> None:
    AnyPayments.world = world
    run_state_machine_as_test(
        AnyPayments,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
