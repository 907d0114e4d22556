"""Work that is cut off when somebody is told to stop."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Any

import structlog

log = structlog.get_logger(__name__)


async def work_until(stop: asyncio.Event, work: Awaitable[Any]) -> bool:
    """Let work go on until `stop` is set, then cancel it and wait for its end; returns whether it came to it by itself.

    Raises what the work raises by itself. What goes wrong while it is cut off is only logged.
    """
    working = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        is_done = working.done()
        working.cancel()
        if not is_done:
            await _end_of(working)
    if is_done:
        working.result()
    return is_done


async def _end_of(working: asyncio.Future[Any]) -> None:
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await working
    except Exception as error:  # noqa: BLE001 - nobody waits for this work any more
        log.warning("cut_off_with_error", error=repr(error))
