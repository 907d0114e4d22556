"""The connector against every answer of Xero's that was recorded."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from tests.support.recordings_xero import Recorded, recorded_objects, recordings_folder, tally

from tieout.books.records import Company, Document, DocumentStatus, Kind, Line, TaxRate, Untranslated
from tieout.platforms.errors import CompanyEnded, PlatformRefusal, Throttled, TokenExpired
from tieout.platforms.port import Answer, App, CallKind, Environment, Request, Tokens
from tieout.platforms.xero.arithmetic import TaxedLine, cents, cents_of_line, predict
from tieout.platforms.xero.platform import PLATFORM

FOLDER = recordings_folder()
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="NO RECORDINGS: set TIEOUT_REFERENCE_DIR to the folder that holds xero-samples"
)
APP = App(client_id="id", client_secret="secret", environment=Environment.PRODUCTION)


@pytest.fixture(scope="module")
def recorded() -> list[Recorded]:
    assert FOLDER is not None
    return list(recorded_objects(FOLDER))


def documents(recorded: list[Recorded]) -> list[Document]:
    return [one.change.record for one in recorded if isinstance(one.change.record, Document)]


def exchange(name: str) -> dict[str, Any]:
    assert FOLDER is not None
    content: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return content


def answer_of(name: str) -> Answer:
    """A recorded exchange as the connector would get it."""
    response = exchange(name)["response"]
    body = response["body"]
    headers = {key.lower(): value for key, value in response["headers"].items()}
    return Answer(
        status=response["status"]["code"],
        headers=headers,
        body=body.encode() if isinstance(body, str) else json.dumps(body).encode(),
    )


def test_every_recorded_object_ties_to_the_cent_or_says_why_it_has_no_meaning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert FOLDER is not None
    counted = tally(FOLDER)
    with capsys.disabled():
        print("\n" + "\n".join(counted.lines()))  # noqa: T201 - the counts are the point
    assert counted.differences == []
    assert counted.total >= 90
    assert counted.translated["invoice"] + counted.translated["bill"] >= 20
    assert all(reason.endswith("no pull reads these") for reason in counted.untranslated)


def test_a_recorded_object_keeps_its_own_bytes(recorded: list[Recorded]) -> None:
    assert all(one.change.raw == one.raw for one in recorded)


def test_every_recorded_document_adds_up_in_itself(recorded: list[Recorded]) -> None:
    for document in documents(recorded):
        assert document.subtotal + document.tax == document.total
        assert sum(line.tax_amount or 0 for line in document.lines) == document.tax
        if document.tax_lines:
            assert sum(line.amount for line in document.tax_lines) == document.tax


def test_recorded_line_amounts_are_what_the_arithmetic_predicts(recorded: list[Recorded]) -> None:
    lines = [line for document in documents(recorded) for line in document.lines if line.amount]
    assert len(lines) >= 20
    for line in lines:
        assert cents_of_line(line.quantity, line.unit_price, line.discount_percent) == cents(line.amount)


def test_recorded_tax_is_what_the_arithmetic_predicts(recorded: list[Recorded]) -> None:
    """The rates of the recorded organisations: New Zealand's 15 %, the global demo company's own list."""
    rates = {"INPUT2": "15", "OUTPUT2": "15", "NONE": "0"}
    known = {one.change.ref.external_id: one.change.record for one in recorded if one.plural == "TaxRates"}

    def percent(file: str, line: Line) -> Decimal:
        if file.startswith("xero-python"):
            return Decimal(rates[line.tax_rate_id or "NONE"])
        rate = known[line.tax_rate_id or "NONE"]
        assert isinstance(rate, TaxRate)
        return rate.effective_rate

    checked = 0
    for one in recorded:
        document = one.change.record
        if not isinstance(document, Document) or not document.lines:
            continue
        lines = [
            TaxedLine(cents(line.amount) or 0, line.tax_rate_id, percent(one.file, line)) for line in document.lines
        ]
        assert predict(lines, document.taxation).tax_minor == cents(document.tax)
        checked += 1
    assert checked >= 20


def test_recorded_void_and_deleted_documents_owe_nothing(recorded: list[Recorded]) -> None:
    dead = [d for d in documents(recorded) if d.status in {DocumentStatus.VOID, DocumentStatus.DELETED}]
    assert dead
    assert {document.balance for document in dead} == {0}


def test_the_recorded_organisations_say_when_their_books_are_closed_and_where_they_are(
    recorded: list[Recorded],
) -> None:
    companies = [one.change.record for one in recorded if isinstance(one.change.record, Company)]
    assert {company.time_zone for company in companies} == {"Pacific/Auckland", "America/New_York"}
    assert {str(company.closed_until) for company in companies} == {"2009-09-30", "2008-09-30"}


def test_nothing_recorded_of_the_kinds_that_are_pulled_is_untranslated(recorded: list[Recorded]) -> None:
    left = [one for one in recorded if isinstance(one.change.record, Untranslated)]
    assert {one.change.ref.kind for one in left} == {Kind.OTHER}


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("xpm_ruby/401_token_expired.json", TokenExpired),
        ("xpm_ruby/401_bad_token.json", TokenExpired),
        ("xpm_ruby/403_bad_tenant.json", CompanyEnded),
        ("xpm_ruby/429_rate_limit_minute.json", Throttled),
    ],
)
def test_recorded_refusals_are_understood(name: str, refusal: type[PlatformRefusal]) -> None:
    answer = answer_of(name)
    found = PLATFORM.read_refusal(Request(method="GET", path="/x", kind=CallKind.READ), answer)
    assert type(found) is refusal
    assert isinstance(found, PlatformRefusal)
    assert found.trace_id == answer.headers["xero-correlation-id"]


def test_the_recorded_limit_says_how_long_to_wait() -> None:
    found = PLATFORM.read_refusal(
        Request(method="GET", path="/x", kind=CallKind.READ), answer_of("xpm_ruby/429_rate_limit_minute.json")
    )
    assert isinstance(found, Throttled)
    assert found.retry_after_s == 22
    assert found.explanation.code == "rate_limit_minute"


@pytest.mark.parametrize(
    ("name", "status", "refusal"),
    [
        ("xeroizer/expired_oauth2_token.json", 401, TokenExpired),
        ("xeroizer/invalid_oauth2_request_token.json", 401, TokenExpired),
        ("xeroizer/invalid_tenant_header.json", 403, CompanyEnded),
    ],
)
def test_recorded_refusals_in_either_case_are_understood(name: str, status: int, refusal: type) -> None:
    assert FOLDER is not None
    answer = Answer(status=status, headers={}, body=(FOLDER / name).read_bytes())
    assert type(PLATFORM.read_refusal(Request(method="GET", path="/x", kind=CallKind.READ), answer)) is refusal


class Replaying:
    """An HTTP client that answers with one recording."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002 - a replay
        return self.answer


