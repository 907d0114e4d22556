"""A forked worker that stops at every point at which it may die, until it is told to go on or is killed."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from tests.support.line import answer
from tests.support.stores import Storage

STANDSTILL_S_MAX = 60.0
"""A worker that comes to no point for so long hangs."""
FAILED = 3
"""The exit code of a process that failed by itself; its traceback stands in a file."""
_GO_ON = b"g"
ACCEPTED_ROUNDS = 3
"""Rounds of the loop after which every connection is accepted."""


@dataclass(frozen=True)
class Point:
    """Where a worker stands."""

    name: str
    mark: tuple[int, int]
    """Which version its database has, and how many requests the platforms have served: all that it leaves behind.

    Points in a row with the same mark are one death: nothing was committed between them, and nothing sent.
    """


@dataclass
class Stopping:
    """The worker's end: it tells of a point, and stands still there."""

    told: socket.socket
    sent: int = 0
    """How many requests are on their way or answered."""

    def stop(self, name: str, commits: int) -> None:
        """Stand still until told to go on; whoever is killed here never does."""
        self.told.sendall(f"{commits} {self.sent} {name}\n".encode())
        if self.told.recv(1) != _GO_ON:
            os._exit(FAILED)

    def count(self) -> None:
        """One more request is on its way."""
        self.sent += 1


class Worker:
    """The other end: whoever attends the worker is the platforms meanwhile."""

    def __init__(
        self, pid: int, listening: socket.socket, told: socket.socket, platforms: httpx2.AsyncClient, storage: Storage
    ) -> None:
        self._pid, self._listening, self._told = pid, listening, told
        self._platforms, self._storage = platforms, storage
        self._runner = asyncio.Runner()
        self._reader: asyncio.StreamReader | None = None
        self._kept: tuple[Any, ...] = ()
        self._served = self._busy = self._open = 0
        self._is_calm = asyncio.Event()
        self._hung = False

    def points(self) -> Iterator[Point]:
        """Every point at which the worker stands still, until it is gone. No loop runs while it does."""
        while (point := self._runner.run(self._next())) is not None:
            yield point
            self._told.sendall(_GO_ON)

    def kill(self) -> None:
        """Kill it where it stands."""
        os.kill(self._pid, signal.SIGKILL)

    def end(self, failure: Path) -> str | None:
        """Let go of it once it is gone; answers how it failed, unless it ended well or was killed."""
        self._runner.run(self._serve_the_rest())
        self._runner.close()
        self._told.close()
        self._listening.close()
        _, status = os.waitpid(self._pid, 0)
        if self._hung:
            return f"the worker stood still for {STANDSTILL_S_MAX} s"
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            return f"the worker failed by itself: {failure.read_text()}"
        return None

    async def _next(self) -> Point | None:
        """Serve until the worker stops and everything that it had sent is answered; None when it is gone."""
        if self._reader is None:
            server = await asyncio.start_unix_server(self._answer, sock=self._listening.dup())
            self._reader, writer = await asyncio.open_connection(sock=self._told.dup())
            self._kept = server, writer
        try:
            async with asyncio.timeout(STANDSTILL_S_MAX):
                line = await self._reader.readline()
                if not line:
                    return None
                commits, sent, name = line.decode().rstrip("\n").split(" ", 2)
                while self._busy or self._served < int(sent):
                    self._is_calm.clear()
                    await self._is_calm.wait()
        except ConnectionError:
            return None
        except TimeoutError:
            self._hung = True
            self.kill()
            return None
        version = self._storage.version()
        return Point(name, (int(commits) if version is None else version, self._served))

    async def _serve_the_rest(self) -> None:
        """What a worker had sent without having noticed is on its way all the same."""
        for _ in range(ACCEPTED_ROUNDS):
            await asyncio.sleep(0)
        while self._open:
            self._is_calm.clear()
            await self._is_calm.wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            sent = await reader.read()
            self._busy += 1
            try:
                await answer(self._platforms, sent, writer)
            finally:
                self._busy -= 1
                self._served += 1
        except ConnectionError:
            writer.close()
        finally:
            self._open -= 1
            self._is_calm.set()
