"""What is sent and shown of the partner's apps. A secret goes in and never comes out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from tieout.api.schemas import Body, Shown
from tieout.platforms.port import Environment
from tieout.sync.trying_keys import Verdict

ClientId = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=1_024, strip_whitespace=True)]
OVERLAP_DEFAULT_S = 24 * 3600
OVERLAP_MAX_S = 30 * 24 * 3600
Origin = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class KeysPayload(Body):
    """The keys of an app; what is left out is not there afterwards."""

    client_id: ClientId
    client_secret: Secret
    webhook_key: Secret | None = None
    origin: Origin | None = Field(default=None, description="where the simulator stands; simulated environment only")


class RotatePayload(Body):
    """The new keys, as the developer portal gave them; a webhook key that is left out stays as it is."""

    client_secret: Secret
    webhook_key: Secret | None = None
    overlap_s: Annotated[int, Field(strict=True, ge=0, le=OVERLAP_MAX_S)] = Field(
        default=OVERLAP_DEFAULT_S, description="for how many seconds the old keys stay good; 0 ends them now"
    )


class KeysTriedResponse(Shown):
    """What the platform made of the keys, and what to do."""

    verdict: Verdict
    code: str
    message: str
    fix: str


class AppResponse(Shown):
    """An app whose keys are set."""

    id: UUID
    environment: Environment
    client_id: str
    has_webhook_key: bool
    origin: str | None
    webhook_url: str
    last_webhook_at: datetime | None = Field(description="when a rightly signed webhook last came, to the minute")
    previous_keys_expire_at: datetime | None = Field(
        description="until when the keys before the last rotation are good"
    )
    created_at: datetime
    updated_at: datetime


class AddressesResponse(Shown):
    """What to paste into the platform's developer portal, whatever the environment."""

    redirect_url: str
    disconnect_url: str
    reconnect_url: str


class PlatformResponse(Shown):
    """A platform, and the partner's apps there."""

    name: str
    title: str
    region_hint: str
    addresses: AddressesResponse
    apps: list[AppResponse]


class PlatformList(Shown):
    """All platforms; `environment` is whose apps new connections use."""

    environment: Environment
    environments: list[Environment]
    data: list[PlatformResponse]


class EnvironmentPayload(Body):
    """Whose apps new connections shall use."""

    environment: Environment


class EnvironmentResponse(Shown):
    """Whose apps new connections use."""

    environment: Environment
