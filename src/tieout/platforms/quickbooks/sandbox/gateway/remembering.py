"""Request ids: a write sent again under the same id gets the first answer, byte for byte, and is not done again.

They belong to a company. Whether an answer that refuses is remembered is not known; a switch says it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from tieout.platforms.quickbooks.sandbox.gateway import faults
from tieout.platforms.quickbooks.sandbox.gateway.calls import Call
from tieout.platforms.quickbooks.sandbox.refusals import Refusal

REQUEST_ID_MAX, BATCH_REQUEST_ID_MAX = 50, 36
"""How long an id may be, for a single write and for a batch."""
REMEMBERED_MAX = 100_000
"""How many answers are kept for repetition in one company."""


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: bytes | Refusal
    print: bytes
    at: datetime


@dataclass(slots=True)
class RequestIds:
    """The answers that may have to be repeated, by company and id, oldest first."""

    _kept: dict[str, dict[str, _Kept]] = field(default_factory=dict)

    def once(self, call: Call, write: Callable[[], bytes], *, longest: int = REQUEST_ID_MAX) -> bytes:
        """Write, unless that was done under this id. Raises `Refusal`: 2130 for an id that is none, 600."""
        request_id = call.query.get("requestid")
        if not request_id:
            return write()
        if len(request_id) > longest:
            raise faults.request_id_malformed(request_id, longest)
        kept = self._kept.setdefault(call.books.profile.id, {})
        _forget(kept, call.now - timedelta(seconds=call.switches.request_ids_remembered_s))
        before, printed = kept.get(request_id), _print(call)
        if before is not None:
            if call.switches.request_id_reuse_refused and before.print != printed:
                raise faults.request_id_used(request_id)
            return _told(before.answer)
        try:
            answer: bytes | Refusal = write()
        except Refusal as refusal:
            if not call.switches.refusals_remembered:
                raise
            answer = refusal
        kept[request_id] = _Kept(answer, printed, call.now)
        return _told(answer)


def _told(answer: bytes | Refusal) -> bytes:
    if isinstance(answer, Refusal):
        raise answer
    return answer


def _forget(kept: dict[str, _Kept], before: datetime) -> None:
    """Drop what is too old, and the oldest when there is too much."""
    while kept:
        oldest = next(iter(kept))
        if kept[oldest].at > before and len(kept) < REMEMBERED_MAX:
            return
        del kept[oldest]


def _print(call: Call) -> bytes:
    """What a request asks for, shortened: its path, its parameters but the id, and its body."""
    asked = "&".join(f"{name}={value}" for name, value in sorted(call.query.items()) if name != "requestid")
    return blake2b(f"{call.path}?{asked}\n".encode() + call.body, digest_size=16).digest()
