"""Serving an application on a free loopback port, from a thread of its own: for clients that open sockets."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

START_S_MAX = 20.0


def listening_socket() -> socket.socket:
    """A socket on a free port, before anybody serves it: its address has to be known to what is served."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or small answers wait 40 ms
    sock.bind(("127.0.0.1", 0))
    return sock


def server_of(app: ASGIApp) -> uvicorn.Server:
    """A server that leaves signals alone and ends soon after it is told to."""
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # signals belong to the test runner
    return server


@contextmanager
def served(build: Callable[[str], ASGIApp]) -> Iterator[str]:
    """Serve what `build` makes for its own origin; gives that origin."""
    sock = listening_socket()
    origin = f"http://127.0.0.1:{sock.getsockname()[1]}"
    server = server_of(build(origin))
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(server.serve(sockets=[sock]))
        except BaseException as error:  # noqa: BLE001 - told to the thread that waits
            failures.append(error)

    thread = threading.Thread(target=run, name="served", daemon=True)
    thread.start()
    waited = threading.Event()
    for _ in range(int(START_S_MAX / 0.01)):
        if server.started or failures:
            break
        waited.wait(0.01)
    assert server.started, failures or "the server did not start"
    try:
        yield origin
    finally:
        server.should_exit = True
        thread.join(START_S_MAX)
