"""A server of requests that leaves signals to whoever runs it."""

from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn


class Server(uvicorn.Server):
    """Serves until `should_exit` is set: there is more to stop than requests, and something to do afterwards."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing about them: uvicorn would end the process by the signal that it caught, not with 0."""
        yield
