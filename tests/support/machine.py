"""An API that a state machine can call: synchronous, one database for all examples, one entity for each."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from tests.support.documents import Trader, make_counterpart
from tests.support.partner import Api, Partner, start_api

Result = TypeVar("Result")


class CallableApi:
    """Runs calls of one partner to their end, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self.api: Api = self.run(start_api(folder))
        self.partner: Partner = self.run(self.api.new_partner())

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)

    def begin(self) -> Trader:
        """A new entity, with somebody whom it trades with."""
        self.run(self.partner.make_entity())
        return self.run(make_counterpart(self.api, self.partner))

    def call(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        return self.run(self.partner.call(method, path, json=body))

    def read(self, path: str) -> dict[str, Any]:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def close(self) -> None:
        self.run(self.api.close())
        self._runner.close()
