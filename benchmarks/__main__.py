"""`make bench`: every row of the benchmarks, or those whose names are given. The slow ones run by name only."""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import structlog

from benchmarks import bulk, empty_pulls, lanes, lists, news, pulls, pushes, reaching, reads, recordings, simulators

BENCHMARKS: dict[str, Callable[[Path], Coroutine[Any, Any, list[str]]]] = {
    "recordings": recordings.rows,
    "pull": pulls.rows,
    "pull_many": pulls.many_rows,
    "push": pushes.rows,
    "read": reads.rows,
    "list": lists.rows,
    "simulators": simulators.rows,
    "lanes": lanes.rows,
    "quiet": empty_pulls.rows,
    "news": news.rows,
    "reach": reaching.rows,
    "bulk": bulk.rows,
}
SLOW = {"pull_many"}


def main(names: list[str]) -> int:
    """Run and print; returns 2 for a name that is not known."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
        return 2
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for name in names or [name for name in BENCHMARKS if name not in SLOW]:
        with tempfile.TemporaryDirectory() as folder:
            for row in asyncio.run(BENCHMARKS[name](Path(folder))):
                print(row, flush=True)
    return 0


sys.exit(main(sys.argv[1:]))
