"""A worker process of the engine's benchmarks: `python -m benchmarks.lane_worker URL ENGINE`.

Its lanes never run out of work: a unit waits as for a slow platform, or computes, and then commits.
"""

import asyncio
import secrets
import signal
import sys
import time

from pydantic import SecretStr
from sqlalchemy import text

from tieout.assembling import build_services
from tieout.engine.port import NextDue, Turn
from tieout.kit.clock import SystemClock
from tieout.security.vault import new_key
from tieout.settings import Settings

WAIT_S = 0.3
CPU_S = 0.004
LANES_AT_ONCE = 4


async def waiting(turn: Turn) -> NextDue:
    """Units that wait for somebody else."""
    while not turn.is_over():
        await asyncio.sleep(WAIT_S)
        await _count(turn)
    return NextDue(SystemClock().now())


async def counting(turn: Turn) -> NextDue:
    """Units that use the processor."""
    while not turn.is_over():
        until_s = time.perf_counter() + CPU_S
        while time.perf_counter() < until_s:
            pass
        await _count(turn)
    return NextDue(SystemClock().now())


async def _count(turn: Turn) -> None:
    async with turn.commit() as session:
        await session.execute(text("UPDATE counted SET done = done + 1 WHERE lane = :lane"), {"lane": turn.key})


async def main(url: str, engine: str) -> None:
    """Run lanes until told to stop."""
    settings = Settings.model_validate(
        {"database_url": url, "engine": engine, "vault_keys": SecretStr(new_key("bench"))}
    )
    services = build_services(settings)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with services.database.write() as session:
        await session.execute(text("INSERT INTO ready VALUES (:worker)"), {"worker": secrets.token_hex(8)})
    await services.engine.run({"waiting": waiting, "counting": counting}, stop)
    await services.database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
