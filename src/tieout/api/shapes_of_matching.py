"""The shapes of what says which records are the same, here and in the books."""

from collections.abc import Mapping

from tieout.api.shapes_of_conflicts import Shape

SYNCED_TYPES = ("product", "customer", "vendor", "receivable", "bill", "payment_record", "payable_credit_note")
NAMED_RECORD: Mapping[str, Shape] = {
    "synced_record_id": "uuid",
    "object_type": SYNCED_TYPES,
    "object_id": "uuid",
    "platform_object_id?": "string",
    "sync_status": ("pending", "error", "done"),
}
MATCH: Mapping[str, Shape] = {
    "id": "uuid",
    "created_at": "date-time",
    "updated_at": "date-time",
    "object_type": SYNCED_TYPES,
    "object_id": "uuid",
    "object_name": "string",
    "platform": "string",
    "platform_object_type": "string",
    "platform_object_id": "string",
    "platform_object_name": "string",
    "status": ("open", "accepted", "rejected", "closed"),
    "reason": ("name_alike", "tax_number_alike", "several_fit", "document_alike", "name_taken", "linked_before"),
    "score": "integer",
    "evidence": [
        {"field": "string", "ours?": "string", "theirs?": "string", "agrees": "boolean", "likeness?": "integer"}
    ],
    "suggested_name?": "string",
    "decided_at?": "date-time",
    "decided_by?": "string",
    "ended_because?": ("decided", "another_accepted", "linked", "changed", "unlinked"),
}

MATCHING: Mapping[str, Shape] = {
    "MatchResponse": MATCH,
    "UnlinkResponse": {
        "is_undone": "boolean",
        "refusal?": {"code": "string", "message": "string", "fix": "string"},
        "platform_object_id?": "string",
        "stays_in_the_books": [NAMED_RECORD],
        "written_anew": [NAMED_RECORD],
        "payments": [{"payment_record_id": "uuid", "amount": "integer", "currency": "string", "is_kept": "boolean"}],
        "has_more": "boolean",
    },
    "MatchList": {
        "data": ["MatchResponse"],
        "next_pagination_token?": "string",
        "prev_pagination_token?": "string",
    },
}
