"""Intents: what is to be written survives its storing whole, and an unanswered write is judged by the clock alone."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.books.encoding import RECORD_TYPES, decode_record, encode_record
from tieout.books.records import Kind, Party
from tieout.platforms.port import CallKind, Operation, Request, Write, WritingRules
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.work import Intent
from tieout.sync.intents import (
    BACKOFF_S_MAX,
    OPEN_STATES,
    State,
    Step,
    backoff,
    decode_write,
    encode_write,
    judge_absence,
    plan_resolution,
    put_request,
    request_of,
)

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    bool: st.booleans(),
    int: st.integers(),
    date: st.dates(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    types.NoneType: st.none(),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of an annotation that canonical records use; unlike hypothesis' own, with every optional field."""
    if hint in PLAIN:
        return PLAIN[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of([values_of(part) for part in inner])
    if origin in (tuple, frozenset):
        return st.lists(values_of(inner[0]), max_size=2, unique=origin is frozenset).map(origin)
    if origin is Mapping:
        return st.dictionaries(values_of(inner[0]), values_of(inner[1]), max_size=2)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    assert isinstance(hint, type), hint
    assert is_dataclass(hint), hint
    hints = get_type_hints(hint)
    return st.builds(hint, **{field.name: values_of(hints[field.name]) for field in fields(hint)})


@st.composite
def writes(draw: st.DrawFn) -> Write:
    kind = draw(st.sampled_from(Kind))
    hints = get_type_hints(Write)
    kept = hints.keys() - {"kind", "record", "content", "standing", "party"}
    others = {name: draw(values_of(hints[name])) for name in sorted(kept)}
    return Write(kind=kind, record=draw(values_of(RECORD_TYPES[kind])), **others)


@settings(max_examples=60)
@given(writes())
def test_a_write_of_any_record_survives_its_storing_digit_for_digit(write: Write) -> None:
    back = decode_write(encode_write(write))
    assert back == write
    assert repr(back) == repr(write)


@pytest.mark.parametrize("kind", Kind)
@settings(max_examples=25)
@given(data=st.data())
def test_every_kind_of_record_survives_its_storing_digit_for_digit(kind: Kind, data: st.DataObject) -> None:
    record = data.draw(values_of(RECORD_TYPES[kind]))
    back = decode_record(kind, encode_record(record))
    assert type(back) is RECORD_TYPES[kind]
    assert repr(back) == repr(record)


def test_every_kind_has_a_type_to_be_stored_as() -> None:
    assert set(RECORD_TYPES) == set(Kind)


@pytest.mark.parametrize("garbage", [b"", b"{}", b"null", b'{"operation": "fly"}', b"\xff"])
def test_what_is_no_write_is_refused(garbage: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_write(garbage)


@given(
    st.text(max_size=20),
    st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
    st.binary(max_size=40),
    st.text(max_size=20),
)
def test_an_intent_repeats_the_very_request(key: str, headers: dict[str, str], body: bytes, path: str) -> None:
    request = Request(method="POST", path=path, headers=headers, body=body, kind=CallKind.WRITE)
    intent = Intent()
    put_request(intent, _write(key), request)

    assert request_of(intent) == request
    assert intent.key == key
    assert decode_write(intent.planned) == _write(key)


def test_a_new_request_replaces_the_old_one_whole() -> None:
    intent = Intent()
    put_request(
        intent, _write("key-1"), Request(method="POST", path="/a", headers={"a": "1"}, body=b"1", kind=CallKind.WRITE)
    )
    put_request(intent, _write("key-2"), Request(method="PUT", path="/b", kind=CallKind.WRITE))

    assert (intent.key, intent.method, intent.path, intent.headers, intent.body) == ("key-2", "PUT", "/b", {}, b"")
    assert decode_write(intent.planned).key == "key-2"


def _write(key: str) -> Write:
    party = Party(name="Acme", marker=str(UUID(int=1)))
    company = RECORD_TYPES[Kind.COMPANY](external_id="1", name="Books", base_currency="EUR")
    return Write(operation=Operation.CREATE, kind=Kind.CUSTOMER, record=party, key=key, company=company)


RULES = WritingRules(absence_counts_after_s=120, key_lifetime_s=360, recreates_with_same_key=False, refuses_stale=True)


@pytest.mark.parametrize(
    ("after_s", "step"),
    [(0, Step.SEND_AGAIN), (359.999, Step.SEND_AGAIN), (360, Step.LOOK), (361, Step.LOOK), (10**7, Step.LOOK)],
)
def test_the_same_bytes_are_sent_again_only_while_their_key_is_surely_remembered(after_s: float, step: Step) -> None:
    assert plan_resolution(RULES, first_sent_at=AT, now=AT + timedelta(seconds=after_s)) is step


def test_a_platform_whose_memory_is_unknown_is_always_looked_at() -> None:
    unsure = WritingRules(
        absence_counts_after_s=120, key_lifetime_s=0, recreates_with_same_key=True, refuses_stale=True
    )
    assert plan_resolution(unsure, first_sent_at=AT, now=AT) is Step.LOOK


@pytest.mark.parametrize(("after_s", "counts"), [(0, False), (119.999, False), (120, True), (10**7, True)])
def test_absence_counts_only_when_a_late_call_can_no_longer_commit(after_s: float, *, counts: bool) -> None:
    absence = judge_absence(RULES, last_sent_at=AT, now=AT + timedelta(seconds=after_s))
    assert absence.counts is counts
    assert absence.counts_from == AT + timedelta(seconds=120)


def test_every_platform_waits_as_long_as_its_late_calls_may_take() -> None:
    """An unanswered call may still commit two minutes later; a key that is still alive must not be doubted before."""
    for platform in all_platforms().values():
        rules = platform.writing_rules
        assert rules.absence_counts_after_s >= 120
        assert rules.absence_counts_after_s >= rules.key_lifetime_s


@pytest.mark.parametrize(("attempts", "wait_s"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (10**6, 60)])
def test_waits_double_up_to_a_minute(attempts: int, wait_s: int) -> None:
    assert backoff(attempts) == timedelta(seconds=wait_s)
    assert wait_s <= BACKOFF_S_MAX


def test_the_open_states_are_those_that_something_is_still_to_come_of() -> None:
    assert set(OPEN_STATES) == {State.READY, State.SENDING, State.UNCERTAIN}
    assert {state.value for state in State} - set(OPEN_STATES) == {"confirmed", "refused", "cancelled"}
