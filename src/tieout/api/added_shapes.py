"""The shapes of what Tieout's API answers and the contract has not."""

from collections.abc import Mapping

from tieout.api.shapes_of_conflicts import CONFLICTS_AND_RULES, Shape
from tieout.api.shapes_of_matching import MATCHING

__all__ = ["ENVIRONMENTS", "SHAPES", "Shape"]


ENVIRONMENTS = ("simulated", "sandbox", "production")
HAPPENED = (
    "pending_auth",
    "connected",
    "reconnected",
    "first_sync_finished",
    "match_decided",
    "record_linked",
    "record_unlinked",
    "sync_requested",
    "backfill_requested",
    "records_not_understood",
    "parties_merged",
    "references_inactive",
    "references_usable_again",
    "trouble",
    "recovered",
    "webhooks_missed",
    "webhooks_work_again",
    "conflict_held",
    "conflict_resolved",
    "conflict_vanished",
    "access_ends_soon",
    "deauthorized",
    "disconnected",
)

METER_COUNTS: Mapping[str, Shape] = dict.fromkeys(
    ("calls", "refused", "unanswered", "billed_calls", "sent_bytes", "received_bytes"), "integer"
)
CAUSES = ("connect", "refresh", "keep_alive", "end", "pull", "push", "resolve", "tie_out", "person")

_API_CLIENT: Mapping[str, Shape] = {
    "id": "uuid",
    "name": "string",
    "created_at": "date-time",
    "secret_created_at": "date-time",
    "previous_secret_expires_at?": "date-time",
    "last_used_at?": "date-time",
    "revoked_at?": "date-time",
}

