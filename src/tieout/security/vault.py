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
    """Seals and opens secrets. The first key seals; every key opens. `signer` signs under keys derived from them."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take the ring, newest key first; raises VaultRefused for an empty ring or a key of the wrong size."""
        if not keys:
            msg = "there is no vault key: set TIEOUT_VAULT_KEYS (`tieout keys new` prints one)"
            raise VaultRefused(msg)
        for key_id, key in keys.items():
            if len(key) != _KEY_BYTES or not 0 < len(key_id.encode()) <= _KEY_ID_LENGTH_MAX:
                msg = f"vault key {key_id!r} is not 32 bytes under a short id"
                raise VaultRefused(msg)
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._sealing_id = next(iter(keys))
        self.signer = Signer(tuple(keys.values()))

    @classmethod
    def from_text(cls, text: str) -> "Vault":
        """Read `id:base64,id:base64`, as the setting holds it; raises VaultRefused."""
        keys: dict[str, bytes] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            key_id, _, encoded = part.partition(":")
            try:
                keys[key_id] = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError) as error:
                msg = f"vault key {key_id!r} is not base64"
                raise VaultRefused(msg) from error
        return cls(keys)

    def seal(self, secret: str, *, place: str) -> bytes:
        """Encrypt under the newest key; `place` is table.column:row."""
        key_id = self._sealing_id.encode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self._sealing_id].encrypt(nonce, secret.encode(), place.encode())
        return bytes((_FORMAT, len(key_id))) + key_id + nonce + sealed

    def open(self, sealed: bytes, *, place: str) -> str:
        """Decrypt; raises VaultRefused for an unknown key, a wrong place or an altered secret."""
        key_id_end = _HEADER_BYTES + sealed[1] if len(sealed) > _HEADER_BYTES else 0
        key_id = sealed[_HEADER_BYTES:key_id_end].decode(errors="replace")
        key = self._keys.get(key_id)
        if key is None or sealed[0] != _FORMAT:
            msg = f"no vault key {key_id!r} to open {place.partition(':')[0]}"
            raise VaultRefused(msg)
        nonce = sealed[key_id_end : key_id_end + _NONCE_BYTES]
        try:
            return key.decrypt(nonce, sealed[key_id_end + _NONCE_BYTES :], place.encode()).decode()
        except InvalidTag as error:
            msg = f"a secret in {place.partition(':')[0]} was altered or belongs elsewhere"
            raise VaultRefused(msg) from error


def new_key(key_id: str) -> str:
    """A fresh key in the form that the setting takes."""
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode('ascii')}"
