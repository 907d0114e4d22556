"""GET /accounting_connections/{id}/platform_webhooks: whether the books tell of changes (an addition of Tieout)."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from tieout.api.accounting_connections.service import load_connection
from tieout.api.dependencies import CallForEntity
from tieout.api.platforms.service import webhook_url
from tieout.api.schemas import Shown
from tieout.kit.errors import NotFound
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.hints import WebhookHint
from tieout.sync.scheduling import Webhooks, judge_webhooks
from tieout.sync.webhook_health import webhook_facts

_ADVICE: Final = {
    Webhooks.NOT_EXPECTED: (
        "No webhook key is set for your app: changes are found by reading at intervals. That is fine; with webhooks"
        " they are found sooner and with fewer calls."
    ),
    Webhooks.UNPROVEN: (
        "None has come for a week. Either nothing happened in the books, or the address in the platform's developer"
        " portal is not this one."
    ),
    Webhooks.HEALTHY: "Nothing to do.",
    Webhooks.SILENT: (
        "Records changed and none told of it. Look at the webhook's page in the platform's developer portal: its"
        " address, and whether it is switched on."
    ),
    Webhooks.DOUBTED: (
        "They come, but lately a record changed of which none told. Look whether all kinds of records are ticked in the"
        " platform's developer portal."
    ),
}


class PlatformWebhooksResponse(Shown):
    """What is known of the webhooks that the platform sends for these books.

    `address` is where it has to send them. `received_at` and `missed_at` are of this company's last, `app_received_at`
    of the last for any company of the app, to the minute. `records_waiting` were told of and not read yet.
    """

    status: Webhooks
    advice: str
    address: str
    expected_since: datetime | None
    received_at: datetime | None
    app_received_at: datetime | None
    missed_at: datetime | None
    records_waiting: int
    next_routine_pull_at: datetime | None


async def show_platform_webhooks(call: CallForEntity, connection_id: UUID) -> PlatformWebhooksResponse:
    """What the API says of them; raises NotFound."""
    company = (await load_connection(call, connection_id)).company
    if company is None:
        message = "No books are connected yet, so nothing tells of changes in them."
        raise NotFound(message)
    app = await call.session.get_one(PlatformApp, company.app_id)
    status = judge_webhooks(webhook_facts(company, app.last_webhook_at), call.now)
    waiting = select(func.count()).select_from(WebhookHint).where(WebhookHint.company_id == company.id)
    return PlatformWebhooksResponse(
        status=status,
        advice=_ADVICE[status],
        address=webhook_url(app, call.services.settings.public_url),
        expected_since=company.webhooks_expected_at,
        received_at=company.last_webhook_at,
        app_received_at=app.last_webhook_at,
        missed_at=company.webhook_missed_at,
        records_waiting=await call.session.scalar(waiting) or 0,
        next_routine_pull_at=company.pull_due_at,
    )
