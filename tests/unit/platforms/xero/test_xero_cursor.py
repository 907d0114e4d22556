"""How far a pull got: marks, windows, and what a changing list may not hide."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.books.changes import Change
from tieout.platforms.errors import Unavailable
from tieout.platforms.port import Answer, Request
from tieout.platforms.xero import cursor as cursor_module
from tieout.platforms.xero import reading
from tieout.platforms.xero.cursor import (
    OVERLAP,
    SETTLED_AFTER,
    Cursor,
    Seen,
    Stream,
    follows,
    mark_after,
    next_place,
    read_cursor,
    write_cursor,
)

PAGES_MAX = 200
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@given(
    st.sampled_from(Stream),
    st.integers(0, 9000),
    st.dictionaries(st.sampled_from(Stream), st.datetimes(timezones=st.just(UTC))),
)
def test_a_cursor_comes_back_as_it_went(stream: Stream, offset: int, marks: dict[Stream, datetime]) -> None:
    cursor = Cursor(
        stream=stream, offset=offset, marks={name.value: mark for name, mark in marks.items()}, swept_at=NOON
    )
    assert read_cursor(write_cursor(cursor)) == cursor


def test_no_cursor_begins_the_first_pull() -> None:
    assert read_cursor(None) == Cursor()


def test_a_cursor_of_another_version_begins_anew() -> None:
    assert read_cursor('{"version":0,"stream":"payments"}') == Cursor()


@pytest.mark.parametrize("text", ["", "[]", "next", '{"stream":"elsewhere"}'])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        read_cursor(text)


def test_the_next_pull_starts_a_little_before_the_latest_change() -> None:
    assert mark_after([at(-90), at(-10), None], started_at=NOON, before=None) == at(-10) - OVERLAP


def test_what_was_long_settled_does_not_come_again() -> None:
    assert mark_after([at(-86_400)], started_at=NOON, before=None) == NOON - SETTLED_AFTER


def test_a_mark_never_goes_back() -> None:
    assert mark_after([at(-86_400)], started_at=None, before=NOON) == NOON
    assert mark_after([], started_at=None, before=NOON) == NOON
    assert mark_after([], started_at=None, before=None) is None


def test_a_sweep_is_due_once_a_day() -> None:
    cursor = Cursor(swept_at=NOON)
    assert not cursor.begun(now=at(86_399)).sweeping
    swept = cursor.begun(now=at(86_400))
    assert (swept.sweeping, swept.swept_at) == (True, at(86_400))
    assert cursor.begun(now=None).sweeping


def seen(*seconds: float | None) -> list[Seen]:
    return [Seen(f"c-{i}", None if second is None else at(second)) for i, second in enumerate(seconds)]


def test_the_next_page_overlaps_this_one() -> None:
    place = next_place(Cursor(), seen(*range(1000)), begins_at=0, item_count=2600)
    assert place is not None
    assert (place.offset, place.last_id, place.last_at, place.high) == (975, "c-999", at(999), at(999))
    assert place.page == (2, 975)


@given(st.integers(min_value=1, max_value=200_000))
def test_a_page_begins_at_its_offset_or_a_little_before(offset: int) -> None:
    page, size = Cursor(offset=offset).page
    assert 1 <= size <= 1000
    assert 0 <= offset - (page - 1) * size < page
    assert page * size > offset


@pytest.mark.parametrize(
    ("count", "begins_at", "item_count"), [(0, 0, 0), (0, 975, 2600), (1000, 0, 1000), (5, 975, 980)]
)
def test_a_list_ends_with_its_last_object(count: int, begins_at: int, item_count: int) -> None:
    assert next_place(Cursor(), seen(*range(count)), begins_at=begins_at, item_count=item_count) is None


@pytest.mark.parametrize(
    ("times", "whole"),
    [
        ((7.0, 9.0), True),
        ((10.0, 11.0), False),
        ((11.0, 12.0), False),
        ((None, 12.0), False),
        ((), False),
    ],
)
def test_a_page_that_begins_after_the_last_object_may_leave_something_out(
    times: tuple[float | None, ...], whole: bool
) -> None:
    cursor = Cursor(last_id="last", last_at=at(10))
    assert follows(cursor, seen(*times)) is whole


def test_the_last_object_itself_proves_that_nothing_is_left_out_unless_it_moved() -> None:
    cursor = Cursor(last_id="c-1", last_at=at(10))
    assert follows(cursor, seen(10, 10, 10))
    assert not follows(cursor, seen(11, 12))


def test_a_stream_is_read_from_its_mark_and_from_its_beginning() -> None:
    moved = Cursor(stream=Stream.CONTACTS, offset=975, last_id="x", restarts=2, missed=True, sweeping=False)
    after = moved.moved_to(Stream.INVOICES, contacts=NOON, invoices=None)
    assert after == Cursor(stream=Stream.INVOICES, marks={"contacts": NOON}, sweeping=False)


class ChangingList:
    """A list of contacts as Xero serves it: ascending by time of change, in pages, while people work on it."""

    def __init__(self, times: list[float], meanwhile: Callable[["ChangingList"], None]) -> None:
        self.rows = {f"c-{i}": at(seconds) for i, seconds in enumerate(times)}
        self.calls = 0
        self.now = at(max(times, default=0) + 1)
        self._meanwhile = meanwhile

    def touch(self, place: int) -> None:
        """Somebody changes a contact, which moves it to the end."""
        self.now += timedelta(seconds=1)
        self.rows[sorted(self.rows)[place % len(self.rows)]] = self.now

    async def send(self, request: Request) -> Answer:
        """Serve one page, then let people work."""
        self.calls += 1
        query = parse_qs(urlsplit(request.path).query)
        page, size = int(query["page"][0]), int(query["pageSize"][0])
        since = request.headers.get("If-Modified-Since")
        bound = datetime.fromisoformat(since).replace(tzinfo=UTC) if since else datetime.min.replace(tzinfo=UTC)
        found = sorted(((changed, key) for key, changed in self.rows.items() if changed > bound))
        shown = found[(page - 1) * size : page * size]
        body = {
            "pagination": {
                "page": page,
                "pageSize": size,
                "pageCount": -(-len(found) // size),
                "itemCount": len(found),
            },
            "Contacts": [
                {"ContactID": key, "Name": key, "UpdatedDateUTC": f"/Date({int(changed.timestamp() * 1000)}+0000)/"}
                for changed, key in shown
            ],
        }
        self._meanwhile(self)
        return Answer(status=200, headers={}, body=json.dumps(body).encode())


async def read_all(listed: ChangingList) -> tuple[dict[str, datetime | None], Cursor]:
    """All contacts of a pull, and the cursor of the stream after them."""
    text: str | None = write_cursor(Cursor(stream=Stream.CONTACTS, started_at=NOON, sweeping=False))
    found: dict[str, datetime | None] = {}
    for _ in range(PAGES_MAX):
        page = await reading.fetch_page(listed, "org-1", text)
        found |= {c.ref.external_id: c.version.updated_at for c in page.changes if isinstance(c, Change)}
        if page.complete:
            return found, read_cursor(page.cursor)
        text = page.cursor
    raise AssertionError("the list does not end")


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 120),
    st.sampled_from([0.0, 0.0001, 0.25, 3.0]),
    st.lists(st.lists(st.integers(0, 120), max_size=6), max_size=12),
)
async def test_no_contact_is_lost_while_people_change_them(count: int, gap: float, touched: list[list[int]]) -> None:
    """Whoever moves meanwhile: all contacts come with this pull, or the next one reads from the same mark again."""
    work = iter(touched)

    def meanwhile(listed: ChangingList) -> None:
        for place in next(work, []):
            listed.touch(place)

    listed = ChangingList([i * gap for i in range(count)], meanwhile)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cursor_module, "PAGE_SIZE", 20)
        patch.setattr(cursor_module, "OVERLAP_SHARE", 10)
        found, after = await read_all(listed)
    assert found.keys() == listed.rows.keys() or "contacts" not in after.marks


async def test_a_list_that_never_stands_still_is_read_again_from_the_same_mark() -> None:
    def everybody_works(listed: ChangingList) -> None:
        for place in range(30):
            listed.touch(place)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cursor_module, "PAGE_SIZE", 20)
        _, after = await read_all(ChangingList([float(i) for i in range(100)], everybody_works))
    assert "contacts" not in after.marks


async def test_a_quiet_list_is_read_in_about_as_many_calls_as_it_has_pages() -> None:
    listed = ChangingList([i * 2.0 for i in range(10_000)], lambda _: None)
    found, after = await read_all(listed)
    assert (len(found), listed.calls) == (10_000, 11)
    assert after.marks["contacts"] == at(2.0 * 9999) - OVERLAP


async def test_an_import_within_one_moment_is_read_completely() -> None:
    listed = ChangingList([0.0] * 3500, lambda _: None)
    assert len((await read_all(listed))[0]) == 3500
    assert listed.calls == 4


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"Contacts":{}}',
        b'{"Contacts":[{"Name":"no id"}]}',
        b'{"Contacts":[7]}',
        b'{"Contacts":[]}',
    ],
)
async def test_an_answer_that_is_no_list_of_the_books_is_tried_again_later(body: bytes) -> None:
    class Broken:
        async def send(self, _request: Request) -> Answer:
            return Answer(status=200, headers={"xero-correlation-id": "t-1"}, body=body)

    cursor = write_cursor(Cursor(stream=Stream.CONTACTS))
    with pytest.raises(Unavailable) as raised:
        await reading.fetch_page(Broken(), "org-1", cursor)
    assert raised.value.trace_id == "t-1"
