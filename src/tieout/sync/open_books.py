"""A company's books as a lane works on them: what is known of them, and the way to call them."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books import records
from tieout.kit.errors import TieoutError
from tieout.platforms.errors import (
    CompanyEnded,
    Explanation,
    GrantEnded,
    NotSent,
    PlatformRefusal,
    Throttled,
    TokenExpired,
)
from tieout.platforms.port import Answer, App, Cause, Platform, Request
from tieout.platforms.registry import platform_named
from tieout.platforms.transport import CompanyTransport
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Company, Connection, Grant
from tieout.sync.allowances import AppAllowances
from tieout.sync.grants import OpenGrant, open_app, open_grant
from tieout.sync.metering import CallMeter, metered
from tieout.sync.parking import Faults, load_faults
from tieout.sync.refreshing import fresh_grant
from tieout.sync.runs import RunInHand, load_run_in_hand
from tieout.sync.services import Services
from tieout.sync.spending import LaneBudget, company_limits, load_budget, seconds_of

TOKENS_TRIED_MAX: Final = 3
"""Access tokens that one request is tried with: the one at hand, one of another worker, and one of our own."""

_TOKEN_NOT_TAKEN: Final = Explanation(
    code="access_refused",
    message="The books refuse even an access token that was just renewed.",
    fix="Connect again through the connection's link, signed in as somebody who may administer these books.",
)


@dataclass(slots=True)
class OpenBooks:
    """One company with its connection, its platform, and credentials that are refreshed when needed."""

    services: Services
    company: Company
    connection: Connection
    platform: Platform
    app: App
    grant: OpenGrant
    budget: LaneBudget
    meter: CallMeter
    run: RunInHand
    expects_webhooks: bool = False
    """Whether the platform is to tell of changes: the partner's app has a key for webhooks."""
    app_last_webhook_at: datetime | None = None
    """When it last told of any company of that app."""
    has_answered: bool = False
    """Whether the platform has served a call since these books were opened."""
    refreshing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the grant is refreshed, so that calls beside one another ask for one refresh."""
    faults: Faults = field(default_factory=lambda: Faults(""))
    """What failed by a fault of ours, and rests."""
    rests: dict[Cause, Throttled] = field(default_factory=dict)
    """The errands of this turn for which no calls are left, and why."""
    reference: dict[str, Any] = field(default_factory=dict)
    """What plans have read of the books' lists; emptied by every page of a pull, for only that changes them."""
    unmet: dict[UUID, int] = field(default_factory=dict)
    """How often this turn found, when planning, that the books had changed a record (by its link)."""
    _transports: dict[Cause, "RefreshingTransport"] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        """Whether the entity is connected to these books now."""
        return self.connection.status == "connected"

    @property
    def facts(self) -> records.Company | None:
        """The rules of these books; None until the first page was pulled."""
        return None if self.company.facts is None else company_facts(self.company.facts)

    def transport(self, cause: Cause) -> "RefreshingTransport":
        """The way to call these books for a cause."""
        return self._transports.setdefault(cause, RefreshingTransport(self, cause))


class BooksChangedError(TieoutError):
    """The company was disconnected, or connected anew, while the platform was asked: nothing of the answer is kept."""


async def load_company_again(session: AsyncSession, books: OpenBooks) -> Company:
    """The company's row as it is now, for a commit; raises BooksChangedError when it lives by another grant."""
    company = await session.get_one(Company, books.company.id, with_for_update=True)
    connection = await session.get_one(Connection, books.connection.id)
    if company.grant_id != books.grant.id or connection.status != books.connection.status:
        raise BooksChangedError(str(company.id))
    return company


