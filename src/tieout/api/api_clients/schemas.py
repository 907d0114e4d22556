"""What is sent and shown of an API client."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from tieout.api.api_clients.service import OVERLAP_DEFAULT_S, OVERLAP_MAX_S
from tieout.api.schemas import Body, Filters, Page, Shown

ClientName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]


class CreateApiClientRequest(Body):
    """A new client, named after the program that will use it."""

    name: ClientName


class RotateSecretRequest(Body):
    """How long the old secret stays good, in seconds; 0 ends it at once."""

    overlap_s: Annotated[int, Field(strict=True, ge=0, le=OVERLAP_MAX_S)] = OVERLAP_DEFAULT_S


class ApiClientResponse(Shown):
    """An API client; `id` is its client_id. `last_used_at` is when it last got a token."""

    id: UUID
    name: str
    created_at: datetime
    secret_created_at: datetime
    previous_secret_expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiClientWithSecretResponse(ApiClientResponse):
    """A client and its secret, which is shown this once."""

    client_secret: str


class ApiClientPaginationResponse(Page):
    """A page of clients."""

    data: list[ApiClientResponse]


class ApiClientFilters(Filters):
    """Nothing to narrow the list by: a partner has few clients."""
