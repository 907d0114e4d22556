"""Anybody does anything with payables, in any order: only what the table below allows happens, and sums stay sums.

`TIEOUT_LONG=1` tries many more orders.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.support.partner import Partner, start_api

Answered = TypeVar("Answered")
Line = dict[str, Any]

LONG = os.environ.get("TIEOUT_LONG") == "1"
BILLS_MAX = 2
PDF = b"%PDF-1.4"
OPEN = {"draft", "new"}
FULL = {"currency": "USD", "document_id": "V-1", "due_date": "2026-04-01", "issued_at": "2026-03-01"}
TERMS = {
    "name": "10 % within 10 days",
    "term_1": {"discount": 1_000, "number_of_days": 10},
    "term_final": {"number_of_days": 30},
}
ALLOWED: dict[str, dict[str, str]] = {
    "submit_for_approval": {"new": "approve_in_progress"},
    "approve_payment_operation": {"new": "waiting_to_be_paid", "approve_in_progress": "waiting_to_be_paid"},
    "reject": {"approve_in_progress": "rejected"},
    "reopen": {"rejected": "new", "waiting_to_be_paid": "new"},
    "cancel": {"draft": "canceled", "new": "canceled"},
    "mark_as_paid": {"new": "paid", "waiting_to_be_paid": "paid", "partially_paid": "paid"},
}
"""What each action makes of each status, as the documentation of the contract says; everything else is refused."""
DELETABLE = OPEN | {"rejected", "canceled"}

lines = st.fixed_dictionaries(
    {
        "name": st.just("Paper"),
        "quantity": st.sampled_from([0, 1, 1.5, 2.333, 7]),
        "unit_price": st.sampled_from([0, 1, 333, 12_345, -50]),
        "tax": st.sampled_from([None, 0, 1_250, 2_000, 887]),
    }
)
indexes = st.integers(0, 50)


def half_up(value: Decimal) -> int:
    """Half away from zero, as bookkeepers round."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass
class Bill:
    """A payable as this test believes it to be, and all that was last seen of it."""

    id: str
    status: str = "draft"
    fields: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)

    def total(self) -> int | None:
        """What the lines and the discount make, and what was stated else."""
        if not self.lines:
            return self.fields.get("total_amount")
        made = sum(net + tax for net, tax in map(amounts, self.lines))
        stated: int | None = self.fields.get("total_amount")
        return made - (self.fields.get("discount") or 0) if stated is None else stated

    def is_complete(self) -> bool:
        """Whether it has everything that it must have, without contradiction."""
        made = sum(net + tax for net, tax in map(amounts, self.lines)) - (self.fields.get("discount") or 0)
        return bool(self.lines) and bool(self.fields.get("document_id")) and self.total() == made


def amounts(line: Line) -> tuple[int, int]:
    """A line's net and tax."""
    net = half_up(Decimal(str(line["quantity"])) * line["unit_price"])
    return net, half_up(Decimal(net) * (line["tax"] or 0) / 10_000)


