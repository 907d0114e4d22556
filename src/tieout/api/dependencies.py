"""Who calls, for which entity, and in which transaction.

One transaction per request, committed before the answer is sent (`scope="function"`): an answer never promises what was
not kept. Reads get a transaction that is rolled back. Token, client and entity are read in one statement.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.api import idempotency
from tieout.api.envelope import ANSWER_HEADERS, ENTITY_HEADER
from tieout.api.limits import Limiter
from tieout.kit.errors import NotFound, RateLimited, Unauthorized
from tieout.security.tokens import hash_of
from tieout.storage.tables.access import AccessToken, ApiClient
from tieout.storage.tables.business import Entity
from tieout.sync.services import Services

SAFE_METHODS = frozenset(("GET", "HEAD"))

_bearer = HTTPBearer(auto_error=False, description="An access token of POST /v1/auth/token")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """A call by somebody who is not known yet."""

    services: Services
    session: AsyncSession
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(OpenCall):
    """A call of a partner."""

    partner_id: UUID
    client_id: UUID

    @property
    def actor(self) -> str:
        """Who did it, as the audit trail names them."""
        return f"api_client:{self.client_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallForEntity(Call):
    """A call of a partner for one entity of its own."""

    entity_id: UUID
    entity: Entity


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
    allowance = _limiter_of(request).spend(client_id, services_of(request).clock.now())
    request.scope.setdefault(ANSWER_HEADERS, {}).update(allowance.headers())
    if allowance.wait_s is not None:
        message = f"More than {allowance.limit} requests per second. Try again in {allowance.wait_s} s."
        raise RateLimited(message, retry_after_s=allowance.wait_s)


def _transaction(request: Request) -> AbstractAsyncContextManager[AsyncSession]:
    database = services_of(request).database
    return database.read() if request.method in SAFE_METHODS else database.write()


@asynccontextmanager
async def _transaction_then_nudge(request: Request) -> AsyncIterator[AsyncSession]:
    async with _transaction(request) as session:
        yield session
    if request.method not in SAFE_METHODS:
        services_of(request).engine.nudge()


async def _token_hash(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    """The hash of the bearer token; raises Unauthorized when there is none."""
    if credentials is None:
        message = "The Authorization header must hold a bearer token."
        raise Unauthorized(message)
    return hash_of(credentials.credentials)


TokenHash = Annotated[str, Depends(_token_hash)]
EntityHeader = Annotated[UUID, Header(alias=ENTITY_HEADER, description="The entity that the call is about")]


async def _admit(
    request: Request, session: AsyncSession, token_hash: str, entity_id: UUID | None
) -> tuple[UUID, UUID, Entity | None]:
    """The partner, the client and the entity; raises Unauthorized or RateLimited."""
    limiter = _limiter_of(request)
    seen_client_id = limiter.client_of(token_hash)
    if seen_client_id is not None:
        spend_request(request, seen_client_id)
    query = (
        select(AccessToken, ApiClient.revoked_at, Entity)
        .join(ApiClient, ApiClient.id == AccessToken.client_id)
        .outerjoin(Entity, and_(Entity.id == entity_id, Entity.partner_id == AccessToken.partner_id))
        .where(AccessToken.token_hash == token_hash)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None or row[0].revoked_at is not None or row[1] is not None:
        message = "The access token is not valid."
        raise Unauthorized(message)
    token, entity = row[0], row[2]
    if token.expires_at <= services_of(request).clock.now():
        message = "The token has been expired."
        raise Unauthorized(message)
    if seen_client_id is None:
        limiter.remember(token_hash, token.client_id)
        spend_request(request, token.client_id)
    return token.partner_id, token.client_id, entity


async def open_call(request: Request) -> AsyncIterator[OpenCall]:
    """Open the transaction of a call without a token."""
    services = services_of(request)
    async with _transaction_then_nudge(request) as session:
        yield OpenCall(services=services, session=session, now=services.clock.now())


async def partner_call(request: Request, token_hash: TokenHash) -> AsyncIterator[Call]:
    """Open the transaction of a partner's call."""
    services = services_of(request)
    async with _transaction_then_nudge(request) as session:
        partner_id, client_id, _ = await _admit(request, session, token_hash, None)
        now = services.clock.now()
        await idempotency.begin(request, session, partner_id=partner_id, vault=services.vault, now=now)
        yield Call(services=services, session=session, now=now, partner_id=partner_id, client_id=client_id)


async def entity_call(request: Request, token_hash: TokenHash, entity_id: EntityHeader) -> AsyncIterator[CallForEntity]:
    """Open the transaction of a partner's call for one of its entities."""
    services = services_of(request)
    async with _transaction_then_nudge(request) as session:
        partner_id, client_id, entity = await _admit(request, session, token_hash, entity_id)
        if entity is None:
            message = f"There is no entity {entity_id}."
            raise NotFound(message)
        now = services.clock.now()
        await idempotency.begin(request, session, partner_id=partner_id, vault=services.vault, now=now)
        yield CallForEntity(
            services=services,
            session=session,
            now=now,
            partner_id=partner_id,
            client_id=client_id,
            entity_id=entity_id,
            entity=entity,
        )


AnybodysCall = Annotated[OpenCall, Depends(open_call, scope="function")]
PartnerCall = Annotated[Call, Depends(partner_call, scope="function")]
EntityCall = Annotated[CallForEntity, Depends(entity_call, scope="function")]
