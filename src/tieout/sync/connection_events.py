"""Events of a connection: its new state as the API shows it, but for its link, which opens it and is kept nowhere."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.platforms.port import Environment
from tieout.platforms.registry import platform_named
from tieout.storage.tables.connections import Company, Connection
from tieout.sync.events import record_event

EVENT_OBJECT: Final = "accounting_connection"


def connection_fields(connection: Connection, company: Company | None) -> dict[str, Any]:
    """What the API and its events say of a connection and the company behind it, if there is one yet."""
    errors = [{"message": str(error["message"])} for error in connection.errors or ()]
    return {
        "id": connection.id,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
        "status": connection.status,
        "errors": errors or None,
        "last_pull": None if company is None else company.last_pulled_at,
        "platform": None if company is None else _api_name(company),
        "business_info": None if company is None else _business(company),
    }


def _api_name(company: Company) -> str:
    return platform_named(company.platform).api_name(Environment(company.environment))


def _business(company: Company) -> dict[str, str | None]:
    """Until the first page of a pull has told more, the name is all that is known."""
    facts = company.facts or {}
    words = ("legal_name", "email", "type", "base_currency")
    return {"name": facts.get("name") or company.name, **{word: facts.get(word) for word in words}}


async def tell_connection(
    session: AsyncSession,
    connection: Connection,
    verb: str,
    *,
    now: datetime,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write the event of a connection's new state in the transaction that made it, with the reason if there is one."""
    company = None if connection.company_id is None else await session.get_one(Company, connection.company_id)
    why = {} if reason is None else {"reason": reason}
    record_event(
        session,
        partner_id=connection.partner_id,
        entity_id=connection.entity_id,
        object_type=EVENT_OBJECT,
        object_id=connection.id,
        action=f"{EVENT_OBJECT}.{verb}",
        at=now,
        payload={**msgspec.to_builtins(connection_fields(connection, company)), **why, **(details or {})},
    )
