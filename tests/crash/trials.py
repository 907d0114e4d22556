"""Trials: a flow is run once in peace, and then once for every point of it, with the worker killed there."""

import random
import resource
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.crash.judging import Seen, differences, look
from tests.support.mortal import Killed, MortalHouse, forked, tell_wrong_answers

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
class Trial:
    """What came of one trial."""

    target: int
    late: bool
    killed: Killed
    seen: Seen | None
    problems: list[str]

    def told(self) -> list[str]:
        """Its problems, with the point at which the worker died."""
        at = self.killed.points[-1] if self.killed.died else "never"
        when = "late" if self.late else "soon"
        return [f"killed at point {self.target} ({at}), recovered {when}: {problem}" for problem in self.problems]


@dataclass(frozen=True)
class Verdict:
    """What came of all trials of a flow."""

    flow: str
    points: list[str]
    trials: int
    unreached: int
    problems: list[str]
    cpu_s: float

    def __str__(self) -> str:
        told = f"{self.flow}: {len(self.points)} points in {len(deaths_of(self.points))} deaths, {self.trials} trials, "
        told += f"{self.unreached} not reached, {self.cpu_s:.1f} s of a core"
        return "\n".join([told, *self.problems[:PROBLEMS_MAX]])


Target = tuple[int, bool]
"""A point, and whether recovery comes late."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which points are tried, by a seed where not all are.

    After a commit and before the next one, with no request between them, a death leaves the same behind. `each_death`
    tries one of the two, by the seed; without it both are tried.
    """

    points_max: int | None = None
    """How many at most, each once; every death, and around a write twice, when it is None."""
    seed: int = 1
    each_death: bool = True
    at_suspensions: bool = False

    def of(self, points: list[str]) -> list[Target]:
        """Points with whether recovery comes late; around a write both, elsewhere one by turns."""
        draw = random.Random(self.seed)  # noqa: S311 - has to be repeatable
        deaths = deaths_of(points) if self.each_death else [[target] for target in range(1, len(points) + 1)]
        targets: list[Target] = []
        if self.points_max is not None and len(deaths) > self.points_max:
            deaths = sorted(draw.sample(deaths, self.points_max))
        for number, death in enumerate(deaths):
            target = draw.choice(death)
            is_write = not self.at_suspensions and any(points[one - 1].split()[1] in WRITES for one in death)
            both = is_write and self.points_max is None
            targets += [(target, late) for late in ((False, True) if both else (number % 2 == 0,))]
        return targets


def deaths_of(points: list[str]) -> list[list[int]]:
    """The points, those together at which a death leaves the same behind."""
    deaths: list[list[int]] = []
    for target, name in enumerate(points, 1):
        if deaths and name.startswith("before") and points[target - 2].startswith("after"):
            deaths[-1].append(target)
        else:
            deaths.append([target])
    return deaths


def try_every_point(mortal: MortalHouse, flow: Flow, choice: Choice | None = None) -> Verdict:
    """Try a flow in processes of their own; the house stays as it was."""
    return forked(lambda: _try(mortal, flow, choice or Choice()))  # type: ignore[no-any-return]  # what it returns


def _try(mortal: MortalHouse, flow: Flow, choice: Choice) -> Verdict:
    before_s = _cpu_s()
    scene = Scene(mortal)
    mortal.storage.restore("home")
    mortal.run(lambda: _set_the_scene(scene, flow))
    mortal.storage.keep(flow.name)

    def tried(target: Target, undisturbed: Trial | None) -> Trial:
        result = forked(lambda: _trial(scene, flow, target, choice, undisturbed))
        assert isinstance(result, Trial)
        return result

    undisturbed = {late: tried((0, late), None) for late in (False, True)}
    points = undisturbed[False].killed.points
    problems = [told for trial in undisturbed.values() for told in trial.told()]
    trials = []
    if not problems:
        trials = [tried(target, undisturbed[target[1]]) for target in choice.of(points)]
    return Verdict(
        flow=flow.name,
        points=points,
        trials=len(trials),
        unreached=sum(not trial.killed.died for trial in trials),
        problems=problems + [told for trial in trials for told in trial.told()],
        cpu_s=_cpu_s() - before_s,
    )


async def _set_the_scene(scene: Scene, flow: Flow) -> None:
    """Rehearse the flow once, so that every trial finds statements compiled and caches filled; then prepare it."""
    if flow.rehearsed:
        scene.trade.tag = 1
        await flow.prepare(scene)
        await flow.work(scene)
        await flow.recover(scene)
    scene.trade.tag = 2
    await flow.prepare(scene)


def _trial(scene: Scene, flow: Flow, at: Target, choice: Choice, undisturbed: Trial | None) -> Trial:
    mortal = scene.mortal
    target, scene.late = at
    mortal.storage.restore(flow.name)
    worker = mortal.run_worker(lambda: flow.work(scene), target, at_suspensions=choice.at_suspensions)

    async def after() -> Trial:
        killed = await mortal.attend(worker)
        if killed.failure is not None:
            return Trial(target, scene.late, killed, None, [killed.failure])
        await flow.recover(scene)
        seen = await look(scene.mortal)
        problems = [*seen.faults, *await flow.check(scene), *tell_wrong_answers()]
        if undisturbed is not None and undisturbed.seen is not None:
            problems += differences(undisturbed.seen, seen)
        return Trial(target, scene.late, killed, seen, problems)

    trial = mortal.run(after)
    assert isinstance(trial, Trial)
    return trial


def _cpu_s() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def assert_survives(verdict: Verdict, flow: Flow) -> None:
    """A flow has at least the points that it must have, and no trial of it found anything wrong."""
    assert not verdict.problems, str(verdict)
    assert len(verdict.points) >= flow.points_min, str(verdict)
    assert verdict.unreached < verdict.trials / 2, str(verdict)
