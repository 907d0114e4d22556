"""Secrets at rest: AES-256-GCM under a ring of keys, each ciphertext bound to the place where it is kept.

A sealed secret is: format (1 byte) · key id length (1 byte) · key id · nonce (12 bytes) · ciphertext and tag. The place
(table, column, row) is the additional authenticated data: a ciphertext copied to another row does not open there.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tieout.kit.errors import VaultRefused
from tieout.security.signatures import Signer

_FORMAT = 1
_KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID_LENGTH_MAX = 32
_HEADER_BYTES = 2


class Vault:
    """Seals and opens secrets. The first key seals; every key opens. `signer` signs under keys derived from them.

    Nothing of a key stands in a refusal, nor its id: whoever forgets the id has written the key in its place.
    `key_ids` are those of the ring, newest first.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take the ring, newest key first; raises VaultRefused for an empty ring or a key of the wrong size."""
        if not keys:
            msg = "there is no vault key: set TIEOUT_VAULT_KEYS (`tieout keys new` prints one)"
            raise VaultRefused(msg)
        for place, (key_id, key) in enumerate(keys.items(), 1):
            if len(key) != _KEY_BYTES or not 0 < len(key_id.encode()) <= _KEY_ID_LENGTH_MAX:
                msg = f"vault key {place} is not 32 bytes under an id of 1 to {_KEY_ID_LENGTH_MAX} bytes"
                raise VaultRefused(msg)
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.key_ids = tuple(keys)
        self._sealing_id = self.key_ids[0]
        self.signer = Signer(tuple(keys.values()))

    @classmethod
    def from_text(cls, text: str) -> "Vault":
        """Read `id:base64,id:base64`, as the setting holds it; raises VaultRefused."""
        keys: dict[str, bytes] = {}
        parts = [part.strip() for part in text.split(",")]
        for place, part in enumerate(filter(None, parts), 1):
            key_id, colon, encoded = part.partition(":")
            if not colon:
                msg = f"vault key {place} has no id: each is written id:base64 (`tieout keys new` prints one)"
                raise VaultRefused(msg)
            if key_id in keys:
                msg = f"vault key {place} has the id of an earlier one: what that sealed could no longer be opened"
                raise VaultRefused(msg)
            try:
                keys[key_id] = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError) as error:
                msg = f"vault key {place} is not base64"
                raise VaultRefused(msg) from error
        return cls(keys)

    def seal(self, secret: str, *, place: str) -> bytes:
        """Encrypt under the newest key; `place` is table.column:row."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self._sealing_id].encrypt(nonce, secret.encode(), place.encode())
        return mark_of(self._sealing_id) + nonce + sealed

    @property
    def mark(self) -> bytes:
        """How everything begins that the newest key sealed."""
        return mark_of(self._sealing_id)

    def open(self, sealed: bytes, *, place: str) -> str:
        """Decrypt; raises VaultRefused for an unknown key, a wrong place or an altered or shortened secret."""
        key_id_end = _HEADER_BYTES + sealed[1] if len(sealed) > _HEADER_BYTES else 0
        key_id = sealed[_HEADER_BYTES:key_id_end].decode(errors="replace")
        key = self._keys.get(key_id)
        if key is None or sealed[0] != _FORMAT:
            msg = f"no vault key {key_id!r} to open {place.partition(':')[0]}"
            raise VaultRefused(msg)
        nonce = sealed[key_id_end : key_id_end + _NONCE_BYTES]
        try:
            return key.decrypt(nonce, sealed[key_id_end + _NONCE_BYTES :], place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            msg = f"a secret in {place.partition(':')[0]} was altered or belongs elsewhere"
            raise VaultRefused(msg) from error


def mark_of(key_id: str) -> bytes:
    """How everything begins that this key sealed."""
    encoded = key_id.encode()
    return bytes((_FORMAT, len(encoded))) + encoded


def new_key(key_id: str) -> str:
    """A fresh key in the form that the setting takes; raises VaultRefused for an id that the setting cannot hold."""
    if not 0 < len(key_id.encode()) <= _KEY_ID_LENGTH_MAX or set(key_id) & set(":, \t\n"):
        msg = f"a vault key's id has 1 to {_KEY_ID_LENGTH_MAX} bytes, and no colon, comma or space"
        raise VaultRefused(msg)
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode('ascii')}"
