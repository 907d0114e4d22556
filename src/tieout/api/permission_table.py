"""Which operation needs which permission of an entity user's role: one table for the whole API (Monite, 'Permissions').

A partner's own tokens need no permissions. An operation that no line names is for partners only, and a test refuses a
route that no line names. Lines of a document belong to the document: whoever adds one changes the document.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

_PARAMETER = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Needs:
    """The role must allow this action on this type of object.

    `names_maker` is False where the operation is about rows that go by this type, but do not note who made them.
    """

    object_type: str
    action: str
    names_maker: bool = True


class Audience(Enum):
    """Operations for which no permission exists."""

    ANYBODY = "whoever has credentials, without a token"
    EVERY_USER = "every entity user and the partner"
    PARTNER_ONLY = "the partner alone"


Rule = Needs | Audience

_ON_ITEMS = {"GET": "read", "PATCH": "update", "PUT": "update", "DELETE": "delete"}


def _plain(object_type: str, path: str, item: str, methods: str = "GET PATCH DELETE") -> list[tuple[str, Needs]]:
    """A list, making one, and what is done with one of them."""
    return [
        (f"GET {path}", Needs(object_type, "read")),
        (f"POST {path}", Needs(object_type, "create")),
        *((f"{method} {path}/{item}", Needs(object_type, _ON_ITEMS[method])) for method in methods.split()),
    ]


def _parts(object_type: str, path: str, item: str) -> list[tuple[str, Needs]]:
    """The same for what belongs to an object: reading it, or changing it."""
    return [
        (f"GET {path}", Needs(object_type, "read")),
        (f"POST {path}", Needs(object_type, "update")),
        (f"GET {path}/{item}", Needs(object_type, "read")),
        (f"PATCH {path}/{item}", Needs(object_type, "update")),
        (f"DELETE {path}/{item}", Needs(object_type, "update")),
    ]


def _may(object_type: str, action: str, *operations: str) -> list[tuple[str, Needs]]:
    return [(operation, Needs(object_type, action)) for operation in operations]


def _all(audience: Audience, *operations: str) -> list[tuple[str, Audience]]:
    return [(operation, audience) for operation in operations]


_COUNTERPART, _PAYABLE, _NOTE = "/counterparts/{}", "/payables/{}", "/payable_credit_notes/{}"
_RECEIVABLE, _PAYMENT, _ENTITY = "/receivables/{}", "/payment_records/{}", "/entities/{}"


def _counterparts() -> Iterator[tuple[str, Rule]]:
    yield from _plain("counterpart", "/counterparts", "{}")
    for part in ("addresses", "bank_accounts", "contacts", "einvoicing_credentials"):
        yield from _parts("counterpart", f"{_COUNTERPART}/{part}", "{}")
    for part in ("bank_accounts", "contacts"):
        yield from _may("counterpart", "update", f"POST {_COUNTERPART}/{part}/{{}}/make_default")
    yield from _plain("counterpart_vat_id", f"{_COUNTERPART}/vat_ids", "{}")
    yield from _all(
        Audience.PARTNER_ONLY, f"GET {_COUNTERPART}/partner_metadata", f"PUT {_COUNTERPART}/partner_metadata"
    )


def _payables() -> Iterator[tuple[str, Rule]]:
    for one in (_PAYABLE, _NOTE):
        collection = one.removesuffix("/{}")
        yield from _plain("payable", collection, "{}")
        yield from _may("payable", "create", f"POST {collection}/upload_from_file")
        yield from _parts("payable", f"{one}/line_items", "{}")
        yield from _may("payable", "update", f"PUT {one}/line_items", f"POST {one}/cancel_ocr")
        yield from _may("payable", "submit", f"POST {one}/submit_for_approval")
        yield from _may("payable", "approve", f"POST {one}/reject")
        yield from _may("payable", "cancel", f"POST {one}/cancel")
        yield from _all(
            Audience.PARTNER_ONLY,
            f"GET {collection}/validations",
            f"PUT {collection}/validations",
            f"POST {collection}/validations/reset",
        )
    yield from _may("payable", "approve", f"POST {_PAYABLE}/approve_payment_operation", f"POST {_NOTE}/approve")
    yield from _may("payable", "pay", f"POST {_PAYABLE}/mark_as_paid", f"POST {_PAYABLE}/mark_as_partially_paid")
    yield from _may("payable", "reopen", f"POST {_PAYABLE}/reopen")
    yield from _may(
        "payable",
        "update",
        f"POST {_PAYABLE}/attach_file",
        f"DELETE {_PAYABLE}/file",
        f"POST {_PAYABLE}/validate",
        f"DELETE {_PAYABLE}/suggestions",
    )
    yield from _may(
        "payable", "read", f"GET {_PAYABLE}/history", f"GET {_PAYABLE}/suggestions", f"GET {_NOTE}/validate"
    )


def _receivables() -> Iterator[tuple[str, Rule]]:
    yield from _plain("receivable", "/receivables", "{}")
    yield from _may("receivable", "create", f"POST {_RECEIVABLE}/clone")
    yield from _may(
        "receivable",
        "read",
        "GET /receivables/required_fields",
        "POST /receivables/search",
        f"POST {_RECEIVABLE}/preview",
        *(f"GET {_RECEIVABLE}/{part}" for part in ("history", "history/{}", "mails", "mails/{}", "pdf_link")),
    )
    for verb in ("accept", "cancel", "decline", "issue", "send", "send_test_reminder", "verify"):
        yield from _may("receivable", "update", f"POST {_RECEIVABLE}/{verb}")
    for state in ("paid", "partially_paid", "uncollectible"):
        yield from _may("receivable", "update", f"POST {_RECEIVABLE}/mark_as_{state}")
    yield from _may("receivable", "update", f"PUT {_RECEIVABLE}/line_items")


def _people() -> Iterator[tuple[str, Rule]]:
    yield from _plain("entity_user", "/entity_users", "{}")
    yield from _plain("role", "/roles", "{}")
    yield from _all(Audience.EVERY_USER, "GET /entity_users/me", "PATCH /entity_users/me", "GET /entity_users/my_role")


def _entities() -> Iterator[tuple[str, Rule]]:
    for mine in ("/entity_users/my_entity", "/entities/me", f"{_ENTITY}/settings"):
        yield from _may("entity", "read", f"GET {mine}")
        yield from _may("entity", "update", f"PATCH {mine}")
    yield from _may("entity", "read", f"GET {_ENTITY}/settings/next_document_numbers")
    yield from _plain("entity_vat_ids", f"{_ENTITY}/vat_ids", "{}")
    yield from _all(
        Audience.PARTNER_ONLY,
        "GET /entities",
        "POST /entities",
        f"GET {_ENTITY}",
        f"PATCH {_ENTITY}",
        f"POST {_ENTITY}/activate",
        f"POST {_ENTITY}/deactivate",
        f"GET {_ENTITY}/partner_metadata",
        f"PUT {_ENTITY}/partner_metadata",
        f"GET {_ENTITY}/accounting_defaults",
        f"PUT {_ENTITY}/accounting_defaults",
    )


def _catalogue() -> Iterator[tuple[str, Rule]]:
    yield from _plain("product", "/products", "{}")
    yield from _plain("tag", "/tags", "{}")
    yield from _plain("payment_record", "/payment_records", "{}", "GET PATCH")
    for verb in ("cancel", "mark_as_succeeded", "start_processing"):
        yield from _may("payment_record", "update", f"POST {_PAYMENT}/{verb}")
    yield "POST /measure_units", Needs("product", "create", names_maker=False)
    yield "PATCH /measure_units/{}", Needs("product", "update", names_maker=False)
    yield "DELETE /measure_units/{}", Needs("product", "delete", names_maker=False)
    for read in ("measure_units", "measure_units/{}", "vat_rates", "ledger_accounts", "ledger_accounts/{}"):
        yield from _all(Audience.EVERY_USER, f"GET /{read}")
    yield from _all(Audience.EVERY_USER, "GET /accounting_tax_rates", "GET /accounting_tax_rates/{}")


_ACCOUNTING = (
    "GET /accounting/payables",
    "GET /accounting/payables/{}",
    "GET /accounting/receivables",
    "GET /accounting/receivables/{}",
    "GET /accounting_conflicts",
    "GET /accounting_conflicts/{}",
    "POST /accounting_conflicts/{}/resolve",
    "GET /accounting_connections",
    "POST /accounting_connections",
    "GET /accounting_connections/{}",
    "POST /accounting_connections/{}/disconnect",
    "POST /accounting_connections/{}/sync",
    "GET /accounting_connections/{}/tie_out",
    "GET /accounting_connections/{}/access",
    "GET /accounting_connections/{}/platform_webhooks",
    "GET /accounting_connections/{}/sync_runs",
    "GET /accounting_connections/{}/sync_runs/{}",
    "GET /accounting_connections/{}/timeline",
    "GET /accounting_connections/{}/untranslated_records",
    "GET /accounting_connections/{}/untranslated_records/{}/{}",
    "GET /accounting_connections/{}/writes",
    "GET /accounting_connections/{}/meter",
    "GET /accounting_connections/{}/problems",
    "POST /accounting_connections/{}/backfill",
    "GET /accounting_sync_rules",
    "PATCH /accounting_sync_rules",
    "GET /accounting_matches",
    "GET /accounting_matches/{}",
    "GET /accounting_tax_mappings",
    "POST /accounting_tax_mappings",
    "GET /accounting_tax_mappings/{}",
    "PATCH /accounting_tax_mappings/{}",
    "DELETE /accounting_tax_mappings/{}",
    "POST /accounting_matches/{}/accept",
    "POST /accounting_matches/{}/reject",
    "POST /accounting_synced_records/link",
    "POST /accounting_synced_records/{}/link",
    "POST /accounting_synced_records/{}/unlink",
    "GET /accounting_synced_records",
    "GET /accounting_synced_records/{}",
    "GET /accounting_synced_records/{}/writes",
    "GET /accounting_writes/{}",
    "POST /accounting_synced_records/push",
    "POST /accounting_synced_records/{}/push",
    "GET /internal/accounting_connections/{}/sync_status",
    "POST /internal/validators/line_items",
)
_OF_THE_PARTNER = (
    "GET /accounting_capabilities",
    "GET /accounting_errors",
    "GET /api_clients",
    "POST /api_clients",
    "GET /api_clients/{}",
    "POST /api_clients/{}/end_previous_secret",
    "POST /api_clients/{}/revoke",
    "POST /api_clients/{}/rotate_secret",
    "GET /brand",
    "PATCH /brand",
    "POST /brand/preview",
    "GET /events",
    "GET /events/{}",
    "GET /platforms",
    "PUT /platforms/environment",
    "PUT /platforms/{}/keys/{}",
    "DELETE /platforms/{}/keys/{}",
    "POST /platforms/{}/keys/{}/test",
    "POST /platforms/{}/keys/{}/rotate",
    "POST /platforms/{}/keys/{}/end_previous",
    "GET /settings",
    "PATCH /settings",
    "GET /webhook_deliveries",
    "POST /webhook_deliveries/{}/replay",
    "POST /webhook_replays",
    "GET /webhook_replays/{}",
    "GET /webhook_subscriptions",
    "POST /webhook_subscriptions",
    "GET /webhook_subscriptions/{}",
    "PATCH /webhook_subscriptions/{}",
    "DELETE /webhook_subscriptions/{}",
    "POST /webhook_subscriptions/{}/disable",
    "POST /webhook_subscriptions/{}/enable",
    "POST /webhook_subscriptions/{}/regenerate_secret",
    "GET /webhook_subscriptions/{}/health",
    "POST /webhook_subscriptions/{}/test",
)


def _table() -> Mapping[str, Rule]:
    found: dict[str, Rule] = {}
    for part in (_counterparts, _payables, _receivables, _people, _entities, _catalogue):
        for operation, rule in part():
            assert operation not in found, f"{operation} has two lines"
            found[operation] = rule
    found |= dict(_all(Audience.PARTNER_ONLY, *_ACCOUNTING, *_OF_THE_PARTNER))
    found |= dict([*_all(Audience.ANYBODY, "POST /auth/token"), *_all(Audience.EVERY_USER, "POST /auth/revoke")])
    return found


RULES = _table()
"""By method and path below `/v1`, whose parameters have no names: `GET /products/{}`."""


def operation_name(method: str, template: str) -> str:
    """How the table names an operation; `template` may begin with `/v1` or not."""
    return f"{method} {_PARAMETER.sub('{}', template.removeprefix('/v1'))}"


def rule_of(operation: str) -> Rule:
    """Who may call this operation."""
    return RULES.get(operation, Audience.PARTNER_ONLY)
