"""Signed values that go through other people's hands: connection links, page tokens, form tokens.

Each purpose has a key of its own, derived from the vault's newest key, so that a value made for one never passes as
another.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tieout.kit.identifiers import decode_base64url, encode_base64url

_MAC_BYTES = 16
_KEY_BYTES = 32


class Signer:
    """Signs and checks values, by purpose."""

    def __init__(self, master_keys: tuple[bytes, ...]) -> None:
        """Take the master keys, newest first: the first signs, all check."""
        self._master_keys = master_keys
        self._keys: dict[str, tuple[bytes, ...]] = {}

    def sign(self, purpose: str, payload: bytes) -> str:
        """Payload and MAC, safe in a URL."""
        return encode_base64url(payload + self._mac(self._keys_for(purpose)[0], payload))

    def check(self, purpose: str, signed: str) -> bytes | None:
        """The payload, or None if it was not signed here for this purpose."""
        try:
            decoded = decode_base64url(signed)
        except ValueError:
            return None
        payload, mac = decoded[:-_MAC_BYTES], decoded[-_MAC_BYTES:]
        fits = [hmac.compare_digest(mac, self._mac(key, payload)) for key in self._keys_for(purpose)]
        return payload if any(fits) else None

    def _mac(self, key: bytes, payload: bytes) -> bytes:
        return hmac.new(key, payload, hashlib.sha256).digest()[:_MAC_BYTES]

    def _keys_for(self, purpose: str) -> tuple[bytes, ...]:
        if purpose not in self._keys:
            self._keys[purpose] = tuple(
                HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose.encode()).derive(key)
                for key in self._master_keys
            )
        return self._keys[purpose]
