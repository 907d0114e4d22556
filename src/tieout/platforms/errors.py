"""How a platform says no, and what happens next.

PlatformRefusal
├── NotSent             the request surely never reached the platform: send it again
│   └── NotRenewed      for want of an access token, which could not be renewed for the moment
├── NoAnswer            it may have been carried out: look before sending anything again
├── Unavailable         the platform failed or is closed for the moment: later
├── Throttled           too many calls: after `retry_after_s`
├── TokenExpired        the access token is no longer good: refresh once
├── GrantEnded          the refresh token is no longer good: the person must connect again
├── CompanyEnded        this company is no longer connected to the app
├── PermissionMissing   the person or plan may not do this
├── WriteRefused        the books do not take this record as it is: `code` says why
├── StaleVersion        somebody changed the record meanwhile: read it and plan anew
├── Gone                there is no such record (any more)
├── BatchRefused        a call with several writes was refused as a whole: look each up, then send what is absent singly
└── Misuse              the request itself is wrong: a fault of ours
"""

from dataclasses import dataclass
from enum import StrEnum

from tieout.kit.errors import TieoutError


class Next(StrEnum):
    """What happens after a refusal."""

    RETRIES_BY_ITSELF = "retries_by_itself"
    SOMEBODY_MUST_ACT = "somebody_must_act"
    RECONNECT = "reconnect"
    REPORT_A_FAULT = "report_a_fault"


class Cure(StrEnum):
    """What must change before a refused write is worth sending again; `platforms.cures` tells it of every refusal."""

    TIME = "time"
    """Nothing but time: the platform's trouble passes, or a limit."""
    RECONNECT = "reconnect"
    """A person must connect the books again."""
    RECORD_CHANGE = "record_change"
    """The record itself, here: its number, amounts, party."""
    BOOKS_CHANGE = "books_change"
    """Something in the books, which the next pull brings: a period reopened, an account or name freed."""
    SETTINGS_CHANGE = "settings_change"
    """The mapping and defaults of the connection, here."""
    ACCESS_CHANGE = "access_change"
    """The company's plan, or what the connecting person may do: no pull tells, so that only trying does."""
    RELEASE = "release"
    """Another release of Tieout: a fault of ours, or something that is not built."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several things that could be meant: `id` is ours."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A refusal for a person: a stable code, what happened, what to click, and the field it is about.

    `candidates` are what could be meant, where nobody said which.
    """

    code: str
    message: str
    fix: str
    field: str | None = None
    candidates: tuple[Candidate, ...] = ()


class PlatformRefusal(TieoutError):  # noqa: N818 - a refusal is what it is
    """A platform said no, or nothing. `trace_id` is the platform's own, for its support people.

    `answer_status` and `answer_body` are its very answer, where there was one; the transport adds them.
    """

    next_step = Next.REPORT_A_FAULT
    answer_status: int | None = None
    answer_body: bytes | None = None

    def __init__(self, explanation: Explanation, *, trace_id: str | None = None, native: str | None = None) -> None:
        """Carry the explanation; `native` is the platform's own code or text, without secrets."""
        super().__init__(f"{explanation.code}: {explanation.message}")
        self.explanation = explanation
        self.trace_id = trace_id
        self.native = native


class NotSent(PlatformRefusal):
    """The request surely never reached the platform."""

    next_step = Next.RETRIES_BY_ITSELF


class NotRenewed(NotSent):
    """The access token could not be renewed, so the request that needs it was not sent. The grant lives."""

    def __init__(self, cause: PlatformRefusal) -> None:
        """Say what the token endpoint's refusal says."""
        super().__init__(cause.explanation, trace_id=cause.trace_id, native=cause.native)
        self.next_step = cause.next_step


class NoAnswer(PlatformRefusal):
    """The request may have been carried out: its answer did not arrive."""

    next_step = Next.RETRIES_BY_ITSELF


class Unavailable(PlatformRefusal):
    """The platform failed, or is closed for the moment. A write may or may not have been carried out."""

    next_step = Next.RETRIES_BY_ITSELF


class Throttled(PlatformRefusal):
    """Too many calls. Nothing was carried out."""

    next_step = Next.RETRIES_BY_ITSELF

    def __init__(self, explanation: Explanation, *, retry_after_s: float, trace_id: str | None = None) -> None:
        """Carry how long to wait, in seconds."""
        super().__init__(explanation, trace_id=trace_id)
        self.retry_after_s = retry_after_s


class TokenExpired(PlatformRefusal):
    """The access token is no longer good; one refresh may help. Nothing was carried out."""

    next_step = Next.RETRIES_BY_ITSELF


class GrantEnded(PlatformRefusal):
    """The grant is over; only a new consent helps."""

    next_step = Next.RECONNECT


class CompanyEnded(PlatformRefusal):
    """This company is no longer connected to the app, though the grant may live."""

    next_step = Next.RECONNECT


class PermissionMissing(PlatformRefusal):
    """The person who connected, or the company's plan, may not do this."""

    next_step = Next.SOMEBODY_MUST_ACT


class WriteRefused(PlatformRefusal):
    """The books do not take this record as it is."""

    next_step = Next.SOMEBODY_MUST_ACT


class Taken(WriteRefused):
    """What was to be created is not there, and collides with something else in the books: seen by looking, not told."""


class StaleVersion(PlatformRefusal):
    """Somebody changed the record since it was last read."""

    next_step = Next.RETRIES_BY_ITSELF


class Gone(PlatformRefusal):
    """There is no such record, or no longer."""

    next_step = Next.SOMEBODY_MUST_ACT


class BatchRefused(PlatformRefusal):
    """A call with several writes was refused as a whole, because of one of them or of the call itself.

    Which one it was is not told, so none of them counts as refused. Hardly anything was carried out, but no platform
    promises that: look each write up, then send what is absent singly, under its own key. The call was answered, so
    absence counts at once. `whole` is what was said of the call.
    """

    next_step = Next.RETRIES_BY_ITSELF

    def __init__(self, whole: PlatformRefusal) -> None:
        """Carry what the platform said of the call as a whole."""
        super().__init__(whole.explanation, trace_id=whole.trace_id, native=whole.native)
        self.whole = whole


class Misuse(PlatformRefusal):
    """The request is wrong in itself."""
