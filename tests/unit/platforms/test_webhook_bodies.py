"""What platforms' webhooks say, read from their bytes: both formats of Intuit's, and Xero's."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.books.changes import Page
from tieout.books.records import Kind
from tieout.platforms.errors import Explanation, Misuse
from tieout.platforms.port import Answer, Request
from tieout.platforms.quickbooks import webhooks as quickbooks
from tieout.platforms.quickbooks.cursor import Cursor as QuickBooksCursor
from tieout.platforms.quickbooks.cursor import Phase
from tieout.platforms.quickbooks.cursor import read_cursor as read_quickbooks
from tieout.platforms.quickbooks.cursor import written as write_quickbooks
from tieout.platforms.registry import all_platforms
from tieout.platforms.webhooks import SOMETHING, Hint, Told, UnreadableWebhookError
from tieout.platforms.xero import webhooks as xero
from tieout.platforms.xero.cursor import Cursor, Hinted, Stream, read_cursor, write_cursor
from tieout.platforms.xero.reading import fetch_page

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
REFERENCE = Path(os.environ.get("TIEOUT_REFERENCE_DIR", Path(__file__).parents[4] / "shared" / "reference"))
VECTORS = REFERENCE / "qbo-samples" / "webhooks" / "signature-vectors.json"


def of_quickbooks(content: Any) -> Told:
    return quickbooks.WEBHOOKS.read(json.dumps(content).encode())


def of_xero(*events: Any) -> Told:
    return xero.WEBHOOKS.read(json.dumps({"events": list(events)}).encode())


def event(type_: str, record: Any = "7", company: Any = "42", **more: Any) -> dict[str, Any]:
    return {"type": type_, "intuitentityid": record, "intuitaccountid": company, **more}


def test_cloud_events_of_several_companies_are_told_apart() -> None:
    told = of_quickbooks(
        [
            event("qbo.invoice.created.v1", time="2026-03-02T09:29:25.179851517Z"),
            event("QBO.BillPayment.Updated.v1", record=8, company="43", data={}),
            event("qbo.customer.deleted.v2", company="44"),
        ]
    )
    at = AT.replace(minute=29, second=25, microsecond=179_851)
    assert told.hints == (
        Hint("42", "Invoice", "7", at),
        Hint("43", "BillPayment", "8"),
        Hint("44", "Customer", "7", is_gone=True),
    )
    assert told.companies == {"42", "43", "44"}


def test_the_older_body_says_the_same() -> None:
    entities = [
        {"name": "Customer", "id": "1", "operation": "Create", "lastUpdated": "2015-10-05T14:42:19-0700"},
        {"name": "Vendor", "id": "2", "operation": "Delete", "lastUpdated": "2016-10-05T03:09:04.000Z"},
        {"name": "Invoice", "id": "3", "operation": "Void"},
    ]
    change = {"realmId": "42", "dataChangeEvent": {"entities": entities}}
    told = of_quickbooks({"eventNotifications": [change, {"realmId": "43"}, {}, None]})
    within = timedelta(microseconds=999_999)
    assert told.hints == (
        Hint("42", "Customer", "1", datetime(2015, 10, 5, 21, 42, 19, tzinfo=UTC) + within),
        Hint("42", "Vendor", "2", datetime(2016, 10, 5, 3, 9, 4, tzinfo=UTC) + within, is_gone=True),
        Hint("42", "Invoice", "3"),
        Hint("43", SOMETHING, SOMETHING),
    )


@pytest.mark.parametrize(
    "content",
    [
        [event("qbo.vendor.merged.v1", data={"deletedid": "6"})],
        {"eventNotifications": [{"realmId": "42", "dataChangeEvent": {"entities": [
            {"name": "Vendor", "id": "7", "operation": "Merge", "deletedId": "6"}]}}]},
    ],
)  # fmt: skip
def test_a_merge_tells_of_both(content: Any) -> None:
    assert of_quickbooks(content).hints == (Hint("42", "Vendor", "7"), Hint("42", "Vendor", "6"))


@pytest.mark.parametrize("verb", ["void", "voided", "emailed", "split", ""])
def test_whatever_happened_to_a_document_is_seen_in_the_books(verb: str) -> None:
    assert of_quickbooks([event(f"qbo.invoice.{verb}.v1")]).hints == (Hint("42", "Invoice", "7"),)


def test_what_is_never_read_costs_no_call_and_what_is_not_known_costs_one() -> None:
    told = of_quickbooks([event(f"qbo.{name}.updated.v1", company=name) for name in ("timeactivity", "spaceship")])
    assert told.hints == (Hint("spaceship", SOMETHING, "7"),)
    assert told.companies == {"spaceship", "timeactivity"}
    assert of_quickbooks([event("billing.v9"), event("qbo.invoice.updated.v1", company=None)]).hints == (
        Hint("42", SOMETHING, "7"),
    )


def test_xero_is_read_whatever_the_case_of_its_words() -> None:
    tenant = "AEF86862-2015-4b6b-88bc-d89032cecc50"
    told = of_xero(
        {"resourceId": "A1", "tenantId": tenant, "eventCategory": "Invoice", "eventType": "Update",
         "eventDateUtc": "2026-03-02T09:29:25.902"},
        {"resourceId": "b2", "tenantId": "t2", "eventCategory": "CREDITNOTE", "data": {"Type": "ACCPAYCREDIT"}},
        {"resourceId": "c3", "tenantId": "t3", "eventCategory": "SUBSCRIPTION", "tenantType": "APPLICATION"},
        {"resourceId": "d4", "tenantId": "t4", "eventCategory": "PAYSLIP"},
    )  # fmt: skip
    assert told.hints == (
        Hint(tenant.lower(), "INVOICE", "a1", AT.replace(minute=29, second=25, microsecond=902_000)),
        Hint("t2", "CREDITNOTE", "b2"),
        Hint("t4", SOMETHING, "d4"),
    )
    assert told.companies == {tenant.lower(), "t2", "t3", "t4"}
    assert of_xero() == Told((), frozenset())


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=10,
)
words = st.sampled_from(
    ["type", "time", "data", "deletedid", "intuitentityid", "intuitaccountid", "realmId", "name", "id", "operation",
     "lastUpdated", "deletedId", "resourceId", "tenantId", "eventCategory", "eventDateUtc", "entities"]
)  # fmt: skip
values = st.sampled_from(["qbo.invoice.voided.v1", "Invoice", "INVOICE", "42", "0001-01-01T00:00:00+23:59", "a\0b"])
entries = st.lists(st.dictionaries(words, values | anything, max_size=6) | anything, max_size=4)
notifications = st.fixed_dictionaries(
    {"realmId": values, "dataChangeEvent": st.builds(lambda e: {"entities": e}, entries)}
)
bodies = (
    st.binary(max_size=200)
    | anything.map(lambda content: json.dumps(content).encode())
    | entries.map(lambda found: json.dumps(found).encode())
    | entries.map(lambda found: json.dumps({"events": found}).encode())
    | st.lists(notifications | anything, max_size=3).map(lambda n: json.dumps({"eventNotifications": n}).encode())
)


@given(bodies)
@settings(max_examples=60)
def test_no_body_is_an_error_of_ours(body: bytes) -> None:
    for platform in all_platforms().values():
        try:
            told = platform.webhooks.read(body)
        except UnreadableWebhookError:
            continue
        for hint in told.hints:
            assert hint.company_id in told.companies
            assert hint.at is None or hint.at.utcoffset() == timedelta()
            assert all(len(text) <= 64 and text.isprintable() for text in (hint.company_id, hint.external_id))
            assert platform.webhooks.kinds_of(hint.subject) <= set(Kind)


@pytest.mark.skipif(not VECTORS.exists(), reason="NO RECORDINGS: set TIEOUT_REFERENCE_DIR to the folder of qbo-samples")
def test_the_published_signatures_fit() -> None:
    for vector in json.loads(VECTORS.read_text()):
        body, headers = vector["payload"].encode(), {"intuit-signature": vector["intuit-signature"]}
        assert quickbooks.WEBHOOKS.is_signed(vector["verifier_token"], headers, body)
        assert not quickbooks.WEBHOOKS.is_signed(vector["verifier_token"], headers, body + b" ")
        assert not quickbooks.WEBHOOKS.is_signed(vector["verifier_token"][:-1], headers, body)
        assert quickbooks.WEBHOOKS.read(body).hints


def test_quickbooks_reads_everything_in_one_call_and_company_and_tax_where_they_changed() -> None:
    cursor = QuickBooksCursor(phase=Phase.CHANGES, since=AT, reference_at=AT, currency="GBP")
    text = write_quickbooks(cursor)
    begin = quickbooks.WEBHOOKS.begin
    assert begin(text, [Hint("42", "Invoice", "7")], is_routine=False) == text
    for subject in ("Preferences", "TaxAgency"):
        begun = read_quickbooks(begin(text, [Hint("42", subject, "1")], is_routine=True))
        assert (begun.phase, begun.since, begun.reference_at) == (Phase.CHANGES, AT, None)
    assert begin(None, [Hint("42", "Preferences", "1")], is_routine=False) is None


IDS = tuple(f"00000000-0000-4000-8000-{number:012}" for number in range(xero.IDS_MAX + 1))
READ = write_cursor(Cursor(marks={"invoices": AT}, swept_at=AT))


def begun(*hints: Hint) -> Cursor:
    return read_cursor(xero.WEBHOOKS.begin(READ, hints, is_routine=False))


def test_xero_reads_what_was_told_of_by_its_id() -> None:
    first, second, third = IDS[:3]
    cursor = begun(Hint("t", "INVOICE", second), Hint("t", "CONTACT", third), Hint("t", "INVOICE", first))
    assert cursor.hinted == Hinted(contacts=(third,), invoices=(first, second))
    assert (cursor.sweeping, cursor.sweeping_contacts) == (False, False)
    assert cursor.finished() == read_cursor(READ)


def test_xero_reads_the_news_of_a_kind_where_ids_would_take_more_calls_or_are_none() -> None:
    many = [Hint("t", "INVOICE", name) for name in IDS]
    cursor = begun(*many)
    assert (cursor.stream, cursor.since) == (Stream.INVOICES, AT)
    assert cursor.hinted == Hinted(streams=(Stream.PAYMENTS,))
    assert begun(Hint("t", "INVOICE", SOMETHING)) == begun(*many[:2], Hint("t", "INVOICE", "7")) == cursor
    assert begun(*many[1:]).hinted == Hinted(invoices=IDS[1:])
    credit = begun(Hint("t", "CREDITNOTE", "n1"), Hint("t", "CONTACT", SOMETHING))
    assert (credit.stream, credit.hinted) == (Stream.CONTACTS, Hinted(streams=(Stream.CREDIT_NOTES, Stream.PAYMENTS)))


def test_xero_reads_everything_where_it_is_not_clear_what_was_told() -> None:
    hints = [Hint("t", "INVOICE", "i1"), Hint("t", SOMETHING, "x")]
    assert xero.WEBHOOKS.begin(READ, hints, is_routine=False) == READ
    assert xero.WEBHOOKS.begin(READ, hints[:1], is_routine=True) == READ
    assert xero.WEBHOOKS.begin(READ, (), is_routine=False) == READ
    assert xero.WEBHOOKS.begin(None, hints[:1], is_routine=False) is None


class Choosy:
    """A platform that takes no ids, and has nothing new."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def send(self, request: Request) -> Answer:
        self.asked.append(urlsplit(request.path).path.rpartition("/")[2])
        if "IDs=" in request.path:
            raise Misuse(Explanation(code="invalid", message="No.", fix="None."))
        pagination = {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 0}
        body = {"pagination": pagination, "Invoices": [], "Payments": []}
        return Answer(status=200, headers={}, body=json.dumps(body).encode())


async def test_ids_that_xero_does_not_take_keep_nobody_from_reading() -> None:
    transport, text = Choosy(), xero.WEBHOOKS.begin(READ, [Hint("t", "INVOICE", IDS[0])], is_routine=False)
    pages: list[Page] = []
    while not pages or not pages[-1].finished:
        pages.append(await fetch_page(transport, "t", text))
        text = pages[-1].cursor
    assert transport.asked == ["Invoices", "Invoices", "Payments"]
    assert all(page.is_partial for page in pages)
    assert read_cursor(text).hinted is None
