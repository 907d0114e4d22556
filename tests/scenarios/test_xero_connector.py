"""The Xero connector against the simulated Xero, through its real client: connect, pull, write, look up, disconnect."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.support.xero_world import (
    REDIRECT_URI,
    TODAY,
    Books,
    Desk,
    World,
    account_id,
    document_of,
    only,
    payment_of,
    write_of,
    xero_world,
)

from tieout.books.changes import Change
from tieout.books.records import (
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
    Untranslated,
    VendorCredit,
)
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import (
    CompanyEnded,
    GrantEnded,
    Misuse,
    NoAnswer,
    PlatformRefusal,
    Throttled,
    TokenExpired,
    Unavailable,
    WriteRefused,
)
from tieout.platforms.port import Operation, Write
from tieout.platforms.xero.platform import PLATFORM


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with xero_world() as found:
        yield found


@pytest.fixture
async def desk(world: World) -> Desk:
    tokens, choices = await world.connect()
    return Desk(world, tokens, choices[0].external_id)


@pytest.fixture
async def books(desk: Desk) -> Books:
    return await desk.pull()


# Connecting.


async def test_a_consent_reaches_the_organisation_that_was_chosen_and_no_other(world: World) -> None:
    tokens, choices = await world.connect([world.companies[1].id])
    assert [(choice.external_id, choice.name) for choice in choices] == [
        (world.companies[1].id, world.companies[1].name)
    ]
    assert choices[0].connection_id
    assert tokens.consent_id
    assert tokens.user_id
    assert (tokens.access_expires_in_s, tokens.refresh_expires_in_s) == (1800, 60 * 24 * 3600)
    assert "accounting.invoices" in tokens.scopes


async def test_a_later_consent_names_only_its_own_organisations(world: World) -> None:
    await world.connect([world.companies[0].id])
    _, later = await world.connect([world.companies[1].id])
    assert [choice.external_id for choice in later] == [world.companies[1].id]


async def test_a_person_who_refuses_comes_back_with_an_error_and_the_state(world: World) -> None:
    callback, _ = await world.consent(step="cancel")
    assert (callback["error"], callback["state"]) == ("access_denied", "state-1")


async def test_a_code_is_good_once_and_only_with_its_verifier(world: World) -> None:
    callback, verifier = await world.consent()
    code = {"code": callback["code"], "redirect_uri": REDIRECT_URI}
    await PLATFORM.exchange_code(world.http, world.app, verifier=verifier, **code)
    with pytest.raises(GrantEnded):
        await PLATFORM.exchange_code(world.http, world.app, verifier=verifier, **code)
    callback, _ = await world.consent()
    with pytest.raises(GrantEnded):
        await PLATFORM.exchange_code(
            world.http, world.app, code=callback["code"], redirect_uri=REDIRECT_URI, verifier="x" * 64
        )


async def test_tokens_are_renewed_and_the_new_ones_work(desk: Desk) -> None:
    desk.world.clock.move(timedelta(minutes=31))
    with pytest.raises(TokenExpired):
        await desk.pull()
    desk.tokens = await PLATFORM.refresh_tokens(desk.world.http, desk.world.app, desk.tokens.refresh_token)
    assert (await desk.pull()).pages[-1].finished


async def test_a_lost_refresh_can_be_repeated_with_the_old_token_for_half_an_hour(desk: Desk) -> None:
    old = desk.tokens.refresh_token
    await PLATFORM.refresh_tokens(desk.world.http, desk.world.app, old)
    assert (await PLATFORM.refresh_tokens(desk.world.http, desk.world.app, old)).access_token
    desk.world.clock.move(timedelta(minutes=31))
    with pytest.raises(GrantEnded):
        await PLATFORM.refresh_tokens(desk.world.http, desk.world.app, old)


async def test_revoking_ends_the_grant_and_doing_so_twice_is_no_error(desk: Desk) -> None:
    for _ in range(2):
        await PLATFORM.revoke(desk.world.http, desk.world.app, desk.tokens.refresh_token)
    with pytest.raises(GrantEnded):
        await PLATFORM.refresh_tokens(desk.world.http, desk.world.app, desk.tokens.refresh_token)


async def test_ending_one_organisation_leaves_the_other_of_the_same_consent(world: World) -> None:
    tokens, choices = await world.connect([company.id for company in world.companies[:2]])
    ended, kept = choices
    assert ended.connection_id is not None
    for _ in range(2):
        await PLATFORM.end_company(world.http, world.app, tokens.access_token, ended.connection_id)
    with pytest.raises(CompanyEnded):
        await Desk(world, tokens, ended.external_id).pull()
    assert (await Desk(world, tokens, kept.external_id).pull()).company.external_id == kept.external_id
    assert [c.external_id for c in await PLATFORM.list_companies(world.http, world.app, tokens, {})] == [
        kept.external_id
    ]


async def test_a_disconnect_inside_xero_ends_the_company_though_the_grant_lives(desk: Desk) -> None:
    await desk.world.act(desk.company_id, "disconnect")
    with pytest.raises(CompanyEnded) as raised:
        await desk.pull()
    assert raised.value.trace_id
    assert await PLATFORM.refresh_tokens(desk.world.http, desk.world.app, desk.tokens.refresh_token)


# Pulling.


async def test_a_first_pull_brings_every_kind_and_nothing_without_meaning(books: Books) -> None:
    assert not [change for change in books.changes if isinstance(change.record, Untranslated)]
    for kind in (Kind.PARTY, Kind.ITEM, Kind.ACCOUNT, Kind.TAX_RATE, Kind.INVOICE, Kind.BILL, Kind.PAYMENT):
        assert books.of(kind), kind
    complete = frozenset[Kind]().union(*(page.complete for page in books.pages))
    assert complete >= {Kind.COMPANY, Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.PARTY}
    assert frozenset[Kind]().union(*(page.whole for page in books.pages)) == {Kind.ACCOUNT, Kind.ITEM, Kind.TAX_RATE}


async def test_what_an_item_names_by_code_is_found_in_the_chart(books: Books) -> None:
    book = only(books.of(Kind.ITEM), code="BOOK")
    assert book.income_account_id == account_id(books, "200")


async def test_a_quiet_company_costs_ten_calls_and_brings_almost_nothing(desk: Desk, books: Books) -> None:
    before = desk.world.meter.total
    again = await desk.pull(books.cursor)
    assert desk.world.meter.total - before == 10
    assert {change.ref.kind for change in again.changes} == {Kind.COMPANY, Kind.TAX_RATE}


async def test_what_happens_in_the_books_arrives_with_the_next_pull(desk: Desk, books: Books) -> None:
    invoice = next(i for i in books.of(Kind.INVOICE).values() if i.status is DocumentStatus.OPEN)
    desk.world.clock.move(timedelta(minutes=12))
    paid = await desk.world.act(desk.company_id, "pay", document_id=invoice.external_id)
    again = await desk.pull(books.cursor)
    arrived = again.of(Kind.INVOICE)[invoice.external_id]
    payment = again.of(Kind.PAYMENT)[paid["payment_id"]]
    assert (arrived.status, arrived.balance) == (DocumentStatus.PAID, 0)
    assert payment.allocations == (
        Allocation(document_kind=Kind.INVOICE, document_id=invoice.external_id, amount=invoice.balance),
    )
    desk.world.clock.move(timedelta(minutes=12))
    await desk.world.act(desk.company_id, "delete_payment", payment_id=paid["payment_id"])
    third = await desk.pull(again.cursor)
    assert third.of(Kind.PAYMENT)[paid["payment_id"]].is_void
    assert third.of(Kind.INVOICE)[invoice.external_id].balance == invoice.balance


async def test_once_a_day_whole_lists_are_read_again(desk: Desk, books: Books) -> None:
    desk.world.clock.move(timedelta(hours=25))
    desk.tokens = await PLATFORM.refresh_tokens(desk.world.http, desk.world.app, desk.tokens.refresh_token)
    swept = await desk.pull(books.cursor)
    assert frozenset[Kind]().union(*(page.whole for page in swept.pages)) == {Kind.ACCOUNT, Kind.ITEM, Kind.TAX_RATE}
    assert len(swept.of(Kind.ITEM)) == len(books.of(Kind.ITEM))
    paid = {payment.allocations[0].document_id for payment in books.of(Kind.PAYMENT).values() if not payment.is_void}
    part_paid = paid & {key for key, invoice in books.of(Kind.INVOICE).items() if invoice.balance}
    assert part_paid <= set(swept.of(Kind.INVOICE))


async def test_a_large_company_is_read_in_few_calls_and_completely(world: World) -> None:
    company = world.companies[1]
    await world.control(f"companies/{company.id}/fill", {"documents": 2600, "seed": 5})
    tokens, _ = await world.connect([company.id])
    desk = Desk(world, tokens, company.id)
    books = await desk.pull()
    documents = {change.ref for change in books.changes if isinstance(change.record, Document | Payment)}
    kept = (company.invoices, company.credit_notes, company.payments, company.overpayments, company.prepayments)
    assert len(documents) == sum(map(len, kept))
    assert world.meter.total == 15


async def test_an_interrupted_pull_goes_on_where_it_was(desk: Desk) -> None:
    first = await PLATFORM.fetch_page(desk.transport, desk.company_id, None, now=desk.world.clock.now())
    rest = await desk.pull(first.cursor)
    whole = await desk.pull()
    assert {c.ref for c in rest.changes} | {c.ref for c in first.changes if isinstance(c, Change)} == {
        c.ref for c in whole.changes
    }


async def test_the_trial_balance_is_the_ledgers_own(desk: Desk) -> None:
    told = await PLATFORM.fetch_trial_balance(desk.transport, desk.company_id)
    answer = await desk.world.client.get(f"/_sandbox/companies/{desk.company_id}/trial-balance")
    ledger = {
        row["id"]: Decimal(row["debit"]) - Decimal(row["credit"])
        for row in answer.json()["accounts"]
        if Decimal(row["debit"]) != Decimal(row["credit"])
    }
    assert {key: Decimal(value) for key, value in told.items() if Decimal(value)} == ledger
    assert sum(Decimal(value) for value in told.values()) == 0


async def test_too_many_calls_are_throttled_with_the_time_to_wait(desk: Desk) -> None:
    async def hurry() -> None:
        for _ in range(61):
            await PLATFORM.fetch_page(desk.transport, desk.company_id, None, now=desk.world.clock.now())

    with pytest.raises(Throttled) as raised:
        await hurry()
    assert 0 < raised.value.retry_after_s <= 60
    assert raised.value.explanation.code == "rate_limit_minute"


# Writing.


async def test_a_contact_is_written_and_found_by_its_mark(desk: Desk, books: Books) -> None:
    party = Party(name="Ümit & Söhne", email="u@example.com", phone="555-0100", marker=str(new_id()))
    change = await desk.write(write_of(books, Kind.PARTY, party))
    assert isinstance(change.record, Party)
    assert (change.record.name, change.record.email, change.record.marker) == (party.name, party.email, party.marker)
    pulled = (await desk.pull(books.cursor)).of(Kind.PARTY)[change.ref.external_id]
    assert (pulled.name, pulled.phone, pulled.marker) == (party.name, party.phone, party.marker)


async def test_a_contact_is_changed_without_losing_what_was_left_out(desk: Desk, books: Books) -> None:
    party = Party(name="Changing Ltd", email="old@example.com", marker=str(new_id()))
    created = await desk.write(write_of(books, Kind.PARTY, party))
    changed = replace(party, name="Changed Ltd", email=None)
    write = write_of(books, Kind.PARTY, changed, operation=Operation.UPDATE, external_id=created.ref.external_id)
    assert await desk.look_up(write, desk.world.clock.now()) is None
    after = await desk.write(write)
    assert isinstance(after.record, Party)
    assert (after.record.name, after.record.email) == ("Changed Ltd", "old@example.com")
    assert await desk.look_up(write, desk.world.clock.now()) is not None


async def test_an_item_without_a_code_is_written_under_one_made_from_its_mark(desk: Desk, books: Books) -> None:
    item = Item(
        name="Consulting",
        unit_price=Decimal("120.5050"),
        income_account_id=account_id(books, "200"),
        marker=str(new_id()),
    )
    write = write_of(books, Kind.ITEM, item)
    change = await desk.write(write)
    assert isinstance(change.record, Item)
    assert (change.record.marker, change.record.unit_price) == (item.marker, Decimal("120.505"))
    assert change.record.income_account_id == item.income_account_id
    found = await desk.look_up(write, desk.world.clock.now())
    assert found is not None
    assert found.ref == change.ref


@pytest.mark.parametrize(
    ("record_type", "kind"),
    [
        (Invoice, Kind.INVOICE),
        (Bill, Kind.BILL),
        (CreditNote, Kind.CREDIT_NOTE),
        (VendorCredit, Kind.VENDOR_CREDIT),
    ],
)
async def test_a_document_lands_with_its_own_total_and_is_found_again(
    desk: Desk, books: Books, record_type: type[Document], kind: Kind
) -> None:
    record = document_of(books, record_type, net="33.33", tax="2.75")
    write = write_of(books, kind, record)
    change = await desk.write(write)
    there = change.record
    assert isinstance(there, Document)
    assert change.ref.kind is kind
    assert (there.number, there.subtotal, there.tax, there.total, there.balance) == (
        record.number,
        Decimal("33.33"),
        Decimal("2.75"),
        Decimal("36.08"),
        Decimal("36.08"),
    )
    assert (there.status, there.issued_on, there.party_id) == (DocumentStatus.OPEN, TODAY, record.party_id)
    assert there.lines[0].account_id == record.lines[0].account_id
    found = await desk.look_up(write, desk.world.clock.now())
    assert found is not None
    assert found.ref == change.ref


async def test_an_odd_tax_and_an_odd_discount_land_as_stated(desk: Desk, books: Books) -> None:
    """Line by line Xero comes to 2.07 + 4.79 + 0.19 = 7.05 tax; rounded once it is a cent more."""
    line = document_of(books).lines[0]
    lines = tuple(
        replace(line, unit_price=Decimal(price), quantity=Decimal(quantity), amount=Decimal(amount), tax_amount=None)
        for price, quantity, amount in (("25.06", 1, "25.06"), ("19.99", 3, "58.00"), ("0.3333", 7, "2.33"))
    )
    for told in ("7.05", "7.06"):
        stated = document_of(books, net="85.39", tax=told, lines=lines)
        change = await desk.write(write_of(books, Kind.INVOICE, stated))
        assert isinstance(change.record, Invoice)
        assert (change.record.tax, change.record.total) == (Decimal(told), stated.total)


async def test_a_payment_settles_a_bill_and_its_deletion_opens_it_again(desk: Desk, books: Books) -> None:
    bill = await desk.write(write_of(books, Kind.BILL, document_of(books, Bill)))
    payment = payment_of(books, bill, "108.25", kind=Kind.BILL_PAYMENT)
    write = write_of(books, Kind.BILL_PAYMENT, payment)
    paid = await desk.write(write)
    assert isinstance(paid.record, Payment)
    assert (paid.ref.kind, paid.record.amount, paid.record.marker) == (
        Kind.BILL_PAYMENT,
        Decimal("108.25"),
        payment.marker,
    )
    found = await desk.look_up(write, desk.world.clock.now())
    assert found is not None
    assert found.ref == paid.ref
    assert (await desk.pull(books.cursor)).of(Kind.BILL)[bill.ref.external_id].status is DocumentStatus.PAID
    deletion = write_of(books, Kind.BILL_PAYMENT, payment, operation=Operation.DELETE, external_id=paid.ref.external_id)
    assert await desk.look_up(deletion, desk.world.clock.now()) is not None
    deleted = await desk.write(deletion)
    assert isinstance(deleted.record, Payment)
    assert deleted.record.is_void
    assert await desk.look_up(deletion, desk.world.clock.now()) is None


async def test_a_voided_invoice_owes_nothing(desk: Desk, books: Books) -> None:
    record = document_of(books)
    created = await desk.write(write_of(books, Kind.INVOICE, record))
    void = write_of(books, Kind.INVOICE, record, operation=Operation.VOID, external_id=created.ref.external_id)
    voided = await desk.write(void)
    assert isinstance(voided.record, Invoice)
    assert (voided.record.status, voided.record.balance) == (DocumentStatus.VOID, Decimal(0))
    assert await desk.look_up(void, desk.world.clock.now()) is not None


async def test_a_repeat_under_the_same_key_creates_one_invoice(desk: Desk, books: Books) -> None:
    write = write_of(books, Kind.INVOICE, document_of(books))
    first, second = await desk.write(write), await desk.write(write)
    assert first.ref == second.ref
    pulled = (await desk.pull(books.cursor)).of(Kind.INVOICE)
    assert len([i for i in pulled.values() if i.number == write.record.number]) == 1  # type: ignore[union-attr]  # both are documents


async def test_a_key_used_for_another_request_is_a_fault_of_ours(desk: Desk, books: Books) -> None:
    write = write_of(books, Kind.INVOICE, document_of(books))
    await desk.write(write)
    with pytest.raises(Misuse) as raised:
        await desk.write(replace(write, record=document_of(books)))
    assert raised.value.explanation.code == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("record_type", "kind"), [(Invoice, Kind.INVOICE), (Bill, Kind.BILL), (CreditNote, Kind.CREDIT_NOTE)]
)
@pytest.mark.parametrize("numbered", [True, False])
async def test_a_lost_answer_is_resolved_by_looking(
    desk: Desk, books: Books, record_type: type[Document], kind: Kind, numbered: bool
) -> None:
    record = document_of(books, record_type)
    write = write_of(books, kind, record if numbered else replace(record, number=None))
    sent_at = desk.world.clock.now()
    for fault, was_carried_out in (("drop_before_commit", False), ("drop_after_commit", True)):
        await desk.world.control("faults", {"kind": fault, "method": "PUT", "count": 1})
        with pytest.raises(NoAnswer):
            await desk.write(write)
        found = await desk.look_up(write, sent_at)
        assert (found is not None) is was_carried_out
    assert found is not None
    assert isinstance(found.record, Document)
    assert found.record.total == record.total


async def test_a_lost_payment_is_found_among_those_of_its_document(desk: Desk, books: Books) -> None:
    invoice = await desk.write(write_of(books, Kind.INVOICE, document_of(books)))
    first = await desk.write(write_of(books, Kind.PAYMENT, payment_of(books, invoice, "8.25")))
    write = write_of(books, Kind.PAYMENT, payment_of(books, invoice, "8.25"))
    assert await desk.look_up(write, desk.world.clock.now()) is None
    await desk.world.control("faults", {"kind": "drop_after_commit", "method": "PUT", "count": 1})
    with pytest.raises(NoAnswer):
        await desk.write(write)
    found = await desk.look_up(write, desk.world.clock.now())
    assert found is not None
    assert found.ref != first.ref


async def test_a_number_that_is_somebody_elses_is_never_adopted(desk: Desk, books: Books) -> None:
    other = next(i for i in books.of(Kind.INVOICE).values() if i.status is DocumentStatus.OPEN)
    record = document_of(books, number=other.number)
    with pytest.raises(WriteRefused) as raised:
        await desk.look_up(write_of(books, Kind.INVOICE, record), desk.world.clock.now())
    assert raised.value.explanation.code == "number_taken"


async def test_a_failure_that_xero_remembers_leaves_the_write_in_doubt(desk: Desk, books: Books) -> None:
    write = write_of(books, Kind.INVOICE, document_of(books))
    await desk.world.control("faults", {"kind": "status_before_commit", "status": 500, "method": "PUT", "count": 1})
    for _ in range(2):
        with pytest.raises(Unavailable):
            await desk.write(write)
    assert await desk.look_up(write, desk.world.clock.now()) is None
    assert await desk.write(replace(write, key="another-key"))


# Refusals.


async def refusal_of(desk: Desk, write: Write) -> PlatformRefusal:
    with pytest.raises(WriteRefused) as raised:
        await desk.write(write)
    assert raised.value.explanation.fix
    return raised.value


async def test_a_name_that_another_contact_has_is_refused_with_what_to_click(desk: Desk, books: Books) -> None:
    taken = next(party for party in books.of(Kind.PARTY).values() if party.active)
    found = await refusal_of(desk, write_of(books, Kind.PARTY, Party(name=taken.name, marker=str(new_id()))))
    assert (found.explanation.code, found.explanation.field) == ("name_taken", "name")
    assert "Contacts > All contacts" in found.explanation.fix
    assert taken.name in (found.native or "")


async def test_a_number_that_is_taken_is_refused(desk: Desk, books: Books) -> None:
    record = document_of(books)
    await desk.write(write_of(books, Kind.INVOICE, record))
    found = await refusal_of(desk, write_of(books, Kind.INVOICE, replace(record, memo="another")))
    assert found.explanation.code == "number_taken"


async def test_a_period_that_was_locked_meanwhile_is_refused(desk: Desk, books: Books) -> None:
    await desk.world.act(desk.company_id, "lock_period", date="2026-05-20")
    found = await refusal_of(desk, write_of(books, Kind.INVOICE, document_of(books)))
    assert found.explanation.code == "period_closed"
    assert "Lock dates" in found.explanation.fix


async def test_an_archived_contact_is_refused(desk: Desk, books: Books) -> None:
    record = document_of(books)
    await desk.world.act(desk.company_id, "archive_contact", contact_id=record.party_id)
    found = await refusal_of(desk, write_of(books, Kind.INVOICE, record))
    assert found.explanation.code == "contact_archived"


async def test_a_contact_that_does_not_exist_is_refused(desk: Desk, books: Books) -> None:
    record = document_of(books, party_id=str(new_id()))
    found = await refusal_of(desk, write_of(books, Kind.INVOICE, record))
    assert found.explanation.code == "reference_unknown"


async def test_more_than_is_owed_is_refused(desk: Desk, books: Books) -> None:
    invoice = await desk.write(write_of(books, Kind.INVOICE, document_of(books)))
    found = await refusal_of(desk, write_of(books, Kind.PAYMENT, payment_of(books, invoice, "200.00")))
    assert found.explanation.code == "payment_exceeds_balance"


async def test_a_paid_invoice_is_not_voided(desk: Desk, books: Books) -> None:
    record = document_of(books)
    invoice = await desk.write(write_of(books, Kind.INVOICE, record))
    await desk.write(write_of(books, Kind.PAYMENT, payment_of(books, invoice, "8.25")))
    void = write_of(books, Kind.INVOICE, record, operation=Operation.VOID, external_id=invoice.ref.external_id)
    assert (await refusal_of(desk, void)).explanation.code in {"document_has_payments", "status_forbids_change"}


async def test_an_account_that_was_archived_meanwhile_is_refused(desk: Desk, books: Books) -> None:
    await desk.world.act(desk.company_id, "archive_account", account="200")
    found = await refusal_of(desk, write_of(books, Kind.INVOICE, document_of(books)))
    assert found.explanation.code == "ledger_account_inactive"


async def test_a_currency_that_the_books_do_not_use_is_refused(desk: Desk, books: Books) -> None:
    record = document_of(books, currency="CHF", exchange_rate=Decimal("1.10"))
    found = await refusal_of(desk, write_of(books, Kind.INVOICE, record))
    assert found.explanation.code == "currency_not_subscribed"
