"""Trials: a flow is run in peace, and then it is looked at what comes after a death at every point of it."""

import random
import resource
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from tests.crash.judging import Seen, differences, look
from tests.support.mortal import MortalHouse, forked, tell_wrong_answers
from tests.support.workers import Point

WRITES = ("POST", "PUT", "DELETE")
PROBLEMS_MAX = 6
"""More are not told: one is enough to fail a test."""


@dataclass
class Scene:
    """What a flow works with; `kept` holds what its preparation made."""

    mortal: MortalHouse
    kept: dict[str, Any] = field(default_factory=dict)
    late: bool = False
    """Whether those who come after come so late that every key is forgotten; else as soon as the lease is over."""

    @property
    def trade(self) -> Any:
        return self.mortal.trade


Act = Callable[[Scene], Awaitable[None]]
Check = Callable[[Scene], Awaitable[list[str]]]


async def _nothing(_: Scene) -> list[str]:
    return []


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Something that a process may die of.

    `prepare` sets the scene; `work` is done by the process that is killed; `recover` by whoever comes after it; `check`
    says what is wrong afterwards, beyond what must be true after every flow (`judging`). An undisturbed run, followed
    by `recover` all the same, says how it should have ended.
    """

    name: str
    points_min: int
    prepare: Act
    work: Act
    recover: Act
    check: Check = _nothing
    rehearsed: bool = True
    """Whether it can be done twice."""


@dataclass(frozen=True)
class Death:
    """Where a worker died, which was how many points from its start, and whether recovery came late."""

    point: str
    number: int
    late: bool

    def __str__(self) -> str:
        return f"died at point {self.number} ({self.point}), recovered {'late' if self.late else 'soon'}"


@dataclass(frozen=True)
class Outcome:
    """What was found after a death, or after none."""

    seen: Seen | None
    problems: list[str]


@dataclass
class Verdict:
    """What came of all trials of a flow."""

    flow: str
    points: list[str] = field(default_factory=list)
    deaths: int = 0
    trials: int = 0
    unreached: int = 0
    problems: list[str] = field(default_factory=list)
    cpu_s: float = 0.0

    def __str__(self) -> str:
        told = f"{self.flow}: {len(self.points)} points in {self.deaths} deaths, {self.trials} trials, "
        told += f"{self.unreached} not reached, {self.cpu_s:.1f} s of a core"
        return "\n".join([told, *self.problems[:PROBLEMS_MAX]])

    def add(self, died: Death | str, outcome: Outcome, undisturbed: dict[bool, Outcome]) -> None:
        """Count a trial with what was wrong with it, by itself and beside an undisturbed run."""
        found = list(outcome.problems)
        if isinstance(died, Death) and outcome.seen is not None:
            calm = undisturbed[died.late].seen
            found += differences(calm, outcome.seen) if calm is not None else []
        self.problems += [f"{died}: {problem}" for problem in found]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which deaths are tried by killing, and how.

    Without one every death is tried, and those around a write with a soon and with a late recovery.
    """

    points_max: int | None
    """How many at most, drawn by the seed; all when it is None."""
    seed: int = 1
    at_suspensions: bool = False

    def of(self, points: list[Point]) -> list[tuple[int, bool]]:
        """Numbers of points with whether recovery comes late, by turns. Of a death one of its points, by the seed."""
        draw = random.Random(self.seed)  # noqa: S311 - has to be repeatable
        every = [[number] for number in range(1, len(points) + 1)]
        deaths = every if self.at_suspensions else deaths_of(points)
        if self.points_max is not None and len(deaths) > self.points_max:
            deaths = sorted(draw.sample(deaths, self.points_max))
        return [(draw.choice(death), place % 2 == 0) for place, death in enumerate(deaths)]


def deaths_of(points: list[Point]) -> list[list[int]]:
    """The numbers of the points, those together between which nothing was committed and nothing sent."""
    numbered = enumerate(points, 1)
    return [[number for number, _ in group] for _, group in groupby(numbered, key=lambda one: one[1].mark)]


def try_every_point(mortal: MortalHouse, flow: Flow, choice: Choice | None = None) -> Verdict:
    """Try a flow in processes of their own; the house stays as it was.

    Without a choice every death of it, where the worker's database can be taken over while it stands still; with one
    those that are chosen, with a worker that is killed for each.
    """
    return forked(lambda: _try(mortal, flow, choice))  # type: ignore[no-any-return]  # what it returns


def _try(mortal: MortalHouse, flow: Flow, choice: Choice | None) -> Verdict:
    scene = Scene(mortal)
    mortal.storage.restore("home")
    mortal.run(lambda: _set_the_scene(scene, flow))
    mortal.storage.keep(flow.name)
    verdict = Verdict(flow.name)
    if choice is None:
        _leave_at_every_point(scene, flow, verdict)
    else:
        _kill_at_some(scene, flow, choice, verdict)
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    verdict.cpu_s = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return verdict


