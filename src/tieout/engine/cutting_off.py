"""Work that is cut off when somebody is told to stop."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

import structlog

AGAIN_AFTER_S: Final = 1.0
"""How long work may take to end before it is told once more."""

log = structlog.get_logger(__name__)


async def work_until(stop: asyncio.Event, work: Awaitable[Any], *, again_after_s: float = AGAIN_AFTER_S) -> bool:
    """Let work go on until `stop` is set, then cut it off; returns whether it came to its end by itself.

    Raises what the work raises by itself. What goes wrong while it is cut off is only logged.
    """
    working = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        is_done = working.done()
        await cut_off(working, again_after_s=again_after_s)
    if is_done:
        working.result()
    return is_done


async def cut_off(work: asyncio.Future[Any], *, again_after_s: float = AGAIN_AFTER_S) -> None:
    """Cancel work and wait for its end, telling it again and again.

    Before Python 3.12, `asyncio.wait_for` takes a cancellation for itself when what it waits for comes at that moment;
    database drivers wait so for every answer.
    """
    if work.done():
        return
    while not work.done():
        work.cancel()
        await asyncio.wait({work}, timeout=again_after_s)
    if not work.cancelled() and (error := work.exception()) is not None:
        log.warning("cut_off_with_error", error=repr(error))
