"""An API whose partner listens at an endpoint on loopback: what the tests of delivering begin with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx2
from tests.support.endpoint import Endpoint, client_to_partners, listening_endpoint
from tests.support.partner import Api, Partner, start_api

from tieout.api.versions import CONTRACT_VERSION
from tieout.engine.lanes import EmbeddedEngine
from tieout.engine.port import Handler
from tieout.sync.delivering import outbox, sweeping
from tieout.sync.delivering.turns import WebhookTurns


@dataclass
class Hooked:
    """One partner with an entity, and its endpoint. Products are what things happen to."""

    api: Api
    partner: Partner
    endpoint: Endpoint

    async def subscribe(self, object_type: str = "product", **fields: Any) -> dict[str, Any]:
        body = {"object_type": object_type, "url": self.endpoint.url, **fields}
        answer = await self.partner.post("/webhook_subscriptions", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def make(self, name: str = "Ink") -> str:
        """A new product: `product.created`."""
        answer = await self.partner.post("/products", json={"name": name})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def rename(self, product_id: str, name: str) -> None:
        """`product.updated`."""
        answer = await self.partner.patch(f"/products/{product_id}", json={"name": name})
        assert answer.status_code == 200, answer.text

    def handlers(self) -> dict[str, Handler]:
        services = self.api.services
        return {
            outbox.LANE_KIND: WebhookTurns(services, api_version=CONTRACT_VERSION).run,
            sweeping.LANE_KIND: partial(sweeping.sweep_events, services),
        }

    async def settle(self) -> int:
        """Run the lanes until nothing is due; returns the number of turns."""
        engine = cast("EmbeddedEngine", self.api.services.engine)
        return await engine.run_until_idle(self.handlers())

    async def later(self, **by: float) -> int:
        """Let time pass, then settle."""
        self.api.clock.move(timedelta(**by))
        return await self.settle()

    async def deliveries(self, **query: str) -> list[dict[str, Any]]:
        answer = await self.partner.get("/webhook_deliveries", params=query)
        assert answer.status_code == 200, answer.text
        data: list[dict[str, Any]] = answer.json()["data"]
        return data

    async def health(self, subscription: dict[str, Any]) -> dict[str, Any]:
        answer = await self.partner.get(f"/webhook_subscriptions/{subscription['id']}/health")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def deliver_with(self, client: httpx2.AsyncClient, *, timeout_s: float = 5.0) -> None:
        """Let webhooks go through another client."""
        http = client_to_partners(client, timeout_s=timeout_s)
        self.api.services = replace(self.api.services, http_to_partners=http)


@asynccontextmanager
async def hooked(folder: Path, **settings: Any) -> AsyncIterator[Hooked]:
    """Everything until the block ends."""
    api = await start_api(folder, **{"allow_private_addresses": True, "token_lifetime_s": 365 * 86_400, **settings})
    try:
        async with listening_endpoint() as endpoint:
            partner = await api.new_partner()
            await partner.make_entity()
            yield Hooked(api, partner, endpoint)
    finally:
        await api.close()
