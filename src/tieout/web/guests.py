"""Who follows a connection link: which connection it opens, and whose brand its pages carry."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from tieout.platforms.port import Platform
from tieout.platforms.registry import all_platforms
from tieout.security.tokens import hash_of
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.business import Entity
from tieout.storage.tables.connections import Company, Connection, Consent
from tieout.sync.connection_links import LinkRefusal, check_link, link_token
from tieout.sync.renewing import may_renew
from tieout.sync.services import Services
from tieout.web.brand import Brand, read_brand
from tieout.web.languages import wanted_languages


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody with a connection link, and what its pages show. `refusal` says why it opens nothing, if so.

    `may_renew` is true of a living connection that may be connected once more.
    """

    services: Services
    token: str
    connection: Connection
    company: Company | None
    brand: Brand
    entity_name: str
    platforms: tuple[Platform, ...]
    may_renew: bool = False
    refusal: LinkRefusal | None = None

    @property
    def path(self) -> str:
        """Where the pages of this link begin."""
        return f"/connect/{self.token}"


def services_of(request: Request) -> Services:
    """The parts of this Tieout, as `app` put them together."""
    return cast("Services", request.app.state.services)


def languages_of(request: Request) -> tuple[str, ...]:
    """The languages that the person's browser asks for."""
    return wanted_languages(request.headers.get("accept-language", ""))


async def load_guest(request: Request, token: str) -> Guest | None:
    """Whoever brings this token; None when it was not made here or its connection is gone."""
    services = services_of(request)
    async with services.database.read() as session:
        link = await check_link(session, services.vault.signer, token, now=services.clock.now())
        if link.connection_id is None:
            return None
        return await _load(session, request, token, link.connection_id, link.refusal)


async def load_guest_of(request: Request, connection_id: UUID, state: str) -> Guest | None:
    """Whoever comes back from a platform for this connection, with a token that ends with the link they left by."""
    services = services_of(request)
    async with services.database.read() as session:
        connection = await session.get(Connection, connection_id)
        if connection is None:
            return None
        expires_at = await session.scalar(select(Consent.link_expires_at).where(Consent.state_hash == hash_of(state)))
        if expires_at is None:
            return None
        token = link_token(
            services.vault.signer, connection_id=connection.id, epoch=connection.link_epoch, expires_at=expires_at
        )
        return await _load(session, request, token, connection_id, None)


async def _load(
    session: AsyncSession, request: Request, token: str, connection_id: UUID, refusal: LinkRefusal | None
) -> Guest | None:
    row = (
        await session.execute(
            select(Connection, Partner, Entity, Company)
            .join(Partner, Partner.id == Connection.partner_id)
            .join(Entity, Entity.id == Connection.entity_id)
            .outerjoin(Company, Company.id == Connection.company_id)
            .where(Connection.id == connection_id)
        )
    ).first()
    if row is None:
        return None
    connection, partner, entity, company = row
    set_up = await session.scalars(
        select(PlatformApp.platform).where(
            PlatformApp.partner_id == partner.id, PlatformApp.environment == partner.environment
        )
    )
    names = set(set_up)
    services = services_of(request)
    return Guest(
        services=services,
        token=token,
        connection=connection,
        company=company,
        brand=read_brand(partner.name, partner.brand, languages_of(request)),
        entity_name=entity_name(entity),
        platforms=tuple(platform for name, platform in all_platforms().items() if name in names),
        may_renew=await may_renew(session, connection, now=services.clock.now()),
        refusal=refusal,
    )


def entity_name(entity: Entity) -> str:
    """What the entity is called: an organisation's legal name, or a person's two names."""
    details = entity.details
    legal_name = str(details.get("legal_name") or "").strip()
    persons_name = " ".join(str(details.get(part) or "").strip() for part in ("first_name", "last_name")).strip()
    return legal_name or persons_name or "your company"
