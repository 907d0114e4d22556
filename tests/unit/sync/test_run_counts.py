"""What a run counts: nothing is counted twice, and what is unchanged is not called changed."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tieout.books.changes import Change, ExternalRef, Tombstone, Version
from tieout.books.encoding import encode_record
from tieout.books.records import Account, AccountType, Kind, Record, Untranslated
from tieout.sync.run_counts import Counts, Seen, added, counted_changes, listed

AT = datetime(2026, 3, 2, tzinfo=UTC)
COUNTS = st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), st.integers(0, 9)))


def change(external_id: str, *, balance: int = 0, version: str | None = "1", record: Record | None = None) -> Change:
    account = Account(
        external_id=external_id, name="Bank", type=AccountType.ASSET, current_balance=Decimal(balance), currency="GBP"
    )
    return Change(ExternalRef(Kind.ACCOUNT, external_id), Version(version, AT), record or account, b"{}")


def seen(one: Change) -> dict[tuple[str, str], Seen]:
    canonical = None if isinstance(one.record, Untranslated) else encode_record(one.record)
    return {("account", one.ref.external_id): Seen(one.version.token, one.version.updated_at, canonical)}


def counted(one: Change, before: Change) -> Counts:
    known = seen(before)
    return counted_changes([one], known, set(known))


def test_what_was_never_seen_is_changed_and_what_is_the_same_is_only_read() -> None:
    one = change("1")
    assert counted_changes([one], {}, set()) == {"account": {"read": 1, "changed": 1, "gone": 0, "untranslated": 0}}
    assert counted(one, one) == {"account": {"read": 1, "changed": 0, "gone": 0, "untranslated": 0}}


def test_another_version_or_other_contents_are_a_change() -> None:
    for other in (
        change("1", version="2"),
        change("1", balance=5),
        change("1", record=Untranslated(external_id="1", native_kind="x")),
    ):
        assert counted(other, change("1"))["account"]["changed"] == 1


def test_what_comes_back_is_changed_and_what_is_gone_already_is_not_gone_again() -> None:
    one, stone = change("1"), Tombstone(ExternalRef(Kind.ACCOUNT, "1"), AT)
    known = seen(one)
    assert counted_changes([one], known, set())["account"]["changed"] == 1
    assert counted_changes([stone], known, set(known))["account"]["gone"] == 1
    assert counted_changes([stone], known, set()) == {}


@given(COUNTS, COUNTS, COUNTS)
def test_counts_add_up_in_any_order_and_leave_what_was_counted_alone(one: Counts, two: Counts, three: Counts) -> None:
    before = {name: dict(entry) for name, entry in one.items()}
    assert added(added(one, two), three) == added(added(one, three), two)
    assert one == before
    assert [entry["name"] for entry in listed(added(one, two), "name")] == sorted({*one, *two})
