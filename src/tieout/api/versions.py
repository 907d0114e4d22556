"""The version header: any version that the contract lists is accepted and echoed (Monite, 'Versioning')."""

from fastapi import Request

from tieout.api.enumerations import ENUMERATIONS
from tieout.kit.errors import BadRequest

VERSION_HEADER = "x-monite-version"
CONTRACT_VERSION = "2024-05-25"
VERSIONS = frozenset(ENUMERATIONS["APIVersion"])

VERSION_PARAMETER = {
    "name": VERSION_HEADER,
    "in": "header",
    "required": False,
    "schema": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "X-Monite-Version"},
    "description": "YYYY-MM-DD",
}
"""As OpenAPI describes the header."""

_OPTIONAL_ON = frozenset(("/v1/auth/token",))


def check_version(request: Request) -> None:
    """Refuse a call without a version, or with one that does not exist; raises BadRequest."""
    version = request.headers.get(VERSION_HEADER)
    if version is None:
        if request.url.path not in _OPTIONAL_ON:
            message = "Missing the x-monite-version HTTP header"
            raise BadRequest(message, type_="missing_api_version")
    elif version not in VERSIONS:
        message = f"The x-monite-version HTTP header must be one of: {', '.join(sorted(VERSIONS))}"
        raise BadRequest(message, type_="unknown_api_version")