@dataclass(slots=True)
class RefreshingTransport:
    """A transport that refreshes the access token ahead of its end, and once when the platform says it has ended."""

    books: OpenBooks
    cause: Cause

    async def send(self, request: Request) -> Answer:
        """Send as `platforms.port.Transport` says; raises GrantEnded when a token is refused that we just renewed.

        A token that another worker renewed may have ended while this one slept: its refusal is not believed.
        """
        await self._refresh()
        for tried in range(1, TOKENS_TRIED_MAX + 1):
            used = self.books.grant
            try:
                return await self._send(request)
            except CompanyEnded as refusal:
                raise await self._confirmed(refusal) from refusal
            except TokenExpired as refusal:
                if tried == TOKENS_TRIED_MAX or (tried > 1 and used.is_renewed_here):
                    raise GrantEnded(_TOKEN_NOT_TAKEN, trace_id=refusal.trace_id, native=refusal.native) from refusal
            await self._refresh(instead_of=used)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _confirmed(self, refusal: CompanyEnded) -> PlatformRefusal:
        """What it stands for. While that cannot be asked nothing has ended, and nothing was carried out."""
        books = self.books
        services = metered(books.services, books.meter, books.platform, self.cause)
        try:
            return await books.platform.confirm_end(
                services.http, books.app, books.grant.access_token, books.company.external_id, refusal
            )
        except PlatformRefusal as unknown:
            return NotSent(unknown.explanation, trace_id=unknown.trace_id, native=unknown.native)

    async def _refresh(self, *, instead_of: OpenGrant | None = None) -> None:
        """Refresh once for all calls in flight: a grant that is another already than the refused one is good."""
        books = self.books
        services = metered(books.services, books.meter, books.platform, Cause.REFRESH)
        async with books.refreshing:
            is_refused = instead_of is not None and books.grant.generation == instead_of.generation
            books.grant = await fresh_grant(services, books.platform, books.app, books.grant, force=is_refused)

    async def _send(self, request: Request) -> Answer:
        books = self.books
        transport = CompanyTransport(
            http=books.services.http,
            platform=books.platform,
            app=books.app,
            access_token=books.grant.access_token,
            budget=books.budget,
            meter=books.meter,
            cause=self.cause,
        )
        try:
            answer = await transport.send(request)
        except Throttled as refusal:
            raise books.budget.judged(refusal, request.kind) from refusal
        books.has_answered = True
        return answer


async def open_books(services: Services, company_id: UUID, allowances: AppAllowances | None = None) -> OpenBooks | None:
    """The company's books with their newest connection, or None when no grant reaches them.

    `is_live` of the result says whether that connection still lives: after a disconnect only writes whose outcome is
    not
    known may still be looked up.
    """
    async with services.database.read() as session:
        row = (
            await session.execute(
                select(Company, Connection, Grant, PlatformApp)
                .join(Connection, Connection.company_id == Company.id)
                .join(Grant, Grant.id == Company.grant_id)
                .join(PlatformApp, PlatformApp.id == Company.app_id)
                .where(Company.id == company_id, Grant.ended_at.is_(None))
                .order_by((Connection.status == "disconnected"), Connection.created_at.desc())
                .limit(1)
            )
        ).first()
        if row is None:
            return None
        company, connection, grant, app = row
        run = await load_run_in_hand(session, company.id, connection.id)
        faults = await load_faults(session, f"company:{company.id}")
        platform = platform_named(company.platform)
        budget = await load_budget(session, company.id, company_limits(platform, app))
    return OpenBooks(
        services=services,
        company=company,
        connection=connection,
        platform=platform,
        app=open_app(services.vault, app, now=services.clock.now()),
        grant=open_grant(services.vault, grant),
        budget=LaneBudget(
            budget,
            now_s=seconds_of(services.clock),
            in_flight_max=platform.sending_rules.in_flight_max,
            app=(allowances or AppAllowances(services.database)).of(platform, app),
        ),
        meter=CallMeter(connection.id, app.id, services.clock),
        run=run,
        expects_webhooks=app.webhook_key is not None,
        app_last_webhook_at=app.last_webhook_at,
        faults=faults,
    )


def company_facts(stored: dict[str, Any]) -> records.Company:
    """The rules of a company's books, from the form in which its row keeps them."""
    return msgspec.convert(stored, records.Company, strict=False)


def stored_facts(facts: records.Company) -> dict[str, Any]:
    """The form in which a company's row keeps the rules of its books."""
    stored: dict[str, Any] = msgspec.to_builtins(facts)
    return stored
