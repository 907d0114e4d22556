"""Synced records on the wire (contract: SyncRecordResource): a link between a record of ours and one in the books."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BeforeValidator, Field

from tieout.api.filtering import Ids
from tieout.api.schemas import Body, Dated, Filters, Moment, Page, Shown, StrictBool
from tieout.storage.tables.connections import Company, Link
from tieout.sync.synced_records import synced_record_fields

PUSHED_AT_ONCE_MAX: Final = 500
"""Synced records that one call can want again."""
CODE_CHARACTERS_MAX: Final = 60
PLATFORM_ID_CHARACTERS_MAX: Final = 64


class ObjectType(StrEnum):
    """What can be synced."""

    PRODUCT = "product"
    CUSTOMER = "customer"
    VENDOR = "vendor"
    RECEIVABLE = "receivable"
    BILL = "bill"
    PAYMENT_RECORD = "payment_record"
    PAYABLE_CREDIT_NOTE = "payable_credit_note"


def by_its_later_name(value: Any) -> Any:
    """An early guide wrote `invoice` for what the contract calls `receivable`; both are read."""
    return ObjectType.RECEIVABLE.value if value == "invoice" else value


SoughtObjectType = Annotated[ObjectType, BeforeValidator(by_its_later_name)]


class SyncStatus(StrEnum):
    """How far it got."""

    PENDING = "pending"
    ERROR = "error"
    DONE = "done"


class SyncRecordFilters(Filters):
    """The list's filters."""

    object_type: SoughtObjectType
    object_id: UUID | None = None
    object_id__in: Ids | None = None
    sync_status: SyncStatus | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
    updated_at__gt: Moment | None = None
    updated_at__lt: Moment | None = None
    updated_at__gte: Moment | None = None
    updated_at__lte: Moment | None = None


class SyncRecordResource(Dated):
    """A synced record. `errors` is null when there is nothing to say."""

    errors: dict[str, Any] | None
    last_pulled_at: datetime
    object_id: UUID | None
    object_type: ObjectType
    object_updated_at: datetime | None
    platform: str | None
    platform_object_id: str | None
    platform_updated_at: datetime | None
    provider: str | None
    provider_object_id: str | None
    provider_updated_at: datetime | None
    sync_status: SyncStatus


class SyncRecordResourceList(Page):
    """A page of synced records."""

    data: list[SyncRecordResource]


class PushPayload(Body):
    """Which synced records to push again: those named, or all that a filter fits (an addition of Tieout).

    `error_code` is the `code` that `errors` of a refused record shows.
    """

    ids: Annotated[list[UUID], Field(min_length=1, max_length=PUSHED_AT_ONCE_MAX)] | None = None
    sync_status: SyncStatus | None = None
    object_type: SoughtObjectType | None = None
    error_code: Annotated[str, Field(min_length=1, max_length=CODE_CHARACTERS_MAX)] | None = None


class PushResponse(Shown):
    """What became of them. `remaining` fit the filter too, but are more than one call takes: call again."""

    wanted: int
    in_the_books_already: int
    remaining: int


class LinkPayload(Body):
    """Which record of the books it is, by the platform's id (an addition of Tieout)."""

    platform_object_id: Annotated[str, Field(min_length=1, max_length=PLATFORM_ID_CHARACTERS_MAX)]


class LinkAnyPayload(LinkPayload):
    """The same of a record that has no synced record yet."""

    object_type: SoughtObjectType
    object_id: UUID


class UnlinkPayload(Body):
    """With `dry_run` nothing is undone: the answer tells what would follow (an addition of Tieout)."""

    dry_run: StrictBool = False


class NamedRecord(Shown):
    """A document of the partner's that names what was linked."""

    synced_record_id: UUID
    object_type: ObjectType
    object_id: UUID
    platform_object_id: str | None
    sync_status: SyncStatus


class PaymentTakenBack(Shown):
    """A payment that the books told of, and that no longer settles the document here."""

    payment_record_id: UUID
    amount: int
    currency: str
    is_kept: bool


class UnlinkRefusal(Shown):
    """What keeps a link from being undone."""

    code: str
    message: str
    fix: str


class UnlinkResponse(Shown):
    """What follows from undoing a link.

    `stays_in_the_books` are documents that go on naming what was linked, `written_anew` those that would be written for
    a new one. `has_more` says that not all are listed.
    """

    is_undone: bool
    refusal: UnlinkRefusal | None
    platform_object_id: str | None
    stays_in_the_books: list[NamedRecord]
    written_anew: list[NamedRecord]
    payments: list[PaymentTakenBack]
    has_more: bool


def show_synced_record(link: Link, company: Company) -> SyncRecordResource:
    """A link as the API shows it."""
    return SyncRecordResource(**synced_record_fields(link, company))
