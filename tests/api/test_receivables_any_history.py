"""Anybody does anything with receivables, in any order: only what the tables allow happens, and sums stay sums.

`TIEOUT_LONG=1` tries many more orders.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from tests.support.machine import CallableApi
from tests.support.receivables import Json, invoice, line

LONG = os.environ.get("TIEOUT_LONG") == "1"
RECEIVABLES_MAX = 6
DAYS_MAX = 4
OPEN = {"issued", "partially_paid"}
ALLOWED = {
    "cancel": {"issued"},
    "mark_as_paid": OPEN,
    "mark_as_uncollectible": OPEN,
}

indexes = st.integers(0, 50)
lines = st.lists(
    st.builds(
        line,
        price=st.sampled_from([2, 35, 333, 12_345]),
        quantity=st.sampled_from([1, 1.5, 2.333, 7]),
        tax_rate_value=st.sampled_from([0, 887, 2_000]),
    ),
    min_size=1,
    max_size=3,
)
discounts = st.sampled_from([None, {"type": "percentage", "amount": 1_050}, {"type": "amount", "amount": 1}])


def half_up(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass
class Document:
    """A receivable as this test believes it to be."""

    id: str
    total: int
    days: int | None = None
    base: "Document | None" = None
    status: str = "draft"
    paid: int = 0
    credited: int = 0
    late_after: int | None = None

    @property
    def owed(self) -> int:
        return self.total - self.credited

    def enter(self, status: str) -> None:
        self.status = status

    def settle(self) -> None:
        """What follows from payments and credits."""
        if self.credited and self.owed <= 0 and not self.paid:
            self.enter("canceled")
        elif self.paid >= self.owed:
            self.enter("paid")
        elif self.paid:
            self.enter("partially_paid")


class Receivables(RuleBasedStateMachine):
    """One entity with a few invoices and credit notes."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.api = CallableApi(self.folder)
        self.trader = self.api.begin()
        self.today = 0
        self.documents: list[Document] = []
        for days in (0, None):
            self.make(lines=[line(1_234, quantity=7)], discount=None, mode="exclusive", deduction=0, days=days)
            self.issue(len(self.documents) - 1)

    def teardown(self) -> None:
        if hasattr(self, "api"):
            self.check_all()
            self.api.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    # What is seen ---------------------------------------------------------------------------------------------

    def everything(self) -> list[Json]:
        """All that the API tells."""
        shown = self.api.read("/receivables?limit=250")
        histories = [self.api.read(f"/receivables/{one['id']}/history") for one in shown["data"]]
        return [shown, *histories, self.api.read("/payment_records")]

    def check_all(self) -> None:
        living = [one for one in self.documents if one.status != "deleted"]
        shown = {one["id"]: one for one in self.api.read("/receivables?limit=250")["data"]}
        assert set(shown) == {one.id for one in living}
        for one in living:
            check_sums(shown[one.id])
            self.check(one, shown[one.id])
        overdue = {one["id"] for one in self.api.read("/receivables?status=overdue")["data"]}
        assert overdue == {key for key, one in shown.items() if one["status"] == "overdue"}

    def check(self, one: Document, shown: Json) -> None:
        is_late = one.base is None and one.status == "issued" and one.late_after is not None
        is_overdue = is_late and self.today > (one.late_after or 0)
        assert shown["status"] == ("overdue" if is_overdue else one.status)
        assert shown["total_amount"] == one.total
        if one.base is None:
            due = 0 if one.status in {"paid", "canceled"} else max(one.owed - one.paid, 0)
            amounts = ("amount_paid", "total_amount_with_credit_notes", "amount_due")
            assert [shown[name] for name in amounts] == [one.paid, one.owed, due]
            assert one.credited <= one.total
            records = self.api.read(f"/payment_records?object_id={one.id}")["data"]
            assert sum(record["amount"] for record in records) == one.paid
        entries = self.api.read(f"/receivables/{one.id}/history")["data"]
        steps = [entry["event_data"] for entry in entries if entry["event_type"] == "status_changed"]
        assert (steps[-1]["new_status"] if steps else "draft") == one.status
        paid = sum(entry["event_data"]["amount_paid"] for entry in entries if entry["event_type"] == "payment_received")
        assert paid == one.paid

    def attempt(self, method: str, path: str, body: Any = None, *, allowed: bool) -> Json:
        """Make a call that must work, or must be refused and leave nothing behind."""
        before = None if allowed else self.everything()
        answer = self.api.call(method, path, body)
        assert (answer.status_code < 300) is allowed, (method, path, answer.text)
        if not allowed:
            assert answer.status_code in {404, 409, 422}, answer.text
            assert self.everything() == before
            return {}
        return dict(answer.json()) if answer.content else {}

    def any(self, index: int) -> Document | None:
        return self.documents[index % len(self.documents)] if self.documents else None

    # What is done ---------------------------------------------------------------------------------------------

    @rule(
        lines=lines,
        discount=discounts,
        mode=st.sampled_from(["exclusive", "inclusive"]),
        deduction=st.sampled_from([0, 1]),
        days=st.sampled_from([None, 0, 2]),
    )
    def make(self, lines: list[Json], discount: Json | None, mode: str, deduction: int, days: int | None) -> None:
        if len(self.documents) >= RECEIVABLES_MAX:
            return
        terms = {} if days is None else {"payment_terms": {"term_final": {"number_of_days": days}}}
        more = {"discount": discount, "vat_mode": mode, "deduction_amount": deduction, **terms}
        made = self.attempt("POST", "/receivables", invoice(self.trader, *lines, **more), allowed=True)
        if mode == "exclusive" and discount is None:
            assert made["total_amount"] == sum(gross(one) for one in lines) - deduction
        self.documents.append(Document(made["id"], made["total_amount"], days))

    @rule(index=indexes)
    def clone(self, index: int) -> None:
        one = self.any(index)
        if one is None or one.base is not None or len(self.documents) >= RECEIVABLES_MAX:
            return
        made = self.attempt("POST", f"/receivables/{one.id}/clone", allowed=one.status != "deleted")
        if made:
            self.documents.append(Document(made["id"], made["total_amount"], one.days))

    @rule(index=indexes)
    def credit(self, index: int) -> None:
        one = self.any(index)
        if one is None:
            return
        has_draft = any(note.base is one and note.status == "draft" for note in self.documents)
        body = {"type": "credit_note", "based_on": one.id}
        allowed = one.base is None and one.status in OPEN and not has_draft
        made = self.attempt("POST", "/receivables", body, allowed=allowed)
        if made:
            self.documents.append(Document(made["id"], made["total_amount"], base=one))

    @rule(index=indexes, quantity=st.sampled_from([1, 1.5, 8]))
    def credit_less(self, index: int, quantity: float) -> None:
        note = self.any(index)
        if note is None or note.base is None or note.status == "deleted":
            return
        items = self.api.read(f"/receivables/{note.id}")["line_items"]
        product_id = items[0]["product"]["id"]
        change = {"credit_note": {"line_items": {product_id: {"quantity": quantity}}}}
        allowed = note.status == "draft" and quantity <= items[0]["quantity"]
        is_refused_by_model = note.status != "draft" or quantity == 8
        if allowed or is_refused_by_model:
            made = self.attempt("PATCH", f"/receivables/{note.id}", change, allowed=allowed)
            note.total = made.get("total_amount", note.total)

    @rule(index=indexes, lines=lines)
    def put_lines(self, index: int, lines: list[Json]) -> None:
        one = self.any(index)
        if one is None or one.base is not None:
            return
        path = f"/receivables/{one.id}"
        if self.attempt("PUT", f"{path}/line_items", {"data": lines}, allowed=one.status == "draft"):
            one.total = self.api.read(path)["total_amount"]

    @rule(index=indexes)
    def issue(self, index: int) -> None:
        one = self.any(index)
        if one is None:
            return
        allowed = one.status == "draft"
        if one.base is not None:
            allowed = allowed and one.base.status in OPEN and one.total <= one.base.owed
        self.attempt("POST", f"/receivables/{one.id}/issue", allowed=allowed)
        if not allowed:
            return
        one.enter("issued")
        if one.base is not None:
            one.base.credited += one.total
            one.base.settle()
        elif one.days is not None:
            one.late_after = self.today + one.days

    @rule(index=indexes, action=st.sampled_from(sorted(ALLOWED)))
    def act(self, index: int, action: str) -> None:
        one = self.any(index)
        if one is None:
            return
        allowed = one.base is None and one.status in ALLOWED[action] and not (action == "cancel" and one.credited)
        self.attempt("POST", f"/receivables/{one.id}/{action}", allowed=allowed)
        if not allowed:
            return
        if action == "mark_as_paid":
            one.paid = max(one.paid, one.owed)
            one.settle()
        else:
            one.enter({"cancel": "canceled", "mark_as_uncollectible": "uncollectible"}[action])

    @rule(index=indexes, amount=st.sampled_from([1, 30, 5_000]))
    def pay_in_all(self, index: int, amount: int) -> None:
        one = self.any(index)
        if one is None:
            return
        allowed = one.base is None and one.status in OPEN and one.paid < amount < one.owed
        path = f"/receivables/{one.id}/mark_as_partially_paid"
        self.attempt("POST", path, {"amount_paid": amount}, allowed=allowed)
        if allowed:
            one.paid = amount
            one.settle()

    @rule(index=indexes)
    def delete(self, index: int) -> None:
        one = self.any(index)
        if one is None:
            return
        self.attempt("DELETE", f"/receivables/{one.id}", allowed=one.status == "draft")
        if one.status == "draft":
            one.enter("deleted")

    @rule()
    def wait_a_day(self) -> None:
        if self.today == DAYS_MAX:
            return
        self.today += 1
        self.api.api.clock.move(timedelta(days=1))
        self.api.run(self.api.partner.sign_in())
        self.check_all()


