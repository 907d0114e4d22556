"""Comparing three ways: nothing is lost, one-sided changes are taken as they are, and who is right is the policy's."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tieout.sync.three_way import Face, Outcome, Side, Why, by_outcome, merge

NAMES = ("name", "email", "due_on", "lines")
VALUES = st.sampled_from([None, "a", "b", "c", ("a", "b")])
FACES = st.dictionaries(st.sampled_from(NAMES), VALUES)
POLICIES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([*Side, None])).map(lambda chosen: chosen.get)
MIRROR = {Side.BOOKS: Side.PARTNER, Side.PARTNER: Side.BOOKS, None: None}
MIRRORED = {Outcome.OURS: Outcome.THEIRS, Outcome.THEIRS: Outcome.OURS}


def merged(base: Face, ours: Face, theirs: Face, decide: Any) -> dict[str, Any]:
    return {name: field.merged for name, field in merge(base, ours, theirs, decide).items()}


def full(face: Face, *others: Face) -> dict[str, Any]:
    """A face with every name that any has."""
    return {name: face.get(name) for name in {*face, *(name for other in others for name in other)}}


@given(FACES, FACES, FACES, POLICIES)
def test_no_field_is_lost_and_none_is_made_up(base: Face, ours: Face, theirs: Face, decide: Any) -> None:
    fields = merge(base, ours, theirs, decide)
    assert set(fields) == {*base, *ours, *theirs}
    for name, field in fields.items():
        assert (field.base, field.ours, field.theirs) == (base.get(name), ours.get(name), theirs.get(name))
        assert field.merged in (field.base, field.ours, field.theirs)
        assert (field.why is Why.BOTH_CHANGED) == (field.outcome is Outcome.HELD)


@given(FACES, FACES, POLICIES)
def test_what_one_side_alone_changed_is_what_comes_out(base: Face, changed: Face, decide: Any) -> None:
    assert merged(base, changed, base, decide) == merged(base, base, changed, decide) == full(changed, base)
    assert {one.outcome for one in merge(base, base, changed, decide).values()} <= {Outcome.UNCHANGED, Outcome.THEIRS}
    assert {one.outcome for one in merge(base, changed, base, decide).values()} <= {Outcome.UNCHANGED, Outcome.OURS}


@given(FACES, FACES, POLICIES)
def test_what_both_made_the_same_is_agreed_on_whatever_the_policy(base: Face, same: Face, decide: Any) -> None:
    assert merged(base, same, same, decide) == full(same, base)


@given(FACES, FACES, FACES, POLICIES)
def test_once_both_sides_took_what_came_out_nothing_is_left_to_do(
    base: Face, ours: Face, theirs: Face, decide: Any
) -> None:
    fields = merge(base, ours, theirs, decide)
    held = by_outcome(fields, Outcome.HELD)
    after = {name: field.merged for name, field in fields.items()}
    ours_after = {name: field.ours if name in held else field.merged for name, field in fields.items()}
    theirs_after = {name: field.theirs if name in held else field.merged for name, field in fields.items()}
    again = merge(after, ours_after, theirs_after, decide)
    assert {name: one for name, one in again.items() if one.outcome is not Outcome.UNCHANGED} == held


@given(FACES, FACES, FACES, POLICIES)
def test_neither_side_is_favoured_but_by_the_policy(base: Face, ours: Face, theirs: Face, decide: Any) -> None:
    there = merge(base, ours, theirs, decide)
    back = merge(base, theirs, ours, lambda name: MIRROR[decide(name)])
    assert {name: one.outcome for name, one in there.items()} == {
        name: MIRRORED.get(one.outcome, one.outcome) for name, one in back.items()
    }
    assert {name: one.merged for name, one in there.items()} == {name: one.merged for name, one in back.items()}
