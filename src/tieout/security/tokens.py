"""Opaque tokens and client secrets: random, and kept only as hashes.

They carry 256 bits of chance, so a plain SHA-256 is enough: there is nothing to guess and nothing to slow down.
"""

import hashlib
import hmac


def hash_of(token: str) -> str:
    """What is stored of a token: 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def agrees(token: str, stored_hash: str) -> bool:
    """Whether the token is the one that was hashed, in constant time."""
    return hmac.compare_digest(hash_of(token), stored_hash)
