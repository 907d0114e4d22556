"""The rules of entity users: logins are the entity's own, the role is one of its roles, and a deleted one is out."""

from typing import Any
from uuid import UUID

from tieout.api.announcing import announce
from tieout.api.dependencies import CallForEntity
from tieout.api.entity_users.schemas import (
    CreateEntityUserRequest,
    EntityUserResponse,
    UpdateEntityUserRequest,
    UpdateMeEntityUserRequest,
)
from tieout.api.roles.defaults import default_role
from tieout.api.roles.service import lock_people, refuse_raising_oneself
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity, rows_in_entity
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.storage import audit_trail
from tieout.storage.tables.people import EntityUser, Role

_SHOWN = (
    "id", "created_at", "updated_at", "login", "first_name", "last_name", "email", "phone", "title", "role_id",
)  # fmt: skip


def shown(user: EntityUser) -> EntityUserResponse:
    """The user as the API shows them."""
    status = "active" if user.deleted_at is None else "deleted"
    return EntityUserResponse.model_validate({name: getattr(user, name) for name in _SHOWN} | {"status": status})


async def load_user(call: CallForEntity, user_id: UUID, *, for_update: bool = False) -> EntityUser:
    """A user of the call's entity; raises NotFound."""
    return await load_of_entity(call, EntityUser, user_id, "entity user", for_update=for_update)


async def load_me(call: CallForEntity, *, for_update: bool = False) -> EntityUser:
    """The user who calls."""
    query = rows_in_entity(call, EntityUser).where(EntityUser.id == call.entity_user_id)
    user = await call.session.scalar(query.with_for_update() if for_update else query)
    if user is None:  # deleted between the check of the token and now
        message = "There is no such entity user."
        raise NotFound(message)
    return user


async def load_my_role(call: CallForEntity) -> Role:
    """The role of the user who calls."""
    return await call.session.get_one(Role, (await load_me(call)).role_id)


async def _check_login(call: CallForEntity, login: str, *, but: UUID | None = None) -> None:
    """Whether no other user of the entity has this login; raises Conflict."""
    await lock_people(call)
    same = rows_in_entity(call, EntityUser).where(EntityUser.login == login).with_only_columns(EntityUser.id)
    if (await call.session.scalar(same)) not in {None, but}:
        message = f"There is a user with the login {login!r} already: the logins of an entity's users differ."
        raise Conflict(message)


async def _check_role(call: CallForEntity, role_id: UUID) -> None:
    """Whether it is a role of the entity; it is kept from being deleted meanwhile; raises Unprocessable."""
    role = rows_in_entity(call, Role).where(Role.id == role_id).with_only_columns(Role.id)
    if await call.session.scalar(role.with_for_update(read=True)) is None:
        raise Unprocessable(Fault(("body", "role_id"), f"there is no role {role_id}", "value_error.unknown_id"))


async def create_user(call: CallForEntity, body: CreateEntityUserRequest) -> EntityUser:
    """Make a user; raises Unprocessable or Conflict."""
    await _check_login(call, body.login)
    if body.role_id is not None:
        await _check_role(call, body.role_id)
    role_id = body.role_id or (await default_role(call)).id
    user = EntityUser(
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        created_by_entity_user_id=call.entity_user_id,
        created_at=call.now,
        updated_at=call.now,
        **body.model_dump() | {"role_id": role_id},
    )
    call.session.add(user)
    await call.session.flush()
    await _tell(call, user, "created", {"role_id": str(role_id)})
    return user


async def update_user(
    call: CallForEntity, user: EntityUser, body: UpdateEntityUserRequest | UpdateMeEntityUserRequest
) -> EntityUser:
    """Change a user, whose tokens stay good; raises Unprocessable, Forbidden or Conflict."""
    change = given(body)
    if "login" in change:
        await _check_login(call, change["login"], but=user.id)
    if "role_id" in change:
        await _check_role(call, change["role_id"])
        if user.id == call.entity_user_id:
            refuse_raising_oneself(call, (await call.session.get_one(Role, change["role_id"])).permissions)
    for name, value in change.items():
        setattr(user, name, value)
    user.updated_at = call.now
    details = {"fields": sorted(change)} | ({"role_id": str(user.role_id)} if "role_id" in change else {})
    await _tell(call, user, "updated", details)
    return user


async def delete_user(call: CallForEntity, user_id: UUID) -> None:
    """Take a user out: their tokens end at once; their row stays for what they made; raises NotFound."""
    user = await load_user(call, user_id, for_update=True)
    user.deleted_at = user.updated_at = call.now
    await _tell(call, user, "deleted", {})


async def _tell(call: CallForEntity, user: EntityUser, verb: str, details: dict[str, Any]) -> None:
    announce(call, "entity_user", user.id, verb, shown(user))
    await audit_trail.record(
        call.session,
        partner_id=call.partner_id,
        at=call.now,
        actor=call.actor,
        action=f"entity_user.{verb}",
        subject_id=str(user.id),
        details=details,
    )
