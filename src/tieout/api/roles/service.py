"""The rules of roles: names are the entity's own, a role in use stays, and a change is in the audit trail at once."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from tieout.api.announcing import announce
from tieout.api.dependencies import CallForEntity
from tieout.api.permissions import holds
from tieout.api.roles.schemas import CreateRoleRequest, RoleResponse, UpdateRoleRequest
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity, rows_in_entity
from tieout.kit.errors import Conflict, Forbidden
from tieout.storage import audit_trail
from tieout.storage.tables.business import Entity
from tieout.storage.tables.people import EntityUser, Role


def shown(role: Role) -> RoleResponse:
    """The role as the API shows it."""
    return RoleResponse(
        id=role.id,
        created_at=role.created_at,
        updated_at=role.updated_at,
        name=role.name,
        permissions=role.permissions,  # type: ignore[arg-type]  # read by the schema
        status="active" if role.deleted_at is None else "deleted",
    )


async def load_role(call: CallForEntity, role_id: UUID, *, for_update: bool = False) -> Role:
    """A role of the call's entity; raises NotFound."""
    return await load_of_entity(call, Role, role_id, "role", for_update=for_update)


async def lock_people(call: CallForEntity) -> None:
    """Let one call at a time compare names, logins and default roles of the entity's people before it writes."""
    await call.session.execute(select(Entity.id).where(Entity.id == call.entity_id).with_for_update(key_share=True))


def refuse_raising_oneself(call: CallForEntity, permissions: dict[str, Any]) -> None:
    """Raise Forbidden for a user who would get more than their role allows: roles are given by somebody else."""
    if call.user is not None and not holds(call.user.permissions, permissions):
        message = "Nobody gives themselves more than their role allows: somebody else has to."
        raise Forbidden(message)


async def _is_callers(call: CallForEntity, role: Role) -> bool:
    return call.user is not None and (await call.session.get_one(EntityUser, call.user.id)).role_id == role.id


async def check_name(call: CallForEntity, name: str, *, but: UUID | None = None) -> None:
    """Whether no other role of the entity has this name; raises Conflict."""
    await lock_people(call)
    same = rows_in_entity(call, Role).where(Role.name == name).with_only_columns(Role.id)
    if (await call.session.scalar(same)) not in {None, but}:
        message = f"There is a role {name!r} already: the names of an entity's roles differ."
        raise Conflict(message)


async def add_role(call: CallForEntity, *, name: str, permissions: dict[str, Any], is_default: bool = False) -> Role:
    """Make a role and tell of it; raises Conflict."""
    await check_name(call, name)
    role = Role(
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        created_by_entity_user_id=call.entity_user_id,
        name=name,
        permissions=permissions,
        is_default=is_default,
        created_at=call.now,
        updated_at=call.now,
    )
    call.session.add(role)
    await call.session.flush()
    await _tell(call, role, "created", {"name": name, "permissions": permissions})
    return role


async def create_role(call: CallForEntity, body: CreateRoleRequest) -> Role:
    """Make a role; raises Conflict."""
    return await add_role(call, name=body.name, permissions=body.permissions.model_dump(mode="json"))


async def update_role(call: CallForEntity, role_id: UUID, body: UpdateRoleRequest) -> Role:
    """Change a role: it holds for its users' next call; raises NotFound, Forbidden or Conflict."""
    if body.name is not None:
        await lock_people(call)  # before the role, as who gives it to somebody locks them
    role = await load_role(call, role_id, for_update=True)
    change = given(body)
    if body.permissions is not None and await _is_callers(call, role):
        refuse_raising_oneself(call, body.permissions.model_dump(mode="json"))
    if body.name is not None:
        await check_name(call, body.name, but=role.id)
        role.name = body.name
    if body.permissions is not None:
        role.permissions = change["permissions"] = body.permissions.model_dump(mode="json")
    role.updated_at = call.now
    await _tell(call, role, "updated", change)
    return role


async def delete_role(call: CallForEntity, role_id: UUID) -> None:
    """Delete a role that nobody has; raises NotFound or Conflict."""
    role = await load_role(call, role_id, for_update=True)
    users = rows_in_entity(call, EntityUser).where(EntityUser.role_id == role.id).with_only_columns(EntityUser.id)
    if await call.session.scalar(users.limit(1)) is not None:
        message = "The role is in use: give its users another one first (GET /entity_users?role_id=… lists them)."
        raise Conflict(message)
    role.deleted_at = role.updated_at = call.now
    await _tell(call, role, "deleted", {})


async def _tell(call: CallForEntity, role: Role, verb: str, details: dict[str, Any]) -> None:
    announce(call, "role", role.id, verb, shown(role))
    await audit_trail.record(
        call.session,
        partner_id=call.partner_id,
        at=call.now,
        actor=call.actor,
        action=f"role.{verb}",
        subject_id=str(role.id),
        details=details,
    )
