"""The post office over real sockets: what a receiver that is slow, gone or elsewhere means."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from tests.support.serving import served

from tieout.sandbox.webhooks.deliveries import is_loopback, send_over_http
from tieout.sandbox.webhooks.notices import Reply


@contextmanager
def a_receiver(answer: Response, came: list[bytes]) -> Iterator[str]:
    async def hook(request: Request) -> Response:
        came.append(await request.body())
        return answer

    with served(lambda _origin: Starlette(routes=[Route("/hook", hook, methods=["POST", "GET"])])) as origin:
        yield f"{origin}/hook"


async def test_the_bytes_arrive_as_they_are_and_the_answer_is_told() -> None:
    came: list[bytes] = []
    answer = PlainTextResponse("thanks", headers={"set-cookie": "a=b"})
    with a_receiver(answer, came) as url:
        reply = await send_over_http(url, {"x-signature": "s"}, '{"ä":1}'.encode())
    assert reply == Reply(200, 6, cookies=True)
    assert came == ['{"ä":1}'.encode()]


async def test_a_redirect_is_not_followed() -> None:
    came: list[bytes] = []
    with a_receiver(RedirectResponse("http://127.0.0.1:1/", 307), came) as url:
        assert (await send_over_http(url, {}, b"{}")).status == 307
    assert came == [b"{}"]


async def test_a_receiver_that_is_not_there_gives_no_status() -> None:
    reply = await send_over_http("http://127.0.0.1:1/hook", {}, b"{}")
    assert (reply.status, reply.words) == (0, "ConnectError")


async def test_waiting_for_an_answer_can_be_ended() -> None:
    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await send_over_http(f"http://127.0.0.1:{port}/", {}, b"{}")
    server.close()


@pytest.mark.parametrize("host", ["localhost", "hooks.localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["example.com", "localhost.example.com", "10.0.0.1", "0.0.0.0", "169.254.1.1", "", "::"],  # noqa: S104 - refused here
)
def test_what_is_not_this_machine_is_known(host: str) -> None:
    assert not is_loopback(host)
