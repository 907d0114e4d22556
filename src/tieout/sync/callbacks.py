"""What a platform's redirect back to us means, decided purely.

The redirect is trusted only if it carries the state of a visit that this very browser began, and only once.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tieout.platforms.errors import GrantEnded, Next, PermissionMissing, PlatformRefusal
from tieout.security.tokens import hash_of
from tieout.storage.tables.connections import Consent

DENIED_WORDS = ("access_denied", "consent_required")
"""OAuth's words for a person who said no (RFC 6749, 4.1.2.1)."""


class Landing(StrEnum):
    """Where a person stands after a step; every page of the hosted flow answers to one of these."""

    CONNECTED = "connected"
    WELCOME = "welcome"
    CHOOSE = "choose"
    DENIED = "denied"
    TOO_LATE = "too-late"
    OTHER_BROWSER = "other-browser"
    REPEATED = "repeated"
    NOT_CONFIRMED = "not-confirmed"
    NOT_ANSWERING = "not-answering"
    NOT_SET_UP = "not-set-up"
    NOT_ALLOWED = "not-allowed"
    NO_COMPANY = "no-company"
    ELSEWHERE = "elsewhere"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Where the person stands after a step, and with which connection and platform, as far as they are known."""

    landing: Landing
    connection_id: UUID | None = None
    platform: str | None = None


def plan_callback(
    consent: Consent | None,
    *,
    platform: str,
    browser: str | None,
    query: Mapping[str, str],
    connection_status: str | None,
    now: datetime,
) -> Landing | None:
    """Where the person lands at once, or None when the code is to be exchanged."""
    if consent is None or consent.platform != platform:
        return Landing.UNKNOWN
    if browser is None or not hmac.compare_digest(hash_of(browser), consent.browser_hash):
        return Landing.OTHER_BROWSER
    if consent.used_at is not None:
        return _repeated(consent, connection_status, now)
    if connection_status == "disconnected":
        return Landing.ENDED
    return _answered(query, is_late=now >= consent.expires_at)


def _answered(query: Mapping[str, str], *, is_late: bool) -> Landing | None:
    """What the platform's parameters say, on a visit that is in order."""
    if "error" in query:
        return Landing.DENIED if query["error"] in DENIED_WORDS else Landing.NOT_SET_UP
    if is_late:
        return Landing.TOO_LATE
    return None if query.get("code") else Landing.NOT_CONFIRMED


def _repeated(consent: Consent, connection_status: str | None, now: datetime) -> Landing:
    """A callback that was used already shows how things stand, and changes nothing."""
    if connection_status == "connected":
        return Landing.CONNECTED
    if consent.choices and consent.finished_at is None and now < consent.expires_at:
        return Landing.CHOOSE
    return Landing.REPEATED


def landing_of_exchange(refusal: PlatformRefusal) -> Landing:
    """Where a person lands whose code could not be exchanged."""
    if isinstance(refusal, GrantEnded):
        return Landing.NOT_CONFIRMED
    if isinstance(refusal, PermissionMissing):
        return Landing.NOT_SET_UP
    return _landing_by_next_step(refusal)


def landing_of_listing(refusal: PlatformRefusal) -> Landing:
    """Where a person lands whose companies could not be listed."""
    if isinstance(refusal, PermissionMissing):
        return Landing.NOT_ALLOWED
    return _landing_by_next_step(refusal)


def _landing_by_next_step(refusal: PlatformRefusal) -> Landing:
    return Landing.NOT_ANSWERING if refusal.next_step is Next.RETRIES_BY_ITSELF else Landing.NOT_CONFIRMED
