"""Everything that Tieout's API has and the contract has not. The contract checker adds this to the contract.

Additions are new paths and new optional fields of open schemas; never a changed meaning, never a field of a schema that
the contract closes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tieout.api.added_shapes import ENVIRONMENTS, SHAPES, Shape

__all__ = ["ENVIRONMENTS", "SHAPES", "Shape"]

Answer: TypeAlias = "tuple[int, Shape | None]"
"""The status of success, and what is answered; None for an answer without a body."""


@dataclass(frozen=True, slots=True)
class AddedPath:
    """A path below `/v1`, what each of its methods answers, and why it exists."""

    path: str
    answers: Mapping[str, Answer]
    why: str

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods, in capitals."""
        return tuple(self.answers)


@dataclass(frozen=True, slots=True)
class AddedField:
    """An optional field of a schema of the contract (or a parameter of `get /path`), why it exists, and what it is."""

    schema: str
    name: str
    why: str
    shape: "Shape | None" = None


@dataclass(frozen=True, slots=True)
class AddedValue:
    """A further value of an open enumeration (a free string in the contract), and why it exists."""

    schema: str
    field: str
    value: str
    why: str


PATHS: tuple[AddedPath, ...] = (
    AddedPath(
        "/api_clients",
        {"GET": (200, "ApiClientPaginationResponse"), "POST": (201, "ApiClientWithSecretResponse")},
        "several programs of a partner, each with credentials of its own",
    ),
    AddedPath("/api_clients/{client_id}", {"GET": (200, "ApiClientResponse")}, "likewise"),
    AddedPath(
        "/api_clients/{client_id}/rotate_secret",
        {"POST": (200, "ApiClientWithSecretResponse")},
        "a new secret, while the old one is good still",
    ),
    AddedPath(
        "/api_clients/{client_id}/end_previous_secret",
        {"POST": (200, "ApiClientResponse")},
        "the old secret ended at once, as after a leak",
    ),
    AddedPath(
        "/api_clients/{client_id}/revoke",
        {"POST": (200, "ApiClientResponse")},
        "a client ended at once, with all its tokens",
    ),
    AddedPath(
        "/platforms",
        {"GET": (200, "PlatformList")},
        "which platforms there are, and every address to paste into their portals",
    ),
    AddedPath(
        "/platforms/environment",
        {"PUT": (200, {"environment": ENVIRONMENTS})},
        "which environment's apps new connections use",
    ),
    AddedPath(
        "/platforms/{platform}/keys/{environment}",
        {"PUT": (200, "AppResponse"), "DELETE": (204, None)},
        "the partner's own app at a platform",
    ),
    AddedPath(
        "/platforms/{platform}/keys/{environment}/test",
        {"POST": (200, "KeysTriedResponse")},
        "whether the platform accepts the keys, before a customer finds out",
    ),
    AddedPath(
        "/platforms/{platform}/keys/{environment}/rotate",
        {"POST": (200, "AppResponse")},
        "new keys, taken only once the platform has accepted the secret; the old ones stay good for a while",
    ),
    AddedPath(
        "/platforms/{platform}/keys/{environment}/end_previous",
        {"POST": (200, "AppResponse")},
        "the keys before the last rotation ended now, as after a leak",
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/tie_out",
        {"GET": (200, "TieOutResponse")},
        "whether the books agree with ours, to the cent",
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/access",
        {"GET": (200, "AccessResponse")},
        "until when the access lasts, and why it ended: the contract's connection is closed",
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/platform_webhooks",
        {"GET": (200, "PlatformWebhooksResponse")},
        "whether the platform tells of changes, or they are found by polling only",
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/sync_runs",
        {"GET": (200, "SyncRunList")},
        "what each synchronisation did and cost, and how it ended: the contract has one moment, `last_pull`",
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/sync_runs/{run_id}", {"GET": (200, "SyncRunResponse")}, "one of them"
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/untranslated_records",
        {"GET": (200, "UntranslatedRecordList")},
        "what of the books has no meaning here: nothing that was read is dropped silently",
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/untranslated_records/{kind}/{external_id}",
        {"GET": (200, "UntranslatedRecordResponse")},
        "one of them, as the platform sent it",
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/timeline",
        {"GET": (200, "TimelineList")},
        "what befell a connection, why, and who did it",
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/writes",
        {"GET": (200, "WriteList")},
        "the write ledger: every write to the books, how far it got, and what happens next",
    ),
    AddedPath(
        "/accounting_synced_records/{synced_record_id}/writes",
        {"GET": (200, "WriteList")},
        "the ledger of one record",
    ),
    AddedPath(
        "/accounting_writes/{write_id}",
        {"GET": (200, "WriteWholeResponse")},
        "the evidence of one write: the exact request, every attempt, and what came back",
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/meter",
        {"GET": (200, "MeterResponse")},
        "what the platform was asked for and what that may cost: platforms bill by calls and by bytes",
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/backfill",
        {"POST": (200, "BackfillResponse")},
        "push documents from before the connection, which are pushed only when asked for",
    ),
    AddedPath(
        "/accounting_matches",
        {"GET": (200, "MatchList")},
        "which records here and in the books may be the same: nothing is linked by guess",
    ),
    AddedPath("/accounting_matches/{match_id}", {"GET": (200, "MatchResponse")}, "one of them"),
    AddedPath("/accounting_matches/{match_id}/accept", {"POST": (200, "MatchResponse")}, "they are the same"),
    AddedPath("/accounting_matches/{match_id}/reject", {"POST": (200, "MatchResponse")}, "they are not the same"),
    AddedPath(
        "/accounting_synced_records/link",
        {"POST": (200, "SyncRecordResource")},
        "to link by hand what was not found to be the same",
    ),
    AddedPath("/accounting_synced_records/{synced_record_id}/link", {"POST": (200, "SyncRecordResource")}, "likewise"),
    AddedPath(
        "/accounting_synced_records/{synced_record_id}/unlink",
        {"POST": (200, "UnlinkResponse")},
        "to undo a link that is wrong, and to see before what would follow",
    ),
    AddedPath(
        "/accounting_synced_records/push",
        {"POST": (200, {"wanted": "integer", "in_the_books_already": "integer", "remaining": "integer"})},
        "push many again: in the contract one a call",
    ),
    AddedPath(
        "/brand",
        {"GET": (200, "BrandResponse"), "PATCH": (200, "BrandResponse")},
        "how the connection link looks: in the contract only by asking a person",
    ),
    AddedPath(
        "/brand/preview",
        {"POST": (200, "BrandPreviewResponse")},
        "a look at the connection pages as a change would make them",
    ),
    AddedPath(
        "/entities/{entity_id}/accounting_defaults",
        {"GET": (200, "AccountingDefaultsResponse"), "PUT": (200, "AccountingDefaultsResponse")},
        "the account of bill lines that name none: the contract's settings have none and are closed",
    ),
    AddedPath(
        "/accounting_conflicts",
        {"GET": (200, "ConflictList")},
        "what both sides changed differently, to be decided on: the contract has no word for it",
    ),
    AddedPath("/accounting_conflicts/{conflict_id}", {"GET": (200, "ConflictResponse")}, "one of them"),
    AddedPath(
        "/accounting_conflicts/{conflict_id}/resolve",
        {"POST": (200, "ConflictResponse")},
        "which side is right, in all fields or in each",
    ),
    AddedPath(
        "/accounting_sync_rules",
        {"GET": (200, "SyncRulesResponse"), "PATCH": (200, "SyncRulesResponse")},
        "how an entity wants its books kept in step; Monite's own, with `push_statuses` alone, was removed in 2024",
    ),
    AddedPath(
        "/payables/{payable_id}/file",
        {"DELETE": (204, None)},
        "a wrong file can be taken off a bill that is not submitted",
    ),
    AddedPath(
        "/webhook_subscriptions/{webhook_subscription_id}/health",
        {"GET": (200, "WebhookSubscriptionHealth")},
        "how an endpoint is doing, and why it was disabled: the contract's subscription says only that",
    ),
    AddedPath(
        "/webhook_subscriptions/{webhook_subscription_id}/test",
        {"POST": (202, "EventResource")},
        "to try an endpoint out",
    ),
    AddedPath(
        "/webhook_deliveries/{delivery_id}/replay",
        {"POST": (202, "WebhookDeliveryResource")},
        "to have one event delivered again",
    ),
    AddedPath(
        "/webhook_replays",
        {"POST": (202, {"data": ["WebhookReplayResource"]})},
        "to have a range of events delivered again, as after an outage",
    ),
    AddedPath(
        "/accounting_connections/{connection_id}/problems",
        {"GET": (200, {"data": ["ProblemResponse"]})},
        "what is named and cannot be used in the books, and what names it, before a push fails for it",
    ),
    AddedPath(
        "/accounting_tax_mappings",
        {"GET": (200, {"data": ["TaxMappingResponse"]}), "POST": (201, "TaxMappingResponse")},
        "which rate of the books a tax is, where its value alone does not tell: the contract matches values only",
    ),
    AddedPath(
        "/accounting_tax_mappings/{tax_mapping_id}",
        {"GET": (200, "TaxMappingResponse"), "PATCH": (200, "TaxMappingResponse"), "DELETE": (204, None)},
        "one of them",
    ),
    AddedPath(
        "/accounting_errors",
        {"GET": (200, {"data": ["AccountingErrorResponse"]})},
        "what each code of an error means, what to click, and when it is tried again",
    ),
    AddedPath(
        "/accounting_capabilities",
        {"GET": (200, {"data": ["AccountingCapabilityResponse"]})},
        "what is shown to work with which object in which books, by tests that passed",
    ),
    AddedPath("/webhook_replays/{webhook_replay_id}", {"GET": (200, "WebhookReplayResource")}, "how far a replay is"),
)

