"""Waves: what goes at the same time, what shares a call, and what has to wait for what."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tieout.platforms.port import SendingRules
from tieout.sync.waves import Sendable, plan_wave

BATCH_BYTES_MAX = 1_000_000
SINGLY = SendingRules(in_flight_max=4, batch_max=1)
IN_BATCHES = SendingRules(in_flight_max=2, batch_max=50, batch_bytes_max=BATCH_BYTES_MAX)


def one(number: int, *touches: str, batch: str | None = None, body_bytes: int = 1_000) -> Sendable:
    return Sendable(
        intent_id=UUID(int=number),
        batch=batch,
        body_bytes=body_bytes,
        touches=frozenset(touches or {f"link:{number}"}),
    )


def numbers(calls: Sequence[Sequence[UUID]]) -> list[list[int]]:
    return [[member.int for member in call] for call in calls]


def test_as_many_go_at_once_as_the_platform_allows_and_the_oldest_first() -> None:
    assert numbers(plan_wave([one(n) for n in range(1, 8)], SINGLY)) == [[1], [2], [3], [4]]


def test_what_fits_one_call_shares_it() -> None:
    invoices = [one(n, batch="Invoices") for n in range(1, 6)]
    assert numbers(plan_wave([*invoices, one(6, batch="Contacts"), one(7)], IN_BATCHES)) == [[1, 2, 3, 4, 5], [6]]


def test_a_batch_is_cut_by_count() -> None:
    calls = numbers(plan_wave([one(n, batch="Invoices") for n in range(1, 121)], IN_BATCHES))
    assert [len(call) for call in calls] == [50, 50]
    assert calls[0][:2] + calls[1][:2] == [1, 2, 51, 52]


def test_a_batch_is_cut_by_size() -> None:
    half = BATCH_BYTES_MAX // 2
    calls = plan_wave([one(n, batch="Invoices", body_bytes=half) for n in range(1, 4)], IN_BATCHES)
    assert numbers(calls) == [[1, 2], [3]]


def test_two_writes_of_one_record_never_go_in_one_wave() -> None:
    create, undo, other = one(1, "link:1", "invoice:9"), one(2, "link:2", "invoice:9"), one(3)
    assert numbers(plan_wave([create, undo, other], SINGLY)) == [[1], [3]]


def test_what_rests_is_not_overtaken_by_a_later_write_of_the_same_record() -> None:
    resting = replace(one(1, "invoice:1", "number:7"), rests=True)
    assert numbers(plan_wave([resting, one(2, "invoice:1"), one(3)], SINGLY)) == [[3]]
    assert numbers(plan_wave([one(2, "invoice:1"), resting], SINGLY)) == [[2]], "what came before does not wait"


def test_nobody_is_overtaken_by_a_later_write_of_the_same_record() -> None:
    first, second, third = one(1, "invoice:1"), one(2, "invoice:1", "credit:2"), one(3, "credit:2")
    assert numbers(plan_wave([first, second, third], SINGLY)) == [[1]]


def test_what_touches_a_write_in_doubt_waits_for_it() -> None:
    assert numbers(plan_wave([one(1, "invoice:1"), one(2)], SINGLY, in_doubt={"invoice:1"})) == [[2]]


sendables = st.lists(
    st.builds(
        lambda touches, batch, size: (touches, batch, size),
        st.frozensets(st.sampled_from("abcdefgh"), min_size=1, max_size=3),
        st.sampled_from([None, "Invoices", "Contacts"]),
        st.integers(1, BATCH_BYTES_MAX),
    ),
    max_size=40,
)
rules = st.builds(
    SendingRules, in_flight_max=st.integers(1, 5), batch_max=st.integers(1, 6), batch_bytes_max=st.just(BATCH_BYTES_MAX)
)


@given(sendables, rules)
def test_whatever_is_ready_a_wave_keeps_to_the_policy(
    drawn: list[tuple[frozenset[str], str | None, int]], rules: SendingRules
) -> None:
    ready = [
        one(number, *touches, batch=batch, body_bytes=size) for number, (touches, batch, size) in enumerate(drawn, 1)
    ]
    by_id = {each.intent_id: each for each in ready}
    calls = plan_wave(ready, rules)
    sent = [by_id[member] for call in calls for member in call]
    assert bool(calls) is bool(ready), "something always goes"
    assert len(calls) <= rules.in_flight_max
    assert len({word for each in sent for word in each.touches}) == sum(len(each.touches) for each in sent)
    for call in calls:
        members = [by_id[member] for member in call]
        assert len(members) <= rules.batch_max
        assert len(members) == 1 or {each.batch for each in members} in ({"Invoices"}, {"Contacts"})
        assert len(members) == 1 or sum(each.body_bytes for each in members) <= BATCH_BYTES_MAX
        assert list(call) == sorted(call), "in their order"
