"""Taking over what the books say of a counterpart or product, where our record has room for it.

Nothing is bent to fit: what our record cannot say as the books say it is held, and shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Protocol
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.countries import COUNTRIES
from tieout.kit.identifiers import derived_id, new_id
from tieout.kit.money import to_minor
from tieout.storage.tables.business import Counterpart, CounterpartAddress, Product
from tieout.storage.tables.connections import LedgerAccount, Link
from tieout.sync.events import record_event
from tieout.sync.open_books import OpenBooks
from tieout.sync.three_way import Field, Outcome, Why

Ruling = tuple[Outcome, Why | None]
"""What becomes of a field that only the books changed, and why if it is held."""

TAKEN: Final[Ruling] = (Outcome.THEIRS, None)
LEFT: Final[Ruling] = (Outcome.LEFT, None)
NO_ROOM: Final[Ruling] = (Outcome.HELD, Why.NO_ROOM)

_NAME_MAX, _PERSON_MAX, _PHONE_MAX, _TAX_ID_MAX = 510, 255, 100, 30
_ADDRESS_MAX: Final = {"line1": 255, "line2": 255, "city": 255, "state": 100, "postal_code": 20}
_PRODUCT_MAX: Final = {"name": 100, "description": 2_000, "code": 255}
_PRICE_MINOR_MAX: Final = 9_007_199_254_740_991


class Ours(Protocol):
    """A record of ours, locked, as the books' words can be put into it."""

    def rule(self, field: Field) -> Ruling:
        """What becomes of a field that the books say otherwise, and that they are right about."""

    async def put(self, session: AsyncSession, fields: Mapping[str, Field], *, now: datetime) -> None:
        """Take fields over, with all that follows from them, in the caller's transaction."""


@dataclass(slots=True)
class OurCounterpart:
    """A counterpart with the address that the books have."""

    row: Counterpart
    address: CounterpartAddress | None

    def rule(self, field: Field) -> Ruling:
        """See `Ours`."""
        value = field.theirs
        match field.name:
            case "name":
                fits = bool(value) and len(value) <= _NAME_MAX and (self._is_organization or " " in value.strip())
            case "first_name" | "last_name":
                fits = bool(value) and len(value) <= _PERSON_MAX
            case "email":
                fits = value is None or _is_email(value)
            case "phone":
                fits = value is None or len(value) <= _PHONE_MAX
            case "tax_number":
                fits = value is None or len(value) <= _TAX_ID_MAX
            case "address":
                fits = self._country_of(field) is not None and all(
                    len(value.get(name) or "") <= longest for name, longest in _ADDRESS_MAX.items()
                )
            case _:
                return LEFT
        return TAKEN if fits else NO_ROOM

    async def put(self, session: AsyncSession, fields: Mapping[str, Field], *, now: datetime) -> None:
        """See `Ours`."""
        row = self.row
        for name, column in (("email", "email"), ("phone", "phone"), ("tax_number", "tax_id")):
            if name in fields:
                setattr(row, column, fields[name].theirs)
        self._put_name({name: field.theirs for name, field in fields.items()})
        if "address" in fields:
            await self._put_address(session, fields["address"], now)
        row.updated_at = now
        _tell(session, row, "counterpart", row.id, now)

    @property
    def _is_organization(self) -> bool:
        return self.row.type == "organization"

    def _put_name(self, said: Mapping[str, Any]) -> None:
        """The legal name; or first and last name, which the books may know as one."""
        row = self.row
        if self._is_organization:
            row.name = said.get("name", row.name)
            return
        parted = "first_name" in said or "last_name" in said
        if "name" in said and not parted:
            row.first_name, row.last_name = said["name"].strip().split(" ", 1)
        row.first_name, row.last_name = said.get("first_name", row.first_name), said.get("last_name", row.last_name)
        row.name = f"{row.first_name} {row.last_name}"

    def _country_of(self, field: Field) -> str | None:
        """The country of the books' address, in the contract's code; None for one that cannot be told."""
        theirs = field.theirs or {}
        was = (field.base or {}).get("country")
        if not theirs:
            return None
        if self.address is not None and theirs.get("country") in (None, was):
            return self.address.country
        return theirs["country"] if theirs.get("country") in COUNTRIES else None

    async def _put_address(self, session: AsyncSession, field: Field, now: datetime) -> None:
        country = self._country_of(field)
        assert country is not None, "an address without a country is not taken over"
        said = {name: field.theirs.get(name) for name in _ADDRESS_MAX}
        required = {name: said[name] or "" for name in ("line1", "city", "postal_code")}
        columns = {**said, **required, "country": country, "updated_at": now}
        if self.address is not None:
            for name, value in columns.items():
                setattr(self.address, name, value)
            return
        row = self.row
        owner = {"partner_id": row.partner_id, "entity_id": row.entity_id, "created_at": now}
        self.address = CounterpartAddress(id=new_id(), counterpart_id=row.id, **owner, **columns)
        session.add(self.address)
        await session.flush()
        row.default_billing_address_id = self.address.id


