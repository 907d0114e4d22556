"""What an entity user may do, judged by the permissions of their role (Monite, 'Permissions'). Pure.

What a role does not name is not allowed. `allowed_for_own` covers what the user made; making something is always one's
own. While making something, a user sees of the same type only what they may read.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from tieout.api.permission_table import Audience, Needs, Rule
from tieout.kit.errors import Forbidden

READ, CREATE = "read", "create"


class Permission(StrEnum):
    """How far an action is allowed."""

    ALLOWED = "allowed"
    ALLOWED_FOR_OWN = "allowed_for_own"
    NOT_ALLOWED = "not_allowed"


_STRICTEST_FIRST = (Permission.NOT_ALLOWED, Permission.ALLOWED_FOR_OWN, Permission.ALLOWED)

OWNED_TYPES = frozenset(
    (
        "counterpart",
        "counterpart_vat_id",
        "entity_user",
        "payable",
        "payment_record",
        "product",
        "receivable",
        "role",
        "tag",
    )
)
"""The types of object whose rows name the entity user who made them."""


def permission_of(permissions: Mapping[str, Any], object_type: str, action: str) -> Permission:
    """What a role says of an action; of several statements the strictest counts."""
    said = [
        Permission(one["permission"])
        for group in permissions.get("objects") or ()
        if group["object_type"] == object_type
        for one in group.get("actions") or ()
        if one["action_name"] == action
    ]
    return next((permission for permission in _STRICTEST_FIRST if permission in said), Permission.NOT_ALLOWED)


def holds(permissions: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether permissions allow everything that the wanted ones do, and as far."""

    def reach(of: Mapping[str, Any], object_type: str, action: str) -> int:
        return _STRICTEST_FIRST.index(permission_of(of, object_type, action))

    named = {
        (group["object_type"], one["action_name"])
        for group in wanted.get("objects") or ()
        for one in group.get("actions") or ()
    }
    return all(reach(wanted, *action) <= reach(permissions, *action) for action in named)


def not_allowed(needs: Needs) -> Forbidden:
    """The refusal, in the documented words."""
    message = f"Action {needs.action} for {needs.object_type} not allowed"
    return Forbidden(message)


def own_type_under(permissions: Mapping[str, Any], rule: Rule) -> str | None:
    """The type of which the call may touch the user's own rows only; None without such a limit; raises Forbidden."""
    if rule is Audience.EVERY_USER:
        return None
    if not isinstance(rule, Needs):
        message = "This call needs an access token of the partner."
        raise Forbidden(message)
    permission = permission_of(permissions, rule.object_type, rule.action)
    if permission is Permission.NOT_ALLOWED:
        raise not_allowed(rule)
    is_owned = rule.object_type in OWNED_TYPES and rule.names_maker
    if rule.action == CREATE:
        may_read_all = permission_of(permissions, rule.object_type, READ) is Permission.ALLOWED
        return rule.object_type if is_owned and not may_read_all else None
    if permission is Permission.ALLOWED:
        return None
    if not is_owned:
        raise not_allowed(rule)
    return rule.object_type
