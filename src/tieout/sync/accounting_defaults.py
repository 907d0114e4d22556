"""The entity's own defaults for pushing, beside those that the contract's settings have. Pure."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

DEFAULTS: Final = "accounting_defaults"
"""Where an entity's settings keep them; the contract's settings have no such field, so nobody else writes there."""
BILL_LINES: Final = "bill_lines"


def default_bill_account_id(settings: Mapping[str, Any]) -> UUID | None:
    """The ledger account for bill lines that name none."""
    value = (settings.get(DEFAULTS) or {}).get(BILL_LINES)
    return UUID(value) if value else None


def payments_account_id(settings: Mapping[str, Any]) -> UUID | None:
    """The ledger account that payments go through: without one, payments are not pushed."""
    value = ((settings.get("accounting") or {}).get("ledger_account_ids") or {}).get("payments")
    return UUID(value) if value else None