def gross(one: Json) -> int:
    """A line with its tax, each rounded once."""
    net = half_up(Decimal(str(one["quantity"])) * one["product"]["price"]["value"])
    return net + half_up(Decimal(net) * one["tax_rate_value"] / 10_000)


def check_sums(shown: Json) -> None:
    """Every total is the sum of what is shown."""
    items, rates = shown["line_items"], shown["total_vat_amounts"]
    deduction = shown["deduction_amount"] or 0
    assert shown["discounted_subtotal"] + shown["total_vat_amount"] - deduction == shown["total_amount"] >= 0
    assert sum(item["total_before_vat"] for item in items) == shown["subtotal"]
    assert sum(item["total_after_vat"] for item in items) == shown["subtotal_after_vat"]
    assert sum(rate["amount"] for rate in rates) == shown["total_vat_amount"]
    assert sum(rate["taxable_amount"] for rate in rates) == shown["discounted_subtotal"]
    discount = shown["discount"]["value"] if shown["discount"] else 0
    assert shown["subtotal"] - discount == shown["discounted_subtotal"]


TestReceivables = Receivables.TestCase
TestReceivables.settings = settings(
    max_examples=150 if LONG else 5,
    stateful_step_count=60 if LONG else 25,
    deadline=None,
    derandomize=not LONG,
    database=None,
    phases=(Phase.generate, Phase.shrink) if LONG else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
