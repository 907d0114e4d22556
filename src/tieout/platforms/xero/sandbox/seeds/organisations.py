"""The organisations that exist when the simulator starts, and who may sign in to which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tieout.kit.clock import Clock
from tieout.platforms.xero.sandbox.accounting.money.currencies import subscribe
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.profile import Profile
from tieout.platforms.xero.sandbox.ids import Ids
from tieout.platforms.xero.sandbox.seeds import profiles, trade
from tieout.platforms.xero.sandbox.seeds.charts import chart_of, seed_chart
from tieout.platforms.xero.sandbox.seeds.furnishing import furnish
from tieout.platforms.xero.sandbox.seeds.items import DEMO_ITEMS, seed_items
from tieout.sandbox.visitors import User

DEMO_LOCK = date(2008, 9, 30)
"""The lock date of the recorded demo organisation."""
FOREIGN = ("AUD", "EUR", "GBP", "USD")
"""The currencies that the trading house deals in besides its own."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a new simulator holds."""

    users: Sequence[User]
    organisations: Mapping[str, Organisation]
    organisations_of: Mapping[str, Sequence[str]]
    """User id to the ids of the organisations where they may connect apps."""


def seed(clock: Clock, ids: Ids) -> Seeded:
    """Two organisations of one user, an empty one of another, and one or two of every other edition of a third."""
    users = (
        User(ids.uuid(), "jordan@example.com", "simulated", "Jordan Baker"),
        User(ids.uuid(), "robin@example.com", "simulated", "Robin Marsh"),
    )
    first = (profiles.DEMO, profiles.HARBOUR, profiles.QUIET_CORNER)
    demo, harbour, empty = (Organisation(ids.uuid(), profile, clock, ids) for profile in first)
    for organisation in (demo, harbour, empty):
        _set_up(organisation)
    demo.period_lock = DEMO_LOCK
    at = trade.whole(clock.now() - timedelta(days=90))
    seed_items(demo, DEMO_ITEMS, on=(demo.today() - timedelta(days=90)), at=at)
    trade.trade(demo, trade.GLOBAL_TRADE, contacts=(*trade.GLOBAL_CUSTOMERS, *trade.GLOBAL_SUPPLIERS))
    trade.trade(harbour, trade.HARBOUR_TRADE, contacts=(*trade.HARBOUR_CUSTOMERS, *trade.HARBOUR_SUPPLIERS))
    others = _other_editions(clock, ids.seed)
    user_ids = Ids(f"{ids.seed}:people")
    third = User(user_ids.uuid(), "casey@example.com", "simulated", "Casey Lim")
    staffed = [(demo, users[0]), (harbour, users[0]), (empty, users[1]), *((other, third) for other in others)]
    for organisation, user in staffed:
        furnish(organisation, [user], regions=organisation is demo)
    return Seeded(
        (*users, third),
        {organisation.id: organisation for organisation in (demo, harbour, empty, *others)},
        {
            users[0].id: (demo.id, harbour.id),
            users[1].id: (empty.id,),
            third.id: tuple(organisation.id for organisation in others),
        },
    )


def _other_editions(clock: Clock, seed: int | str) -> Sequence[Organisation]:
    """New Zealand, the United Kingdom, the United States, a house of many currencies, and an empty one of each."""
    kauri, thornbury, maple, meridian = (
        _made(clock, seed, profile)
        for profile in (profiles.KAURI, profiles.THORNBURY, profiles.MAPLE, profiles.MERIDIAN)
    )
    for code in FOREIGN:
        subscribe(meridian, code)
    today = thornbury.today()
    thornbury.year_end_lock = date(today.year - 1, 3, 31)
    thornbury.period_lock = (today - timedelta(days=150)).replace(day=1) - timedelta(days=1)
    for organisation, table in (
        (kauri, trade.KAURI_TRADE),
        (thornbury, trade.THORNBURY_TRADE),
        (maple, trade.MAPLE_TRADE),
        (meridian, trade.MERIDIAN_TRADE),
    ):
        trade.trade(organisation, table)
    return (kauri, thornbury, maple, meridian, *(_made(clock, seed, profile) for profile in profiles.EMPTY_OF_EACH))


def _made(clock: Clock, seed: int | str, profile: Profile) -> Organisation:
    """An organisation whose ids depend on nothing but the seed and itself."""
    ids = Ids(f"{seed}:{profile.short_code}")
    organisation = Organisation(ids.uuid(), profile, clock, ids)
    _set_up(organisation)
    return organisation


def _set_up(organisation: Organisation) -> None:
    profile = organisation.profile
    subscribe(organisation, profile.currency)
    seed_chart(organisation, *chart_of(profile), profile.created_at)
