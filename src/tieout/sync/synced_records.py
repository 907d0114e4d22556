"""Synced records: a link as callers see it, and the events that tell what became of one."""

from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.platforms.port import Environment
from tieout.platforms.registry import platform_named
from tieout.storage.tables.connections import Company, Link
from tieout.sync.events import record_event

EVENT_OBJECT: Final = "accounting_synced_record"

ALLOCATION: Final = "credit_allocation"
ATTACHMENT: Final = "attachment"
PARTS: Final = (ALLOCATION, ATTACHMENT)
"""Types of links that are parts of a document's: no synced records of their own."""

Verb = Literal["created", "updated", "done", "failed", "deleted"]


def platform_shown(company: Company) -> str:
    """What our API calls the platform of a company."""
    return platform_named(company.platform).api_name(Environment(company.environment))


def synced_record_fields(link: Link, company: Company) -> dict[str, Any]:
    """What the API and its events say of a link. Nothing stands between us and the platform: no provider."""
    return {
        "id": link.id,
        "created_at": link.created_at,
        "updated_at": link.updated_at,
        "errors": link.errors,
        "last_pulled_at": link.last_pulled_at,
        "object_id": link.object_id,
        "object_type": link.object_type,
        "object_updated_at": link.object_updated_at,
        "platform": platform_shown(company),
        "platform_object_id": link.external_id,
        "platform_updated_at": link.external_updated_at,
        "provider": None,
        "provider_object_id": None,
        "provider_updated_at": None,
        "sync_status": link.sync_status,
    }


async def tell_link(session: AsyncSession, link: Link, verb: Verb, *, now: datetime) -> None:
    """Write the event of a link's new state in the transaction that made it; its payload is the synced record."""
    if link.object_type in PARTS:
        return
    company = await session.get_one(Company, link.company_id)
    record_event(
        session,
        partner_id=link.partner_id,
        entity_id=link.entity_id,
        object_type=EVENT_OBJECT,
        object_id=link.id,
        action=f"{EVENT_OBJECT}.{verb}",
        at=now,
        payload=msgspec.to_builtins(synced_record_fields(link, company)),
    )
