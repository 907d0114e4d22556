"""What a new status of a document means for the books."""

from typing import get_args

import pytest

from tieout.sync.push_statuses import (
    PUSH_STATUSES,
    Follow,
    PayableStatus,
    ReceivableStatus,
    is_billed,
    is_left_standing,
    plan_follow,
)
from tieout.sync.rules import rules_of

BILLS = PUSH_STATUSES["payable"]


@pytest.mark.parametrize(
    ("names", "old", "new", "follow"),
    [
        (PUSH_STATUSES["receivable"], "draft", "issued", Follow.WANT),
        (PUSH_STATUSES["receivable"], "issued", "paid", Follow.NOTHING),
        (PUSH_STATUSES["receivable"], "issued", "uncollectible", Follow.NOTHING),
        (("paid",), "draft", "issued", Follow.NOTHING),
        (("paid",), "issued", "paid", Follow.WANT),
        (("uncollectible",), "issued", "uncollectible", Follow.WANT),
        (BILLS, "draft", "new", Follow.NOTHING),
        (BILLS, "new", "waiting_to_be_paid", Follow.WANT),
        (BILLS, "new", "paid", Follow.WANT),
        (BILLS, "waiting_to_be_paid", "new", Follow.WITHDRAW),
        (BILLS, "new", "canceled", Follow.NOTHING),
        (("new",), "draft", "new", Follow.WANT),
        (("new",), "new", "new", Follow.WANT),
        (("new",), "new", "approve_in_progress", Follow.NOTHING),
        (("new",), "new", "draft", Follow.WITHDRAW),
        (("new",), "approve_in_progress", "rejected", Follow.WITHDRAW),
        (("new",), "new", "deleted", Follow.WITHDRAW),
        ((), "new", "waiting_to_be_paid", Follow.NOTHING),
    ],
)
def test_a_document_goes_over_when_it_comes_into_a_status_that_is_named(
    names: tuple[str, ...], old: str, new: str, follow: Follow
) -> None:
    assert plan_follow(names, old, new) is follow


def test_a_bill_counts_from_its_approval_or_from_the_first_status_that_is_named() -> None:
    assert [status for status in ("draft", "new", "approve_in_progress", *BILLS) if is_billed(BILLS, status)] == [
        "waiting_to_be_paid",
        "partially_paid",
        "paid",
    ]
    assert is_billed(("new",), "approve_in_progress")
    assert not is_billed(("approve_in_progress",), "new")


def test_the_books_keep_what_ended_where_the_rule_leaves_its_end_out() -> None:
    assert is_left_standing(("issued",), "canceled")
    assert not is_left_standing(("issued",), "paid")
    assert not is_left_standing(BILLS, "canceled")


def test_the_default_names_statuses_alone_and_a_choice_replaces_one_side_of_it() -> None:
    assert set(PUSH_STATUSES["receivable"]) <= set(get_args(ReceivableStatus))
    assert set(PUSH_STATUSES["payable"]) <= set(get_args(PayableStatus))
    chosen = rules_of({"accounting_sync_rules": {"push_statuses": {"payable": []}}}).push_statuses
    assert chosen == {"receivable": PUSH_STATUSES["receivable"], "payable": ()}
