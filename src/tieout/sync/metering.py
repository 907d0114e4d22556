"""What calls cost: counted while work goes on, by connection, UTC day, cause and kind, and saved with its commits."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.clock import Clock
from tieout.platforms.errors import NoAnswer
from tieout.platforms.port import Answer, CallKind, Cause, HttpClient, Platform
from tieout.storage.tables.work import MeterReading
from tieout.storage.upserts import upserting
from tieout.sync.services import Services

COUNTED = ("calls", "refused", "unanswered", "sent_bytes", "received_bytes")


class Counted(NamedTuple):
    """What is counted apart."""

    day: date
    cause: Cause
    kind: CallKind


@dataclass(slots=True)
class Reading:
    """Calls and bytes not yet saved. `calls` are all that were made; of these some were refused, or not answered."""

    calls: int = 0
    refused: int = 0
    unanswered: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0

    def add(self, other: "Reading") -> None:
        """Count what another counted, too."""
        for name in COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class CallMeter:
    """Counts calls for one subject until `save` writes them down.

    `subject_id` is the connection for whose sake they are made, or the app while there is none.
    """

    subject_id: UUID
    app_id: UUID
    clock: Clock
    _readings: dict[Counted, Reading] = field(default_factory=lambda: defaultdict(Reading))

    def count(self, *, cause: Cause, kind: CallKind, sent_bytes: int, received_bytes: int, status: int | None) -> None:
        """Note one call; an unanswered one counts too, since the platform may have served it."""
        self._readings[Counted(self.clock.now().date(), cause, kind)].add(
            Reading(
                calls=1,
                refused=status is not None and status >= HTTPStatus.BAD_REQUEST,
                unanswered=status is None,
                sent_bytes=sent_bytes,
                received_bytes=received_bytes,
            )
        )

    @property
    def has_counted(self) -> bool:
        """Whether there is something to save."""
        return bool(self._readings)

    async def save(self, session: AsyncSession) -> Mapping[Counted, Reading]:
        """Add what was counted to the days' readings, in the caller's transaction; if that fails, it is kept.

        Returns what was added.
        """
        saved, self._readings = self._readings, defaultdict(Reading)
        event.listen(session.sync_session, "after_rollback", lambda _: self._take_back(saved), once=True)
        for counted, reading in saved.items():
            statement = upserting(session, MeterReading).values(
                subject_id=self.subject_id,
                app_id=self.app_id,
                day=counted.day,
                cause=counted.cause.value,
                kind=counted.kind.value,
                **{name: getattr(reading, name) for name in COUNTED},
            )
            await session.execute(
                statement.on_conflict_do_update(
                    index_elements=["subject_id", "day", "cause", "kind"],
                    set_={name: getattr(MeterReading, name) + statement.excluded[name] for name in COUNTED},
                )
            )
        return saved

    def _take_back(self, readings: Mapping[Counted, Reading]) -> None:
        for counted, reading in readings.items():
            self._readings[counted].add(reading)


@dataclass(slots=True)
class MeteredHttp:
    """`port.HttpClient` that counts: for calls that need no budget, as those that get, keep and end an access."""

    http: HttpClient
    meter: CallMeter
    platform: Platform
    cause: Cause

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send and count; what surely never arrived costs nothing."""
        status, received_bytes = None, 0
        try:
            answer = await self.http.send(method, url, headers, body)
            status, received_bytes = answer.status, len(answer.body)
        except NoAnswer:
            self._count(url, len(body), received_bytes, status)
            raise
        self._count(url, len(body), received_bytes, status)
        return answer

    def _count(self, url: str, sent_bytes: int, received_bytes: int, status: int | None) -> None:
        is_of_books = urlsplit(url).path.startswith(self.platform.api_path)
        kind = CallKind.READ if is_of_books else CallKind.IDENTITY
        self.meter.count(
            cause=self.cause, kind=kind, sent_bytes=sent_bytes, received_bytes=received_bytes, status=status
        )


def metered(services: Services, meter: CallMeter, platform: Platform, cause: Cause) -> Services:
    """The same services, whose calls to the platform are counted."""
    return replace(services, http=MeteredHttp(services.http, meter, platform, cause))


@asynccontextmanager
async def metering(
    services: Services, *, app_id: UUID, subject_id: UUID, platform: Platform, cause: Cause
) -> AsyncIterator[Services]:
    """Services whose calls to the platform are counted, and saved in a transaction of their own, however it ends."""
    meter = CallMeter(subject_id, app_id, services.clock)
    try:
        yield metered(services, meter, platform, cause)
    finally:
        if meter.has_counted:
            async with services.database.write() as session:
                await meter.save(session)
