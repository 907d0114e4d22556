"""The plain lists, as a table: terms, payment methods, classes, departments (shown as locations), tax agencies.

Lengths, ranges and choices are those of each object's page in the platform's reference.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Regime
from tieout.platforms.quickbooks.sandbox.accounting.lists.hierarchy import listed_name, place_under_parent
from tieout.platforms.quickbooks.sandbox.accounting.records import Shaped
from tieout.platforms.quickbooks.sandbox.accounting.wishes import (
    ENVELOPE,
    Wish,
    check_characters,
    check_lengths,
    check_ranges,
    keep,
)
from tieout.platforms.quickbooks.sandbox.figures import figure

Finish = Callable[[Wish, dict[str, Any]], None]
_NAME_REFUSED = ":\t\n"
_CARD, _NOT_CARD = "CREDIT_CARD", "NON_CREDIT_CARD"
_OF_DATES = ("DayOfMonthDue", "DueNextMonthDays", "DiscountDayOfMonth")
_OF_DAYS = ("DueDays", "DiscountDays")


@dataclass(frozen=True, slots=True)
class ListRules:
    """What makes one list different from another."""

    name: str = "Name"
    name_max: int = 100
    mark: str | None = None
    """The field that says that an object is below another; a list without one is flat."""
    ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    made: frozenset[str] = frozenset()
    """Fields that the books make themselves: what is sent for them counts for nothing, as documented."""
    lengths: Mapping[str, int] = field(default_factory=dict)
    has_active: bool = True
    finish: Finish | None = None


def shape_listed(rules: ListRules, wish: Wish) -> Shaped:
    """An object of a plain list. Raises `Refusal`: 2020, 2040, 2050, 2090, 2110, 2170, 2500, 610, 6180."""
    body = wish.body
    name = str(wish.need(rules.name)).strip()
    check_lengths(body, {rules.name: rules.name_max, **rules.lengths})
    check_characters(body, [rules.name], _NAME_REFUSED)
    check_ranges(body, rules.ranges)
    for choice, allowed in rules.choices.items():
        if body.get(choice) is not None and body[choice] not in allowed:
            raise refusals.invalid_choice(choice, body[choice])
    content = keep(body, ENVELOPE | rules.made | {"FullyQualifiedName"})
    content = {key: figure(value) if isinstance(value, Decimal) else value for key, value in content.items()}
    content[rules.name] = listed_name(wish, rules.name, name)
    if rules.has_active:
        content["Active"] = body.get("Active", True)
    if rules.mark is not None:
        place_under_parent(wish, content, rules.mark, name=rules.name)
    if rules.finish is not None:
        rules.finish(wish, content)
    return Shaped(content)


def _finish_term(_wish: Wish, content: dict[str, Any]) -> None:
    """A term counts days, or else names a day of the month; each kind ignores the other's fields, as documented."""
    if "DueDays" not in content and "DayOfMonthDue" not in content:
        raise refusals.missing("DueDays")
    counts_days = "DueDays" in content
    for gone in _OF_DATES if counts_days else _OF_DAYS:
        content.pop(gone, None)
    content["Type"] = "STANDARD" if counts_days else "DATE_DRIVEN"
    content.setdefault("DiscountPercent", 0)


def _finish_payment_method(_wish: Wish, content: dict[str, Any]) -> None:
    content.setdefault("Type", _NOT_CARD)


def _finish_agency(wish: Wish, content: dict[str, Any]) -> None:
    """An agency tracks sales; purchases too where tax is had back on them."""
    content["TaxTrackedOnSales"] = True
    content["TaxTrackedOnPurchases"] = wish.books.profile.regime is Regime.CODE_PER_LINE
    content["TaxAgencyConfig"] = "USER_DEFINED"


RULES: Mapping[str, ListRules] = {
    "Term": ListRules(
        name_max=31,
        ranges={
            "DiscountPercent": (0, 100), "DiscountDays": (0, 999), "DueDays": (0, 999), "DayOfMonthDue": (1, 31),
            "DiscountDayOfMonth": (0, 31), "DueNextMonthDays": (0, 999),
        },
        made=frozenset({"Type"}),
        finish=_finish_term,
    ),
    "PaymentMethod": ListRules(name_max=31, choices={"Type": (_CARD, _NOT_CARD)}, finish=_finish_payment_method),
    "Class": ListRules(mark="SubClass"),
    "Department": ListRules(mark="SubDepartment"),
    "TaxAgency": ListRules(
        name="DisplayName",
        made=frozenset({"TaxTrackedOnSales", "TaxTrackedOnPurchases", "LastFileDate", "TaxAgencyConfig", "Active"}),
        lengths={"TaxRegistrationNumber": 100},
        has_active=False,
        finish=_finish_agency,
    ),
}  # fmt: skip
"""The lists by kind."""
SHAPES: Mapping[str, Callable[[Wish], Shaped]] = {kind: partial(shape_listed, rules) for kind, rules in RULES.items()}
"""How each of them is shaped."""
