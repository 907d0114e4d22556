"""`Idempotency-Key`: a repeated call does nothing again and gets the first answer (an addition of Tieout).

The answer is kept for a day in the transaction of what the call did: either both are there or neither. A refusal rolls
everything back, the key as well, so a call may be corrected and sent again. Two calls at once under one key: the second
waits for the first at the database, and is then answered like any repetition.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import Request, Response
from python_multipart.multipart import parse_options_header
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.errors import Conflict, Fault, Unprocessable
from tieout.security.tokens import hash_of
from tieout.security.vault import Vault
from tieout.storage.tables.idempotency import KeptAnswer
from tieout.storage.upserts import upserting

KEY_HEADER = "idempotency-key"
REPLAYED_HEADER = "Idempotent-Replayed"
KEPT_S = 24 * 3600
KEY_LENGTH_MAX = 255
SWEPT_MAX = 100
SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))

_SCOPE_KEY = "tieout.idempotency"


class RepeatedError(Exception):
    """The call was made before: `answer` is what it was answered then."""

    def __init__(self, answer: Response) -> None:
        """Carry the answer up to the route."""
        super().__init__()
        self.answer = answer


@dataclass(slots=True)
class OnceOnly:
    """A call under a key. `session` is set once the caller is known; calls without a partner keep no answer."""

    key_hash: str
    fingerprint: str
    tells_secret: bool
    partner_id: UUID | None = None
    session: AsyncSession | None = field(default=None, repr=False)
    vault: Vault | None = field(default=None, repr=False)

    async def keep(self, answer: Response) -> None:
        """Note the answer beside what the call did."""
        if self.session is None or self.vault is None:
            return
        body = bytes(answer.body)
        kept = None if self.tells_secret else self.vault.seal(body.decode(), place=_place(self.key_hash))
        row = KeptAnswer.partner_id == self.partner_id, KeptAnswer.key_hash == self.key_hash
        await self.session.execute(update(KeptAnswer).where(*row).values(status=answer.status_code, body=kept))


def _place(key_hash: str) -> str:
    return f"kept_answers.body:{key_hash}"


async def once_only(request: Request, *, tells_secret: bool) -> OnceOnly | None:
    """What the request says about repetition: nothing, or its key; raises Unprocessable for a key that is none.

    The body is read here and stays readable.
    """
    key = request.headers.get(KEY_HEADER)
    if key is None or request.method in SAFE_METHODS:
        return None
    if not 0 < len(key) <= KEY_LENGTH_MAX or not key.isascii() or not key.isprintable():
        told = f"must be 1 to {KEY_LENGTH_MAX} printable ASCII characters"
        raise Unprocessable(Fault(("header", "Idempotency-Key"), told, "value_error.idempotency_key"))
    said = hashlib.sha256()
    parts = (request.method, request.url.path, request.url.query, request.headers.get("x-monite-entity-id", ""))
    for part in (*(part.encode() for part in parts), await _body_of(request)):
        said.update(len(part).to_bytes(8, "big"))
        said.update(part)
    wish = OnceOnly(key_hash=hash_of(key), fingerprint=said.hexdigest(), tells_secret=tells_secret)
    request.scope[_SCOPE_KEY] = wish
    return wish


async def _body_of(request: Request) -> bytes:
    """The body as it counts: without the boundary of a form, for clients draw another for each call."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    body = await request.body()
    return body.replace(boundary, b"") if kind == b"multipart/form-data" and boundary else body


def do_not_keep(request: Request) -> None:
    """For a call that changes nothing by itself: repeating it is harmless, and its answer would be old."""
    request.scope.pop(_SCOPE_KEY, None)


async def begin(
    request: Request,
    session: AsyncSession,
    *,
    partner_id: UUID,
    entity_user_id: UUID | None,
    vault: Vault,
    now: datetime,
) -> None:
    """Claim the request's key, if it has one, in the transaction of the call.

    The keys of an entity user are apart from the partner's and other users': the same call by somebody else is another
    call, and its answer may show what they must not see.

    Raises RepeatedError with the first answer, Unprocessable when the key was used for another call, and Conflict when
    the first answer held a secret.
    """
    wish: OnceOnly | None = request.scope.get(_SCOPE_KEY)
    if wish is None:
        return
    if entity_user_id is not None:
        wish.key_hash = hash_of(f"{entity_user_id} {wish.key_hash}")
    await _forget(session, partner_id, wish.key_hash, before=now - timedelta(seconds=KEPT_S))
    claim = upserting(session, KeptAnswer).values(
        partner_id=partner_id, key_hash=wish.key_hash, fingerprint=wish.fingerprint, created_at=now
    )
    claim = claim.on_conflict_do_nothing(index_elements=["partner_id", "key_hash"])
    claimed = await session.scalar(claim.returning(KeptAnswer.key_hash))  # how many rows, not every driver says
    if claimed is None:
        earlier = await session.get_one(KeptAnswer, (partner_id, wish.key_hash))
        raise RepeatedError(_earlier_answer(earlier, wish, vault))
    wish.partner_id, wish.session, wish.vault = partner_id, session, vault


async def _forget(session: AsyncSession, partner_id: UUID, key_hash: str, *, before: datetime) -> None:
    """Delete this partner's answers that are too old, so many at a time, and certainly that of this key."""
    old = (KeptAnswer.partner_id == partner_id, KeptAnswer.created_at <= before)
    oldest = select(KeptAnswer.key_hash).where(*old).order_by(KeptAnswer.created_at).limit(SWEPT_MAX)
    which = or_(KeptAnswer.key_hash.in_(oldest), KeptAnswer.key_hash == key_hash)
    await session.execute(delete(KeptAnswer).where(*old, which))


def _earlier_answer(earlier: KeptAnswer, wish: OnceOnly, vault: Vault) -> Response:
    if earlier.fingerprint != wish.fingerprint:
        told = "was used for another call in the last 24 hours"
        raise Unprocessable(Fault(("header", "Idempotency-Key"), told, "value_error.idempotency_key"))
    if earlier.body is None or earlier.status is None:
        message = "This call was made before under this key. Its answer held a secret, which is told only once."
        raise Conflict(message)
    body = vault.open(earlier.body, place=_place(earlier.key_hash))
    headers = {REPLAYED_HEADER: "true"}
    media_type = None if earlier.status == HTTPStatus.NO_CONTENT else "application/json"
    return Response(body, earlier.status, headers=headers, media_type=media_type)