FIELDS: tuple[AddedField, ...] = (
    AddedField("EntityUserResponse", "title", "it can be written, so it can be read", "string"),
    AddedField(
        "ErrorSchema", "type", "documented for a missing version header, but not in the contract's schema", "string"
    ),
    AddedField("AccountingTaxRateResponse", "on_sales", "which side of the books a rate is meant for", "boolean"),
    AddedField("AccountingTaxRateResponse", "on_purchases", "likewise", "boolean"),
    AddedField("ReceivableHistoryResponse", "source", "whether somebody in the books did it", ("partner", "books")),
    AddedField("PayableHistoryResponse", "source", "likewise", ("partner", "books")),
    AddedField(
        "LineItemForValidation",
        "accounting_tax_rate_id",
        "a line may name its rate, as those of documents may: several in the books can have one value",
        "uuid",
    ),
    AddedField(
        "get /accounting_synced_records",
        "sync_status",
        "what failed, without reading everything that did not",
        ("pending", "error", "done"),
    ),
)

_NO_EVENTS_OF_SYNC = "the contract has no event of synchronisation; shown only to partners who have subscribed to it"

_NO_VENDOR_CREDITS = "vendors' credit notes are pushed, and the contract has no word for their synced records"
VALUES: tuple[AddedValue, ...] = (
    AddedValue("WebhookObjectType", "object_type", "accounting_synced_record", _NO_EVENTS_OF_SYNC),
    AddedValue("WebhookObjectType", "object_type", "accounting_sync_run", _NO_EVENTS_OF_SYNC),
    AddedValue("WebhookObjectType", "object_type", "accounting_sync_rules", _NO_EVENTS_OF_SYNC),
    AddedValue("WebhookObjectType", "object_type", "accounting_conflict", _NO_EVENTS_OF_SYNC),
    AddedValue("ObjectMatchTypes", "object_type", "payable_credit_note", _NO_VENDOR_CREDITS),
    AddedValue("ObjectMatchTypes", "type", "payable_credit_note", _NO_VENDOR_CREDITS),
)