@dataclass(slots=True)
class OurProduct:
    """A product of the catalogue, with the currency of the books and their active accounts."""

    row: Product
    base_currency: str | None
    company_id: UUID
    accounts: frozenset[UUID]

    def rule(self, field: Field) -> Ruling:
        """See `Ours`."""
        value = field.theirs
        match field.name:
            case "name":
                fits = bool(value) and len(value) <= _PRODUCT_MAX["name"]
            case "code" | "description":
                fits = value is None or len(value) <= _PRODUCT_MAX[field.name]
            case "unit_price":
                fits = self._price(value) is not None
            case "income_account_id":
                return TAKEN if value is not None and self._account(value) in self.accounts else LEFT
            case _:
                return LEFT
        return TAKEN if fits else NO_ROOM

    async def put(self, session: AsyncSession, fields: Mapping[str, Field], *, now: datetime) -> None:
        """See `Ours`."""
        row = self.row
        for name, column in (("name", "name"), ("code", "external_reference"), ("description", "description")):
            if name in fields:
                setattr(row, column, fields[name].theirs)
        if "unit_price" in fields:
            row.price_minor, row.currency = self._price(fields["unit_price"].theirs), self.base_currency
        if "income_account_id" in fields:
            row.ledger_account_id = self._account(fields["income_account_id"].theirs)
        row.updated_at = now
        _tell(session, row, "product", row.id, now)

    def _account(self, external_id: str) -> UUID:
        return derived_id(self.company_id, "account", external_id)

    def _price(self, value: str | None) -> int | None:
        """In minor units; None where our price has no room for it: another currency, fractions, nothing at all."""
        if value is None or self.base_currency is None or self.row.currency not in (None, self.base_currency):
            return None
        try:
            price = to_minor(Decimal(value), self.base_currency)
        except ValueError:
            return None
        return price if 0 <= price <= _PRICE_MINOR_MAX else None


async def load_counterpart(session: AsyncSession, link: Link) -> OurCounterpart | None:
    """The counterpart of a link, locked."""
    row = await session.get(Counterpart, link.object_id, with_for_update=True, populate_existing=True)
    if row is None:
        return None
    address = await session.scalar(
        select(CounterpartAddress)
        .where(CounterpartAddress.counterpart_id == row.id)
        .order_by((CounterpartAddress.id != row.default_billing_address_id), CounterpartAddress.created_at)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return OurCounterpart(row, address)


async def load_product(session: AsyncSession, books: OpenBooks, link: Link) -> OurProduct | None:
    """The product of a link, locked; None for what stands in for one."""
    row = await session.get(Product, link.object_id, with_for_update=True, populate_existing=True)
    if row is None:
        return None
    accounts = await session.scalars(
        select(LedgerAccount.id).where(LedgerAccount.company_id == link.company_id, LedgerAccount.status == "Active")
    )
    facts = books.facts
    return OurProduct(row, facts.base_currency if facts else None, link.company_id, frozenset(accounts))


def _is_email(value: str) -> bool:
    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _tell(session: AsyncSession, row: Counterpart | Product, object_type: str, object_id: UUID, now: datetime) -> None:
    record_event(
        session,
        partner_id=row.partner_id,
        entity_id=row.entity_id,
        object_type=object_type,
        object_id=object_id,
        action=f"{object_type}.updated",
        at=now,
    )
