"""What may be done with a connection in which state, and how it is shown."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.api.accounting_connections.schemas import AccountingConnectionResponse
from tieout.api.dependencies import CallForEntity
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.platforms.port import Environment, Platform
from tieout.platforms.registry import all_platforms
from tieout.storage import audit_trail
from tieout.storage.tables.connections import Company, Connection
from tieout.sync.connection_events import connection_fields, tell_connection
from tieout.sync.connection_links import connection_url
from tieout.sync.disconnecting import apply_disconnect
from tieout.sync.runs import RunCause
from tieout.sync.timeline import Happened, note
from tieout.sync.wanting import company_lane


@dataclass(frozen=True, slots=True)
class Known:
    """A connection with the company behind it, if there is one yet."""

    connection: Connection
    company: Company | None


async def list_connections(call: CallForEntity) -> list[Known]:
    """The entity's connections that are not disconnected, oldest first."""
    rows = await call.session.execute(
        select(Connection, Company)
        .outerjoin(Company, Company.id == Connection.company_id)
        .where(
            Connection.partner_id == call.partner_id,
            Connection.entity_id == call.entity_id,
            Connection.status != "disconnected",
        )
        .order_by(Connection.created_at, Connection.id)
    )
    return [Known(connection, company) for connection, company in rows]


async def load_connection(call: CallForEntity, connection_id: UUID) -> Known:
    """One connection of the entity, whatever its state; raises NotFound."""
    row = (
        await call.session.execute(
            select(Connection, Company)
            .outerjoin(Company, Company.id == Connection.company_id)
            .where(
                Connection.id == connection_id,
                Connection.partner_id == call.partner_id,
                Connection.entity_id == call.entity_id,
            )
        )
    ).first()
    return known_or_refused(connection_id, *(row or (None, None)))


def known_or_refused(connection_id: UUID, connection: Connection | None, company: Company | None) -> Known:
    """What was found; raises NotFound when it was nothing."""
    if connection is None:
        raise NotFound(f"There is no accounting connection {connection_id}.")
    return Known(connection, company)


async def create_connection(call: CallForEntity) -> Known:
    """A connection that waits for its person, or the one that waits already; raises Conflict when there is another."""
    existing = await _active(call.session, call)
    if existing is None:
        try:
            async with call.session.begin_nested():
                connection = await _add_connection(call)
        except IntegrityError:
            existing = await _active(call.session, call)
            if existing is None:
                raise
        else:
            return Known(connection, None)
    match existing.status:
        case "pending_auth":
            return Known(existing, None)
        case "deauthorized":
            raise Conflict(
                "This entity has a connection whose access ended. Send its connection_url to the person who manages "
                f"the books, or disconnect it first: {existing.id}."
            )
        case _:
            raise Conflict(f"This entity is already connected. Disconnect {existing.id} first to connect other books.")


async def _active(session: AsyncSession, call: CallForEntity) -> Connection | None:
    return await session.scalar(
        select(Connection).where(
            Connection.partner_id == call.partner_id,
            Connection.entity_id == call.entity_id,
            Connection.status != "disconnected",
        )
    )


async def _add_connection(call: CallForEntity) -> Connection:
    connection = Connection(
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        status="pending_auth",
        link_epoch=1,
        created_at=call.now,
        updated_at=call.now,
    )
    call.session.add(connection)
    await call.session.flush()
    await tell_connection(call.session, connection, "pending_auth", now=call.now)
    note(call.session, connection, Happened.PENDING_AUTH, now=call.now, actor=call.actor)
    await _note(call, connection, "created")
    return connection


async def disconnect(call: CallForEntity, connection_id: UUID) -> Known:
    """End a connection; one that has ended is shown as it is."""
    known = await load_connection(call, connection_id)
    ended = await apply_disconnect(call.session, call.services.engine, known.connection, now=call.now, actor=call.actor)
    if ended:
        await _note(call, known.connection, "disconnected")
    return known


async def start_sync(call: CallForEntity, connection_id: UUID) -> None:
    """Make a pull due now; raises Conflict unless the connection is connected."""
    known = await load_connection(call, connection_id)
    if known.connection.status != "connected" or known.company is None:
        raise Conflict(
            f"Only a connected accounting connection can be synchronised; this one is {known.connection.status}."
        )
    known.company.pull_due_at = call.now
    known.company.pull_cause = RunCause.REQUEST.value
    known.company.updated_at = call.now
    await call.services.engine.wake(call.session, company_lane(known.company.id))
    note(call.session, known.connection, Happened.SYNC_REQUESTED, now=call.now, actor=call.actor)
    await _note(call, known.connection, "sync_requested")


async def _note(call: CallForEntity, connection: Connection, what: str) -> None:
    await audit_trail.record(
        call.session,
        partner_id=call.partner_id,
        at=call.now,
        actor=call.actor,
        action=f"accounting_connection.{what}",
        subject_id=str(connection.id),
    )


def platform_wished(value: str | None) -> Platform | None:
    """The platform that a body names, by any of its names; raises Unprocessable."""
    if value is None:
        return None
    for platform in all_platforms().values():
        if value in {platform.name, *(platform.api_name(environment) for environment in Environment)}:
            return platform
    known = sorted({p.api_name(Environment.PRODUCTION) for p in all_platforms().values()})
    raise Unprocessable(Fault(loc=("body", "platform"), msg=f"Input should be one of: {', '.join(known)}", type="enum"))


def shown(call: CallForEntity, known: Known, *, wished: Platform | None = None) -> AccountingConnectionResponse:
    """The contract's form of a connection."""
    connection, company = known.connection, known.company
    url = connection_url(call.services.vault.signer, call.services.settings, connection, now=call.now)
    if wished is not None:
        url = f"{url}?{urlencode({'platform': wished.name})}"
    return AccountingConnectionResponse(connection_url=url, **connection_fields(connection, company))
