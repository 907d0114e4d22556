"""Whatever the simulated platforms can say of a write of ours has a code of its own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tieout.platforms import quickbooks, xero
from tieout.platforms.errors import WriteRefused
from tieout.platforms.port import Answer, CallKind, Request
from tieout.platforms.quickbooks.platform import PLATFORM
from tieout.platforms.quickbooks.refusal_table import RULES
from tieout.platforms.xero.validation import GONE_WORDS, KNOWN

QUICKBOOKS, XERO = (Path(package.__path__[0]) / "sandbox" for package in (quickbooks, xero))
OF_OTHER_CALLS = {"6420"}
"""Mailing a document."""
OF_OUR_OBJECTS = (
    "attachments", "contacts", "credit_notes", "credits", "documents", "invoices", "items", "lines", "payments",
    "statuses", "stock", "writing",
)  # fmt: skip
NEVER_MET = (
    "Account {name} must be specified",  # tracked inventory
    "tracked inventory",
    "inventory asset account",
    "for the purchase of",
    "Payment terms",
    "contact persons",
    "Only an authorised overpayment or prepayment",
    "prepayment can only be refunded",
    "must be specified before an invoice can be authorised",  # we always say when it is due
    "Type must be specified",
    "Item Code must be specified",
    "Amount must be specified",
    "A payment needs one of",
    "not of valid status for creation",  # only drafts and approved ones are written
    "prior to the invoice date",  # a warning
)
"""What only others than us can run into: what we always say, and what we never write."""


def messages(path: Path) -> Iterator[str]:
    """The words of refusals in a module of the simulator, those of constants too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "InvalidError":
            yield from (_words(argument) for argument in node.args if _words(argument))
        if isinstance(node, ast.Assign) and _words(node.value).endswith("."):
            yield _words(node.value)


def _words(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(part) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return ""


def test_every_code_of_the_simulated_quickbooks_is_in_the_table() -> None:
    text = (QUICKBOOKS / "refusals.py").read_text() + (QUICKBOOKS / "gateway" / "faults.py").read_text()
    codes = set(re.findall(r'"(\d{3,5})"', text))
    assert len(codes) > 30
    assert codes - set(RULES) - OF_OTHER_CALLS == set()


def test_every_refusal_of_a_write_in_the_simulated_xero_is_known() -> None:
    met = {words for name in OF_OUR_OBJECTS for words in messages(XERO / "accounting" / f"{name}.py")}
    patterns = [GONE_WORDS, *(known.pattern for known in KNOWN)]
    unknown = {
        words
        for words in met
        if not any(pattern.search(words) for pattern in patterns) and not any(never in words for never in NEVER_MET)
    }
    assert len(met) > 40
    assert unknown == set()


@pytest.mark.parametrize(
    ("detail", "code"),
    [
        ("You must unlink the payments before this transaction can be voided or deleted", "document_has_payments"),
        ("The total cannot be less than the payments that are applied", "document_has_payments"),
        ("The amount applied to Invoice 7 is more than its balance", "payment_exceeds_balance"),
        ("The entity Invoice 7 that you are trying to link does not exist. Invoice 7", "reference_unknown"),
        ("Transaction amount must be 0 or greater", "negative_total"),
        ("Something else", "refused_by_books"),
    ],
)
def test_a_broken_rule_of_bookkeeping_is_told_by_its_words(detail: str, code: str) -> None:
    error = {"Message": "A business validation error has occurred", "Detail": detail, "code": "6000", "element": ""}
    body = msgspec.json.encode({"Fault": {"Error": [error], "type": "ValidationFault"}})
    request = Request(method="POST", path="/v3/company/1/invoice", kind=CallKind.WRITE)
    refusal = PLATFORM.read_refusal(request, Answer(status=400, headers={}, body=body))
    assert isinstance(refusal, WriteRefused)
    assert refusal.explanation.code == code
    assert detail in refusal.explanation.message
