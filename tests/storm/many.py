"""Many seeds in a few processes, each of which builds its grounds once."""

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from tests.storm.ground import Configuration, Ground, build_ground, configuration_of
from tests.storm.running import Outcome, run_seed
from tests.support.watching import watch_applications

CHUNK = 5
"""So many seeds are run before their outcome is told."""


@cache
def ground_of(configuration: Configuration) -> Ground:
    """The ground of this process."""
    _watch_answers()
    return build_ground(configuration, Path(tempfile.mkdtemp(prefix="storm-")))


@cache
def _watch_answers() -> None:
    watch_applications()


def storm(seeds: Sequence[int], runs_on: str) -> list[Outcome]:
    """Some seeds, one after the other."""
    return [run_seed(ground_of(configuration_of(seed, runs_on)), seed) for seed in seeds]


def outcomes(seeds: Sequence[int], jobs: int, runs_on: str) -> Iterator[Outcome]:
    """All seeds, in as many processes as told; those of one configuration together."""
    alike = sorted(seeds, key=lambda seed: (str(configuration_of(seed)), seed))
    chunks = [alike[start : start + CHUNK] for start in range(0, len(alike), CHUNK)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(storm, chunk, runs_on) for chunk in chunks]):
            yield from done.result()
