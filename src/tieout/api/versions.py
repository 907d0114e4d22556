"""The version header: any version that the contract lists is accepted and echoed (Monite, 'Versioning')."""

from typing import Annotated

from fastapi import Header, Request

from tieout.api.enumerations import ENUMERATIONS
from tieout.kit.errors import BadRequest

VERSION_HEADER = "x-monite-version"
CONTRACT_VERSION = "2024-05-25"
VERSIONS = frozenset(ENUMERATIONS["APIVersion"])

_OPTIONAL_ON = frozenset(("/v1/auth/token",))


async def check_version(
    request: Request,
    version: Annotated[str | None, Header(alias=VERSION_HEADER, description="YYYY-MM-DD")] = None,
) -> None:
    """Refuse a call without a version, or with one that does not exist."""
    if version is None:
        if request.url.path not in _OPTIONAL_ON:
            message = "Missing the x-monite-version HTTP header"
            raise BadRequest(message, type_="missing_api_version")
    elif version not in VERSIONS:
        message = f"The x-monite-version HTTP header must be one of: {', '.join(sorted(VERSIONS))}"
        raise BadRequest(message, type_="unknown_api_version")
