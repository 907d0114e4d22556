"""Lets every answer of the application be judged, whoever asks: a test's partner, the SDK, a browser, a server."""

from functools import partial

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send
from tests.contract.conformity import answer_faults
from tests.support.witness import Witness


def watch_applications() -> None:
    """Put a witness before every application of this process, those that a test builds itself too.

    The class is changed and no application wrapped, so that no test can forget to wrap its own.
    """
    answer = FastAPI.__call__

    async def watched(self: FastAPI, scope: Scope, receive: Receive, send: Send) -> None:
        await Witness(partial(answer, self), answer_faults)(scope, receive, send)

    FastAPI.__call__ = watched  # type: ignore[method-assign]  # that is the point
