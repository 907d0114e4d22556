"""Calls to the outside reach public addresses only, however a name is dressed up; nothing here touches a network."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpcore2
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.security import outbound
from tieout.security.outbound import ADDRESSES_TRIED_MAX, PublicNetwork, PublicOnly, is_public, outbound_client

PUBLIC, OTHER_PUBLIC, PUBLIC_V6 = "93.184.216.34", "151.101.1.6", "2606:2800:220:1:248:1893:25c8:1946"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Stream(httpcore2.AsyncMockStream):
    """A connection that answers every request, and tells under which name it was encrypted and what was written."""

    def __init__(self, network: "Network") -> None:
        super().__init__([ANSWER] * 9)
        self._network = network

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's own
    ) -> httpcore2.AsyncNetworkStream:
        del timeout
        assert ssl_context.verify_mode is ssl.CERT_REQUIRED
        assert ssl_context.check_hostname
        self._network.names.append(server_hostname)
        return self

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the interface's own
        del timeout
        self._network.written += buffer


@dataclass
class Network(httpcore2.AsyncNetworkBackend):
    """A network that notes where a connection went."""

    dead: frozenset[str] = frozenset()
    connected: list[tuple[str, int]] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    written: bytearray = field(default_factory=bytearray)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's own
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        del timeout, local_address, socket_options
        self.connected.append((host, port))
        if host in self.dead:
            raise httpcore2.ConnectError("no route")
        return Stream(self)


class Names:
    """A resolver: each name has the addresses of its turn; the last turn lasts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.known: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "getaddrinfo", self._resolve)

    def set(self, name: str, *turns: list[str]) -> None:
        self.known[name] = list(turns)

    async def _resolve(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        turns = self.known.get(host)
        if turns is None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        addresses = turns.pop(0) if len(turns) > 1 else turns[0]
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port, 0, 0) if ":" in address else (address, port))
            for family, address in zip(families, addresses, strict=True)
        ]


@pytest.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
async def client(network: Network) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=PublicOnly(network), trust_env=False) as opened:
        yield opened


PRIVATE = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.2.3",
    "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_public_internet_is_recognised(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [PUBLIC, OTHER_PUBLIC, PUBLIC_V6, "1.1.1.1", "172.32.0.1", "100.128.0.1", "::ffff:1.1.1.1", "64:ff9b::101:101"],
)
def test_an_address_of_the_public_internet_is_recognised(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_however_it_is_wrapped(address: Any) -> None:
    number = int(address)
    wrapped = [
        f"::ffff:{address}",
        f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}",
        f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1",
    ]
    assert {is_public(form) for form in wrapped} == {is_public(str(address))}


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_of_a_private_address_is_refused_before_anything_is_sent(
    client: httpx2.AsyncClient, names: Names, network: Network, address: str
) -> None:
    names.set("inside.example", [address])
    with pytest.raises(httpx2.ConnectError, match="not a public one"):
        await client.get("https://inside.example/")
    assert network.connected == []


@pytest.mark.parametrize("position", [0, 1, 2])
async def test_one_private_address_among_public_ones_is_enough_to_refuse(
    client: httpx2.AsyncClient, names: Names, network: Network, position: int
) -> None:
    addresses = [PUBLIC, OTHER_PUBLIC]
    addresses.insert(position, "10.0.0.1")
    names.set("mixed.example", addresses)
    with pytest.raises(httpx2.ConnectError, match="not a public one"):
        await client.get("https://mixed.example/")
    assert network.connected == []


async def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_checked(
    client: httpx2.AsyncClient, names: Names, network: Network
) -> None:
    names.set("rebinding.example", [PUBLIC], ["127.0.0.1"])
    assert (await client.get("https://rebinding.example/")).text == "ok"

    assert names.asked == ["rebinding.example"]
    assert network.connected == [(PUBLIC, 443)]


async def test_a_name_that_turns_private_later_is_refused_then(names: Names, network: Network) -> None:
    names.set("rebinding.example", [PUBLIC], ["127.0.0.1"])
    for expected_connections in (1, 1):
        async with httpx2.AsyncClient(transport=PublicOnly(network), trust_env=False) as client:
            if names.asked:
                with pytest.raises(httpx2.ConnectError):
                    await client.get("https://rebinding.example/")
            else:
                await client.get("https://rebinding.example/")
        assert len(network.connected) == expected_connections


async def test_the_certificate_is_checked_for_the_name_and_the_name_is_asked_for(
    client: httpx2.AsyncClient, names: Names, network: Network
) -> None:
    names.set("books.example", [PUBLIC])
    response = await client.get("https://books.example/v1")

    assert network.names == ["books.example"]
    assert b"Host: books.example\r\n" in network.written
    assert str(response.request.url) == "https://books.example/v1"


