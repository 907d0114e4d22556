"""Where attached files are kept, in memory, and the signed addresses under which they can be fetched."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from urllib.parse import quote
from uuid import UUID

from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError

KEPT_BYTES_MAX = 512 * 1024 * 1024
"""How much one company keeps; the real platform has room for more."""
LINK_LIFETIME_S = 900
_STAMP = "%Y%m%dT%H%M%SZ"
_ALGORITHM = "AWS4-HMAC-SHA256"


class LinkRefusedError(Exception):
    """An address that does not open anything; `code` is the storage's word for why, `status` HTTP's."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """As the storage says it."""
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Kept:
    """A file."""

    name: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class Files:
    """The files of one company. `origin` is where they are served; without `secret` links cannot be trusted."""

    realm_id: str
    origin: str = ""
    secret: bytes = b""
    _kept: dict[str, Kept] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)
    bytes_kept: int = 0

    def has(self, attachable_id: str) -> bool:
        """Whether an attachable is a file; it is a note otherwise."""
        return attachable_id in self._kept

    def check_room(self, size: int) -> None:
        """Raises `NotSimulatedError` when so much more does not fit."""
        if self.bytes_kept + size > KEPT_BYTES_MAX:
            raise NotSimulatedError(f"more than {KEPT_BYTES_MAX} bytes of attached files in a company")

    def keep(self, attachable_id: str, file: Kept) -> None:
        """Take a file that `check_room` let in."""
        self._kept[attachable_id] = file
        self._owners[self._storage_name(attachable_id)] = attachable_id
        self.bytes_kept += len(file.content)

    def forget(self, attachable_id: str) -> None:
        """Drop the file of an attachable, if it has one."""
        file = self._kept.pop(attachable_id, None)
        if file is not None:
            del self._owners[self._storage_name(attachable_id)]
            self.bytes_kept -= len(file.content)

    def address(self, attachable_id: str, now: datetime, *, folder: str = "attachments", prefix: str = "") -> str:
        """An address that opens the file for `LINK_LIFETIME_S`, whoever has it."""
        name = quote(self._kept[attachable_id].name, safe="")
        path = f"/{self.realm_id}/{folder}/{prefix}{self._storage_name(attachable_id)}{name}"
        at = now.astimezone(UTC).strftime(_STAMP)
        query = {
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Date": at,
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Expires": str(LINK_LIFETIME_S),
            "X-Amz-Credential": quote(f"SIMULATED/{at[:8]}/us-west-2/s3/aws4_request", safe=""),
            "X-Amz-Signature": self._signature(path, at, str(LINK_LIFETIME_S)),
        }
        return f"{self.origin}{path}?{'&'.join(f'{name}={value}' for name, value in query.items())}"

    def open(self, raw_path: str, query: Mapping[str, str], now: datetime) -> Kept:
        """The file of an address. `raw_path` is as it was sent, still quoted. Raises `LinkRefusedError`."""
        at, lifetime = query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "")
        signature = self._signature(raw_path, at, lifetime)
        if not hmac.compare_digest(signature.encode(), query.get("X-Amz-Signature", "").encode()):
            raise LinkRefusedError(403, "SignatureDoesNotMatch", "The request signature does not match.")
        signed_at = datetime.strptime(at, _STAMP).replace(tzinfo=UTC)
        if now > signed_at + timedelta(seconds=int(lifetime)):
            raise LinkRefusedError(403, "AccessDenied", "Request has expired")
        owner = self._owners.get(raw_path.rpartition("/")[2][:36])
        if owner is None:
            raise LinkRefusedError(404, "NoSuchKey", "The specified key does not exist.")
        return self._kept[owner]

    def _storage_name(self, attachable_id: str) -> str:
        drawn = blake2b(f"{self.realm_id}:{attachable_id}".encode(), key=self.secret[:64], digest_size=16)
        return str(UUID(bytes=drawn.digest()))

    def _signature(self, path: str, at: str, lifetime: str) -> str:
        return hmac.new(self.secret, f"{path}\n{at}\n{lifetime}".encode(), "sha256").hexdigest()
