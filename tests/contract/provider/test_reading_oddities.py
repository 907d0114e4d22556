"""What nobody has documented breaks no page: it is kept raw or told as unknown, and its neighbours arrive."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from tests.support.capabilities import proves
from tests.support.clerk import Clerk
from tests.support.provider import ProviderBooks

from tieout.books.changes import ExternalRef
from tieout.books.records import Account, AccountType, Document, Kind, Untranslated
from tieout.platforms.port import Answer, HttpClient

ODD_ACCOUNTS = {
    "quickbooks": (b'"Classification":"Revenue"', b'"Classification":"Imaginary"'),
    "xero": (b'"Class":"REVENUE"', b'"Class":"IMAGINARY"'),
}
ODD_DOCUMENTS = {
    "quickbooks": (b'"TxnDate":"2027-03-04"', b'"TxnDate":"someday"'),
    "xero": (b'"Type":"ACCREC"', b'"Type":"ACCBARTER"'),
}


@dataclass
class Garbling:
    """Stands between Tieout and the platform, and replaces some bytes of every answer."""

    inner: HttpClient
    old: bytes
    new: bytes
    times: int = -1

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = await self.inner.send(method, url, headers, body)
        return replace(answer, body=answer.body.replace(self.old, self.new, self.times))


def garbled(books: ProviderBooks, old: bytes, new: bytes, times: int = -1) -> ProviderBooks:
    """The same books behind somebody who garbles their answers."""
    return replace(books, http=Garbling(books.http, old, new, times))  # type: ignore[arg-type]  # it sends likewise


@pytest.mark.capability
async def test_a_class_that_nobody_knows_makes_an_account_of_unknown_type(books: ProviderBooks) -> None:
    plain = (await books.pull()).of(Account)
    odd = (await garbled(books, *ODD_ACCOUNTS[books.platform]).pull()).of(Account)
    assert odd.keys() == plain.keys()
    expected = {
        key: AccountType.UNKNOWN if account.type is AccountType.INCOME else account.type
        for key, account in plain.items()
    }
    assert {key: account.type for key, account in odd.items()} == expected
    assert AccountType.UNKNOWN in expected.values()


@proves("in", "read", "invoice")
async def test_a_document_that_cannot_be_read_is_kept_raw_and_its_neighbours_arrive(books: ProviderBooks) -> None:
    clerk = Clerk(books, "Odd")
    invoice_id = clerk.sell(**({"date": "2027-03-04"} if books.platform == "quickbooks" else {}))
    plain = await books.pull()
    odd = await garbled(books, *ODD_DOCUMENTS[books.platform]).pull()
    assert odd.records.keys() == plain.records.keys()
    record = odd.records[ExternalRef(Kind.INVOICE, invoice_id)]
    assert isinstance(record, Untranslated)
    assert record.reason
    others = {ref for ref, one in plain.records.items() if ref.kind is Kind.BILL and isinstance(one, Document)}
    assert {ref: odd.records[ref] for ref in others} == {ref: plain.records[ref] for ref in others}
