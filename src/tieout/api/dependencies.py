"""Who calls, for which entity, and in which transaction.

One transaction per request, committed before the answer is sent (`scope="function"`): an answer never promises what was
not kept. Reads get a transaction that is rolled back. Token, client, entity user, role and entity are read in one
statement, for tokens of partners and of entity users alike; nothing of it is remembered.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NoReturn, cast
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer
from sqlalchemy import Row, Select, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.api import idempotency
from tieout.api.envelope import ANSWER_HEADERS, ENTITY_HEADER
from tieout.api.limits import Allowance, Limiter
from tieout.api.permission_table import Needs, operation_name, rule_of
from tieout.api.permissions import READ, own_type_under
from tieout.kit.errors import BadRequest, Conflict, Forbidden, NotFound, RateLimited, Unauthorized
from tieout.security.tokens import hash_of
from tieout.storage.tables.access import AccessToken, ApiClient
from tieout.storage.tables.business import Entity
from tieout.storage.tables.people import EntityUser, Role
from tieout.sync.services import Services

SAFE_METHODS = frozenset(("GET", "HEAD"))
_READING_POSTS = frozenset(("POST /receivables/search", "POST /internal/validators/line_items"))
"""Calls that change nothing, whose question is too long for an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachedCall:
    """A call by somebody who is not known yet, without a transaction."""

    services: Services
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingUser:
    """The entity user whose token it is. Of the objects of `own_type` the call may touch their own only."""

    id: UUID
    entity_id: UUID
    permissions: Mapping[str, Any]
    own_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of a partner, or of a user of one of its entities."""

    services: Services
    session: AsyncSession
    now: datetime
    partner_id: UUID
    client_id: UUID
    user: ActingUser | None = None

    @property
    def entity_user_id(self) -> UUID | None:
        """The entity user who calls; None when the partner's program does."""
        return self.user.id if self.user else None

    @property
    def actor(self) -> str:
        """Who did it, as the audit trail names them; a user's token was given to a client."""
        client = f"api_client:{self.client_id}"
        return f"entity_user:{self.user.id} {client}" if self.user else client


@dataclass(frozen=True, slots=True, kw_only=True)
class CallForEntity(Call):
    """A call for one entity of the partner."""

    entity_id: UUID

    async def load_entity(self) -> Entity:
        """The entity's row, which most calls do without."""
        return await self.session.get_one(Entity, self.entity_id)


def services_of(request: Request) -> Services:
    """The parts of this Tieout, as `app` put them together."""
    return cast("Services", request.app.state.services)


def _limiter_of(request: Request) -> Limiter:
    state = request.app.state
    if not hasattr(state, "limiter"):
        state.limiter = Limiter(services_of(request).settings.requests_per_s)
    return cast("Limiter", state.limiter)


def spend_request(request: Request, client_id: UUID) -> None:
    """Count a request of this client; raises RateLimited."""
    _check(request, _limiter_of(request).spend(client_id, services_of(request).clock.now()))


def spend_sign_in(request: Request, client_id: UUID) -> None:
    """Count an attempt to sign in under this id, whether it is a client's or not; raises RateLimited."""
    _check(request, _limiter_of(request).spend_sign_in(client_id, services_of(request).clock.now()))


def _check(request: Request, allowance: Allowance) -> None:
    request.scope.setdefault(ANSWER_HEADERS, {}).update(allowance.headers())
    if allowance.wait_s is not None:
        message = f"More than {allowance.limit} requests per second. Try again in {allowance.wait_s} s."
        raise RateLimited(message, retry_after_s=allowance.wait_s)


def _is_reading(request: Request) -> bool:
    return request.method in SAFE_METHODS or _operation_of(request) in _READING_POSTS


def _transaction(request: Request) -> AbstractAsyncContextManager[AsyncSession]:
    database = services_of(request).database
    return database.read() if _is_reading(request) else database.write()


def _nudge(request: Request) -> None:
    """After the commit of a change: something may be due now."""
    if not _is_reading(request):
        services_of(request).engine.nudge()


