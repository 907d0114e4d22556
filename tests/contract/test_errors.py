"""The catalogue of errors is complete, and everything that the simulated platforms can say has a code of its own."""

import json

from tests.contract.error_texts import UNKNOWN, error_texts
from tests.contract.list_errors import PAGE, page, served
from tests.contract.simulated_refusals import quickbooks_answers, xero_answers, xero_messages

from tieout.platforms.catalogue import load_catalogue
from tieout.platforms.cures import OF_OTHERS, REMEDIES
from tieout.platforms.errors import PlatformRefusal
from tieout.platforms.port import Answer, CallKind, Request
from tieout.platforms.quickbooks.platform import PLATFORM as QUICKBOOKS
from tieout.platforms.xero.platform import PLATFORM as XERO
from tieout.platforms.xero.validation import GONE_WORDS, explain_validation

CATALOGUE = {each.code: each for each in load_catalogue()}
MANY_THINGS = {"record_gone", "refused_by_books", "validation_failed"}
"""Codes that may mean many things: what helps is judged by what is next."""
UNEXPLAINED = {"refused_by_books", "validation_failed"}
"""What a platform says in words that we do not know."""
OUR_FAULTS = frozenset(
    ["500", "600", "1040", "2000", "2010", "2020", "2030", "2130", "2300", "2600", "6010", "6040", "6050"]
)
"""Intuit's codes of requests that nobody but us can have made wrongly."""
WRITE = Request(method="POST", path="/v3/company/1/invoice", kind=CallKind.WRITE)
CREATE = Request(method="PUT", path="/api.xro/2.0/Invoices", kind=CallKind.WRITE)


def test_the_pages_are_what_the_source_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make errors`"
    for path, text in served().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `make errors`"


def test_every_code_that_is_written_anywhere_says_what_to_do_and_what_helps() -> None:
    codes = {text.code for text in error_texts()}
    assert len(codes) > 150
    assert all(code.isidentifier() and code.islower() for code in codes)
    alone = {code for code in codes if code in REMEDIES or not code.endswith(OF_OTHERS)}
    assert alone - REMEDIES.keys() == MANY_THINGS
    assert REMEDIES.keys() - codes == set(), "a remedy for what nobody says"
    assert all(each.meanings for each in CATALOGUE.values())
    passed_on = {"match_undecided"}  # in the words of the decision that it waits for
    assert all(len(text.fix.replace(UNKNOWN, "")) > 10 or text.code in passed_on for text in error_texts())


def test_what_something_in_the_books_may_mend_says_where_to_look_in_each_platform() -> None:
    for code, each in CATALOGUE.items():
        said = {meaning.platform for meaning in each.meanings}
        sayers = {"quickbooks", "xero"} if None in said else said
        kinds = REMEDIES[code].kinds if code in REMEDIES else ()
        assert {place.platform for place in each.places} == (sayers if kinds else set()), code


def test_every_fault_of_the_simulated_quickbooks_has_a_code_that_says_what_it_is() -> None:
    seen = set()
    for who, answer in quickbooks_answers():
        refusal = QUICKBOOKS.read_refusal(WRITE, answer)
        assert isinstance(refusal, PlatformRefusal), who
        code = refusal.explanation.code
        assert code in CATALOGUE, who
        assert code not in UNEXPLAINED or who == "business", who
        assert code != "request_refused" or refusal.native in OUR_FAULTS, who
        seen.add(who)
    assert len(seen) > 120


def test_every_refusal_of_the_simulated_xero_has_a_code_that_says_what_it_is() -> None:
    messages = set(xero_messages())
    assert len(messages) > 120
    codes = {words: explain_validation([words]).code for words in messages if not GONE_WORDS.search(words)}
    assert {words for words, code in codes.items() if code in UNEXPLAINED or code not in CATALOGUE} == set()


def test_every_other_answer_by_which_the_simulated_xero_says_no_has_a_code() -> None:
    seen = set()
    for who, answer in xero_answers():
        refusal = XERO.read_refusal(CREATE, answer)
        assert isinstance(refusal, PlatformRefusal), who
        assert refusal.explanation.code in CATALOGUE, who
        seen.add(refusal.explanation.code)
    assert seen >= {"token_expired", "scope_missing", "company_disconnected", "platform_unavailable", "rate_limit_day"}


def test_words_that_nobody_has_met_are_passed_on_as_they_are() -> None:
    error = {"Message": "A business validation error", "Detail": "Something else", "code": "6000", "element": ""}
    body = json.dumps({"Fault": {"Error": [error], "type": "ValidationFault"}}).encode()
    refusal = QUICKBOOKS.read_refusal(WRITE, Answer(status=400, headers={}, body=body))
    assert isinstance(refusal, PlatformRefusal)
    assert refusal.explanation.code == "refused_by_books"
    assert "Something else" in refusal.explanation.message
