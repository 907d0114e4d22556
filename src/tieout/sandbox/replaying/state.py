"""The state of simulated platforms in a file: what was done, to be done again, and what does not follow from it.

The books are not written down. They are built from the same seed at the same moment, and every request that did
something is done again at its own moment, which gives the same ids, numbers, tokens and balances; a checksum of the
books says whether it did. Two things begin anew: the windows of the call limits, and the log of requests.

The file is plain JSON and is only ever read as such: nothing in it is run. It holds secrets (tokens, keys, passwords of
the demonstration), so only its owner may read it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette

from tieout.sandbox.agenda import SteadyClock
from tieout.sandbox.faults.plan import Fault
from tieout.sandbox.ledger import plain
from tieout.sandbox.replaying.journal import Entry, replay
from tieout.sandbox.simulator import Simulator
from tieout.sandbox.webhooks.notices import Webhook

FORMAT, VERSION = "tieout-sandbox-state", 1
FILE_BYTES_MAX = 4 * 1024**3


class StateRefusedError(ValueError):
    """The file is no state, or its books come out differently; the message says which."""


@dataclass(frozen=True, slots=True)
class PlatformState:
    """One platform. `randoms` hold what Python's `Random.getstate` gives: version, words, and the next gauss."""

    seed: int
    origin: str
    started_at: datetime
    saved_at: datetime
    moved_us: int
    """How far the clock was moved from the machine's, microseconds."""
    entries: list[Entry]
    pending: list[Entry]
    """Requests that a fault put off, each at the moment at which it is worked on."""
    meter: list[dict[str, Any]]
    faults: list[Fault]
    faults_made: int
    webhooks: list[Webhook]
    operation: int
    randoms: dict[str, tuple[int, list[int], float | None]]
    keepsakes: dict[str, str]
    checksum: str


@dataclass(frozen=True, slots=True)
class State:
    """All platforms of one run, by name."""

    format: str
    version: int
    platforms: dict[str, PlatformState]


def take(simulator: Simulator) -> PlatformState:
    """The state of a platform that has kept a journal from its beginning."""
    if simulator.journal is None:
        raise StateRefusedError("this simulator keeps no journal")
    clock, post = simulator.clock, simulator.post
    moved = clock.offset if isinstance(clock, SteadyClock) else timedelta()
    return PlatformState(
        seed=simulator.seed,
        origin=simulator.origin,
        started_at=simulator.started_at,
        saved_at=clock.now(),
        moved_us=moved // timedelta(microseconds=1),
        entries=simulator.journal.entries,
        pending=simulator.agenda.entries(),
        meter=simulator.meter.told(by_day=True),
        faults=simulator.faults.faults,
        faults_made=simulator.faults.made,
        webhooks=list(post.webhooks.values()) if post is not None else [],
        operation=post.operation if post is not None else 0,
        randoms={name: _drawn(stream.getstate()) for name, stream in simulator.streams.items()},
        keepsakes={name: keepsake.read() for name, keepsake in simulator.keepsakes.items()},
        checksum=checksum(simulator),
    )


async def restore(app: Starlette, state: PlatformState) -> None:
    """Bring a platform that was just built, from the state's seed at its `started_at`, to where it was.

    Raises `StateRefusedError` when the books come out differently, as they may with another version of the simulator.
    """
    simulator: Simulator = app.state.simulator
    try:
        for name, text in state.keepsakes.items():
            simulator.keepsakes[name].write(text)
    except (KeyError, ValueError) as error:
        raise StateRefusedError(f"the state holds something that this version does not know: {error}") from error
    post = simulator.post
    for entry in state.entries:
        await _again(app, entry)
    if checksum(simulator) != state.checksum:
        raise StateRefusedError("the books come out differently: the file was saved by another version")
    assert simulator.journal is not None
    simulator.journal.entries[:] = state.entries
    simulator.meter.restore(state.meter)
    simulator.faults.faults, simulator.faults.made = list(state.faults), state.faults_made
    if post is not None:
        post.webhooks.update({webhook.client_id: webhook for webhook in state.webhooks})
        post.operation = state.operation
    for name, (version, words, gauss) in state.randoms.items():
        simulator.streams[name].setstate((version, tuple(words), gauss))
    for entry in state.pending:
        _put_off(app, simulator, entry)
    _set_clock(simulator, state)


async def _again(app: Starlette, entry: Entry) -> None:
    simulator: Simulator = app.state.simulator
    if not isinstance(simulator.clock, SteadyClock):
        simulator.clock.move(entry.at - simulator.clock.now())
    if simulator.post is None:
        await replay(app, entry)
        return
    with simulator.post.muted():
        await replay(app, entry)


def _put_off(app: Starlette, simulator: Simulator, entry: Entry) -> None:
    async def job(_at: datetime) -> None:
        if simulator.journal is not None:
            simulator.journal.entries.append(entry)
        await replay(app, entry)

    simulator.agenda.put(entry.at, job, entry)


def _set_clock(simulator: Simulator, state: PlatformState) -> None:
    """As far from the machine's clock as it was, and never before the moment at which it was saved."""
    clock = simulator.clock
    if isinstance(clock, SteadyClock):
        clock.move(timedelta(microseconds=state.moved_us) - clock.offset)
    behind = state.saved_at - clock.now()
    if behind > timedelta() or not isinstance(clock, SteadyClock):
        clock.move(behind)


def checksum(simulator: Simulator) -> str:
    """What the books of all companies come to: their documents, entries and balances."""
    digest = sha256()
    for company in simulator.companies.values():
        total, _ = company.documents(offset=0, limit=0)
        digest.update(f"{company.id} {company.name} {total} {len(company.ledger.entries)}\n".encode())
        for row in company.ledger.trial_balance():
            digest.update(f"{row.account.id} {plain(row.debit)} {plain(row.credit)}\n".encode())
    return digest.hexdigest()


def write_state(path: Path, simulators: Mapping[str, Simulator]) -> dict[str, object]:
    """Write the file whole or not at all, for its owner only; answers where it is and how much it holds."""
    state = State(FORMAT, VERSION, {name: take(simulator) for name, simulator in simulators.items()})
    body = msgspec.json.encode(state)
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
    requests = sum(len(one.entries) for one in state.platforms.values())
    return {"file": str(path), "bytes": len(body), "requests": requests}


def read_state(path: Path) -> State:
    """Read the file. Raises `StateRefusedError`; `OSError` when it cannot be opened."""
    if path.stat().st_size > FILE_BYTES_MAX:
        raise StateRefusedError("the file is too large")
    body = path.read_bytes()
    try:
        head = msgspec.json.decode(body, type=_Head)
        if head.format != FORMAT:
            raise StateRefusedError("the file holds no state of simulated platforms")
        if head.version != VERSION:
            raise StateRefusedError(f"the file has version {head.version}; this program reads version {VERSION}")
        return msgspec.json.decode(body, type=State)
    except msgspec.DecodeError as error:
        raise StateRefusedError(f"the file holds no state of simulated platforms: {error}") from error


@dataclass(frozen=True, slots=True)
class _Head:
    format: str
    version: int


def _drawn(state: tuple[Any, ...]) -> tuple[int, list[int], float | None]:
    version, words, gauss = state
    return version, list(words), gauss
