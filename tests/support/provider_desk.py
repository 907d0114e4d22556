"""A desk at a company's books: somebody who writes through the platform's port what the provider contract asks for.

Everything is planned, sent and read as a lane would, but without a lane: what is written is one call, and its answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any, Final
from uuid import UUID

from tests.support.provider import ProviderBooks, Pulled

from tieout.books.changes import Change, ExternalRef
from tieout.books.records import (
    Account,
    AccountType,
    Allocation,
    Attachment,
    Bill,
    Company,
    CreditAllocation,
    CreditNote,
    Document,
    Invoice,
    Item,
    Kind,
    Line,
    Party,
    Payment,
    Record,
    TaxRate,
    VendorCredit,
)
from tieout.kit.identifiers import derived_id
from tieout.platforms.port import Answer, Cause, Operation, Write

DOCUMENTS: Final[Mapping[Kind, type[Document]]] = {
    Kind.INVOICE: Invoice,
    Kind.BILL: Bill,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.VENDOR_CREDIT: VendorCredit,
}
SALES: Final = (Kind.INVOICE, Kind.CREDIT_NOTE)
CENT: Final = Decimal("0.01")
HUNDRED: Final = Decimal(100)
MARKS: Final = UUID(int=7)
"""Below which the marks of what is written are made."""
COMMON: Final = ("Sales", "Sales of Product Income", "Office Expenses", "Office expenses", "Consulting & Accounting")
"""Accounts that most books have."""
_numbers = count(1)
_desks: dict[tuple[str, str], "Desk"] = {}


@dataclass
class Desk:
    """A company whose lists were pulled, with a customer, a vendor and a product of our own."""

    books: ProviderBooks
    cursor: str
    company: Company
    accounts: Mapping[str, Account]
    rates: Mapping[str, TaxRate]
    items: dict[str, Item] = field(default_factory=dict)
    parties: dict[tuple[str, str], str] = field(default_factory=dict)
    item_id: str = ""

    @property
    def platform(self) -> str:
        """Whose books they are."""
        return self.books.adapter.name

    @property
    def today(self) -> date:
        """A day that no book has closed."""
        return self.books.clock.now().date()

    def number(self) -> str:
        """A number that nothing else has."""
        return f"C-{next(_numbers)}"

    def marker(self, number: str) -> str:
        """The mark of what has that number, which is one of our ids."""
        return str(derived_id(MARKS, self.books.id, number))

    def account(self, type_: AccountType) -> Account:
        """An account that documents may name: a common one, since some of the platform's own take no documents."""
        named = [one for one in self.accounts.values() if one.type is type_ and one.active]
        return min(named, key=lambda one: (one.name not in COMMON, one.name))

    def bank(self) -> Account:
        """The first account that takes payments, in the company's own currency."""
        home = (None, self.company.base_currency)
        return next(one for one in self.accounts.values() if one.is_bank and one.active and one.currency in home)

    def rate(self, kind: Kind) -> TaxRate | None:
        """A rate of tax with a value that lines of a kind may have; none where the books decide on it themselves."""
        is_sale = kind in SALES
        if self.company.tax_is_computed_there or not (is_sale or self.company.taxes_purchases):
            return None
        type_ = self.account(AccountType.INCOME if is_sale else AccountType.EXPENSE).type
        fitting = (
            one
            for one in self.rates.values()
            if one.active and one.effective_rate and (one.on_sales if is_sale else one.on_purchases)
            if one.applies_to is None or type_ in one.applies_to
        )
        return min(fitting, key=lambda one: (len(one.components), one.external_id), default=None)

    async def party(self, kind: Kind, currency: str | None = None) -> str:
        """Our customer or vendor, by the side of a document; in a currency where parties have one."""
        role = Kind.CUSTOMER if kind in SALES else Kind.VENDOR
        key = (role.value, currency or "")
        if key not in self.parties:
            party = self.party_record(role, f"{role.title()} {currency or 'at home'} {self.number()}")
            written = await self.done(self.write(self.kind_of(role), replace(party, currency=currency)))
            self.parties[key] = written.ref.external_id
        return self.parties[key]

    def kind_of(self, role: Kind) -> Kind:
        """Under which kind the platform keeps customers, vendors or products."""
        kind = self.books.adapter.kind_of({Kind.ITEM: "product"}.get(role, role.value))
        assert kind is not None
        return kind

    def party_record(self, role: Kind, name: str, **more: Any) -> Party:
        """A customer or vendor to be written."""
        given: dict[str, Any] = {"is_customer": role is Kind.CUSTOMER, "is_vendor": role is Kind.VENDOR}
        return Party(name=name, marker=self.marker(name), **given | more)

    async def document(self, kind: Kind, *lines: Line, currency: str | None = None, **more: Any) -> Any:
        """A document of one taxed line, or of these lines, on our customer or vendor."""
        party_id = await self.party(kind, currency)
        lines = lines or (self.line(kind, "1250.00", self.rate(kind)),)
        number = self.number()
        told = DOCUMENTS[kind](
            number=number,
            party_id=party_id,
            currency=currency or self.company.base_currency,
            issued_on=self.today,
            due_on=self.today + timedelta(days=30) if kind in (Kind.INVOICE, Kind.BILL) else None,
            subtotal=Decimal(0),
            tax=Decimal(0),
            total=Decimal(0),
            balance=Decimal(0),
            marker=self.marker(number),
        )
        return replace(self.with_lines(told, lines), **more)

    def with_lines(self, document: Document, lines: Sequence[Line]) -> Document:
        """A document with other lines, added up."""
        subtotal = sum((line.amount for line in lines), Decimal(0))
        tax = sum((line.tax_amount or Decimal(0) for line in lines), Decimal(0))
        total = subtotal + tax
        return replace(document, lines=tuple(lines), subtotal=subtotal, tax=tax, total=total, balance=total)

    def line(
        self, kind: Kind, price: str, rate: TaxRate | None = None, *, quantity: str = "1", description: str = "Work"
    ) -> Line:
        """A line whose amount and tax are rounded once."""
        amount = (Decimal(quantity) * Decimal(price)).quantize(CENT, ROUND_HALF_UP)
        percent = rate.effective_rate if rate else Decimal(0)
        is_sale = kind in SALES
        return Line(
            description=description,
            quantity=Decimal(quantity),
            unit_price=Decimal(price),
            amount=amount,
            account_id=self.account(AccountType.INCOME if is_sale else AccountType.EXPENSE).external_id,
            item_id=self.item_id if is_sale and self.books.adapter.sales_lines_need_items else None,
            tax_rate_id=rate.external_id if rate else None,
            tax_amount=(amount * percent / HUNDRED).quantize(CENT, ROUND_HALF_UP),
        )

    def payment(self, document: ExternalRef, of: Document, amount: str, **more: Any) -> Payment:
        """Money for a part of a document that is in the books."""
        given = Decimal(amount)
        return Payment(
            kind=paid_by(document.kind),
            party_id=of.party_id,
            currency=of.currency,
            exchange_rate=of.exchange_rate,
            paid_on=self.today,
            amount=given,
            account_id=self.bank().external_id,
            allocations=(Allocation(document_kind=document.kind, document_id=document.external_id, amount=given),),
            marker=self.marker(self.number()),
            **more,
        )

    def allocation(self, credit: ExternalRef, document: ExternalRef, of: Document, amount: str) -> CreditAllocation:
        """The use of a credit on a document."""
        return CreditAllocation(
            credit_kind=credit.kind,
            credit_id=credit.external_id,
            document_id=document.external_id,
            party_id=of.party_id,
            currency=of.currency,
            allocated_on=self.today,
            amount=Decimal(amount),
            marker=self.marker(self.number()),
        )

    def file(self, document: ExternalRef, content: bytes, name: str = "scan.pdf") -> Attachment:
        """A file for a document."""
        return Attachment(
            document_kind=document.kind,
            document_id=document.external_id,
            name=name,
            media_type="application/pdf",
            size_bytes=len(content),
            marker=self.marker(self.number()),
        )

    def write(self, kind: Kind, record: Record, operation: Operation = Operation.CREATE, **more: Any) -> Write:
        """A write under a key of its own."""
        return Write(
            operation=operation,
            kind=kind,
            record=record,
            key=f"contract-{next(_numbers):030d}",
            company=self.company,
            tax_rates=self.rates,
            accounts=self.accounts,
            items=self.items,
            **more,
        )

    def change(self, there: Change, operation: Operation, record: Record | None = None, **more: Any) -> Write:
        """A write that names what is there."""
        given: dict[str, Any] = {"external_id": there.ref.external_id, "version_token": there.version.token}
        if operation is Operation.UPDATE:
            given["standing"] = there.record
        return self.write(there.ref.kind, record or there.record, operation, **given | more)

    async def send(self, write: Write) -> Answer:
        """Plan and send; the answer as it came."""
        transport = await self.books.transport(Cause.PUSH)
        return await transport.send(self.books.adapter.plan_write(self.books.id, write))

    async def carry_out(self, write: Write) -> Change | None:
        """Plan, send and read, in one call."""
        before = self.books.meter.total
        change = self.books.adapter.read_written(write, await self.send(write))
        assert self.books.meter.total == before + 1, "a write is one call, and its answer is the record"
        return change

    async def done(self, write: Write) -> Change:
        """The record that a write made or changed."""
        change = await self.carry_out(write)
        assert change is not None
        return change

    async def create(self, kind: Kind, record: Record, **more: Any) -> Change:
        """What is in the books from now on."""
        return await self.done(self.write(kind, record, **more))

    async def news(self) -> Pulled:
        """What the books tell of since the desk last asked."""
        self.books.clock.move(timedelta(seconds=2))
        pulled = await self.books.pull(self.cursor)
        self.cursor = pulled.cursor
        return pulled

    async def look_up(self, write: Write) -> Change | None:
        """What the books say of a write whose answer never came."""
        transport = await self.books.transport(Cause.RESOLVE)
        at = self.books.clock.now()
        return await self.books.adapter.look_up(transport, self.books.id, write, first_sent_at=at)

    async def balances(self) -> Mapping[str, Decimal]:
        """Every account's balance by the books' own report."""
        transport = await self.books.transport(Cause.TIE_OUT)
        told = await self.books.adapter.fetch_trial_balance(transport, self.books.id)
        return {id_: Decimal(balance) for id_, balance in told.items() if Decimal(balance)}


def paid_by(kind: Kind) -> Kind:
    """What settles a document of a kind."""
    return Kind.PAYMENT if kind in SALES else Kind.BILL_PAYMENT


async def desk_at(books: ProviderBooks) -> Desk:
    """The desk of a company, which is set up when it is first asked for."""
    key = (books.adapter.name, books.name)
    if key not in _desks:
        pulled = await books.pull()
        desk = Desk(books, pulled.cursor, pulled.company, pulled.of(Account), pulled.of(TaxRate))
        income = desk.account(AccountType.INCOME)
        item = Item(name=f"Work {desk.number()}", income_account_id=income.external_id, marker=desk.marker("item"))
        made = await desk.create(Kind.ITEM, item)
        assert isinstance(made.record, Item)
        desk.item_id = made.ref.external_id
        desk.items[desk.item_id] = made.record
        _desks[key] = desk
    return _desks[key]
