"""What is to be ended at a platform, decided purely: of the companies that nobody needs, and of the grant itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

ENDINGS_PER_TURN_MAX: Final = 20
"""How many companies a turn ends one by one; the next turn goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A company that a grant reaches and that nobody here needs any more, since `since`."""

    external_id: str
    connection_id: str | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """What other connections of the same app live by, or are just about to."""

    external_ids: frozenset[str]
    connection_ids: frozenset[str]
    user_ids: frozenset[str | None]

    def is_nothing(self) -> bool:
        """Whether nobody else uses the app at all."""
        return not (self.external_ids or self.connection_ids or self.user_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingFacts:
    """What is to be ended, and what must not be harmed by it. `serves` is whether a live connection uses the grant."""

    covers_many: bool
    user_id: str | None
    serves: bool
    reaches: tuple[Reach, ...]
    in_use: InUse


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingPlan:
    """The platform's handles to end one by one, whether to revoke the grant, and whether to forget it here.

    `goes_on` is true when there are more to end than one turn may; nothing is revoked or forgotten before they are.
    """

    connection_ids: tuple[str, ...]
    revoke: bool
    forget: bool
    goes_on: bool = False


def plan_ending(facts: EndingFacts) -> EndingPlan:
    """Decide, purely (DECISIONS: disconnect ends this company only).

    Where a consent covers many companies, revoking takes all of that person's away: only if none of them is in use.
    Elsewhere it ends one company for the whole app: only if that one is not in use.
    """
    if facts.covers_many:
        connection_ids = tuple(
            reach.connection_id
            for reach in facts.reaches
            if reach.connection_id is not None
            and reach.external_id not in facts.in_use.external_ids
            and reach.connection_id not in facts.in_use.connection_ids
        )
        person_is_free = facts.user_id is not None and not {facts.user_id, None} & facts.in_use.user_ids
        alone = person_is_free or facts.in_use.is_nothing()
    else:
        connection_ids = ()
        reached = {reach.external_id for reach in facts.reaches}
        alone = not reached & facts.in_use.external_ids if reached else facts.in_use.is_nothing()
    if len(connection_ids) > ENDINGS_PER_TURN_MAX:
        return EndingPlan(
            connection_ids=connection_ids[:ENDINGS_PER_TURN_MAX], revoke=False, forget=False, goes_on=True
        )
    return EndingPlan(connection_ids=connection_ids, revoke=alone and not facts.serves, forget=not facts.serves)
