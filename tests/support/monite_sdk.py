"""The official Python SDK of Monite against an application in this process; only its base URL is another."""

import httpx
from fastapi import FastAPI
from monite import AsyncMonite

PUBLIC_URL = "https://tieout.example"
VERSION = "2024-05-25"


class Sdk:
    """The SDK against one application, without a token, as the partner, and for the partner's entity."""

    def __init__(self, app: FastAPI, public_url: str = PUBLIC_URL) -> None:
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app))
        self._public_url = public_url

    def client(self, *, token: str | None = None, entity_id: str | None = None) -> AsyncMonite:
        return AsyncMonite(
            base_url=f"{self._public_url}/v1",
            monite_version=VERSION,
            token=token,
            monite_entity_id=entity_id,
            httpx_client=self._http,
        )

    async def sign_in(self, client_id: str, client_secret: str) -> str:
        """An access token of the partner."""
        answer = await self.client().access_tokens.create(
            client_id=client_id, client_secret=client_secret, grant_type="client_credentials"
        )
        assert answer.expires_in > 0
        return answer.access_token

    async def close(self) -> None:
        await self._http.aclose()
