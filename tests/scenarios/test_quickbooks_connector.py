"""The connector against the simulated QuickBooks Online, through the real HTTP client and without a network."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.support.quickbooks_world import (
    GB_REALM,
    MARKER,
    START,
    US_REALM,
    BooksRead,
    Connected,
    connect,
    document,
    line,
)

from tieout.books.changes import Change, Tombstone
from tieout.books.records import (
    Account,
    Allocation,
    Bill,
    CreditNote,
    Document,
    DocumentStatus,
    Invoice,
    Item,
    Kind,
    Party,
    Payment,
    Record,
    Taxation,
    TaxRate,
    Untranslated,
    VendorCredit,
)
from tieout.platforms.errors import (
    GrantEnded,
    NoAnswer,
    StaleVersion,
    Throttled,
    TokenExpired,
    Unavailable,
    WriteRefused,
)
from tieout.platforms.port import Cause, Operation
from tieout.sync.control_totals import compare


@pytest.fixture
async def us() -> AsyncIterator[Connected]:
    connected = await connect(US_REALM)
    yield connected
    await connected.client.aclose()


@pytest.fixture
async def gb() -> AsyncIterator[Connected]:
    connected = await connect(GB_REALM)
    yield connected
    await connected.client.aclose()


async def test_a_person_connects_a_company_and_the_grant_is_refreshed_and_ended(us: Connected) -> None:
    assert us.realm == US_REALM
    assert us.tokens.refresh_ends_in_s is not None
    renewed = await us.platform.refresh_tokens(us.http, us.app, us.tokens.refresh_token)
    await us.platform.revoke(us.http, us.app, renewed.refresh_token)
    await us.platform.revoke(us.http, us.app, renewed.refresh_token)
    with pytest.raises(GrantEnded):
        await us.platform.refresh_tokens(us.http, us.app, renewed.refresh_token)
    with pytest.raises(TokenExpired):
        await us.pull()


async def test_a_first_pull_reads_all_the_books_and_they_tie_out(us: Connected) -> None:
    books = await us.books()
    assert us.meter.total == 16
    assert not books.of(Untranslated)
    assert (books.company.country, books.company.base_currency) == ("US", "USD")
    assert {"1", "2", "29"} <= {party for kind, party in books.records if kind is Kind.CUSTOMER}
    assert books.of(TaxRate)["2"].effective_rate == 8
    assert books.of(TaxRate)["3"].effective_rate == Decimal("9.1")
    await check_control_accounts(us, books)


async def check_control_accounts(connected: Connected, books: BooksRead) -> None:
    """What is open on documents and payments is what the trial balance says of the control accounts."""
    balances = await connected.platform.fetch_trial_balance(connected.transport(Cause.TIE_OUT), connected.realm)
    kinds = (Invoice, CreditNote, Bill, VendorCredit, Payment)
    totals = compare(
        list(books.of(Account).values()),
        {account: Decimal(balance) for account, balance in balances.items()},
        [record for kind in kinds for record in books.of(kind).values()],
        base_currency=books.company.base_currency,
    )
    assert [total.difference for total in totals] == [0, 0]
    assert all(total.open_documents for total in totals)
    assert sum(map(Decimal, balances.values())) == 0


async def test_the_next_pull_is_one_call_and_brings_only_what_changed(us: Connected) -> None:
    books = await us.books()
    us.clock.move(timedelta(minutes=20))
    us.meter.calls.clear()
    _, cursor = await us.pull(books.cursor)
    assert us.meter.total == 1
    us.clock.move(timedelta(minutes=20))
    open_invoice = next(each for each in books.of(Invoice).values() if each.balance == each.total > 0)
    await us.control(f"companies/{US_REALM}/people/pay", {"document_id": open_invoice.external_id})
    pages, _ = await us.pull(cursor)
    records = [change.record for page in pages for change in page.changes if isinstance(change, Change)]
    (paid,) = (each for each in records if isinstance(each, Invoice))
    assert (paid.external_id, paid.status, paid.balance) == (open_invoice.external_id, DocumentStatus.PAID, Decimal(0))
    (payment,) = (each for each in records if isinstance(each, Payment))
    assert [(each.document_kind, each.document_id) for each in payment.allocations] == [
        (Kind.INVOICE, open_invoice.external_id)
    ]


async def test_a_partners_invoice_reaches_the_books_with_its_customer_and_product(us: Connected) -> None:
    books = await us.books()
    customer = await us.created(books, Kind.CUSTOMER, Party(name="ACME: East", is_customer=True, email="a@acme.test"))
    item = await us.created(
        books, Kind.ITEM, Item(name="Retainer", code="RT-1", unit_price=Decimal(150), income_account_id="1")
    )
    item_id = item.ref.external_id
    lines = [
        line("422.00", item_id=item_id, tax_rate_id="3", quantity=Decimal(4), unit_price=Decimal("105.50")),
        line("10.00", item_id=item_id, tax_rate_id="NON"),
    ]
    invoice = document(Invoice, lines, tax="38.40", party_id=customer.ref.external_id, memo="Thank you")
    change = await us.created(books, Kind.INVOICE, invoice)
    assert isinstance(change.record, Invoice)
    assert (change.record.total, change.record.tax, change.record.balance) == tuple(
        map(Decimal, ("470.40", "38.40", "470.40"))
    )
    assert (change.record.number, change.record.marker, change.record.memo) == ("T-1001", MARKER, "Thank you")
    again = (await us.books()).of(Invoice)[change.ref.external_id]
    assert again == change.record


async def test_a_tax_that_rounding_parts_from_the_rate_still_lands(us: Connected) -> None:
    books = await us.books()
    lines = [line("0.56", item_id="1", tax_rate_id="2", tax_amount=Decimal("0.04")) for _ in range(5)]
    change = await us.created(books, Kind.INVOICE, document(Invoice, lines, tax="0.20", party_id="1"))
    assert isinstance(change.record, Invoice)
    assert (change.record.tax, change.record.total) == (Decimal("0.20"), Decimal("3.00"))


async def test_a_us_bill_with_tax_totals_what_is_owed(us: Connected) -> None:
    books = await us.books()
    lines = [line("100.00", account_id="7", tax_amount=Decimal("8.25")), line("50.00", account_id="15")]
    change = await us.created(books, Kind.BILL, document(Bill, lines, tax="8.25", party_id="30", number="B-77"))
    assert isinstance(change.record, Bill)
    assert (change.record.total, change.record.tax) == (Decimal("158.25"), Decimal(0))


async def test_a_repeated_push_under_the_same_key_makes_one_invoice(us: Connected) -> None:
    books = await us.books()
    write = us.write(books, Kind.INVOICE, document(Invoice, [line("10.00", item_id="1")], party_id="1"))
    first, second = await us.send(write), await us.send(write)
    assert first is not None
    assert second is not None
    assert first.ref == second.ref
    assert len((await us.books()).of(Invoice)) == len(books.of(Invoice)) + 1


@pytest.mark.parametrize("number", ["T-2002", None])
async def test_an_invoice_whose_answer_was_lost_is_found_again(us: Connected, number: str | None) -> None:
    books = await us.books()
    write = us.write(books, Kind.INVOICE, document(Invoice, [line("10.00", item_id="1")], party_id="1", number=number))
    assert await us.platform.look_up(us.transport(Cause.RESOLVE), us.realm, write, first_sent_at=START) is None
    await us.control("faults", {"kind": "drop_after_commit", "method": "POST", "path_prefix": "/v3/"})
    with pytest.raises(NoAnswer):
        await us.send(write)
    found = await us.platform.look_up(us.transport(Cause.RESOLVE), us.realm, write, first_sent_at=START)
    assert found is not None
    assert isinstance(found.record, Invoice)
    assert found.record.marker == MARKER


async def test_a_party_whose_answer_was_lost_is_found_again_by_its_name(us: Connected) -> None:
    books = await us.books()
    write = us.write(books, Kind.CUSTOMER, Party(name="O'Neil: East", is_customer=True))
    await us.control("faults", {"kind": "drop_after_commit", "method": "POST", "path_prefix": "/v3/"})
    with pytest.raises(NoAnswer):
        await us.send(write)
    found = await us.platform.look_up(us.transport(Cause.RESOLVE), us.realm, write, first_sent_at=START)
    assert found is not None
    assert isinstance(found.record, Party)
    assert found.record.name == "O'Neil - East"


async def test_a_number_that_belongs_to_another_document_is_not_adopted(us: Connected) -> None:
    books = await us.books()
    taken = next(each.number for each in books.of(Invoice).values() if each.number)
    write = us.write(books, Kind.INVOICE, document(Invoice, [line("10.00", item_id="1")], party_id="1", number=taken))
    with pytest.raises(WriteRefused) as refused:
        await us.platform.look_up(us.transport(Cause.RESOLVE), us.realm, write, first_sent_at=START)
    assert refused.value.explanation.code == "number_taken"


async def test_money_in_and_out_settles_documents(us: Connected) -> None:
    books = await us.books()
    invoice = await us.created(books, Kind.INVOICE, document(Invoice, [line("100.00", item_id="1")], party_id="1"))
    credit = await us.created(
        books, Kind.CREDIT_NOTE, document(CreditNote, [line("30.00", item_id="1")], party_id="1", number="C-1")
    )
    linking = Payment(
        party_id="1",
        currency="USD",
        paid_on=date(2026, 11, 21),
        amount=Decimal(0),
        allocations=(
            Allocation(document_kind=Kind.INVOICE, document_id=invoice.ref.external_id, amount=Decimal(30)),
            Allocation(document_kind=Kind.CREDIT_NOTE, document_id=credit.ref.external_id, amount=Decimal(30)),
        ),
    )
    linked = await us.created(books, Kind.PAYMENT, linking)
    assert isinstance(linked.record, Payment)
    assert linked.record.is_allocation_only
    money = Payment(
        party_id="1",
        currency="USD",
        paid_on=date(2026, 11, 21),
        amount=Decimal(80),
        unapplied=Decimal(10),
        account_id="35",
        marker=MARKER,
        allocations=(Allocation(document_kind=Kind.INVOICE, document_id=invoice.ref.external_id, amount=Decimal(70)),),
    )
    paid = await us.created(books, Kind.PAYMENT, money)
    assert isinstance(paid.record, Payment)
    assert (paid.record.unapplied, paid.record.marker) == (Decimal(10), MARKER)
    bill = await us.created(
        books, Kind.BILL, document(Bill, [line("25.00", account_id="7")], party_id="30", number="B-1")
    )
    out = Payment(
        kind=Kind.BILL_PAYMENT,
        party_id="30",
        currency="USD",
        paid_on=date(2026, 11, 21),
        amount=Decimal(25),
        account_id="42",
        allocations=(Allocation(document_kind=Kind.BILL, document_id=bill.ref.external_id, amount=Decimal(25)),),
    )
    sent = await us.created(books, Kind.BILL_PAYMENT, out)
    assert isinstance(sent.record, Payment)
    assert sent.record.account_id == "42"
    after = await us.books()
    assert after.of(Invoice)[invoice.ref.external_id].status is DocumentStatus.PAID
    assert after.of(Bill)[bill.ref.external_id].status is DocumentStatus.PAID
    await check_control_accounts(us, after)


async def test_a_foreign_invoice_and_its_payment_keep_their_rate(us: Connected) -> None:
    books = await us.books()
    told: dict[str, Any] = {"party_id": "59", "currency": "EUR", "exchange_rate": Decimal("1.25")}
    invoice = await us.created(books, Kind.INVOICE, document(Invoice, [line("100.00", item_id="1")], **told))
    assert isinstance(invoice.record, Invoice)
    settled = Allocation(document_kind=Kind.INVOICE, document_id=invoice.ref.external_id, amount=Decimal(60))
    told |= {"exchange_rate": Decimal("1.2"), "amount": Decimal(60), "paid_on": date(2026, 11, 21)}
    paid = await us.created(books, Kind.PAYMENT, Payment(**told, account_id="99", allocations=(settled,)))
    assert isinstance(paid.record, Payment)
    for record, rate in ((invoice.record, "1.25"), (paid.record, "1.2")):
        assert (record.currency, record.exchange_rate) == ("EUR", Decimal(rate))
    await check_control_accounts(us, await us.books())


async def test_a_void_and_a_deletion_are_carried_out_and_seen(us: Connected) -> None:
    books = await us.books()
    made = [
        await us.created(
            books, Kind.INVOICE, document(Invoice, [line("10.00", item_id="1")], party_id="1", number=number)
        )
        for number in ("V-1", "D-1")
    ]
    voided, deleted = (
        us.write(
            books,
            Kind.INVOICE,
            change.record,
            operation=operation,
            external_id=change.ref.external_id,
            version_token=change.version.token,
        )
        for change, operation in zip(made, (Operation.VOID, Operation.DELETE), strict=True)
    )
    resolve = us.transport(Cause.RESOLVE)
    assert await us.platform.look_up(resolve, us.realm, voided, first_sent_at=START) is None
    change = await us.send(voided)
    assert change is not None
    assert isinstance(change.record, Invoice)
    assert (change.record.status, change.record.number) == (DocumentStatus.VOID, "V-1")
    assert await us.platform.look_up(resolve, us.realm, voided, first_sent_at=START) is not None
    assert await us.platform.look_up(resolve, us.realm, deleted, first_sent_at=START) is not None
    assert await us.send(deleted) is None
    assert await us.platform.look_up(resolve, us.realm, deleted, first_sent_at=START) is None
    pages, _ = await us.pull(books.cursor)
    (gone,) = (each for page in pages for each in page.changes if isinstance(each, Tombstone))
    assert gone.ref.external_id == made[1].ref.external_id


async def test_a_stale_version_is_told_from_every_other_refusal(us: Connected) -> None:
    books = await us.books()
    party = Party(name="Amy's Bird Sanctuary", is_customer=True, phone="1")
    update = us.write(books, Kind.CUSTOMER, party, operation=Operation.UPDATE, external_id="1", version_token="0")
    assert await us.send(update) is not None
    later = us.write(
        books, Kind.CUSTOMER, Party(name="Amy's Bird Sanctuary", phone="2"), operation=Operation.UPDATE,
        external_id="1", version_token="0",
    )  # fmt: skip
    with pytest.raises(StaleVersion):
        await us.send(later)


@pytest.mark.parametrize(
    ("kind", "record", "code", "field_"),
    [
        (Kind.CUSTOMER, Party(name="Amy's Bird Sanctuary", is_customer=True), "name_taken", "name"),
        (Kind.VENDOR, Party(name="Amy's Bird Sanctuary", is_vendor=True), "name_taken", "name"),
        (Kind.CUSTOMER, Party(name="Odd", is_customer=True, email="nobody"), "email_invalid", "email"),
        (
            Kind.INVOICE,
            document(Invoice, [line("1.00", item_id="1")], party_id="9999"),
            "reference_unknown",
            "party_id",
        ),
        (Kind.INVOICE, document(Invoice, [line("1.00", item_id="9999")], party_id="1"), "reference_unknown", "item_id"),
    ],
)
async def test_a_refusal_says_what_a_person_must_do_and_the_field(
    us: Connected, kind: Kind, record: Record, code: str, field_: str
) -> None:
    books = await us.books()
    with pytest.raises(WriteRefused) as refused:
        await us.send(us.write(books, kind, record))
    assert (refused.value.explanation.code, refused.value.explanation.field) == (code, field_)
    assert refused.value.trace_id


async def test_a_bill_number_that_is_used_is_refused_by_the_books(us: Connected) -> None:
    books = await us.books()
    bill = document(Bill, [line("1.00", account_id="7")], party_id="30", number="B-9")
    await us.created(books, Kind.BILL, bill)
    with pytest.raises(WriteRefused) as refused:
        await us.created(books, Kind.BILL, bill)
    assert refused.value.explanation.code == "number_taken"


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        ({"kind": "rate_limited", "retry_after_s": 3}, Throttled),
        ({"kind": "status_before_commit", "status": 503}, Unavailable),
        ({"kind": "drop_before_commit"}, NoAnswer),
    ],
)
async def test_a_failing_platform_is_told_from_a_refusing_one(
    us: Connected, fault: dict[str, Any], refusal: type[Exception]
) -> None:
    await us.control("faults", fault | {"path_prefix": "/v3/"})
    with pytest.raises(refusal):
        await us.pull()
    assert (await us.pull())[0][-1].finished


async def test_an_expired_token_asks_for_a_refresh(us: Connected) -> None:
    us.clock.move(timedelta(hours=2))
    with pytest.raises(TokenExpired):
        await us.pull()
    us.tokens = await us.platform.refresh_tokens(us.http, us.app, us.tokens.refresh_token)
    assert (await us.pull())[0][-1].finished


# Books with value added tax.


async def test_books_with_vat_are_read_and_tie_out(gb: Connected) -> None:
    books = await gb.books()
    assert not books.of(Untranslated)
    assert (books.company.country, books.company.base_currency) == ("GB", "GBP")
    standard = books.of(TaxRate)["1"]
    assert (standard.effective_rate, standard.on_sales, standard.on_purchases) == (20, True, True)
    assert [each.external_id for each in standard.purchase_components] == ["2"]
    assert any(each.taxation is Taxation.INCLUSIVE for each in books.of(Invoice).values())
    await check_control_accounts(gb, books)


async def test_vat_of_several_rates_lands_even_where_lines_were_rounded_one_by_one(gb: Connected) -> None:
    books = await gb.books()
    lines = [
        *(line("0.33", item_id="1", tax_rate_id="1", tax_amount=Decimal("0.07")) for _ in range(5)),
        line("10.10", item_id="2", tax_rate_id="2", tax_amount=Decimal("0.51")),
        line("5.00", item_id="3", tax_rate_id="3", tax_amount=Decimal(0)),
    ]
    invoice = document(Invoice, lines, tax="0.86", party_id="1", currency="GBP")
    change = await gb.created(books, Kind.INVOICE, invoice)
    assert isinstance(change.record, Invoice)
    assert (change.record.tax, change.record.total) == (Decimal("0.86"), invoice.total)
    assert [each.tax_rate_id for each in change.record.lines] == ["1"] * 5 + ["2", "3"]


async def test_inclusive_prices_land_on_the_gross(gb: Connected) -> None:
    books = await gb.books()
    lines = [
        line("99.99", item_id="1", tax_rate_id="1", tax_amount=Decimal("16.67"), quantity=Decimal(3),
             unit_price=Decimal("33.33")),
        line("10.00", item_id="3", tax_rate_id="2", tax_amount=Decimal("0.48")),
    ]  # fmt: skip
    invoice = document(Invoice, lines, tax="17.15", party_id="1", currency="GBP", taxation=Taxation.INCLUSIVE)
    change = await gb.created(books, Kind.INVOICE, invoice)
    record = change.record
    assert isinstance(record, Document)
    assert (record.total, record.tax, record.taxation) == (Decimal("109.99"), Decimal("17.15"), Taxation.INCLUSIVE)
    assert [each.amount for each in record.lines] == [Decimal("99.99"), Decimal("10.00")]


async def test_a_bill_with_vat_can_be_reclaimed(gb: Connected) -> None:
    books = await gb.books()
    lines = [line("118.37", account_id="14", tax_rate_id="1", tax_amount=Decimal("23.67"))]
    bill = document(Bill, lines, tax="23.67", party_id="6", currency="GBP", number="F-1")
    change = await gb.created(books, Kind.BILL, bill)
    assert isinstance(change.record, Bill)
    assert (change.record.tax, change.record.total) == (Decimal("23.67"), Decimal("142.04"))
    assert change.record.tax_lines[0].rate_id == "2"
    await check_control_accounts(gb, await gb.books())


async def test_a_document_without_vat_says_so(gb: Connected) -> None:
    books = await gb.books()
    change = await gb.created(
        books, Kind.INVOICE, document(Invoice, [line("10.00", item_id="1")], party_id="1", currency="GBP")
    )
    assert isinstance(change.record, Invoice)
    assert (change.record.taxation, change.record.total) == (Taxation.NONE, Decimal(10))
