"""Synced records on the wire (contract: SyncRecordResource): a link between a record of ours and one in the books."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tieout.api.schemas import Dated, Filters, Moment, Page
from tieout.platforms.port import Environment
from tieout.platforms.registry import platform_named
from tieout.storage.tables.connections import Company, Link


class ObjectType(StrEnum):
    """What can be synced."""

    PRODUCT = "product"
    CUSTOMER = "customer"
    VENDOR = "vendor"
    RECEIVABLE = "receivable"
    BILL = "bill"
    PAYMENT_RECORD = "payment_record"


class SyncStatus(StrEnum):
    """How far it got."""

    PENDING = "pending"
    ERROR = "error"
    DONE = "done"


class SyncRecordFilters(Filters):
    """The list's filters; `object_type` accepts `invoice` too, as an early guide wrote it."""

    object_type: ObjectType
    object_id: UUID | None = None
    object_id__in: list[UUID] | None = None
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


def show_synced_record(link: Link, company: Company) -> SyncRecordResource:
    """A link as the API shows it. There is no provider between us and the platform."""
    return SyncRecordResource(
        id=link.id,
        created_at=link.created_at,
        updated_at=link.updated_at,
        errors=link.errors,
        last_pulled_at=link.last_pulled_at,
        object_id=link.object_id,
        object_type=ObjectType(link.object_type),
        object_updated_at=link.object_updated_at,
        platform=platform_named(company.platform).api_name(Environment(company.environment)),
        platform_object_id=link.external_id,
        platform_updated_at=link.external_updated_at,
        provider=None,
        provider_object_id=None,
        provider_updated_at=None,
        sync_status=SyncStatus(link.sync_status),
    )
