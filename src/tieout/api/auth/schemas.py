"""What is sent and shown when a token is asked for or ended."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from tieout.api.schemas import Body, Shown, StrictWhole
from tieout.kit.errors import Fault, Unprocessable

SECRET_LENGTH_MAX = 1_024


class GrantType(StrEnum):
    """For whom a token is asked."""

    CLIENT_CREDENTIALS = "client_credentials"
    ENTITY_USER = "entity_user"


class ObtainTokenPayload(Body):
    """An API client's credentials."""

    client_id: UUID
    client_secret: str = Field(max_length=SECRET_LENGTH_MAX)
    entity_user_id: UUID | None = None
    grant_type: GrantType


def user_asked_for(body: ObtainTokenPayload) -> UUID | None:
    """The user whose token is asked for; raises Unprocessable when grant and user do not go together.

    A partner's token for somebody who named a user would let that user do everything.
    """
    place = ("body", "entity_user_id")
    if body.grant_type is GrantType.ENTITY_USER:
        if body.entity_user_id is None:
            raise Unprocessable(Fault(place, "Field required for the grant type entity_user", "missing"))
    elif body.entity_user_id is not None:
        message = "only the grant type entity_user is for an entity user"
        raise Unprocessable(Fault(place, message, "value_error.grant_type"))
    return body.entity_user_id


class AccessTokenResponse(Shown):
    """A token, shown this once."""

    access_token: str
    expires_in: StrictWhole
    token_type: str = "Bearer"  # noqa: S105 - the kind of token, not a token


class RevokeTokenPayload(Body):
    """Credentials again, and the token to end."""

    client_id: UUID
    client_secret: str = Field(max_length=SECRET_LENGTH_MAX)
    token: str = Field(max_length=SECRET_LENGTH_MAX)
