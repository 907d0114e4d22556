"""Running a seed in a child of its own, and making a failing one shorter."""

import asyncio
import faulthandler
import gc
import json
import os
import random
import re
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pytest
import structlog
from tests.storm.fates import Death
from tests.storm.ground import Ground, seeded_ids
from tests.storm.histories import Step, live, plan_history
from tests.storm.judging import judge
from tests.storm.world import World
from tests.support.mortal import without_threads
from tests.support.trading import unhurried
from tests.support.witness import found_wrong

from tieout.observability import mask_secrets
from tieout.sandbox.simulator import seeded

SEED_S_MAX = 120
"""A storm that takes longer hangs."""
TOLD_AGAIN_EVERY_S = 5
"""Who is told so may be a library that keeps the error to itself."""
TOGETHER_WITHIN_S = 30.0
"""How long a worker waits for the rest of a wave, so that no history depends on how fast the machine is."""
TOLD_MAX = 12
SHORTEN_S_MAX = 120.0
WAY_CHARS_MAX = 60
_VARYING = re.compile(r"'[^']*'|\d[\d.]*")


@dataclass(frozen=True)
class Outcome:
    """What came of a seed."""

    seed: int
    configuration: str
    history: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    took_s: float = 0.0
    met: dict[str, int] = field(default_factory=dict)
    runs_on: str = ""
    """What Tieout ran on, unless that is what it mostly runs on."""

    def report(self) -> str:
        """Everything that somebody needs who looks into it."""
        return "\n".join(
            [
                f"seed {self.seed} on {self.configuration}:",
                *self.history,
                "wrong:",
                *(f"- {one}" for one in self.wrong[:TOLD_MAX]),
                *([f"- and {len(self.wrong) - TOLD_MAX} more"] if len(self.wrong) > TOLD_MAX else []),
                f"once more, alone: make storm SEED={self.seed}{self.runs_on and f' CONFIG={self.runs_on}'}",
            ]
        )


def run_seed(
    ground: Ground, seed: int, *, without: Collection[int] = (), steps: Sequence[Step] | None = None
) -> Outcome:
    """Let a seed's history, or other steps, happen in a forked child, and judge it there."""
    steps = [step for step in (plan_history(seed) if steps is None else steps) if step.place not in without]
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_child(ground, seed, steps, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if not told:
        return Outcome(seed, str(ground.configuration), wrong=[f"the child ended by {status} without a word"])
    return Outcome(**json.loads(told))


def _be_child(ground: Ground, seed: int, steps: Sequence[Step], writing: int) -> NoReturn:
    """Everything of a child's life: whatever happens, it tells, and ends here."""
    try:
        outcome = _storm(ground, seed, steps)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps(asdict(outcome)).encode())
    finally:
        os._exit(0)


def _storm(ground: Ground, seed: int, steps: Sequence[Step]) -> Outcome:
    started_s = time.monotonic()
    gc.freeze()
    faulthandler.enable()
    signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, SEED_S_MAX, TOLD_AGAIN_EVERY_S)
    folder = Path(tempfile.mkdtemp())
    lines: list[str] = []
    worlds: list[World] = []
    wrong: list[str] = []

    async def happen() -> list[str]:
        asyncio.get_running_loop().set_exception_handler(_let_the_dead_rest)
        trade = ground.open(folder)
        world = World(trade)
        worlds.append(world)
        await live(world, steps)
        found = await judge(world, lines)
        await trade.house.close()
        return found

    random.seed(seed)
    found_wrong()
    with pytest.MonkeyPatch.context() as patched, seeded_ids(seeded(seed, "ids")):
        without_threads(patched)
        unhurried(patched)
        patched.setattr("tieout.sync.sending.TOGETHER_WITHIN_S", TOGETHER_WITHIN_S)
        patched.setattr("structlog._config._CONFIG.default_processors", _log_into(lines))
        try:
            wrong = asyncio.run(happen())
        except BaseException:  # noqa: BLE001 - whatever it is, the parent is told
            wrong = [*(worlds[0].wrong if worlds else ()), traceback.format_exc()]
    wrong += found_wrong()
    shutil.rmtree(folder, ignore_errors=True)
    runs_on = "" if ground.configuration.runs_on == "sqlite" else ground.configuration.runs_on
    history, met = (worlds[0].history, dict(worlds[0].met)) if worlds else ([], {})
    return Outcome(seed, str(ground.configuration), history, wrong, time.monotonic() - started_s, met, runs_on)


def _log_into(lines: list[str]) -> list[structlog.typing.Processor]:
    """What an operator would have in the log, kept instead of written."""
    render = structlog.processors.JSONRenderer()

    def keep(logger: object, method: str, entry: structlog.typing.EventDict) -> NoReturn:
        lines.append(str(render(logger, method, entry)))
        raise structlog.DropEvent

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        mask_secrets,
        keep,
    ]


def _let_the_dead_rest(loop: asyncio.AbstractEventLoop, said: dict[str, Any]) -> None:
    """What a dead worker had in hand is asked for by nobody."""
    if not isinstance(said.get("exception"), Death):
        loop.default_exception_handler(said)


def _too_long(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Raise wherever the storm is."""
    raise TimeoutError(f"longer than {SEED_S_MAX} s")


def shorten(ground: Ground, failed: Outcome, steps: Sequence[Step] | None = None) -> tuple[Outcome, set[int]]:
    """Leave out what the failure does not need, as far as there is time; answers what still fails, and what went.

    Only what is wrong in the same way counts as the same failure: an action may fail by itself for want of another.
    """
    until_s = time.monotonic() + SHORTEN_S_MAX
    without: set[int] = set()
    steps = plan_history(failed.seed) if steps is None else steps
    size = max(len(steps) // 2, 1)
    while size >= 1 and time.monotonic() < until_s:
        for part in _parts([step.place for step in steps if step.place not in without], size):
            if time.monotonic() > until_s:
                break
            again = run_seed(ground, failed.seed, without=without | set(part), steps=steps)
            if _ways(again) & _ways(failed):
                failed, without = again, without | set(part)
        size //= 2
    return failed, without


def _ways(of: Outcome) -> set[str]:
    """What is wrong, without what differs between two histories: numbers, names and amounts; of a traceback its end."""
    return {_VARYING.sub("…", one.strip().splitlines()[-1])[:WAY_CHARS_MAX] for one in of.wrong}


def _parts(places: list[int], size: int) -> Iterable[list[int]]:
    return [places[start : start + size] for start in range(0, len(places), size)]
