"""Entity users with roles, and programs that hold their tokens."""

from collections.abc import Mapping
from itertools import count
from typing import Any
from uuid import UUID

from tests.support.partner import Partner

_NUMBERS = count(1)


def permissions(**allowed: str | Mapping[str, str]) -> dict[str, Any]:
    """What a role may do: `product="read create"`, or `product={"read": "allowed", "update": "allowed_for_own"}`."""
    return {
        "objects": [
            {
                "object_type": object_type,
                "actions": [
                    {"action_name": action, "permission": permission}
                    for action, permission in (
                        dict.fromkeys(said.split(), "allowed") if isinstance(said, str) else said
                    ).items()
                ],
            }
            for object_type, said in allowed.items()
        ]
    }


async def new_role(partner: Partner, **allowed: str | Mapping[str, str]) -> str:
    """A role of the partner's entity: its id."""
    body = {"name": f"Role {next(_NUMBERS)}", "permissions": permissions(**allowed)}
    answer = await partner.post("/roles", json=body)
    assert answer.status_code == 200, answer.text
    role_id: str = answer.json()["id"]
    return role_id


async def new_user(partner: Partner, role_id: str | None = None, **fields: Any) -> dict[str, Any]:
    """A user of the partner's entity."""
    number = next(_NUMBERS)
    body = {"login": f"login{number}", "first_name": "Casey", "role_id": role_id, **fields}
    answer = await partner.post("/entity_users", json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


class User(Partner):
    """A program that calls with the token of an entity user."""

    user_id: UUID

    async def sign_in(self) -> None:
        answer = await self.http.post(
            "/v1/auth/token",
            json={
                "client_id": str(self.client_id),
                "client_secret": self.client_secret,
                "grant_type": "entity_user",
                "entity_user_id": str(self.user_id),
            },
        )
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]


async def sign_in_user(partner: Partner, user_id: str) -> User:
    """The same program of the partner, with a token of this user."""
    user = User(partner.http, partner.id, partner.client_id, partner.client_secret, entity_id=partner.entity_id)
    user.user_id = UUID(user_id)
    await user.sign_in()
    return user


async def user_who_may(partner: Partner, **allowed: str | Mapping[str, str]) -> User:
    """A signed in user of the partner's entity with exactly these permissions."""
    made = await new_user(partner, await new_role(partner, **allowed))
    return await sign_in_user(partner, made["id"])