async def test_two_names_on_one_address_never_share_a_connection(
    client: httpx2.AsyncClient, names: Names, network: Network
) -> None:
    names.set("somebodys-webhook.example", [PUBLIC])
    names.set("books.example", [PUBLIC])
    await client.get("https://somebodys-webhook.example/")
    await client.get("https://books.example/", headers={"Authorization": "Bearer of-the-books"})
    await client.get("https://books.example/")

    assert network.names == ["somebodys-webhook.example", "books.example"]


@pytest.mark.parametrize("url", ["http://books.example/", "http://books.example:8080/", "https://books.example:8443/"])
async def test_ports_are_kept(client: httpx2.AsyncClient, names: Names, network: Network, url: str) -> None:
    names.set("books.example", [PUBLIC_V6])
    await client.get(url)

    assert network.connected == [(PUBLIC_V6, httpx2.URL(url).port or 80)]


async def test_the_next_address_is_tried_when_one_does_not_answer(names: Names) -> None:
    network = Network(dead=frozenset((PUBLIC_V6,)))
    names.set("books.example", [PUBLIC_V6, PUBLIC])
    async with httpx2.AsyncClient(transport=PublicOnly(network), trust_env=False) as client:
        assert (await client.get("https://books.example/")).text == "ok"
    assert [address for address, _ in network.connected] == [PUBLIC_V6, PUBLIC]


async def test_only_a_few_addresses_are_tried(names: Names) -> None:
    many = [f"93.184.216.{number}" for number in range(1, 20)]
    network = Network(dead=frozenset(many))
    names.set("books.example", many)
    async with httpx2.AsyncClient(transport=PublicOnly(network), trust_env=False) as client:
        with pytest.raises(httpx2.ConnectError, match="no route"):
            await client.get("https://books.example/")
    assert len(network.connected) == ADDRESSES_TRIED_MAX


async def test_a_name_that_does_not_resolve_is_a_connection_that_did_not_come_about(
    client: httpx2.AsyncClient, names: Names
) -> None:
    with pytest.raises(httpx2.ConnectError, match="does not resolve"):
        await client.get("https://unknown.example/")
    assert names.asked == ["unknown.example"]


async def test_a_name_that_no_resolver_takes_is_one_too(client: httpx2.AsyncClient) -> None:
    with pytest.raises(httpx2.ConnectError, match="does not resolve"):
        await client.get(f"https://{'a' * 64}.example/")


async def test_a_name_without_any_address_is_refused(
    client: httpx2.AsyncClient, names: Names, network: Network
) -> None:
    names.set("empty.example", [])
    with pytest.raises(httpx2.ConnectError):
        await client.get("https://empty.example/")
    assert network.connected == []


async def test_a_resolver_that_never_answers_is_not_waited_for(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: Any, **__: Any) -> list[Any]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", hang)
    monkeypatch.setattr(outbound, "RESOLVE_TIMEOUT_S", 0.01)
    with pytest.raises(httpx2.ConnectError, match="does not resolve"):
        await client.get("https://slow.example/")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:7f00:1]"]
)
async def test_loopback_in_any_spelling_is_refused_by_the_real_client(host: str) -> None:
    async with outbound_client(allow_private_addresses=False) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get(f"http://{host}:9/", timeout=2)


async def test_a_socket_of_this_machine_is_refused(network: Network) -> None:
    with pytest.raises(httpcore2.ConnectError):
        await PublicNetwork(network).connect_unix_socket("/var/run/docker.sock")


async def test_the_client_follows_no_redirects_and_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    for allowed in (True, False):
        async with outbound_client(allow_private_addresses=allowed) as client:
            assert client.follow_redirects is False
            assert client.trust_env is False


@asynccontextmanager
async def local_server() -> AsyncIterator[str]:
    """A server of this machine's own; its URL."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}/"


async def test_private_addresses_can_be_allowed_for_development() -> None:
    async with local_server() as url, outbound_client(allow_private_addresses=True) as client:
        assert (await client.get(url, timeout=5)).text == "ok"


async def test_the_real_network_is_reached_through_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "is_public", lambda _: True)
    async with local_server() as url, outbound_client(allow_private_addresses=False) as client:
        assert (await client.get(url, timeout=5)).text == "ok"


def test_a_client_that_keeps_its_pool_elsewhere_is_refused_rather_than_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "__init__", lambda *_, **__: None)
    with pytest.raises(RuntimeError, match="cannot be held to public addresses"):
        PublicOnly()
