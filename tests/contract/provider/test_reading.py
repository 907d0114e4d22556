"""What a first pull brings is what the books hold: every record and every figure, to the cent."""

from decimal import Decimal

import msgspec
from tests.support.capabilities import proves
from tests.support.provider import ProviderBooks, check_ties_out

from tieout.books.changes import ExternalRef
from tieout.books.encoding import decode_record, encode_record
from tieout.books.records import Document, Kind, Payment, TaxRate, Untranslated

KINDS = {
    "Invoice": Kind.INVOICE,
    "Bill": Kind.BILL,
    "Credit memo": Kind.CREDIT_NOTE,
    "Credit note": Kind.CREDIT_NOTE,
    "Vendor credit": Kind.VENDOR_CREDIT,
    "Supplier credit": Kind.VENDOR_CREDIT,
}
"""What the simulators' own pages call the documents that are read."""
MOVED = ("payment", "bill_payment")
LISTED = ("company", "ledger_account", "tax_rate", "customer", "vendor", "item")


@proves("in", "read", "invoice", "bill", "credit_note", "vendor_credit", *MOVED)
async def test_every_document_is_read_as_the_books_show_it(any_books: ProviderBooks) -> None:
    """Number, day, currency, total and what is open are those of the company's own pages; none is missing."""
    pulled = await any_books.pull()
    _, shown = any_books.simulated.documents(offset=0, limit=10_000)
    for view in shown:
        if view.kind in KINDS:
            record = pulled.records[ExternalRef(KINDS[view.kind], view.ref.id)]
            assert isinstance(record, Document), record
            told = (record.number or "", record.issued_on, record.currency, record.total)
            assert told == (view.number, view.on, view.currency, view.total)
            assert record.balance == (view.balance or 0)
            assert record.subtotal + record.tax == record.total
    payments = sum(view.kind in ("Payment", "Bill payment") for view in shown)
    assert len(pulled.of(Payment)) >= payments


@proves("in", "read", *LISTED)
async def test_nothing_that_is_read_loses_its_meaning_or_a_digit(any_books: ProviderBooks) -> None:
    """Whatever the seeded books hold is translated, and what is kept of it says the same when it is read again."""
    pulled = await any_books.pull()
    for change in pulled.changes:
        assert not isinstance(change.record, Untranslated), change.record
        assert decode_record(change.ref.kind, encode_record(change.record)) == change.record
        assert isinstance(msgspec.json.decode(change.raw), dict)
    complete = frozenset().union(*(page.complete for page in pulled.pages))
    assert {ref.kind for ref in pulled.records} <= complete, "every kind was read to its end"
    for rate in pulled.of(TaxRate).values():
        named = [*rate.components, *rate.purchase_components]
        assert not rate.components or sum((part.rate for part in rate.components), Decimal(0)) == rate.total_rate, rate
        assert all(part.name for part in named)


@proves("in", "read", "invoice", "bill", "credit_note", "vendor_credit", *MOVED)
async def test_what_is_open_is_what_the_control_accounts_say(any_books: ProviderBooks) -> None:
    """Receivables and payables, against the books' own trial balance."""
    await check_ties_out(any_books, await any_books.pull())
