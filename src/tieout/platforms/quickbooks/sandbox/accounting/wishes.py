"""A body on its way into the books, and the checks that every kind of object shares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import Kind
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.figures import cents

PRIVATE_NOTE_MAX = 4000
DOCUMENT_NUMBER_MAX = 21
LINES_MAX = 10_000
LINES_TAXABLE_MAX = 750
"""How many lines a transaction may have at all, and when it carries tax."""
ENVELOPE = frozenset({"Id", "SyncToken", "MetaData", "domain", "sparse", "status"})
"""Fields of the object itself, which no body changes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client wants an object to be: `body` is already merged with what stands."""

    books: Books
    kind: Kind
    body: dict[str, Any]
    sent: frozenset[str]
    """The fields that the request itself carried."""
    standing: Record | None
    include: frozenset[str] = frozenset()
    """The flags of the `include` parameter."""

    def need(self, field: str) -> Any:
        """A field that has to be there; 2020 otherwise."""
        value = self.body.get(field)
        if value is None:
            raise refusals.missing(field)
        return value

    def resolve(self, field: str, *kinds: str) -> Record | None:
        """What a reference means, or None without one. What it already meant may have become inactive."""
        reference = self.body.get(field)
        if reference is None:
            return None
        unchanged = self.standing is not None and _value(self.standing.content.get(field)) == _value(reference)
        return self.books.resolve(reference, *kinds, inactive_too=unchanged)

    def day(self, field: str) -> date | None:
        """A date."""
        value = self.body.get(field)
        return None if value is None else date.fromisoformat(value)


def _value(reference: Any) -> str | None:
    return str(reference.get("value")) if isinstance(reference, Mapping) else None


def pointer(record: Record) -> dict[str, str]:
    """A reference to an object; names are added when it is read."""
    return {"value": record.id}


def check_lengths(body: Mapping[str, Any], limits: Mapping[str, int]) -> None:
    """Texts within their lengths; 2050 otherwise."""
    for field, longest in limits.items():
        value = body.get(field)
        if isinstance(value, str) and len(value) > longest:
            raise refusals.too_long(field, longest, len(value))


def check_characters(body: Mapping[str, Any], fields: Iterable[str], refused: str) -> None:
    """Texts without certain characters; 2040 otherwise."""
    for field in fields:
        value = body.get(field)
        if isinstance(value, str) and any(character in value for character in refused):
            raise refusals.invalid_text(field, value)


def check_ranges(body: Mapping[str, Any], ranges: Mapping[str, tuple[int, int]]) -> None:
    """Figures within their bounds, both included; 2090 for whole ones otherwise, 2110 for others."""
    for field, (least, most) in ranges.items():
        value = body.get(field)
        if value is not None and not least <= value <= most:
            refuse = refusals.unsupported_decimal if isinstance(value, Decimal) else refusals.unsupported_number
            raise refuse(field, value)


def check_email(body: Mapping[str, Any], field: str) -> None:
    """An address with an `@` and a dot; 2210 otherwise."""
    address = body.get(field, {}).get("Address")
    if address is not None and ("@" not in address or "." not in address.rpartition("@")[2]):
        raise refusals.invalid_email(address)


def check_home_currency(wish: Wish) -> None:
    """Without multicurrency only the home currency, and no rate but 1."""
    currency = wish.body.get("CurrencyRef", {}).get("value", wish.books.profile.currency)
    rate = wish.body.get("ExchangeRate") or Decimal(1)  # clients send 0 for a rate that they do not mean
    if currency != wish.books.profile.currency or rate != 1:
        raise refusals.business("Multicurrency is not enabled for this company")
    wish.body.pop("ExchangeRate", None)
    wish.body["CurrencyRef"] = {"value": currency, "name": wish.books.profile.currency_name}


def check_multiplies(amount: Decimal, price: Decimal | None, quantity: Decimal | None) -> None:
    """A line's amount is its price times its quantity, rounded; 6070 otherwise."""
    if price is not None and quantity is not None and cents(Decimal(price) * Decimal(quantity)) != cents(amount):
        raise refusals.wrong_amount(amount)


def refuse_unsimulated(body: Mapping[str, Any], fields: Iterable[str]) -> None:
    """Fields that would change the figures and that nothing here computes with: loud, never ignored."""
    for field in fields:
        if body.get(field):
            raise refusals.NotSimulatedError(f"{field} is not simulated")


def keep(body: Mapping[str, Any], dropped: Iterable[str]) -> dict[str, Any]:
    """The fields that are kept as they were sent."""
    gone = frozenset(dropped)
    return {field: value for field, value in body.items() if field not in gone and value is not None}
