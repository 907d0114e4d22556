"""Webhooks of the simulated platforms, delivered to the application in the same process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.support.house import ORIGINS, House
from tests.support.trading import Trade

from tieout.sandbox.webhooks.deliveries import PostOffice
from tieout.sandbox.webhooks.notices import Reply, Webhook
from tieout.storage.tables.hints import WebhookHint


@dataclass
class Hooks:
    """A platform's post office, and the webhook that the partner of a trade has there."""

    trade: Trade
    post: PostOffice
    webhook: Webhook
    app_id: UUID

    async def deliver(self, *, settle: bool = True) -> int:
        """Have everything delivered that has happened, and let the lanes do what follows; answers how many attempts."""
        made = await self.post.run(flush=True, retry=True)
        if settle:
            await self.trade.settle(seconds=1)
        return made

    async def waiting(self) -> list[WebhookHint]:
        return await self.trade.rows(WebhookHint)

    @property
    def outcomes(self) -> list[str]:
        """What became of every attempt."""
        return [attempt.outcome for attempt in self.webhook.history]


def sender_to(house: House) -> Any:
    """What hands notifications to the application."""
    client = house.new_client()

    async def send(url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        answer = await client.post(url, headers=dict(headers), content=body)
        return Reply(answer.status_code, len(answer.content), "set-cookie" in answer.headers)

    return send


async def hook_up(trade: Trade, **wish: Any) -> Hooks:
    """Register the partner's webhook at the platform, as a person would in its portal, and set its key here."""
    house, platform = trade.house, trade.platform
    simulator = house.simulator(platform)
    assert simulator.post is not None
    simulator.post.send = sender_to(house)
    listed = (await trade.ask("GET", "/platforms"))["data"]
    [app] = next(one for one in listed if one["name"] == platform)["apps"]
    client_id = app["client_id"]
    webhook, _ = simulator.post.register(client_id, {"url": app["webhook_url"], **wish})
    keys = {
        "client_id": client_id,
        "client_secret": simulator.apps.by_client_id[client_id].client_secret,
        "webhook_key": webhook.key,
        "origin": ORIGINS[platform],
    }
    await trade.ask("PUT", f"/platforms/{platform}/keys/simulated", keys)
    hooks = Hooks(trade, simulator.post, webhook, UUID(app["id"]))
    if simulator.post.rules.confirms:
        simulator.post.enable(client_id)
        await hooks.deliver(settle=False)
    house.clock.move(timedelta(seconds=2))
    return hooks
