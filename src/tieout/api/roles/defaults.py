"""The role of users who are given none (Monite, 'Entity users' and the partner setting `default_role`).

It is the partner's setting, a role in the shape of `POST /roles`; without one, a role that reads everything and changes
nothing. An entity gets it when it is made, if the setting is there, and else with its first user who needs it.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select

from tieout.api.dependencies import Call, CallForEntity, for_entity
from tieout.api.roles.schemas import OBJECT_TYPES, CreateRoleRequest
from tieout.api.roles.service import add_role, lock_people
from tieout.api.scope import rows_in_entity
from tieout.kit.errors import Fault, Unprocessable
from tieout.storage.tables.access import Partner
from tieout.storage.tables.people import Role

READER = "Default role"
_READS_ALL = {
    "name": READER,
    "permissions": {
        "objects": [
            {"object_type": object_type, "actions": [{"action_name": "read", "permission": "allowed"}]}
            for object_type in OBJECT_TYPES
        ]
    },
}


def read_default(setting: Mapping[str, Any] | None) -> CreateRoleRequest:
    """The default role that a setting means; raises Unprocessable when it is no role."""
    try:
        return CreateRoleRequest.model_validate(setting or _READS_ALL)
    except ValidationError as error:
        place = ("body", "default_role")
        raise Unprocessable(
            *(Fault((*place, *fault["loc"]), fault["msg"], fault["type"]) for fault in error.errors())
        ) from error


async def _setting(call: Call) -> Mapping[str, Any] | None:
    settings: Mapping[str, Any] = (
        await call.session.scalar(select(Partner.settings).where(Partner.id == call.partner_id)) or {}
    )
    found: Mapping[str, Any] | None = (settings.get("project") or {}).get("default_role")
    return found


async def provision_default(call: Call, entity_id: UUID) -> None:
    """Give a new entity the partner's default role, if the partner has set one."""
    setting = await _setting(call)
    if setting:
        await _add(for_entity(call, entity_id), read_default(setting))


async def default_role(call: CallForEntity) -> Role:
    """The entity's default role, which is made if it is not there."""
    query = rows_in_entity(call, Role).where(Role.is_default)
    if role := await call.session.scalar(query):
        return role
    await lock_people(call)
    if role := await call.session.scalar(query):
        return role
    return await _add(call, read_default(await _setting(call)))


async def _add(call: CallForEntity, wanted: CreateRoleRequest) -> Role:
    """The wanted role, as the default; one of that name that is there already becomes it."""
    same = await call.session.scalar(rows_in_entity(call, Role).where(Role.name == wanted.name))
    if same is not None:
        same.is_default = True
        return same
    permissions = wanted.permissions.model_dump(mode="json")
    return await add_role(call, name=wanted.name, permissions=permissions, is_default=True)
