"""One attempt to deliver one event, with no transaction open.

Any 2xx is a success: the contract's documentation asks for 200, and many frameworks answer 201, 202 or 204. Everything
else is a failure: redirects too, which are not followed.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from uuid import UUID

import structlog

from tieout.observability import masked_text
from tieout.platforms.errors import NoAnswer, NotSent
from tieout.security.webhook_signatures import signature_headers
from tieout.storage.tables.webhooks import WebhookSubscription
from tieout.storage.tables.work import Event
from tieout.sync.delivering.bodies import webhook_body
from tieout.sync.delivering.choosing import address_fault
from tieout.sync.services import Services

TIMEOUT_S: Final = 15.0
"""How long an endpoint may take for its whole answer."""
ANSWER_BYTES_MAX: Final = 4096
"""How much of an answer is read and kept; more is cut off."""
FAILURE_CHARACTERS_MAX: Final = 300
USER_AGENT: Final = "Tieout-Webhooks/1"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an attempt. `failure` says for a person why it did not succeed; no status when no answer came."""

    delivery_id: UUID
    url: str
    status: int | None
    response: str | None
    failure: str | None


def place_of_secret(subscription_id: UUID) -> str:
    """Where a subscription's secret is sealed."""
    return f"webhook_subscriptions.secret:{subscription_id}"


async def attempt(
    services: Services, subscription: WebhookSubscription, delivery_id: UUID, event: Event, *, api_version: str
) -> Outcome:
    """Send an event once; whatever goes wrong on the way is an outcome, not an error."""
    if fault := _address_fault(services, subscription.url):
        return _failed(subscription, delivery_id, fault)
    try:
        body = webhook_body(event, subscription.id, api_version=api_version)
    except Exception as error:  # an event that cannot be told must hold up no other one for ever
        log.exception("webhook_not_written", event_id=str(event.id))
        return _failed(subscription, delivery_id, f"Tieout could not write this event down ({type(error).__name__}).")
    secret = services.vault.open(subscription.secret, place=place_of_secret(subscription.id))
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": USER_AGENT,
        **signature_headers(
            secret, event_id=str(event.id), timestamp_s=int(services.clock.now().timestamp()), body=body
        ),
    }
    try:
        answer = await services.http_to_partners.send("POST", subscription.url, headers, body)
    except NotSent as error:
        return _failed(subscription, delivery_id, f"No connection came about: {_cause(error)}")
    except NoAnswer as error:
        return _failed(subscription, delivery_id, f"No answer came in time: {_cause(error)}")
    except Exception as error:  # an address that nothing can be sent to must use up its attempts too
        log.exception("webhook_attempt_broke", subscription_id=str(subscription.id))
        return _failed(subscription, delivery_id, f"Nothing could be sent to this address ({type(error).__name__}).")
    succeeded = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
    outcome = Outcome(
        delivery_id=delivery_id,
        url=subscription.url,
        status=answer.status,
        response=_as_text(answer.body),
        failure=None if succeeded else f"The endpoint answered with status {answer.status}.",
    )
    _note(subscription, outcome)
    return outcome


def _address_fault(services: Services, url: str) -> str | None:
    """Checked anew: the operator may have forbidden since what was allowed when the subscription was made."""
    return address_fault(url, allow_private=services.settings.allow_private_addresses)


def _failed(subscription: WebhookSubscription, delivery_id: UUID, failure: str) -> Outcome:
    outcome = Outcome(delivery_id=delivery_id, url=subscription.url, status=None, response=None, failure=failure)
    _note(subscription, outcome)
    return outcome


def _cause(error: Exception) -> str:
    """What the network said, without what looks like a secret."""
    cause = error.__cause__ or error
    return masked_text(f"{cause}" or type(cause).__name__)[:FAILURE_CHARACTERS_MAX]


def _as_text(body: bytes) -> str:
    """An answer's beginning as text that every database takes, whatever it was."""
    return body[:ANSWER_BYTES_MAX].decode("utf-8", errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _note(subscription: WebhookSubscription, outcome: Outcome) -> None:
    """One line per attempt; no address, whose path may be secret, and nothing of what was said."""
    log.info(
        "webhook_attempt",
        subscription_id=str(subscription.id),
        delivery_id=str(outcome.delivery_id),
        status=outcome.status,
        succeeded=outcome.failure is None,
    )
