"""The control surface's part about programs' webhooks: registering them, and looking at what was sent."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tieout.sandbox.control.refusing import ControlRefusedError, answering, page_figure, read_wish
from tieout.sandbox.webhooks.deliveries import PostOffice
from tieout.sandbox.webhooks.notices import Attempt, Webhook
from tieout.sandbox.wire import control_json

if TYPE_CHECKING:
    from tieout.sandbox.simulator import Simulator

_DELIVER = ("due", "now", "retry")


def webhook_routes(simulator: "Simulator") -> list[BaseRoute]:
    """The routes."""
    control = WebhookControl(simulator)
    one = "/_sandbox/apps/{client_id}/webhook"
    endpoints: list[tuple[str, Callable[[Request], Awaitable[Response]], list[str]]] = [
        (one, control.webhook, ["GET", "POST", "DELETE"]),
        (f"{one}/enable", control.enable, ["POST"]),
        ("/_sandbox/webhooks", control.webhooks, ["GET", "POST"]),
    ]
    return [Route(path, answering(endpoint), methods=methods) for path, endpoint, methods in endpoints]


class WebhookControl:
    """The endpoints."""

    def __init__(self, simulator: "Simulator") -> None:
        """Control the post office of `simulator`."""
        self._simulator = simulator

    async def webhook(self, request: Request) -> Response:
        """A program's webhook: set it (its key is told once), look at it, or take it away."""
        post, client_id = self._post(), self._client_id(request)
        if request.method == "POST":
            webhook, new_key = post.register(client_id, await read_wish(request))
            told = self._told(post, webhook) | ({"key": webhook.key} if new_key else {})
            return control_json(told, 201 if new_key else 200)
        if request.method == "DELETE":
            return control_json({"removed": int(post.remove(client_id))})
        return control_json(self._told(post, self._standing(post, client_id)))

    async def enable(self, request: Request) -> Response:
        """Switch a webhook on; a platform that tries receivers first does so now, and the answer says how it went."""
        post, client_id = self._post(), self._client_id(request)
        self._standing(post, client_id)
        webhook = post.enable(client_id)
        await post.run()
        return control_json(self._told(post, webhook))

    async def webhooks(self, request: Request) -> Response:
        """Every webhook and what was sent, newest first: `?app_id=&limit=`; or send: `{"deliver": "due"}`.

        `due` sends what is due by now, `now` ends the gathering of events first, `retry` the waiting for the next
        attempt as well.
        """
        post = self._post()
        if request.method == "POST":
            wish = await read_wish(request)
            how = wish.get("deliver", "due")
            if set(wish) - {"deliver"} or how not in _DELIVER:
                raise ControlRefusedError(422, f"deliver is one of {', '.join(_DELIVER)}")
            await self._simulator.settle()
            return control_json({"attempts": await post.run(flush=how != "due", retry=how == "retry")})
        client_id, limit = request.query_params.get("app_id"), page_figure(request, "limit", 200)
        found = [one for one in post.webhooks.values() if client_id in (None, one.client_id)]
        attempts = [(attempt, webhook) for webhook in found for attempt in webhook.history]
        attempts.sort(key=lambda row: row[0].at, reverse=True)
        return control_json(
            {
                "webhooks": [self._told(post, webhook) for webhook in found],
                "attempts": [_told_attempt(attempt, webhook) for attempt, webhook in attempts[:limit]],
            }
        )

    def _post(self) -> PostOffice:
        if self._simulator.post is None:
            raise ControlRefusedError(501, "this platform has no webhooks")
        return self._simulator.post

    def _client_id(self, request: Request) -> str:
        client_id: str = request.path_params["client_id"]
        if client_id not in self._simulator.apps.by_client_id:
            raise ControlRefusedError(404, "no such app")
        return client_id

    def _standing(self, post: PostOffice, client_id: str) -> Webhook:
        webhook = post.webhooks.get(client_id)
        if webhook is None:
            raise ControlRefusedError(404, "this app has no webhook")
        return webhook

    def _told(self, post: PostOffice, webhook: Webhook) -> dict[str, Any]:
        return {
            "app_id": webhook.client_id,
            "url": webhook.url,
            "format": webhook.format,
            post.rules.topics_field: sorted(webhook.topics),
            "state": webhook.state.value,
            "sequence": webhook.sequence,
            "events_waiting": len(webhook.waiting),
            "notifications_outstanding": len(webhook.outstanding),
            "next_at": min((one.due_at for one in webhook.outstanding), default=None),
        }


def _told_attempt(attempt: Attempt, webhook: Webhook) -> dict[str, object]:
    return {
        "app_id": webhook.client_id,
        "notification_id": attempt.delivery_id,
        "at": attempt.at,
        "attempt": attempt.number,
        "status": attempt.status,
        "outcome": attempt.outcome,
        "events": attempt.event_count,
        "next_at": attempt.next_at,
        "body": attempt.body,
    }