_WRITE: Mapping[str, Shape] = {
    "id": "uuid",
    "created_at": "date-time",
    "updated_at": "date-time",
    "synced_record_id": "uuid",
    "object_type": "string",
    "object_id": "uuid",
    "object_version": "integer",
    "operation": ("create", "update", "void", "delete"),
    "state": ("ready", "sending", "confirmed", "refused", "uncertain", "cancelled"),
    "next": ("sends", "awaits_answer", "finds_out", "awaits_cure", "nothing"),
    "next_attempt_at?": "date-time",
    "key": "string",
    "attempts_count": "integer",
    "last_sent_at?": "date-time",
    "settled_at?": "date-time",
    "platform_object_id?": "string",
    "trace_id?": "string",
}
_WRITTEN_BODY: Mapping[str, Shape] = {
    "size_bytes": "integer",
    "sha256": "string",
    "text?": "string",
    "parsed?": "object",
}
_WRITTEN_REQUEST: Mapping[str, Shape] = {
    "method": "string",
    "path": "string",
    "headers": "object",
    "body": _WRITTEN_BODY,
}
_UNTRANSLATED: Mapping[str, Shape] = {
    "kind": "string",
    "external_id": "string",
    "reason": "string",
    "first_seen_at": "date-time",
    "last_seen_at": "date-time",
    "changed_at?": "date-time",
}
_RECORD_COUNTS = ("read", "changed", "gone", "untranslated")
SHAPES: Mapping[str, Shape] = {
    **CONFLICTS_AND_RULES,
    "ApiClientResponse": _API_CLIENT,
    "ApiClientWithSecretResponse": {**_API_CLIENT, "client_secret": "string"},
    "ApiClientPaginationResponse": {
        "data": ["ApiClientResponse"],
        "next_pagination_token?": "string",
        "prev_pagination_token?": "string",
    },
    "AccountingDefaultsResponse": {"ledger_account_ids": {"bill_lines?": "uuid"}},
    "AppResponse": {
        "id": "uuid",
        "environment": ENVIRONMENTS,
        "client_id": "string",
        "has_webhook_key": "boolean",
        "origin?": "string",
        "webhook_url": "string",
        "last_webhook_at?": "date-time",
        "previous_keys_expire_at?": "date-time",
        "created_at": "date-time",
        "updated_at": "date-time",
    },
    "PlatformWebhooksResponse": {
        "status": ("not_expected", "unproven", "healthy", "silent", "doubted"),
        "advice": "string",
        "address": "string",
        "expected_since?": "date-time",
        "received_at?": "date-time",
        "app_received_at?": "date-time",
        "missed_at?": "date-time",
        "records_waiting": "integer",
        "next_routine_pull_at?": "date-time",
    },
    "KeysTriedResponse": {
        "verdict": ("accepted", "refused", "not_answering"),
        "code": "string",
        "message": "string",
        "fix": "string",
    },
    "PlatformList": {
        "environment": ENVIRONMENTS,
        "environments": [ENVIRONMENTS],
        "data": [
            {
                "name": "string",
                "title": "string",
                "region_hint": "string",
                "addresses": {"redirect_url": "string", "disconnect_url": "string", "reconnect_url": "string"},
                "apps": ["AppResponse"],
            }
        ],
    },
    "BrandResponse": {
        "name": "string",
        "logo_url?": "string",
        "color?": "string",
        "background_color?": "string",
        "support_email?": "string",
        "support_url?": "string",
        "return_url?": "string",
        "welcome_text?": "string",
        "consent_text?": "string",
        "connected_text?": "string",
        "texts?": "object",
    },
    "WriteResponse": _WRITE,
    "WriteList": {
        "data": ["WriteResponse"],
        "next_pagination_token?": "string",
        "prev_pagination_token?": "string",
    },
    "WriteAnswer": {"status": "integer", "body": _WRITTEN_BODY},
    "WriteWholeResponse": {
        **_WRITE,
        "request": _WRITTEN_REQUEST,
        "expected_postings": ["object"],
        "notes": "object",
        "attempts": [
            {
                "number": "integer",
                "act": ("sent", "looked_up"),
                "outcome": (
                    "carried_out",
                    "refused",
                    "nothing_happened",
                    "no_answer",
                    "interrupted",
                    "found",
                    "absent",
                ),
                "key": "string",
                "place?": "integer",
                "began_at": "date-time",
                "ended_at?": "date-time",
                "answer?": "WriteAnswer",
                "trace_id?": "string",
                "platform_object_id?": "string",
                "refusal?": "object",
            }
        ],
        "other_requests": [
            {
                "reason": ("batch", "changed", "absent"),
                "key": "string",
                "size": "integer",
                "created_at": "date-time",
                "request": _WRITTEN_REQUEST,
                "answer?": "WriteAnswer",
                "trace_id?": "string",
            }
        ],
    },
    "SyncRunResponse": {
        "id": "uuid",
        "accounting_connection_id": "uuid",
        "cause": ("connected", "schedule", "request", "hint", "webhook", "refusal", "push", "tie_out"),
        "status": ("running", "finished", "failed", "interrupted"),
        "started_at": "date-time",
        "finished_at?": "date-time",
        "updated_at": "date-time",
        "attempts": "integer",
        "records": [{"kind": "string", **dict.fromkeys(_RECORD_COUNTS, "integer")}],
        "pushes": [{"object_type": "string", "pushed": "integer", "refused": "integer"}],
        "calls": [{"cause": "string", "calls": "integer", "sent_bytes": "integer", "received_bytes": "integer"}],
        "error?": {"code": "string", "message": "string", "fix": "string"},
    },
    "SyncRunList": {
        "data": ["SyncRunResponse"],
        "next_pagination_token?": "string",
        "prev_pagination_token?": "string",
    },
    "UntranslatedRecordList": {
        "data": [_UNTRANSLATED],
        "total": "integer",
        "next_pagination_token?": "string",
        "prev_pagination_token?": "string",
    },
    "UntranslatedRecordResponse": {**_UNTRANSLATED, "raw": "string"},
    "ProblemResponse": {
        "kind": "string",
        "code": "string",
        "message": "string",
        "fix": "string",
        "name?": "string",
        "id?": "uuid",
        "platform_object_id?": "string",
        "since?": "date-time",
        "used_by": [{"object_type": "string", "object_id?": "uuid", "field": "string"}],
    },
    "TaxMappingResponse": {
        "id": "uuid",
        "created_at": "date-time",
        "updated_at": "date-time",
        "side": ("sales", "purchases"),
        "tax_rate_value?": "number",
        "vat_rate_id?": "uuid",
        "country?": "string",
        "accounting_tax_rate_id": "uuid",
        "problem?": "string",
    },
    "AccountingErrorResponse": {
        "code": "string",
        "title": "string",
        "retries": [
            ("time", "reconnect", "record_change", "books_change", "settings_change", "access_change", "release")
        ],
        "meanings": [{"platform?": "string", "message": "string", "fix": "string", "field?": "string"}],
        "places": [{"platform": "string", "path": "string"}],
    },
    "AccountingCapabilityResponse": {
        "platform": "string",
        "object": "string",
        "direction": "string",
        "operation": "string",
        "state": ("shown", "not_shown", "not_built", "does_not_exist"),
        "tests": ["string"],
        "reason?": "string",
    },
    "AccessResponse": {
        "status": ("pending_auth", "connected", "deauthorized", "disconnected"),
        "reason?": "string",
        "granted_at?": "date-time",
        "renewed_at?": "date-time",
        "lapses_unused_at?": "date-time",
        "ends_at?": "date-time",
        "can_be_renewed": "boolean",
        "connection_url": "string",
    },
    "TimelineList": {
        "data": [
            {
                "id": "uuid",
                "created_at": "date-time",
                "happened": HAPPENED,
                "reason?": "string",
                "message?": "string",
                "actor": "string",
                "details": "object",
            }
        ],
        "next_pagination_token?": "string",
        "prev_pagination_token?": "string",
    },
    "MeterResponse": {
        "first_day": "date",
        "last_day": "date",
        "total": METER_COUNTS,
        "data": [{"day": "date", "cause": CAUSES, "kind": ("read", "write", "report", "identity"), **METER_COUNTS}],
    },
    **MATCHING,
    "BackfillResponse": {
        "data": [
            {
                "object_type": ("receivable", "bill"),
                "wanted": "integer",
                "known_already": "integer",
                "left_out_as_settled": "integer",
                "remaining": "integer",
            }
        ]
    },
    "WebhookSubscriptionHealth": {
        "id": "uuid",
        "status": ("enabled", "disabled"),
        "disabled_at?": "date-time",
        "disabled_reason?": ("by_request", "endpoint_failed_for_days"),
        "failing_since?": "date-time",
        "failures_in_row": "integer",
        "last_failure?": "string",
        "last_attempt_at?": "date-time",
        "last_success_at?": "date-time",
        "resting_until?": "date-time",
        "waiting_count": "integer",
        "next_attempt_at?": "date-time",
    },
    "WebhookReplayResource": {
        "id": "uuid",
        "created_at": "date-time",
        "webhook_subscription_id": "uuid",
        "entity_id?": "uuid",
        "created_at__gte": "date-time",
        "created_at__lte": "date-time",
        "undelivered_only": "boolean",
        "events_count": "integer",
        "finished_at?": "date-time",
    },
    "BrandPreviewResponse": {"url": "string", "expires_at": "date-time"},
    "TieOutResponse": {
        "compared_at": "date-time",
        "documents_as_of?": "date-time",
        "currency": "string",
        "ties_out": "boolean",
        "controls": [
            {
                "control": "string",
                "in_the_books": "string",
                "in_the_documents": "string",
                "difference": "string",
                "open_documents": "integer",
            }
        ],
    },
}
