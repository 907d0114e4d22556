"""The world of one history: what the partner has made, what people did to the books, and the telling of it."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from httpx2 import Response
from tests.storm.fates import Fate, work
from tests.storm.shelves import Entry, Key, entries_in
from tests.support.mortal import bury
from tests.support.trading import Trade

from tieout.platforms.registry import all_platforms
from tieout.sandbox.people import ActionRefusedError

Json = dict[str, Any]
REFUSED_FROM = 400
BROKEN_FROM, NOT_BUILT = 500, 501


@dataclass
class Thing:
    """Something of the partner's."""

    kind: str
    """counterpart, product, invoice, bill, credit_note, payable_credit_note or payment."""
    label: str
    id: str
    body: Json
    wanted: bool = False
    """Whether it has to be in the books, or to say why not: it was done while the books were connected."""
    cancelled: bool = False
    """Whether the partner has taken it back, and was told that this is done."""
    changed: Json = field(default_factory=dict)
    """What the partner changed of it since."""
    credited: bool = False
    """Whether the partner has credited it, or a part of it."""


@dataclass
class World:
    """Everything that the actions of one history work with."""

    trade: Trade
    things: dict[str, list[Thing]] = field(default_factory=lambda: defaultdict(list))
    baseline: Mapping[Key, Entry] = field(default_factory=dict)
    entered: set[Key] = field(default_factory=set)
    """What people entered."""
    handled: dict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    """What people did to a record: `edit`, `void`, `delete`, `rename` …"""
    history: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    depth: int = 0
    met: Counter[str] = field(default_factory=Counter)
    """What the storm had in it, for the whole run's summary."""
    cut_short: int = 0
    """How many workers were kept from committing what they had counted: they died, or lost their lease."""

    def __post_init__(self) -> None:
        self.baseline = entries_in(self.trade)

    # Telling --------------------------------------------------------------------------------------------------

    def tell(self, line: str) -> None:
        """Add to the history; what happens while a worker is held is told below it."""
        self.history.append(f"{self.trade.house.clock.now():%d %H:%M:%S} {'  ' * self.depth}{line}")

    # The partner ----------------------------------------------------------------------------------------------

    async def call(self, method: str, path: str, body: Json | None = None, **options: Any) -> Response:
        """Call the API as the entity. A failure of ours is wrong, whoever called what."""
        self.trade.partner.entity_id = self.trade.entity_id
        sent = {"json": body} if body is not None else {}
        answer = await self.trade.partner.call(method, path, **sent, **options)
        if answer.status_code >= BROKEN_FROM and answer.status_code != NOT_BUILT:
            self.wrong.append(f"{method} {path} failed: {answer.status_code} {answer.text[:300]}")
        return answer

    async def read(self, path: str) -> Json:
        """What the API shows; it must be there."""
        answer = await self.call("GET", path)
        if answer.status_code >= REFUSED_FROM:
            self.wrong.append(f"GET {path}: {answer.status_code} {answer.text[:300]}")
            return {}
        found: Json = answer.json()
        return found

    def add(self, kind: str, shown: Json, **more: Any) -> Thing:
        """Remember something that the partner made."""
        thing = Thing(kind, f"{kind} {len(self.things[kind]) + 1}", str(shown["id"]), shown, **more)
        self.things[kind].append(thing)
        return thing

    def any_thing(self, draw: Random, *kinds: str) -> Thing | None:
        """One of the partner's things, younger ones rather."""
        known = [thing for kind in kinds for thing in self.things[kind][-6:]]
        return draw.choice(known) if known else None

    async def is_connected(self) -> bool:
        """Whether what is done now is wanted in the books."""
        shown = await self.read(f"/accounting_connections/{self.trade.connection_id}")
        return shown.get("status") in {"connected", "deauthorized"}

    # People ---------------------------------------------------------------------------------------------------

    def act(self, deed: str, **wish: Any) -> bool:
        """Somebody in the company does something; False when the books refuse it. What it adds is theirs."""
        before = set(entries_in(self.trade))
        try:
            self.trade.books.people.act(deed, wish)
        except ActionRefusedError as refusal:
            self.tell(f"people: {deed} {_said(wish)}: refused, {str(refusal)[:60]}")
            return False
        self.entered |= set(entries_in(self.trade)) - before
        self.tell(f"people: {deed} {_said(wish)}")
        return True

    def stormy(self, *kinds: str) -> list[Entry]:
        """What came into the books since the storm began and still counts, in the order in which it came."""
        return [
            entry
            for key, entry in entries_in(self.trade).items()
            if key not in self.baseline and entry.alive and entry.kind in kinds
        ]

    def ordinal(self, entry: Entry) -> str:
        """What a record is called in the history, whatever its id is: a number in the order of coming in."""
        of_kind = [key for key in entries_in(self.trade) if key[0] == entry.kind and key not in self.baseline]
        return f"{entry.kind} #{of_kind.index(entry.key) + 1}" if entry.key in of_kind else f"{entry.kind} of old"

    def handle(self, entry: Entry, how: str) -> None:
        """Remember what people did to a record."""
        self.handled[entry.key].add(how)

    @property
    def today(self) -> date:
        return self.trade.books.today()

    # Time and work --------------------------------------------------------------------------------------------

    async def pass_time(self, by: timedelta) -> None:
        """Let time go by, for Tieout and for the platform, which does on the way what it has put off."""
        await self.trade.house.simulator(self.trade.platform).pass_time(by)
        await bury(self.trade.house.services.database)

    async def work(self, fate: Fate | None = None) -> Fate:
        """Let a worker run what is due."""
        fate = fate or Fate()
        await work(self.trade.house.services, fate)
        if fate.met is not None:
            self.cut_short += 1
            self.met["deaths" if fate.meanwhile is None else "holds"] += 1
        return fate

    async def connect(self) -> bool:
        """Connect the books, again or anew; False when the platform did not let us."""
        trade = self.trade
        shown = await self.read(f"/accounting_connections/{trade.connection_id}")
        if shown.get("status") == "disconnected":
            answer = await self.call("POST", "/accounting_connections")
            if answer.status_code >= REFUSED_FROM:
                return False
            shown = answer.json()
            trade.connection_id = shown["id"]
        person = trade.house.new_person()
        title = all_platforms()[trade.platform].title
        try:
            sight = await person.connect(shown["connection_url"], title, companies=trade.books.name)
            if sight.heading == "Another company than before":
                await person.press("Connect")
        except AssertionError as error:
            self.tell(f"person: stopped on the way to the books ({str(error)[:60]})")
        return (await self.read(f"/accounting_connections/{trade.connection_id}")).get("status") == "connected"


Action = Callable[[World, Random], Awaitable[None]]


def _said(wish: Mapping[str, Any]) -> str:
    """A wish without ids."""
    return " ".join(f"{name}={value}" for name, value in wish.items() if not name.endswith(("id", "which")))
