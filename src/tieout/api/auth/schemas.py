"""What is sent and shown when a token is asked for or ended."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from tieout.api.schemas import Body, Shown, StrictWhole

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
