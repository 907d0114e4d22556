"""Being told to stop: SIGTERM and SIGINT, from a process's first moment to its last.

Nothing heavy is imported here: while the rest is, the signal may arrive. While nothing is in hand the process ends at
once. Left to Python, SIGINT is an exception wherever the program happens to be, and is lost where exceptions are.
"""

import asyncio
import atexit
import faulthandler
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
STOPPING_S_MAX: Final = 25.0
"""A process that has not ended by then hangs, says where, and is ended: whoever runs it waits 30 seconds at most."""


class Stopping:
    """What this process does when it is told to stop."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self._is_told = False
        self._listeners: list[Callable[[], Any]] = []

    def heed_signals(self) -> None:
        """Heed the signals from now on, until the process ends, and see that it does."""
        for number in SIGNALS:
            signal.signal(number, self._heed)
        atexit.register(_ignore_signals)

    @asynccontextmanager
    async def telling(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """While something is in hand on this loop, a signal only sets `stop`."""
        listener = partial(asyncio.get_running_loop().call_soon_threadsafe, stop.set)
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def _heed(self, *_: object) -> None:
        if not self._listeners:
            os._exit(0)
        if not self._is_told:
            self._is_told = True
            faulthandler.dump_traceback_later(STOPPING_S_MAX, exit=True)
        for listener in self._listeners:
            listener()


def _ignore_signals() -> None:
    """Python forgets its handlers before the process ends; told once more then, it would die of the signal."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
