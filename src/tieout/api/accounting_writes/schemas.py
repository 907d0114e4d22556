"""Entries of the write ledger on the wire (additions of Tieout)."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator

from tieout.api.accounting_synced_records.schemas import by_its_later_name
from tieout.api.schemas import Dated, Filters, Moment, Page, Shown
from tieout.platforms.port import Operation
from tieout.sync.attempts import Act, Outcome
from tieout.sync.intents import Kept, State
from tieout.sync.wanting import ObjectType

WrittenType = Annotated[ObjectType, BeforeValidator(by_its_later_name)]
"""All that is written: synced records, and the parts of documents."""
NextStep = Literal["sends", "awaits_answer", "finds_out", "awaits_cure", "nothing"]


class WriteFilters(Filters):
    """What writes can be narrowed by."""

    state: State | None = None
    operation: Operation | None = None
    object_type: WrittenType | None = None
    object_id: UUID | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
    updated_at__gt: Moment | None = None
    updated_at__lt: Moment | None = None
    updated_at__gte: Moment | None = None
    updated_at__lte: Moment | None = None


class WriteResponse(Dated):
    """One write in one line. `next` says what happens next, `next_attempt_at` when, if that is known."""

    synced_record_id: UUID
    object_type: str
    object_id: UUID
    object_version: int
    operation: Operation
    state: State
    next: NextStep
    next_attempt_at: datetime | None
    key: str
    attempts_count: int
    last_sent_at: datetime | None
    settled_at: datetime | None
    platform_object_id: str | None
    trace_id: str | None


class WriteList(Page):
    """A page of writes."""

    data: list[WriteResponse]


class BodyShown(Shown):
    """What was sent or answered: its very text, and as JSON where it is; a file only by its digest and size."""

    size_bytes: int
    sha256: str
    text: str | None
    parsed: Any


class RequestShown(Shown):
    """The exact request; the bearer token is no part of what is kept."""

    method: str
    path: str
    headers: dict[str, str]
    body: BodyShown


class AnswerShown(Shown):
    """What the platform answered."""

    status: int
    body: BodyShown


class AttemptShown(Shown):
    """One try. `answer` of a batch stands with the request of the same `key`, in which this write had its `place`."""

    number: int
    act: Act
    outcome: Outcome
    key: str
    place: int | None
    began_at: datetime
    ended_at: datetime | None
    answer: AnswerShown | None
    trace_id: str | None
    platform_object_id: str | None
    refusal: dict[str, Any] | None


class OtherRequest(Shown):
    """A request that this write shared with others, or was tried with before it got the present one."""

    reason: Kept
    key: str
    size: int
    created_at: datetime
    request: RequestShown
    answer: AnswerShown | None
    trace_id: str | None


class WriteWholeResponse(WriteResponse):
    """One write with all of its evidence."""

    request: RequestShown
    expected_postings: list[dict[str, Any]]
    notes: dict[str, Any]
    attempts: list[AttemptShown]
    other_requests: list[OtherRequest]