async def _set_the_scene(scene: Scene, flow: Flow) -> None:
    """Rehearse the flow once, so that every trial finds statements compiled and caches filled; then prepare it."""
    if flow.rehearsed:
        scene.trade.tag = 1
        await flow.prepare(scene)
        await flow.work(scene)
        await flow.recover(scene)
    scene.trade.tag = 2
    await flow.prepare(scene)


def _leave_at_every_point(scene: Scene, flow: Flow, verdict: Verdict) -> None:
    """Let one worker pass, and wherever it stands fork the world as it would be if it had died there."""
    found: list[tuple[Death, Outcome]] = []
    worker = scene.mortal.fork_worker(lambda: flow.work(scene), flow.name)
    mark, tried = None, set[bool]()
    for number, point in enumerate(worker.points(), 1):
        verdict.points.append(point.name)
        if point.mark != mark:
            mark, tried = point.mark, set()
            verdict.deaths += 1
        by_turns = tried or {verdict.deaths % 2 == 0}
        for late in sorted(({False, True} if _is_write(point) else by_turns) - tried):
            found.append((Death(point.name, number, late), _forked_after(scene, flow, late=late)))
            tried.add(late)
    failure = worker.end(scene.mortal.failure)
    undisturbed = {late: _forked_after(scene, flow, late=late) for late in (False, True)}
    if failure is not None:
        verdict.problems.append(failure)
    for outcome in undisturbed.values():
        verdict.add("nobody died", outcome, undisturbed)
    for death, outcome in found:
        verdict.trials += 1
        verdict.add(death, outcome, undisturbed)


def _forked_after(scene: Scene, flow: Flow, *, late: bool) -> Outcome:
    return forked(lambda: _come_after(scene, flow, late=late))  # type: ignore[no-any-return]  # what it returns


def _is_write(point: Point) -> bool:
    return point.name.split()[1] in WRITES


def _kill_at_some(scene: Scene, flow: Flow, choice: Choice, verdict: Verdict) -> None:
    """Kill a worker for each death that is chosen."""

    def tried(target: int, late: bool) -> tuple[list[Point], Outcome]:
        passed, outcome = forked(lambda: _kill(scene, flow, target, late=late, at_suspensions=choice.at_suspensions))
        return passed, outcome

    undisturbed: dict[bool, Outcome] = {}
    for late in (False, True):
        points, undisturbed[late] = tried(0, late)
        verdict.add("nobody died", undisturbed[late], undisturbed)
    verdict.points = [point.name for point in points]
    verdict.deaths = len(deaths_of(points))
    for target, late in [] if verdict.problems else choice.of(points):
        passed, outcome = tried(target, late)
        verdict.trials += 1
        verdict.unreached += len(passed) < target
        verdict.add(Death(passed[-1].name, len(passed), late), outcome, undisturbed)


def _kill(scene: Scene, flow: Flow, target: int, *, late: bool, at_suspensions: bool) -> tuple[list[Point], Outcome]:
    """Kill a worker at its point of that number, or at none; answers the points that it passed, and what it left."""
    worker = scene.mortal.fork_worker(lambda: flow.work(scene), flow.name, at_suspensions=at_suspensions)
    passed = []
    for point in worker.points():
        passed.append(point)
        if len(passed) == target:
            worker.kill()
            break
    failure = worker.end(scene.mortal.failure)
    if failure is not None:
        return passed, Outcome(None, [failure])
    return passed, _come_after(scene, flow, late=late)


def _come_after(scene: Scene, flow: Flow, *, late: bool) -> Outcome:
    """Take over what the worker left, recover, and look at everything."""
    scene.late = late
    scene.mortal.storage.take_over()

    async def recover_and_look() -> Outcome:
        await flow.recover(scene)
        seen = await look(scene.mortal)
        return Outcome(seen, [*seen.faults, *await flow.check(scene), *tell_wrong_answers()])

    try:
        return scene.mortal.run(recover_and_look)  # type: ignore[no-any-return]  # what it returns
    except Exception:  # noqa: BLE001 - whatever it is, it is told with the death that it came after
        return Outcome(None, [traceback.format_exc()])


def assert_survives(verdict: Verdict, flow: Flow) -> None:
    """A flow has at least the points that it must have, and no trial of it found anything wrong."""
    assert not verdict.problems, str(verdict)
    assert len(verdict.points) >= flow.points_min, str(verdict)
    assert verdict.unreached < max(verdict.trials / 2, 1), str(verdict)
