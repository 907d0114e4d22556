"""Matching: what is sure is linked, with its evidence; everything else is left alone."""

import random
from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.records import Item, Party
from tieout.sync.matching.listed import match_items as matched_items
from tieout.sync.matching.listed import match_parties as matched_parties
from tieout.sync.matching.names import normalized
from tieout.sync.matching.sides import Match, Ours


def ours(number: int, name: str = "Acme", **more: str | None) -> Ours:
    return Ours(id=UUID(int=number), name=name, **more)


def party(external_id: str, name: str = "Other", **more: object) -> Party:
    return Party(external_id=external_id, name=name, **more)  # type: ignore[arg-type] # any of its fields


def item(external_id: str, name: str = "Other", **more: object) -> Item:
    return Item(external_id=external_id, name=name, **more)  # type: ignore[arg-type] # any of its fields


def match_parties(our: list[Ours], their: list[Party]) -> Sequence[Match[Party]]:
    return matched_parties(our, their).sure


def match_items(our: list[Ours], their: list[Item]) -> Sequence[Match[Item]]:
    return matched_items(our, their).sure


def pairs(matches: Sequence[Match[Party]] | Sequence[Match[Item]]) -> list[tuple[int, str | None, str]]:
    return [(match.ours_id.int, match.theirs.external_id, match.matched_by) for match in matches]


def test_our_own_marker_is_believed_first() -> None:
    theirs = [party("1", "Acme", email="a@acme.example"), party("2", "Renamed", marker=str(UUID(int=7)))]
    assert pairs(match_parties([ours(7, email="a@acme.example")], theirs)) == [(7, "2", "marker")]


def test_a_tax_number_counts_before_an_email_and_an_email_before_a_name() -> None:
    our = ours(7, tax_number="GB 123 4567 89", email="a@acme.example")
    by_number, by_email, by_name = (
        party("1", tax_number="GB123456789"),
        party("2", email="A@Acme.example "),
        party("3", "ACME"),
    )
    assert pairs(match_parties([our], [by_name, by_email, by_number])) == [(7, "1", "tax_number")]
    assert pairs(match_parties([our], [by_name, by_email])) == [(7, "2", "email")]
    assert pairs(match_parties([our], [by_name])) == [(7, "3", "name")]
    assert pairs(match_parties([our], [party("4")])) == []


def test_a_product_is_known_by_marker_then_code_then_name() -> None:
    our = ours(7, "Red bicycle", code="BIKE-01")
    by_marker, by_code = item("1", marker=str(UUID(int=7))), item("2", code="bike 01")
    by_name = item("3", "red  Bicycle")
    assert pairs(match_items([our], [by_name, by_code, by_marker])) == [(7, "1", "marker")]
    assert pairs(match_items([our], [by_name, by_code])) == [(7, "2", "code")]
    assert pairs(match_items([our], [by_name])) == [(7, "3", "name")]


def test_the_evidence_says_what_agreed() -> None:
    (match,) = match_parties([ours(7, "Café  Zoë & Co.")], [party("1", "CAFE ZOE, CO")])
    assert (match.matched_by, match.value) == ("name", "cafe zoe co")


def test_what_several_of_theirs_share_decides_nothing() -> None:
    assert match_parties([ours(7)], [party("1", "Acme"), party("2", "ACME.")]) == []


def test_what_several_of_ours_share_decides_nothing() -> None:
    assert match_parties([ours(7), ours(8, "acme")], [party("1", "Acme")]) == []


def test_a_weaker_rule_may_still_decide_what_a_stronger_one_left_open() -> None:
    shared = "office@group.example"
    theirs = [party("1", "Acme", email=shared), party("2", "Beta", email=shared)]
    matched = match_parties([ours(7, "Beta", email=shared), ours(8, "Acme", email=shared)], theirs)
    assert sorted(pairs(matched)) == [(7, "2", "name"), (8, "1", "name")]


def test_one_of_theirs_is_given_away_once() -> None:
    theirs = [party("1", "Acme", email="a@acme.example")]
    matched = match_parties([ours(7, "Acme"), ours(8, "Someone", email="a@acme.example")], theirs)
    assert pairs(matched) == [(8, "1", "email")]


@pytest.mark.parametrize("agreed", [{"email": "a@acme.example"}, {}])
def test_different_tax_numbers_contradict_whatever_else_agrees(agreed: dict[str, str]) -> None:
    our = ours(7, tax_number="GB123456789", **agreed)
    assert match_parties([our], [party("1", "Acme", tax_number="GB987654321", **agreed)]) == []


