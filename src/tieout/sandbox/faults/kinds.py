"""Every kind of fault, in one table that the control surface, the command and the documentation print."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class FaultKind(StrEnum):
    """What goes wrong."""

    DROP_BEFORE_COMMIT = "drop_before_commit"
    DROP_AFTER_COMMIT = "drop_after_commit"
    COMMIT_LATER = "commit_later"
    STATUS_BEFORE_COMMIT = "status_before_commit"
    STATUS_AFTER_COMMIT = "status_after_commit"
    RATE_LIMITED = "rate_limited"
    DELAY = "delay"
    CUT_BODY = "cut_body"
    STALE_VERSION = "stale_version"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - the name of a fault
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - likewise
    REFRESH_ANSWER_LOST = "refresh_answer_lost"
    PERIOD_CLOSED = "period_closed"
    ACCOUNT_ARCHIVED = "account_archived"
    FEATURE_MISSING = "feature_missing"
    WEBHOOK_DUPLICATED = "webhook_duplicated"
    WEBHOOK_REORDERED = "webhook_reordered"
    WEBHOOK_MISSING = "webhook_missing"
    WEBHOOK_DELAYED = "webhook_delayed"


@dataclass(frozen=True, slots=True)
class KindOfFault:
    """A row of the table. `takes` names the fields that mean something to it, beyond those that choose requests."""

    says: str
    takes: tuple[str, ...] = ()
    delay_s: Decimal = Decimal(0)
    """What `delay_s` is when nothing is said."""
    later: bool = False
    """Whether `delay_s` is time on the simulator's clock, and may be days."""
    befalls_notifications: bool = False
    writes_only: bool = False
    """Whether only a write to a company's books can meet it."""


KINDS: Mapping[FaultKind, KindOfFault] = {
    FaultKind.DROP_BEFORE_COMMIT: KindOfFault("The connection is cut and nothing was done."),
    FaultKind.DROP_AFTER_COMMIT: KindOfFault("The work is done, and the connection is cut instead of answering."),
    FaultKind.COMMIT_LATER: KindOfFault(
        "The connection is cut at once, and the work is done delay_s later on the simulator's clock.",
        ("delay_s",),
        Decimal(30),
        later=True,
    ),
    FaultKind.STATUS_BEFORE_COMMIT: KindOfFault(
        "The platform answers a failure and nothing was done.", ("status", "retry_after_s")
    ),
    FaultKind.STATUS_AFTER_COMMIT: KindOfFault(
        "The work is done, and the platform answers a failure.", ("status", "retry_after_s")
    ),
    FaultKind.RATE_LIMITED: KindOfFault(
        "The platform's own refusal of too many calls, and nothing was done; limit says which one.",
        ("limit", "retry_after_s"),
    ),
    FaultKind.DELAY: KindOfFault("The work is done, and the answer comes delay_s real seconds late.", ("delay_s",)),
    FaultKind.CUT_BODY: KindOfFault(
        "The work is done, and the answer breaks off in the middle of its body; Content-Length says the whole."
    ),
    FaultKind.STALE_VERSION: KindOfFault(
        "A write is refused because somebody else changed the object first; nothing was done.", writes_only=True
    ),
    FaultKind.TOKEN_EXPIRED: KindOfFault(
        "The access token of the request expires just before it: this call and all others with it get 401."
    ),
    FaultKind.TOKEN_REVOKED: KindOfFault(
        "The consent behind the request's token ends just before it: 401, and refreshing is refused too."
    ),
    FaultKind.REFRESH_ANSWER_LOST: KindOfFault(
        "New tokens are made for a refresh token, and the connection is cut instead of answering."
    ),
    FaultKind.PERIOD_CLOSED: KindOfFault(
        "A write is refused because the books are closed for its date; nothing was done.", writes_only=True
    ),
    FaultKind.ACCOUNT_ARCHIVED: KindOfFault(
        "A write is refused because an account it names was archived or made inactive; nothing was done.",
        writes_only=True,
    ),
    FaultKind.FEATURE_MISSING: KindOfFault(
        "A write is refused because the company's subscription does not include the feature; nothing was done.",
        writes_only=True,
    ),
    FaultKind.WEBHOOK_DUPLICATED: KindOfFault(
        "A notification that was received comes once more, delay_s later.",
        ("delay_s",),
        Decimal(5),
        later=True,
        befalls_notifications=True,
    ),
    FaultKind.WEBHOOK_REORDERED: KindOfFault(
        "A notification tells its events backwards and is kept for delay_s, while later ones overtake it.",
        ("delay_s",),
        Decimal(60),
        later=True,
        befalls_notifications=True,
    ),
    FaultKind.WEBHOOK_MISSING: KindOfFault("A notification is never sent.", befalls_notifications=True),
    FaultKind.WEBHOOK_DELAYED: KindOfFault(
        "A notification is kept for delay_s, and with it what has to wait for it.",
        ("delay_s",),
        Decimal(600),
        later=True,
        befalls_notifications=True,
    ),
}
"""Every kind, in the order in which it is told."""

_OF_PLATFORMS = frozenset(
    {
        FaultKind.STALE_VERSION, FaultKind.TOKEN_EXPIRED, FaultKind.TOKEN_REVOKED, FaultKind.REFRESH_ANSWER_LOST,
        FaultKind.PERIOD_CLOSED, FaultKind.ACCOUNT_ARCHIVED, FaultKind.FEATURE_MISSING,
    }
)  # fmt: skip
GENERAL = frozenset(KINDS) - _OF_PLATFORMS
"""What any platform can have; the others a platform has to have words for."""
CHOOSING = (
    "method", "path_prefix", "company_id", "app_id", "count", "skip", "after", "probability",
)  # fmt: skip
"""The fields that choose requests, which every kind takes."""


def told_kinds(kinds: frozenset[FaultKind], limits: tuple[str, ...]) -> list[dict[str, object]]:
    """The table for the control surface, with those kinds only."""
    return [
        {
            "kind": kind.value,
            "says": row.says,
            "takes": row.takes,
            "delay_s": row.delay_s if "delay_s" in row.takes else None,
            "befalls": "notifications" if row.befalls_notifications else "requests",
            "limits": limits if "limit" in row.takes else None,
        }
        for kind, row in KINDS.items()
        if kind in kinds
    ]