class Payables(RuleBasedStateMachine):
    """One entity with a few bills."""

    @initialize(skips=st.booleans())
    def begin(self, skips: bool) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.api = self.wait(start_api(self.folder))
        self.partner: Partner = self.wait(self.api.new_partner())
        entity_id = self.wait(self.partner.make_entity())
        self.skips = skips
        self.call("PATCH", f"/entities/{entity_id}/settings", json={"payables_skip_approval_flow": skips})
        self.bills: list[Bill] = []
        self.make(with_terms=False)

    def teardown(self) -> None:
        if hasattr(self, "api"):
            for bill in getattr(self, "bills", ()):
                self.check(bill)
            self.wait(self.api.close())
            self.runner.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self, awaited: Awaitable[Answered]) -> Answered:
        async def run() -> Answered:
            return await awaited

        return self.runner.run(run())

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        return self.wait(self.partner.call(method, path, **options))

    def look(self, bill: Bill) -> dict[str, Any]:
        """Everything that the API tells about a bill."""
        path = f"/payables/{bill.id}"
        parts = (path, f"{path}/line_items", f"{path}/history", f"/payment_records?object_id={bill.id}")
        return {part: self.call("GET", part).json() for part in parts}

    def attempt(self, bill: Bill, method: str, path: str, *, allowed: bool, **options: Any) -> httpx2.Response:
        """Make a call that must work, or must be refused and leave nothing behind."""
        answer = self.call(method, f"/payables/{bill.id}{path}", **options)
        assert (answer.status_code < 300) is allowed, (method, path, bill.status, answer.text)
        if not allowed:
            assert answer.status_code in {404, 409, 422}, answer.text
            assert self.look(bill) == bill.seen
        return answer

    def settle(self, bill: Bill) -> None:
        """Draft or new, as the bill is complete."""
        if bill.status in OPEN:
            bill.status = "new" if bill.is_complete() else "draft"

    def pick(self, index: int) -> Bill:
        self.touched = self.bills[index % len(self.bills)]
        return self.touched

    @rule(with_terms=st.booleans())
    def make(self, with_terms: bool) -> None:
        if len(self.bills) >= BILLS_MAX:
            return
        fields = FULL | ({"payment_terms": TERMS} if with_terms else {})
        answer = self.call("POST", "/payables", json=fields)
        assert answer.status_code == 200, answer.text
        self.bills.append(Bill(answer.json()["id"], fields=dict(fields)))
        self.touched = self.bills[-1]

    @rule(
        index=indexes,
        change=st.fixed_dictionaries(
            {},
            optional={
                "document_id": st.sampled_from(["V-2", None]),
                "discount": st.sampled_from([None, 0, 1, 500]),
                "total_amount": st.sampled_from([None, 1, 666]),
            },
        ),
    )
    def change(self, index: int, change: dict[str, Any]) -> None:
        bill = self.pick(index)
        is_open = bill.status in OPEN
        self.attempt(bill, "PATCH", "", allowed=is_open, json=change)
        if is_open:
            bill.fields |= change
            self.settle(bill)

    @rule(index=indexes, line=lines)
    def add_line(self, index: int, line: Line) -> None:
        bill = self.pick(index)
        is_open = bill.status in OPEN
        self.attempt(bill, "POST", "/line_items", allowed=is_open, json=line)
        if is_open:
            bill.lines.append(dict(line))
            self.settle(bill)

    @rule(index=indexes, new=st.lists(lines, max_size=3))
    def replace_lines(self, index: int, new: list[Line]) -> None:
        bill = self.pick(index)
        is_open = bill.status in OPEN
        self.attempt(bill, "PUT", "/line_items", allowed=is_open, json={"data": new})
        if is_open:
            bill.lines = [dict(line) for line in new]
            self.settle(bill)

    @rule(index=indexes, which=indexes, quantity=st.sampled_from([1, 3]), removes=st.booleans())
    def touch_line(self, index: int, which: int, quantity: int, removes: bool) -> None:
        bill = self.pick(index)
        if not bill.lines:
            return
        place = which % len(bill.lines)
        line_id = bill.seen[f"/payables/{bill.id}/line_items"]["data"][place]["id"]
        is_open = bill.status in OPEN
        if removes:
            self.attempt(bill, "DELETE", f"/line_items/{line_id}", allowed=is_open)
        else:
            self.attempt(bill, "PATCH", f"/line_items/{line_id}", allowed=is_open, json={"quantity": quantity})
        if is_open and removes:
            del bill.lines[place]
        elif is_open:
            bill.lines[place]["quantity"] = quantity
        self.settle(bill)

    @rule(index=indexes, action=st.sampled_from(sorted(ALLOWED)))
    def act(self, index: int, action: str) -> None:
        bill = self.pick(index)
        after = ALLOWED[action].get(bill.status)
        answer = self.attempt(bill, "POST", f"/{action}", allowed=after is not None)
        if after is not None:
            bill.status = after
            if action == "submit_for_approval" and self.skips:
                bill.status = "waiting_to_be_paid"
            if action == "reopen":
                self.settle(bill)
            assert answer.json()["status"] == bill.status

    @rule(index=indexes, amount=st.sampled_from([0, 1, 400, 1_000_000]))
    def pay_partially(self, index: int, amount: int) -> None:
        bill = self.pick(index)
        shown = bill.seen[f"/payables/{bill.id}"]
        is_possible = bill.status in {"waiting_to_be_paid", "partially_paid"} and (
            shown["amount_paid"] < amount < shown["total_amount"]
        )
        self.attempt(bill, "POST", "/mark_as_partially_paid", allowed=is_possible, json={"amount_paid": amount})
        if is_possible:
            bill.status = "partially_paid"

    @rule(index=indexes, amount=st.sampled_from([1, 400, 1_000_000]))
    def record_payment(self, index: int, amount: int) -> None:
        bill = self.pick(index)
        body = {"object": {"id": bill.id, "type": "payable"}, "amount": amount, "currency": "USD"}
        answer = self.call("POST", "/payment_records", json=body | {"payment_intent_id": None, "status": "succeeded"})
        if bill.status in {"waiting_to_be_paid", "partially_paid"}:
            assert answer.status_code == 201, answer.text
            shown = self.call("GET", f"/payables/{bill.id}").json()
            bill.status = "paid" if shown["amount_paid"] >= shown["total_amount"] else "partially_paid"
        else:
            assert answer.status_code == 409, answer.text
            assert self.look(bill) == bill.seen

    @rule(index=indexes, removes=st.booleans())
    def move_file(self, index: int, removes: bool) -> None:
        bill = self.pick(index)
        has_file = bill.seen[f"/payables/{bill.id}"]["file_id"] is not None
        if removes:
            self.attempt(bill, "DELETE", "/file", allowed=has_file and bill.status in OPEN)
            return
        is_possible = not has_file and bill.status != "canceled"
        self.attempt(bill, "POST", "/attach_file", allowed=is_possible, files={"file": ("bill.pdf", PDF)})

    @rule(index=indexes)
    def validate(self, index: int) -> None:
        bill = self.pick(index)
        answer = self.attempt(bill, "POST", "/validate", allowed=True)
        assert (answer.json()["validation_errors"] == []) is bill.is_complete()

    @rule(index=indexes)
    def delete(self, index: int) -> None:
        bill = self.pick(index)
        self.attempt(bill, "DELETE", "", allowed=bill.status in DELETABLE)
        if bill.status in DELETABLE:
            assert self.call("GET", f"/payables/{bill.id}").status_code == 404
            self.bills.remove(bill)
            self.make(with_terms=False)

    @invariant()
    def what_is_shown_adds_up(self) -> None:
        if hasattr(self, "touched"):
            self.check(self.touched)

    def check(self, bill: Bill) -> None:
        bill.seen = self.look(bill)
        shown, listed, history, payments = bill.seen.values()
        made = [amounts(line) for line in bill.lines]
        assert shown["status"] == bill.status
        assert [(x["subtotal"], x["tax_amount"] or 0) for x in listed["data"]] == made
        assert all(x["total"] == x["subtotal"] + (x["tax_amount"] or 0) for x in listed["data"])
        assert shown["total_amount"] == bill.total()
        if made:
            assert (shown["subtotal"], shown["tax_amount"]) == tuple(map(sum, zip(*made, strict=True)))
        if bill.status not in OPEN | {"canceled"}:
            assert bill.is_complete()
            assert shown["total_amount"] == shown["subtotal"] + shown["tax_amount"] - (shown["discount"] or 0)
        self.check_payments(bill, shown, payments["data"])
        self.check_history(bill, history["data"])

    def check_payments(self, bill: Bill, shown: dict[str, Any], payments: list[dict[str, Any]]) -> None:
        assert shown["amount_paid"] == sum(x["amount"] for x in payments if x["status"] == "succeeded")
        if shown["total_amount"] is None:
            assert (shown["amount_due"], shown["amount_to_pay"]) == (None, None)
            return
        due = max(shown["total_amount"] - shown["amount_paid"], 0)
        saved = half_up(Decimal(due) / 10) if "payment_terms" in bill.fields else 0
        assert (shown["amount_due"], shown["amount_to_pay"]) == (due, due - saved)
        assert (bill.status == "paid") is (shown["paid_at"] is not None)
        if bill.status == "paid":
            assert due == 0
        elif bill.status == "partially_paid":
            assert 0 < shown["amount_paid"] < shown["total_amount"]
        else:
            assert shown["amount_paid"] == 0

    def check_history(self, bill: Bill, events: list[dict[str, Any]]) -> None:
        """The history leads from draft to the status of today, without a gap and in order."""
        assert events[0]["event_type"] == "payable_created"
        moments = [datetime.fromisoformat(x["timestamp"]) for x in events]
        assert moments == sorted(set(moments))
        steps = [x["event_data"] for x in events if x["event_type"] == "status_changed"]
        reached = ["draft", *(step["new_status"] for step in steps)]
        assert [step["old_status"] for step in steps] == reached[:-1]
        assert reached[-1] == bill.status


TestPayables = Payables.TestCase
TestPayables.settings = settings(
    max_examples=400 if LONG else 6,
    stateful_step_count=40 if LONG else 20,
    phases=tuple(Phase) if LONG else (Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
