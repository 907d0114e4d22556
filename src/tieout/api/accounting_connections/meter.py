"""What a connection's calls of its platform were and cost, day by day (an addition of Tieout)."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from tieout.api.accounting_connections.service import Known, load_connection
from tieout.api.dependencies import CallForEntity
from tieout.api.schemas import Filters, Shown
from tieout.kit.errors import Fault, Unprocessable
from tieout.platforms.port import CallKind, Cause
from tieout.platforms.registry import platform_named
from tieout.storage.tables.work import MeterReading
from tieout.sync.metering import COUNTED

DAYS_DEFAULT: Final = 30
DAYS_MAX: Final = 400


class MeterDays(Filters):
    """Which UTC days, both included; the last thirty unless asked otherwise."""

    from_: date | None = Field(default=None, alias="from")
    to: date | None = None


class MeterCounts(Shown):
    """Calls and bytes. `calls` are all that may have reached the platform; some were refused, some never answered.

    `billed_calls` are those that a platform which bills by number may bill: reads that it did not refuse.
    """

    calls: int
    refused: int
    unanswered: int
    billed_calls: int
    sent_bytes: int
    received_bytes: int


class MeterLine(MeterCounts):
    """One day's calls of one cause and kind."""

    day: date
    cause: Cause
    kind: CallKind


class MeterResponse(Shown):
    """The readings of some days, and their sums."""

    first_day: date
    last_day: date
    total: MeterCounts
    data: list[MeterLine]


async def read_meter(call: CallForEntity, connection_id: UUID, days: MeterDays) -> MeterResponse:
    """The readings of one connection; raises NotFound, and Unprocessable for days that cannot be."""
    known = await load_connection(call, connection_id)
    last = days.to or call.now.date()
    first = days.from_ or date.fromordinal(max(last.toordinal() - DAYS_DEFAULT + 1, date.min.toordinal()))
    if first > last:
        raise Unprocessable(Fault(("query", "from"), "The first day is after the last"))
    if last - first >= timedelta(days=DAYS_MAX):
        raise Unprocessable(Fault(("query", "from"), f"At most {DAYS_MAX} days can be read at once"))
    rows = await call.session.scalars(
        select(MeterReading)
        .where(MeterReading.subject_id == connection_id, MeterReading.day.between(first, last))
        .order_by(MeterReading.day, MeterReading.cause, MeterReading.kind)
    )
    lines = [_line(row, known) for row in rows]
    sums = {name: sum(getattr(line, name) for line in lines) for name in MeterCounts.model_fields}
    return MeterResponse(first_day=first, last_day=last, total=MeterCounts(**sums), data=lines)


def _line(row: MeterReading, known: Known) -> MeterLine:
    kind = CallKind(row.kind)
    billed_kinds = platform_named(known.company.platform).billed_kinds if known.company else frozenset()
    counts = {name: getattr(row, name) for name in COUNTED}
    billed = row.calls - row.refused if kind in billed_kinds else 0
    return MeterLine(day=row.day, cause=Cause(row.cause), kind=kind, billed_calls=billed, **counts)