@pytest.mark.parametrize("spelling", ["123456789", "GB 123 456 789", "GB123456789001", None, "", "n/a"])
def test_another_spelling_of_a_tax_number_or_none_contradicts_nothing(spelling: str | None) -> None:
    our = ours(7, tax_number="GB123456789")
    assert [match.ours_id.int for match in match_parties([our], [party("1", "Acme", tax_number=spelling)])] == [7]


def test_archived_records_and_those_without_an_id_are_left_alone() -> None:
    assert match_parties([ours(7)], [party("1", "Acme", active=False)]) == []
    assert match_items([ours(7)], [item("1", "Acme", active=False)]) == []
    assert match_parties([ours(7)], [Party(name="Acme")]) == []


@pytest.mark.parametrize("nothing", ["", " ", "-", "…!", None])
def test_nothing_agrees_with_nothing(nothing: str | None) -> None:
    our = ours(7, "Acme", email=nothing, tax_number=nothing, code=nothing)
    assert match_parties([our], [party("1", email=nothing, tax_number=nothing)]) == []
    assert match_items([our], [item("1", code=nothing)]) == []
    assert match_parties([ours(7, nothing or "")], [party("1", nothing or "")]) == []


@pytest.mark.parametrize("none", ["n/a", "none", "NONE", "unknown"])
def test_a_word_for_nothing_is_no_evidence(none: str) -> None:
    assert match_parties([ours(7, email=none, tax_number=none)], [party("1", email=none, tax_number=none)]) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller GmbH", "MULLER gmbh."),
        ("Straße", "STRASSE"),
        ("Œuvre", "œuvre"),
        ("Иван Ёлкин", "иван елкин"),
        ("A&B", "a b"),
        ("a_b", "A B"),
        ("№ 5", "no 5"),
        ("Ａｃｍｅ", "acme"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_names_are_compared_without_case_accents_and_punctuation(one: str, other: str) -> None:
    assert normalized(one) == normalized(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("राम", "रोम"),
        ("कल", "काल"),
        ("か", "が"),
        ("ที่", "ทำ"),
        ("Acme 1", "Acme 2"),
        ("AB", "A B"),
        ("Ōta", "Osta"),
    ],
)
def test_names_that_differ_in_more_stay_different(one: str, other: str) -> None:
    assert normalized(one) != normalized(other)


@given(st.text(max_size=30))
def test_a_normalized_name_is_normal(text: str) -> None:
    plain = normalized(text)
    if plain is not None:
        assert normalized(plain) == plain
        assert plain == " ".join(plain.split()) != ""


names = st.sampled_from(["", "A", "a", "B", "b.", "C", "1", "2"])
emails = st.sampled_from([None, "", "a@x.example", "A@x.example ", "b@x.example", "none"])
numbers = st.sampled_from([None, "", "1", "1.", "GB1", "2", "3", "n/a"])
our_sides = st.lists(
    st.builds(Ours, id=st.integers(1, 8).map(lambda n: UUID(int=n)), name=names, email=emails, tax_number=numbers),
    max_size=8,
    unique_by=lambda our: our.id,
)
their_sides = st.lists(
    st.builds(
        Party,
        external_id=st.integers(1, 8).map(str),
        name=names,
        email=emails,
        tax_number=numbers,
        active=st.booleans(),
        marker=st.none() | st.integers(1, 8).map(lambda n: str(UUID(int=n))),
    ),
    max_size=8,
    unique_by=lambda their: their.external_id,
)


@given(our_sides, their_sides)
def test_nobody_is_matched_twice_and_every_match_agrees_on_its_evidence(our: list[Ours], their: list[Party]) -> None:
    matches = match_parties(our, their)
    assert len({match.ours_id for match in matches}) == len(matches)
    assert len({match.theirs.external_id for match in matches}) == len(matches)
    by_id = {one.id: one for one in our}
    for match in matches:
        mine, other = by_id[match.ours_id], match.theirs
        assert other.active
        if match.matched_by == "marker":
            assert other.marker == match.value == str(mine.id)
        else:
            assert normalized(getattr(mine, match.matched_by)) == normalized(getattr(other, match.matched_by))


@given(our_sides, their_sides, st.randoms(use_true_random=False))
def test_the_order_of_either_side_does_not_matter(our: list[Ours], their: list[Party], chance: random.Random) -> None:
    before = {(match.ours_id, match.theirs.external_id, match.matched_by) for match in match_parties(our, their)}
    chance.shuffle(our)
    chance.shuffle(their)
    assert {
        (match.ours_id, match.theirs.external_id, match.matched_by) for match in match_parties(our, their)
    } == before
