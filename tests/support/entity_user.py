"""An entity user who calls with a token of their own."""

from typing import Any
from uuid import UUID

from tests.support.partner import VERSION, Api, Partner

from tieout.kit.identifiers import new_id
from tieout.storage.tables.people import EntityUser, Role


def may(**allowed: dict[str, str]) -> dict[str, Any]:
    """Permissions by object type, action and how far it is allowed: `may(product={"read": "allowed"})`."""
    return {
        "objects": [
            {
                "object_type": object_type,
                "actions": [{"action_name": action, "permission": far} for action, far in actions.items()],
            }
            for object_type, actions in allowed.items()
        ]
    }


async def sign_in_user(api: Api, partner: Partner, permissions: dict[str, Any]) -> tuple[Partner, str]:
    """The program of a new user of the partner's entity, and the user's id. It sends no entity header."""
    role_id, user_id = new_id(), new_id()
    owner: dict[str, Any] = {
        "partner_id": partner.id,
        "entity_id": UUID(partner.entity_id),
        "created_at": api.clock.now(),
        "updated_at": api.clock.now(),
    }
    async with api.services.database.write() as session:
        session.add(Role(id=role_id, name=f"Role {role_id}", permissions=permissions, **owner))
        await session.flush()
        session.add(EntityUser(id=user_id, role_id=role_id, login=str(user_id), first_name="Ann", **owner))
    answer = await partner.http.post(
        "/v1/auth/token",
        json={
            "client_id": str(partner.client_id),
            "client_secret": partner.client_secret,
            "grant_type": "entity_user",
            "entity_user_id": str(user_id),
        },
        headers={"x-monite-version": VERSION},
    )
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    return Partner(partner.http, partner.id, partner.client_id, partner.client_secret, token), str(user_id)
