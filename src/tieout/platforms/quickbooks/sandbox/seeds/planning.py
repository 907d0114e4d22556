"""A plan of trade: who buys and sells what on which days over the years before today, and when it is paid. Pure.

More is sold before summer and before Christmas than in January and August, on weekdays than on weekends, and every year
more than the year before. A few parties bring most of the trade. Each pays in its own time, several documents at once,
sometimes in two parts, and a few never do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

VOID = "void"
INVOICES_IN_100, BILLS_IN_100, CREDITS_IN_100 = 54, 13, 3
"""What a hundred documents are; the rest are payments. A third of the credits come from vendors."""
DOCUMENTS_PER_CUSTOMER, DOCUMENTS_PER_VENDOR, PARTIES_LEAST = 25, 60, 4
_YEARS = ((1_000, 1), (5_000, 2), (20_000, 3))
"""How many years so many documents reach back; more reach back five."""
_YEARS_MOST = 5
_MONTHS = (6, 7, 9, 10, 12, 12, 9, 6, 9, 10, 12, 13)
_WEEKDAYS = (10, 11, 11, 10, 9, 3, 1)
_GROWTH_PERCENT = 12
_NEVER_IN_100, _IN_PARTS_IN_100, _VOIDED_OF_UNPAID_IN_100 = 4, 12, 6
_TOGETHER = (1, 1, 2, 2, 3, 4)
"""How many documents are paid at once."""
_HABITS = ((-3, 4), (-3, 4), (0, 12), (5, 30), (20, 60))
"""Days after the due date between which a party pays."""
_TERMS = (0, 15, 30, 30, 30, 60)


@dataclass(frozen=True, slots=True)
class Party:
    """A customer or vendor as the plan knows it: how soon it is due, when it pays after that, how much it trades."""

    terms: int
    habit: tuple[int, int]
    weight: int


@dataclass(frozen=True, slots=True)
class Planned:
    """One thing that happens. `of` are the places of earlier things in the plan that it settles, credits or voids."""

    day: date
    what: str
    party: int
    of: tuple[int, ...] = ()
    share: Decimal | None = None
    """The part of what is open that a payment settles; all of it without one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The parties, and what happens in the order of days. `of` counts through `happenings`."""

    starts_on: date
    customers: tuple[Party, ...]
    vendors: tuple[Party, ...]
    happenings: tuple[Planned, ...]


@dataclass(slots=True, eq=False)
class _Draft:
    """Something that is going to be `Planned`, with what it settles, credits or voids itself instead of the places."""

    day: date
    what: str
    party: int
    of: tuple["_Draft", ...] = ()
    share: Decimal | None = None


_RANKS = {"Invoice": 0, "Bill": 0, "CreditMemo": 1, "VendorCredit": 1, "Payment": 2, "BillPayment": 2, VOID: 3}
"""What happens first on one day."""


def plan_trade(random: Random, documents: int, today: date) -> Plan:
    """So many documents, and some voids that are none."""
    years = next((years for most, years in _YEARS if documents <= most), _YEARS_MOST)
    starts_on = today - timedelta(days=365 * years)
    days = [starts_on + timedelta(days=place) for place in range((today - starts_on).days + 1)]
    customers = _parties(random, max(PARTIES_LEAST, documents // DOCUMENTS_PER_CUSTOMER))
    vendors = _parties(random, max(PARTIES_LEAST, documents // DOCUMENTS_PER_VENDOR))
    bills = documents * BILLS_IN_100 // 100
    credited = documents * CREDITS_IN_100 // 100
    sold = _originals(random, "Invoice", max(1, documents * INVOICES_IN_100 // 100), customers, days)
    bought = _originals(random, "Bill", bills, vendors, days)
    drafts = [*sold, *bought]
    drafts += _credits(random, "CreditMemo", sold, credited - credited // 3, today)
    drafts += _credits(random, "VendorCredit", bought, credited // 3, today)
    payments = _payments(random, "Payment", sold, customers, today)
    payments += _payments(random, "BillPayment", bought, vendors, today)
    payments.sort(key=lambda one: one.day)
    room = documents - len(drafts)
    paid = {id(document) for payment in payments[:room] for document in payment.of}
    drafts += payments[:room]
    for _ in range(documents - len(drafts)):
        drafts.append(_Draft(today - timedelta(days=random.randrange(25)), "Invoice", _draw(random, customers)))
    drafts += _voids(random, [one for one in sold if id(one) not in paid], today)
    return Plan(starts_on, customers, vendors, _in_order(drafts))


def _parties(random: Random, many: int) -> tuple[Party, ...]:
    """The n-th party trades a fraction of the first."""
    return tuple(
        Party(random.choice(_TERMS), random.choice(_HABITS), 1_000 // (place + 3) + 5) for place in range(many)
    )


def _draw(random: Random, parties: Sequence[Party]) -> int:
    return random.choices(range(len(parties)), [party.weight for party in parties])[0]


def _originals(random: Random, what: str, many: int, parties: Sequence[Party], days: Sequence[date]) -> list[_Draft]:
    """Documents on days drawn by season, weekday and growth."""
    weights = [
        _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] * (100 + _GROWTH_PERCENT * place // 365)
        for place, day in enumerate(days)
    ]
    who = random.choices(range(len(parties)), [party.weight for party in parties], k=many)
    when = sorted(random.choices(days, weights, k=many))
    return [_Draft(day, what, party) for day, party in zip(when, who, strict=True)]


def _credits(random: Random, what: str, originals: Sequence[_Draft], many: int, today: date) -> list[_Draft]:
    """Something taken back a few days after it was sold or bought."""
    told = []
    for _ in range(many if originals else 0):
        original = random.choice(originals)
        day = min(original.day + timedelta(days=random.randrange(2, 20)), today)
        told.append(_Draft(day, what, original.party, (original,)))
    return told


def _payments(
    random: Random, what: str, originals: Sequence[_Draft], parties: Sequence[Party], today: date
) -> list[_Draft]:
    """Payments until today of what parties owe, party by party."""
    owed: dict[int, list[_Draft]] = {}
    for one in originals:
        if random.randrange(100) >= _NEVER_IN_100:
            owed.setdefault(one.party, []).append(one)
    told: list[_Draft] = []
    for place, documents in owed.items():
        party, first = parties[place], 0
        while first < len(documents):
            settled = tuple(documents[first : first + random.choice(_TOGETHER)])
            first += len(settled)
            day = settled[-1].day + timedelta(days=max(0, party.terms + random.randint(*party.habit)))
            if random.randrange(100) < _IN_PARTS_IN_100:
                told.append(_Draft(day, what, place, settled, Decimal(random.randrange(30, 70)).scaleb(-2)))
                day += timedelta(days=random.randrange(10, 40))
            told.append(_Draft(day, what, place, settled))
    return [one for one in told if one.day <= today]


def _voids(random: Random, unpaid: Sequence[_Draft], today: date) -> list[_Draft]:
    """Mistakes that somebody noticed after some days."""
    found = [one for one in unpaid if random.randrange(100) < _VOIDED_OF_UNPAID_IN_100]
    return [_Draft(min(one.day + timedelta(days=3), today), VOID, one.party, (one,)) for one in found]


def _in_order(drafts: Sequence[_Draft]) -> tuple[Planned, ...]:
    """Everything by day, what is settled or taken back before what does so."""
    ordered = sorted(drafts, key=lambda one: (one.day, _RANKS[one.what]))
    places = {id(one): place for place, one in enumerate(ordered)}
    return tuple(
        Planned(one.day, one.what, one.party, tuple(places[id(other)] for other in one.of), one.share)
        for one in ordered
    )
