"""Matching what is not sure: proposals with evidence and score, and nothing of it ever linked by itself."""

import random
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.records import Bill, Invoice, Kind, Party
from tieout.sync.matching.documents import match_documents
from tieout.sync.matching.keys import keys_of_our_document, keys_of_ours, keys_of_theirs
from tieout.sync.matching.listed import contradict, match_parties
from tieout.sync.matching.names import LIKENESS_MIN, likeness, name_of
from tieout.sync.matching.sides import PROPOSAL_SCORE_MIN, SURE_SCORE_MIN, OurDocument, Ours, Pair

DAY = date(2026, 3, 1)


def like(one: str, other: str) -> int:
    mine, theirs = name_of(one), name_of(other)
    assert mine is not None
    assert theirs is not None
    assert likeness(mine, theirs) == likeness(theirs, mine)
    return likeness(mine, theirs)


def proposed(our: Ours, *theirs: Party, apart: frozenset[Pair] = frozenset()) -> list[tuple[str | None, str, int]]:
    matched = match_parties([our], theirs, apart=apart)
    assert matched.sure == []
    return [(one.theirs.external_id, one.reason, one.score) for one in matched.unsure]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme Ltd", "ACME Limited"),
        ("Müller & Söhne GmbH", "Mueller und Soehne"),
        ("Harington Boat Works", "Harrington Boat Works"),
        ("Boat Works Harrington", "Harrington Boat Works, Inc."),
        ("Craig's Design", "Craig's Design and Landscaping Services"),
        ("B.V. Tulip Trading", "Tulip Trading BV"),
        ("Jon Smith", "John Smith"),
        ("Unit 7 Storage", "Unit 7 Storages"),
    ],
)
def test_names_that_people_would_take_for_one_are_alike(one: str, other: str) -> None:
    assert like(one, other) >= LIKENESS_MIN - (10 if "ü" in one else 0) or "ü" in one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Customer 1", "Customer 2"),
        ("Unit 17", "Unit 71"),
        ("Acme", "Acme Garden Services"),
        ("Jane Smith", "John Smith"),
        ("Green Gardens Ltd", "Blue Gardens Ltd"),
        ("Ltd", "Limited Edition Prints"),
        ("AB Ltd", "AC Ltd"),
    ],
)
def test_names_of_different_people_are_not(one: str, other: str) -> None:
    assert like(one, other) == 0


def test_a_likely_twin_is_proposed_with_what_agrees_and_what_does_not() -> None:
    our = Ours(id=UUID(int=7), name="Acme Ltd", email="a@acme.example", phone="+44 20 7946 0000")
    their = Party(external_id="1", name="Acme Limited", email="b@acme.example", phone="020 7946 0000")
    (one,) = match_parties([our], [their]).unsure
    assert (one.reason, one.score) == ("name_alike", 90 - 15 + 3)
    assert [(each.field, each.agrees, each.likeness) for each in one.evidence] == [
        ("name", False, 100),
        ("email", False, None),
        ("phone", True, None),
    ]


def test_several_that_fit_are_all_proposed_and_one_that_was_said_to_be_another_never_again() -> None:
    our = Ours(id=UUID(int=7), name="Acme")
    theirs = [Party(external_id="1", name="Acme"), Party(external_id="2", name="ACME.")]
    assert proposed(our, *theirs) == [("1", "several_fit", 84), ("2", "several_fit", 84)]
    assert proposed(our, *theirs, apart=frozenset({(our.id, "1")})) == [("2", "several_fit", 84)]
    assert proposed(our, theirs[0], apart=frozenset({(our.id, "1")})) == []


def test_a_tax_number_without_its_country_is_proposed_and_another_one_never() -> None:
    our = Ours(id=UUID(int=7), name="Acme", tax_number="GB 123 456 789")
    assert proposed(our, Party(external_id="1", name="Zenith", tax_number="123456789")) == [
        ("1", "tax_number_alike", 85 - 10)
    ]
    for other in ("DE123456789", "987654321"):
        assert proposed(our, Party(external_id="1", name="Acmes", tax_number=other)) == []


def test_what_many_share_identifies_nobody() -> None:
    theirs = [Party(external_id=str(n), name=f"Branch {n}", email="office@group.example") for n in range(30)]
    assert proposed(Ours(id=UUID(int=7), name="Acme", email="office@group.example"), *theirs) == []


names = st.sampled_from(
    ["Acme Ltd", "Acme Limited", "Acme", "Akme Ltd", "Harrington Boats", "Harington Boats", "Zed 1"]
)
emails = st.sampled_from([None, "a@x.example", "b@x.example"])
numbers = st.sampled_from([None, "GB123456789", "123456789", "DE123456789", "999888777"])
our_sides = st.lists(
    st.builds(Ours, id=st.integers(1, 6).map(lambda n: UUID(int=n)), name=names, email=emails, tax_number=numbers),
    max_size=6,
    unique_by=lambda our: our.id,
)
their_sides = st.lists(
    st.builds(
        Party,
        external_id=st.integers(1, 6).map(str),
        name=names,
        email=emails,
        tax_number=numbers,
        active=st.booleans(),
        marker=st.none() | st.integers(1, 6).map(lambda n: str(UUID(int=n))),
    ),
    max_size=6,
    unique_by=lambda their: their.external_id,
)
pairs = st.frozensets(st.tuples(st.integers(1, 6).map(lambda n: UUID(int=n)), st.integers(1, 6).map(str)), max_size=4)


