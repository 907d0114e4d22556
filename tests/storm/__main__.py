"""`make storm SEEDS=1000`: many seeds, or one alone. Exits with 1 when one fails."""

import argparse
import os
import sys
import time
from collections import Counter

from tests.storm.ground import RUNS_ON, configuration_of
from tests.storm.histories import ACTIONS, name_of
from tests.storm.many import ground_of, outcomes, storm
from tests.storm.running import shorten

TOLD_EVERY = 25


def main() -> int:
    """Read what is asked, and say what came of it."""
    asked = argparse.ArgumentParser(prog="make storm", description=__doc__)
    asked.add_argument("--seeds", type=int, default=100, help="how many")
    asked.add_argument("--first", type=int, default=1, help="the first of them")
    asked.add_argument("--seed", type=int, help="only this one, with its history")
    asked.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    asked.add_argument("--shorten", action="store_true", help="leave out of a failing history what is not needed")
    asked.add_argument("--config", choices=RUNS_ON, default="sqlite", help="what Tieout runs on")
    options = asked.parse_args()
    if options.seed is not None:
        return _alone(options.seed, options.config, is_shortened=options.shorten)
    started_s = time.monotonic()
    done, failed, met = 0, list[int](), Counter[str]()
    for outcome in outcomes(range(options.first, options.first + options.seeds), options.jobs, options.config):
        done += 1
        met.update(outcome.met)
        if done % TOLD_EVERY == 0:
            sys.stdout.write(f"{done} of {options.seeds} storms are over, {len(failed)} failed\n")
            sys.stdout.flush()
        if outcome.wrong:
            failed.append(outcome.seed)
            sys.stdout.write(f"{outcome.report()}\n\n")
            sys.stdout.flush()
    took_s = time.monotonic() - started_s
    for what, count in sorted(met.items()):
        sys.stdout.write(f"{count:8} {what}\n")
    idle = [name for name in (name_of(action) for _, action in ACTIONS) if not met[f"done: {name}"]]
    if idle:
        sys.stdout.write(f"came to nothing in all of these storms: {', '.join(idle)}\n")
    sys.stdout.write(f"{done} storms in {took_s:.0f} s, {len(failed)} failed: {sorted(failed)}\n")
    return 1 if failed else 0


def _alone(seed: int, runs_on: str, *, is_shortened: bool) -> int:
    (outcome,) = storm([seed], runs_on)
    if outcome.wrong and is_shortened:
        outcome, without = shorten(ground_of(configuration_of(seed, runs_on)), outcome)
        sys.stdout.write(f"without the actions {sorted(without)}\n")
    verdict = "" if outcome.wrong else "nothing is wrong\n"
    sys.stdout.write(f"{outcome.report()}\n{verdict}took {outcome.took_s:.1f} s\n")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
