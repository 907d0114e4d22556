"""Outside addresses: every call goes to a public one, checked after its name was resolved, and pinned to that.

A name that resolves to a private, loopback, link-local or otherwise special address is refused, so that nobody can make
Tieout call into the operator's own network. A setting for development and the demo allows private addresses.
"""

import asyncio
import ipaddress
import socket
from typing import Final

import httpx2

RESOLVE_TIMEOUT_S: Final = 5.0
CONNECTIONS_MAX: Final = 100
KEPT_CONNECTIONS_MAX: Final = 20

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet; IPv4 inside IPv6 is judged as IPv4."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if inner is not None:
            parsed = inner
    return parsed.is_global and not parsed.is_multicast


class PublicOnly(httpx2.AsyncBaseTransport):
    """Resolves a name once, refuses what is not public, and connects to what it checked."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        """Send what passes through `inner`."""
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request to the checked address; raises ConnectError for one that is not public."""
        host = request.url.host
        address = await self._resolve(request, host, request.url.port or _DEFAULT_PORTS[request.url.scheme])
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return await self._inner.handle_async_request(request)

    async def _resolve(self, request: httpx2.Request, host: str, port: int) -> str:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(RESOLVE_TIMEOUT_S):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError) as error:
            raise httpx2.ConnectError("the name does not resolve", request=request) from error
        addresses = [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]
        if not addresses or not all(is_public(address) for address in addresses):
            raise httpx2.ConnectError("the address is not a public one", request=request)
        return addresses[0]

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


def outbound_client(*, allow_private_addresses: bool) -> httpx2.AsyncClient:
    """The client for every call to the outside. It follows no redirects and reads no proxy from the environment."""
    limits = httpx2.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=KEPT_CONNECTIONS_MAX)
    plain = httpx2.AsyncHTTPTransport(trust_env=False, limits=limits)
    transport = plain if allow_private_addresses else PublicOnly(plain)
    return httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)
