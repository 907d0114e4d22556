"""Processes forked from the tests' own: they run at once, for all that they need was imported long ago.

Nobody may be connected to a database that a child uses: SQLite takes what it inherits for its own.
"""

import asyncio
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOK_AGAIN_S = 0.01
CRASHED = 9
"""The exit code of a process that failed by itself; its traceback is the last that it said."""


@dataclass
class Forked:
    """A process of ours, and the file that holds what it says."""

    pid: int
    said: Path
    _status: int | None = None

    def send(self, kind: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, kind)

    @property
    def status(self) -> int | None:
        """Its exit code, or minus the signal that it died of; None while it runs."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status

    async def wait(self) -> int:
        """Wait for its end, and return its status."""
        while (status := self.status) is None:  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(LOOK_AGAIN_S)
        return status

    def wait_s(self, most_s: float) -> int | None:
        """Wait for its end for so many seconds at most, and return its status."""
        until_s = time.monotonic() + most_s
        while self.status is None and time.monotonic() < until_s:
            time.sleep(LOOK_AGAIN_S)
        return self.status

    async def wait_until_said(self, word: str) -> None:
        """Wait until it has said a word."""
        while word not in self.said.read_text():
            assert self.status is None, f"it ended with {self.status} without saying {word!r}: {self.said.read_text()}"
            await asyncio.sleep(LOOK_AGAIN_S)


@contextmanager
def forked(work: Callable[[], None], said: Path) -> Iterator[Forked]:
    """A process that does this work, and does not outlive the block."""
    said.touch()
    began, begins = os.pipe()
    pid = os.fork()
    if pid == 0:
        _run(work, said, begins)
    process = Forked(pid, said)
    os.close(begins)
    try:
        os.read(began, 1)  # a signal that comes before Python has forked to the end is lost
        yield process
    finally:
        os.close(began)
        if process.status is None:
            process.send(signal.SIGKILL)
            process.wait_s(1.0)


def _run(work: Callable[[], None], said: Path, begins: int) -> None:
    gc.freeze()  # what the parent made is not ours to end
    code = CRASHED
    try:
        for stream in (1, 2):
            os.dup2(os.open(said, os.O_WRONLY | os.O_APPEND), stream)
        sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
        os.write(begins, b"!")
        os.close(begins)
        work()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
