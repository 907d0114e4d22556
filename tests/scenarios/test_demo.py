"""The demo itself, as a newcomer runs it: real processes, real sockets, and the exit status that a script looks at."""

import os
import subprocess
import sys
from pathlib import Path

DEMO_S_MAX = 150


def run_demo(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tieout", "demo", "--once", "--folder", str(folder / "demo")]
    environment = {**os.environ, **settings, "NO_COLOR": "1"}
    return subprocess.run(  # noqa: S603 - our own program
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=DEMO_S_MAX, check=False
    )


def test_the_demo_walks_the_whole_flow_and_ends_well(tmp_path: Path) -> None:
    done = run_demo(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("is in the books, as the platform itself says") == 4
    assert done.stdout.count("the books tie out, to the cent") == 2
    assert "✗" not in done.stdout
    assert (tmp_path / "demo" / "vault.key").stat().st_mode & 0o777 == 0o600


def test_a_walk_that_fails_names_the_step_and_ends_with_a_status(tmp_path: Path) -> None:
    done = run_demo(tmp_path, TIEOUT_REQUESTS_PER_S="1")
    assert done.returncode == 1
    assert "✗" in done.stdout
    assert "429" in done.stdout
    assert "The walk failed" in done.stdout