async def test_the_recorded_list_of_connections_names_the_organisations() -> None:
    tokens = Tokens(access_token="a", refresh_token="r", access_expires_in_s=1800)
    http = Replaying(answer_of("xero-python-2020/connections_get.json"))
    found = await PLATFORM.list_companies(http, APP, tokens, {})
    assert [(company.external_id, company.connection_id) for company in found] == [
        ("a46fcb6f-2773-40c4-a119-8aa08bca1e8e", "f4a87932-0878-4884-abcf-73191dd810ba")
    ]


async def test_the_recorded_token_answer_becomes_tokens() -> None:
    http = Replaying(answer_of("xero-python-2020/token_refresh_post.json"))
    tokens = await PLATFORM.refresh_tokens(http, APP, "old")
    assert (tokens.access_token, tokens.access_expires_in_s) == ("xero-access-token", 1800)
    assert "offline_access" in tokens.scopes
    assert tokens.refresh_expires_in_s == 60 * 24 * 3600


def test_the_raw_recordings_are_read_byte_for_byte(recorded: list[Recorded]) -> None:
    """The wire of 2020: escaped slashes in dates, numbers of a fixed scale, line breaks in between."""
    raw = [one for one in recorded if one.file.endswith(".txt")]
    assert {one.plural for one in raw} == {"Organisations", "Invoices"}
    assert any(rb"\/Date(" in one.raw for one in raw)
