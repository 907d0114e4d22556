"""`/connections`: the organisations that a user connected an app to. Source: identity API description, tenants page."""

from collections.abc import Mapping
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tieout.platforms.xero.sandbox.gateway.dialects import not_found, token_refusal
from tieout.platforms.xero.sandbox.identity.grants import AccessToken, Connection, Grants
from tieout.platforms.xero.sandbox.identity.tokens import NO_STORE
from tieout.platforms.xero.sandbox.ids import Ids
from tieout.sandbox.companies import Company


class ConnectionsEndpoint:
    """Lists and removes connections. No tenant header is needed here."""

    def __init__(self, grants: Grants, companies: Mapping[str, Company], ids: Ids) -> None:
        """Serve what `grants` holds; names come from `companies`."""
        self.grants = grants
        self.companies = companies
        self.ids = ids

    async def listed(self, request: Request) -> Response:
        """`GET /connections[?authEventId=]`: every organisation this user ever connected, oldest first."""
        access = self._access(request)
        if isinstance(access, Response):
            return access
        wanted = {name.lower(): value for name, value in request.query_params.items()}.get("autheventid")
        rows = self.grants.connections(access.client_id, access.user_id, wanted)
        return JSONResponse([self._told(row) for row in rows], headers=self._headers())

    async def removed(self, request: Request) -> Response:
        """`DELETE /connections/{id}`: 204, or 404 when the user has no connection of that id."""
        access = self._access(request)
        if isinstance(access, Response):
            return access
        connection_id = request.path_params["connection_id"]
        if not self.grants.disconnect(connection_id, client_id=access.client_id, user_id=access.user_id):
            return not_found(self._headers())
        return Response(status_code=204, headers=self._headers())

    def _access(self, request: Request) -> AccessToken | Response:
        access = bearer_access(request, self.grants)
        if access is None or access.expires_at <= self.grants.clock.now():
            return token_refusal(access.expires_at if access else None, self.ids.uuid())
        return access

    def _told(self, connection: Connection) -> dict[str, str]:
        return {
            "id": connection.id,
            "authEventId": connection.event_id,
            "tenantId": connection.tenant_id,
            "tenantType": "ORGANISATION",
            "tenantName": self.companies[connection.tenant_id].name,
            "createdDateUtc": _seven_decimals(connection.created_at),
            "updatedDateUtc": _seven_decimals(connection.updated_at),
        }

    def _headers(self) -> dict[str, str]:
        return NO_STORE | {"Xero-Correlation-Id": self.ids.uuid()}


def bearer_access(request: Request, grants: Grants) -> AccessToken | None:
    """The access token that a request carries, expired or not; None if it was never issued or was revoked."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return grants.access(token.strip()) if scheme.lower() == "bearer" else None


def _seven_decimals(at: datetime) -> str:
    """ISO with seven decimals and no zone, as recorded."""
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}0"