class _TokenHash(HTTPBearer):
    """The bearer token of a call, as it is kept: by its hash."""

    async def __call__(self, request: Request) -> str:  # type: ignore[override]  # the hash in the place of the token
        """The hash; raises Unauthorized when there is no bearer token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            message = "The Authorization header must hold a bearer token."
            raise Unauthorized(message)
        return hash_of(token.strip())


TokenHash = Annotated[str, Depends(_TokenHash(description="An access token of POST /v1/auth/token"))]
EntityHeader = Annotated[UUID, Header(alias=ENTITY_HEADER, description="The entity that the call is about")]


ADMISSION = (
    select(
        AccessToken.partner_id,
        AccessToken.client_id,
        AccessToken.expires_at,
        AccessToken.revoked_at,
        ApiClient.revoked_at.label("client_revoked_at"),
        AccessToken.entity_user_id,
        EntityUser.entity_id.label("users_entity_id"),
        EntityUser.deleted_at.label("user_deleted_at"),
        Role.permissions,
        Entity.id.label("entity_id"),
        Entity.status.label("entity_status"),
    )
    .join(ApiClient, ApiClient.id == AccessToken.client_id)
    .outerjoin(EntityUser, EntityUser.id == AccessToken.entity_user_id)
    .outerjoin(Role, Role.id == EntityUser.role_id)
    .outerjoin(
        Entity,
        and_(
            Entity.id == func.coalesce(EntityUser.entity_id, bindparam("entity_id", type_=Entity.id.type)),
            Entity.partner_id == AccessToken.partner_id,
        ),
    )
    .where(AccessToken.token_hash == bindparam("token_hash"))
)
"""Who calls for which entity. A resource may add what it reads, so that all of it is one statement."""

_ACTIVE = "active"
_ALLOWED_WHILE_INACTIVE = frozenset(("POST /accounting_connections/{}/disconnect",))


def _refuse_token(message: str = "The access token is not valid.") -> NoReturn:
    raise Unauthorized(message)


def _operation_of(request: Request) -> str:
    return operation_name(request.method, request.scope["route"].path)


def _check_entity(request: Request, row: Row[Any], entity_id: UUID | None) -> None:
    """Whether the token is good for the entity of header and path; raises NotFound, Forbidden or Conflict."""
    if row.entity_user_id is not None:
        own_id = str(row.users_entity_id)
        named = (request.headers.get(ENTITY_HEADER, own_id), request.path_params.get("entity_id", own_id))
        if any(name.lower() != own_id for name in named):
            message = "The access token is that of a user of another entity."
            raise Forbidden(message)
        if row.entity_status != _ACTIVE:
            message = "The entity is not active."
            raise Forbidden(message)
    elif entity_id is not None:
        if row.entity_id is None:
            message = f"There is no entity {entity_id}."
            raise NotFound(message)
        if row.entity_status != _ACTIVE and request.method not in SAFE_METHODS:
            _check_while_inactive(request)


def _check_while_inactive(request: Request) -> None:
    """An entity that was deactivated performs no operations: it can be read, and its connection be ended."""
    operation = _operation_of(request)
    rule = rule_of(operation)
    is_reading = isinstance(rule, Needs) and rule.action == READ
    if not is_reading and operation not in _ALLOWED_WHILE_INACTIVE:
        message = "The entity is not active. Activate it first."
        raise Conflict(message)


def _user_of(request: Request, row: Row[Any]) -> ActingUser | None:
    """The entity user whose token it is, if it is one's, and may make this call; raises Forbidden."""
    if row.entity_user_id is None:
        return None
    own_type = own_type_under(row.permissions, rule_of(_operation_of(request)))
    return ActingUser(
        id=row.entity_user_id, entity_id=row.users_entity_id, permissions=row.permissions, own_type=own_type
    )


async def _admit(request: Request, session: AsyncSession, token_hash: str, entity_id: UUID | None = None) -> Call:
    call, _ = await _admit_reading(request, session, ADMISSION, {"token_hash": token_hash, "entity_id": entity_id})
    return call


async def _admit_reading(
    request: Request, session: AsyncSession, reading: Select[Any], named: Mapping[str, Any]
) -> tuple[Call, Row[Any]]:
    """Who calls, with the row of the statement; raises Unauthorized, RateLimited, Forbidden, NotFound or Conflict."""
    limiter, services = _limiter_of(request), services_of(request)
    token_hash, entity_id = named["token_hash"], named["entity_id"]
    seen_client_id = limiter.client_of(token_hash)
    if seen_client_id is not None:
        spend_request(request, seen_client_id)
    now = services.clock.now()
    row = (await session.execute(reading, named)).one_or_none()
    if row is None or row.revoked_at is not None or row.client_revoked_at is not None:
        _refuse_token()
    if row.user_deleted_at is not None:
        _refuse_token()
    if row.expires_at <= now:
        _refuse_token("The token has been expired.")
    if seen_client_id is None:
        limiter.remember(token_hash, row.client_id)
        spend_request(request, row.client_id)
    _check_entity(request, row, entity_id)
    user = _user_of(request, row)
    if _is_reading(request):
        idempotency.do_not_keep(request)
    await idempotency.begin(
        request,
        session,
        partner_id=row.partner_id,
        entity_user_id=row.entity_user_id,
        vault=services.vault,
        now=now,
    )
    call = Call(
        services=services, session=session, now=now, partner_id=row.partner_id, client_id=row.client_id, user=user
    )
    return call, row


