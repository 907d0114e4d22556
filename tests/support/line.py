"""The line between a worker that may die and the simulated platforms, which another process holds."""

import asyncio
import pickle
from collections.abc import Callable
from pathlib import Path

import httpx2


def _nobody_counts() -> None:
    """Where it does not matter how many requests are on their way."""


class Line(httpx2.AsyncBaseTransport):
    """How a worker reaches the platforms: one connection for each request. `sent` is called once one is on its way."""

    def __init__(self, path: Path, sent: Callable[[], None] = _nobody_counts) -> None:
        self._path = str(path)
        self._sent = sent

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        reader, writer = await asyncio.open_unix_connection(self._path)
        try:
            writer.transport.set_write_buffer_limits(0)
            writer.write(pickle.dumps((request.method, str(request.url), request.headers.raw, body)))
            await writer.drain()
            writer.write_eof()
            self._sent()
            answer = await reader.read()
        finally:
            writer.close()
        if not answer:
            raise httpx2.RemoteProtocolError("the connection was cut", request=request)
        status, headers, content = pickle.loads(answer)  # noqa: S301 - from our own parent
        return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(content))


async def serve(platforms: httpx2.AsyncClient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request as the platform would; a worker that died before the answer gets none."""
    try:
        await answer(platforms, await reader.read(), writer)
    except ConnectionError:
        writer.close()


async def answer(platforms: httpx2.AsyncClient, sent: bytes, writer: asyncio.StreamWriter) -> None:
    """The same for a request that has been read; half a request is none."""
    try:
        if sent:
            method, url, headers, body = pickle.loads(sent)  # noqa: S301 - from our own child
            request = httpx2.Request(method, url, headers=headers, content=body)
            answer = await platforms._transport_for_url(request.url).handle_async_request(request)  # noqa: SLF001 - the client itself would add headers of its own
            content = b"".join([part async for part in answer.stream])  # type: ignore[union-attr]  # an asynchronous stream
            writer.write(pickle.dumps((answer.status_code, answer.headers.raw, content)))
            await writer.drain()
    except (ConnectionError, httpx2.RemoteProtocolError, pickle.UnpicklingError, EOFError):
        pass
    finally:
        writer.close()
