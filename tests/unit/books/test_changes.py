"""Pages that are saved together say what they say one after the other."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tieout.books.changes import Change, ExternalRef, Page, Tombstone, Version, joined
from tieout.books.records import Kind, Untranslated

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KINDS = (Kind.INVOICE, Kind.BILL, Kind.PAYMENT)

refs = st.builds(ExternalRef, st.sampled_from(KINDS), st.sampled_from("123456"))
changes = st.builds(
    Change,
    refs,
    st.builds(Version, st.sampled_from("01234"), st.just(AT)),
    st.just(Untranslated(external_id="1", native_kind="Anything")),
    st.binary(max_size=3),
)
tombstones = st.builds(Tombstone, refs, st.just(AT))
pages = st.builds(
    Page,
    changes=st.lists(changes | tombstones, max_size=6).map(tuple),
    cursor=st.text(max_size=4),
    finished=st.booleans(),
    complete=st.frozensets(st.sampled_from(KINDS)),
    whole=st.frozensets(st.sampled_from(KINDS)),
)


@given(st.lists(pages, min_size=1, max_size=4))
def test_of_each_record_what_came_last_counts(several: list[Page]) -> None:
    one_by_one: dict[ExternalRef, Change | Tombstone] = {}
    for page in several:
        for change in page.changes:
            one_by_one[change.ref] = change
    together = joined(several)
    assert {change.ref: change for change in together.changes} == one_by_one
    assert len(together.changes) == len(one_by_one)


@given(st.lists(pages, min_size=1, max_size=4))
def test_the_pull_goes_on_after_the_last_page(several: list[Page]) -> None:
    together = joined(several)
    assert (together.cursor, together.finished) == (several[-1].cursor, several[-1].finished)
    for page in several:
        assert page.complete <= together.complete
        assert page.whole <= together.whole