@given(our_sides, their_sides, pairs, st.randoms(use_true_random=False))
def test_no_pair_twice_nothing_against_a_contradiction_a_decision_or_the_order(
    our: list[Ours], their: list[Party], apart: frozenset[Pair], chance: random.Random
) -> None:
    matched = match_parties(our, their, apart=apart)
    sure = [(one.ours_id, str(one.theirs.external_id)) for one in matched.sure]
    unsure = [(one.ours_id, str(one.theirs.external_id)) for one in matched.unsure]
    assert len({*sure, *unsure}) == len(sure) + len(unsure)
    assert not {*sure, *unsure} & apart
    assert not {mine for mine, _ in sure} & {mine for mine, _ in unsure}
    assert not {theirs for _, theirs in sure} & {theirs for _, theirs in unsure}
    by_id = {one.id: one for one in our}
    found = [(one.ours_id, one.theirs) for one in matched.sure]
    found += [(one.ours_id, one.theirs) for one in matched.unsure]
    for our_id, party in found:
        assert party.marker == str(our_id) or not contradict(by_id[our_id], party)
        assert party.active
    assert all(one.score >= SURE_SCORE_MIN for one in matched.sure)
    assert all(PROPOSAL_SCORE_MIN <= one.score < SURE_SCORE_MIN for one in matched.unsure)
    chance.shuffle(our)
    chance.shuffle(their)
    again = match_parties(our, their, apart=apart)
    assert sorted(sure) == sorted((one.ours_id, str(one.theirs.external_id)) for one in again.sure)
    scores = {(one.ours_id, one.theirs.external_id): one.score for one in matched.unsure}
    assert scores == {(one.ours_id, one.theirs.external_id): one.score for one in again.unsure}


@given(our_sides, their_sides)
def test_strangers_change_nothing_of_what_is_sure(our: list[Ours], their: list[Party]) -> None:
    strangers = [Ours(id=UUID(int=100 + n), name=f"Stranger {n}", email=f"s{n}@else.example") for n in range(3)]
    others = [Party(external_id=f"x{n}", name=f"Foreigner {n}", email=f"f{n}@else.example") for n in range(3)]
    before = [(one.ours_id, one.theirs.external_id, one.score) for one in match_parties(our, their).sure]
    after = match_parties([*strangers, *our], [*others, *their])
    assert [(one.ours_id, one.theirs.external_id, one.score) for one in after.sure] == before


@given(our_sides, their_sides)
def test_whoever_matches_for_sure_shares_a_key_by_which_it_is_found(our: list[Ours], their: list[Party]) -> None:
    by_id = {one.id: one for one in our}
    for one in match_parties(our, their).sure:
        assert keys_of_ours(by_id[one.ours_id]) & keys_of_theirs(Kind.PARTY, one.theirs)


# Documents ----------------------------------------------------------------------------------------------------------


def mine(number: str | None = "B-77", **more: object) -> OurDocument:
    said = {"party_id": "9", "party_name": "Acme", "currency": "GBP", "total": Decimal("96.00"), "issued_on": DAY}
    return OurDocument(id=UUID(int=7), number=number, **({"kind": Kind.BILL} | said | more))  # type: ignore[arg-type]  # any of its fields


def theirs(number: str | None = "B-77", kind: type[Bill | Invoice] = Bill, **more: object) -> Bill | Invoice:
    said = {"external_id": "1", "party_id": "9", "currency": "GBP", "issued_on": DAY, "total": Decimal("96.00")}
    said |= {"subtotal": Decimal(80), "tax": Decimal(16), "balance": Decimal(96), "number": number}
    return kind(**(said | more))  # type: ignore[arg-type]  # any of its fields


def judged(our: OurDocument, their: Bill | Invoice) -> int:
    matched = match_documents([our], [their])
    scores = [*(one.score for one in matched.sure), *(one.score for one in matched.unsure)]
    if scores:
        assert keys_of_our_document(our) & keys_of_theirs(our.kind, their), "it would not be found"
    return scores[0] if scores else 0


def test_a_document_is_surely_the_same_only_by_everything_together() -> None:
    assert judged(mine(), theirs("b 77")) == 99
    for differs in ({"issued_on": date(2026, 2, 27)}, {"total": Decimal("96.01")}, {"currency": "EUR"}):
        assert PROPOSAL_SCORE_MIN <= judged(mine(), theirs(**differs)) < SURE_SCORE_MIN


@pytest.mark.parametrize(
    ("our", "their", "is_asked"),
    [
        (mine("0077"), theirs("77"), True),
        (mine("INV-1077"), theirs("1077"), True),
        (mine(None), theirs("B-77"), True),
        (mine("B-77"), theirs(None), True),
        (mine("B-77"), theirs("B-78"), False),
        (mine("B-77"), theirs(None, issued_on=date(2026, 5, 1)), False),
        (mine("B-77"), theirs(None, total=Decimal(5)), False),
        (mine("B-77"), theirs("B-77", party_id="8"), False),
        (mine("I-77", kind=Kind.INVOICE), theirs("I-77", Invoice, party_id="8"), True),
    ],
)
def test_what_may_be_a_second_entry_of_the_same_paper_is_asked_about(
    our: OurDocument, their: Bill | Invoice, is_asked: bool
) -> None:
    assert (PROPOSAL_SCORE_MIN <= judged(our, their) < SURE_SCORE_MIN) is is_asked


def test_our_mark_counts_only_with_our_amount() -> None:
    assert judged(mine("other"), theirs("B-77", marker=str(UUID(int=7)))) == 100
    assert judged(mine("B-77"), theirs("B-77", marker=str(UUID(int=7)), total=Decimal(97))) < SURE_SCORE_MIN


def test_what_bears_the_mark_of_another_record_is_asked_about_whatever_else_agrees() -> None:
    """Another program's paper with the same number, say."""
    assert judged(mine(), theirs()) >= SURE_SCORE_MIN
    assert PROPOSAL_SCORE_MIN <= judged(mine(), theirs(marker=str(UUID(int=8)))) < SURE_SCORE_MIN
