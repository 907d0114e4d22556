"""Delivering without an API or a network: a database, a subscription, and an endpoint that is a list."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from tieout.api.partners.service import create_partner
from tieout.engine.lanes import EmbeddedEngine
from tieout.kit.clock import ManualClock
from tieout.kit.identifiers import new_id
from tieout.platforms.port import Answer
from tieout.security.vault import Vault, new_key
from tieout.security.webhook_signatures import new_secret
from tieout.settings import Settings
from tieout.storage.database import Database
from tieout.storage.tables.business import Entity
from tieout.storage.tables.webhooks import WebhookSubscription
from tieout.sync.delivering.outbox import LANE_KIND
from tieout.sync.delivering.sending import place_of_secret
from tieout.sync.delivering.turns import WebhookTurns
from tieout.sync.events import record_event
from tieout.sync.services import Services


@dataclass
class ListedHttp:
    """Takes everything."""

    came: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        assert (method, url) == ("POST", "https://hooks.example/")
        assert headers["webhook-id"]
        self.came.append(json.loads(body))
        return Answer(status=200, headers={}, body=b"")


@dataclass
class Listed:
    """One subscription to everything that happens to products."""

    services: Services
    http: ListedHttp
    partner_id: UUID
    entity_id: UUID
    subscription_id: UUID

    def note(self, session: Any, *, object_number: int = 0, number: int = 0) -> None:
        """Something happens to a product."""
        record_event(
            session,
            partner_id=self.partner_id,
            entity_id=self.entity_id,
            object_type="product",
            object_id=UUID(int=object_number),
            action="product.updated",
            at=self.services.clock.now(),
            payload={"object": object_number, "number": number},
        )

    def engine(self) -> EmbeddedEngine:
        return EmbeddedEngine(self.services.database, self.services.clock)

    async def settle(self) -> int:
        turns = WebhookTurns(self.services, api_version="2024-05-25")
        return await self.engine().run_until_idle({LANE_KIND: turns.run})


async def listed(database: Database) -> Listed:
    """A stand on the given database."""
    clock, key = ManualClock(datetime(2026, 3, 2, 9, 30, tzinfo=UTC)), new_key("test")
    http = ListedHttp()
    services = Services(
        settings=Settings(vault_keys=SecretStr(key)),
        clock=clock,
        database=database,
        vault=Vault.from_text(key),
        engine=EmbeddedEngine(database, clock),
        http=http,
        http_to_partners=http,
    )
    subscription_id, dates = new_id(), {"created_at": clock.now(), "updated_at": clock.now()}
    async with database.write() as session:
        partner, *_ = await create_partner(session, clock, "Payables Inc")
        entity = Entity(partner_id=partner.id, type="organization", address={}, details={}, **dates)
        session.add(entity)
        secret = services.vault.seal(new_secret(), place=place_of_secret(subscription_id))
        session.add(
            WebhookSubscription(
                id=subscription_id,
                partner_id=partner.id,
                object_type="product",
                event_types=[],
                url="https://hooks.example/",
                secret=secret,
                **dates,
            )
        )
        await session.flush()
        return Listed(services, http, partner.id, entity.id, subscription_id)
