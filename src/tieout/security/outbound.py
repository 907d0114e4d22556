"""Outside addresses: every call goes to a public one, checked after its name was resolved, and pinned to that.

A name that resolves to a private, loopback, link-local or otherwise special address is refused, so that nobody can make
Tieout call into the operator's own network. A setting for development and the demo allows private addresses.

The check sits below the connection pool, not above it: the pool keeps connections by name. Were a request's address put
in the place of its name, a token could go out over a connection whose certificate was checked for another name.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any, Final

import httpcore2
import httpx2

RESOLVE_TIMEOUT_S: Final = 5.0
ADDRESSES_TRIED_MAX: Final = 3
CONNECTIONS_MAX: Final = 100
KEPT_CONNECTIONS_MAX: Final = 20
KEPT_CONNECTION_S_MAX: Final = 5.0

_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_TRANSLATED_TO_IPV4: Final = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_BITS: Final = 32


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet; IPv4 inside IPv6 is judged as IPv4."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = _ipv4_inside(parsed)
        if inner is None:
            return parsed.is_global and parsed in _GLOBAL_UNICAST
        parsed = inner
    return parsed.is_global and not parsed.is_multicast


def _ipv4_inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that packets to this one end up at: mapped, 6to4, Teredo or translated (RFC 6052)."""
    if address in _TRANSLATED_TO_IPV4:
        return ipaddress.IPv4Address(int(address) & ((1 << _IPV4_BITS) - 1))
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


class PublicNetwork(httpcore2.AsyncNetworkBackend):
    """Resolves a name once, refuses it unless every address is public, and connects to what it checked."""

    def __init__(self, inner: httpcore2.AsyncNetworkBackend | None = None) -> None:
        """Connect through `inner`; the operating system's network by default."""
        self._inner = inner or httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's own, for each address
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first checked address that answers; raises ConnectError for a name that is not public."""
        failure: Exception = httpcore2.ConnectError("the name has no address")
        for address in (await self._resolve(host, port))[:ADDRESSES_TRIED_MAX]:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's own
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Refused: a socket of this machine is nothing public."""
        del path, timeout, socket_options
        raise httpcore2.ConnectError("a socket of this machine is not public")

    async def sleep(self, seconds: float) -> None:
        """Wait between attempts, as the pool asks."""
        await self._inner.sleep(seconds)

    async def _resolve(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(RESOLVE_TIMEOUT_S):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise httpcore2.ConnectError("the name does not resolve") from error
        addresses = [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]
        if not all(is_public(address) for address in addresses):
            raise httpcore2.ConnectError("the address is not a public one")
        return addresses


class PublicOnly(httpx2.AsyncHTTPTransport):
    """The HTTP client's own transport over a `PublicNetwork`."""

    def __init__(self, network: httpcore2.AsyncNetworkBackend | None = None) -> None:
        """Connect through `network`; raises RuntimeError where the client keeps its pool elsewhere than expected."""
        certificates = httpx2.create_ssl_context(trust_env=False)
        super().__init__(verify=certificates, trust_env=False)
        if type(getattr(self, "_pool", None)) is not httpcore2.AsyncConnectionPool:
            raise RuntimeError("this version of the HTTP client cannot be held to public addresses")
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=certificates,
            max_connections=CONNECTIONS_MAX,
            max_keepalive_connections=KEPT_CONNECTIONS_MAX,
            keepalive_expiry=KEPT_CONNECTION_S_MAX,
            network_backend=PublicNetwork(network),
        )


def outbound_client(*, allow_private_addresses: bool) -> httpx2.AsyncClient:
    """The client for every call to the outside. It follows no redirects and reads no proxy from the environment."""
    limits = httpx2.Limits(
        max_connections=CONNECTIONS_MAX,
        max_keepalive_connections=KEPT_CONNECTIONS_MAX,
        keepalive_expiry=KEPT_CONNECTION_S_MAX,
    )
    anywhere = allow_private_addresses
    transport = httpx2.AsyncHTTPTransport(trust_env=False, limits=limits) if anywhere else PublicOnly()
    return httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)