def for_entity(call: Call, entity_id: UUID) -> CallForEntity:
    """The call as one for this entity, which must be the partner's."""
    return CallForEntity(
        services=call.services,
        session=call.session,
        now=call.now,
        partner_id=call.partner_id,
        client_id=call.client_id,
        user=call.user,
        entity_id=entity_id,
    )


async def detached_call(request: Request) -> DetachedCall:
    """A call that opens its transactions itself."""
    services = services_of(request)
    return DetachedCall(services=services, now=services.clock.now())


async def partner_call(request: Request, token_hash: TokenHash) -> AsyncIterator[Call]:
    """Open the transaction of a partner's call."""
    async with _transaction(request) as session:
        yield await _admit(request, session, token_hash)
    _nudge(request)


async def user_call(request: Request, token_hash: TokenHash) -> AsyncIterator[CallForEntity]:
    """Open the transaction of an entity user's call; raises Forbidden for a partner's token."""
    async with _transaction(request) as session:
        call = await _admit(request, session, token_hash)
        if call.user is None:
            message = "This call needs an access token of an entity user."
            raise Forbidden(message)
        yield for_entity(call, call.user.entity_id)
    _nudge(request)


async def entity_call(request: Request, token_hash: TokenHash, entity_id: EntityHeader) -> AsyncIterator[CallForEntity]:
    """Open the transaction of a call for an entity."""
    async with _transaction(request) as session:
        yield for_entity(await _admit(request, session, token_hash, entity_id), entity_id)
    _nudge(request)


async def own_entity_call(
    request: Request,
    token_hash: TokenHash,
    entity_id: Annotated[UUID | None, Header(alias=ENTITY_HEADER, include_in_schema=False)] = None,
) -> AsyncIterator[CallForEntity]:
    """Open the transaction of a call for the user's own entity, or for a partner's that of the header, if there is one.

    Raises BadRequest when neither says which.
    """
    async with _transaction(request) as session:
        call = await _admit(request, session, token_hash, entity_id)
        own_id = call.user.entity_id if call.user else entity_id
        if own_id is None:
            message = f"Which entity? Send an access token of an entity user, or the {ENTITY_HEADER} HTTP header."
            raise BadRequest(message)
        yield for_entity(call, own_id)
    _nudge(request)


@asynccontextmanager
async def reading_call(
    request: Request, token_hash: str, entity_id: UUID, reading: Select[Any], **named: Any
) -> AsyncIterator[tuple[CallForEntity, Row[Any]]]:
    """A call that reads for an entity, with the row of `reading`, which is `ADMISSION` and more.

    `named` holds the further parameters of the statement.
    """
    async with services_of(request).database.read() as session:
        known = {"token_hash": token_hash, "entity_id": entity_id, **named}
        call, row = await _admit_reading(request, session, reading, known)
        yield for_entity(call, entity_id), row


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachedPartnerCall(DetachedCall):
    """A partner's call that opens its transactions itself, because it waits for the network in between."""

    partner_id: UUID
    actor: str


async def detached_partner_call(request: Request, token_hash: TokenHash) -> DetachedPartnerCall:
    """Find out who calls, and let go of the database."""
    idempotency.do_not_keep(request)
    services = services_of(request)
    async with services.database.read() as session:
        call = await _admit(request, session, token_hash)
    return DetachedPartnerCall(services=services, now=call.now, partner_id=call.partner_id, actor=call.actor)


UnknownCall = Annotated[DetachedCall, Depends(detached_call)]
DetachedCallOfPartner = Annotated[DetachedPartnerCall, Depends(detached_partner_call)]
PartnerCall = Annotated[Call, Depends(partner_call, scope="function")]
UserCall = Annotated[CallForEntity, Depends(user_call, scope="function")]
OwnEntityCall = Annotated[CallForEntity, Depends(own_entity_call, scope="function")]
EntityCall = Annotated[CallForEntity, Depends(entity_call, scope="function")]
