"""Resealing: after the vault got a new first key, every secret that an older key sealed is sealed anew.

In small commits beside everything else that goes on. A secret that is exchanged meanwhile stays as its owner wrote it,
and what a stop interrupts is found again, since each secret says by which key it was sealed.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import NextDue, Turn
from tieout.kit.errors import VaultRefused
from tieout.security.vault import Vault, mark_of
from tieout.storage.sealed import (
    Key,
    SealedColumn,
    SealedRow,
    list_sealed_otherwise,
    replace_sealed,
    sealed_columns,
)
from tieout.sync.services import Services

LANE_KIND: Final = "resealing"
LANE: Final = f"{LANE_KIND}:secrets"
ROWS_MAX: Final = 200
"""Secrets that one commit seals anew."""
AGAIN_S: Final = 3600
"""While the ring has older keys, processes that do not know the new one yet may still seal with them."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """Secrets of one column that an older key sealed."""

    column: SealedColumn
    rows: list[SealedRow]


@dataclass(slots=True)
class Resealed:
    """What came of them: sealed anew, exchanged by somebody meanwhile, or not to be opened by any key of the ring."""

    done: int = 0
    overtaken: int = 0
    unopened: int = 0

    def add(self, other: "Resealed") -> None:
        """Count what came of a further batch."""
        self.done += other.done
        self.overtaken += other.overtaken
        self.unopened += other.unopened


async def older_secrets(services: Services) -> AsyncIterator[Batch]:
    """Everything that the newest key did not seal, batch by batch; each is read when the one before is done."""
    for column in sealed_columns():
        after: Key | None = None
        while True:
            async with services.database.read() as session:
                rows = await list_sealed_otherwise(
                    session, column, [services.vault.mark], after=after, rows_max=ROWS_MAX
                )
            if not rows:
                break
            yield Batch(column, rows)
            after = rows[-1].key


async def reseal(session: AsyncSession, vault: Vault, batch: Batch) -> Resealed:
    """Seal a batch anew, in the caller's transaction. A secret that no key opens stays, and is counted and logged."""
    counts = Resealed()
    for row in batch.rows:
        place = batch.column.place_of(row.key)
        try:
            sealed = vault.seal(vault.open(row.sealed, place=place), place=place)
        except VaultRefused as refusal:
            log.warning("secret_not_resealed", place=place.partition(":")[0], reason=str(refusal))
            counts.unopened += 1
            continue
        if await replace_sealed(session, batch.column, row, sealed):
            counts.done += 1
        else:
            counts.overtaken += 1
    return counts


async def reseal_secrets(services: Services, turn: Turn) -> NextDue:
    """The turn of the resealing lane. It comes back while the ring has older keys."""
    counts = Resealed()
    async for batch in older_secrets(services):
        async with turn.commit() as session:
            counts.add(await reseal(session, services.vault, batch))
        if turn.is_over():
            return NextDue(services.clock.now())
    if counts.done or counts.unopened:
        log.info("secrets_resealed", done=counts.done, overtaken=counts.overtaken, unopened=counts.unopened)
    if len(services.vault.key_ids) == 1:
        return NextDue(None)
    return NextDue(services.clock.now() + timedelta(seconds=AGAIN_S))


async def reseal_all(services: Services) -> Resealed:
    """The same at once, for the operator's command."""
    counts = Resealed()
    async for batch in older_secrets(services):
        async with services.database.write() as session:
            counts.add(await reseal(session, services.vault, batch))
    return counts


async def unopenable(services: Services) -> str | None:
    """Where a secret lies that was sealed by a key outside the ring; None when there is none."""
    marks = [mark_of(key_id) for key_id in services.vault.key_ids]
    async with services.database.read() as session:
        for column in sealed_columns():
            if await list_sealed_otherwise(session, column, marks, after=None, rows_max=1):
                return f"{column.table.name}.{column.column.name}"
    return None
