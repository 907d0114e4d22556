"""The key that signs tokens, and its public half. Made anew by each process, unless the state is kept in a file."""

import base64
import hashlib
from functools import cache
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY_BITS = 2048


def base64url(raw: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def challenge_of(verifier: str) -> str:
    """The S256 code challenge of a PKCE verifier (RFC 7636, section 4.6)."""
    return base64url(hashlib.sha256(verifier.encode()).digest())


class SigningKey:
    """Signs with RS256."""

    def __init__(self, pem: str | None = None) -> None:
        """Make the key, or take it from where it was written down. Raises `ValueError` if that is none."""
        if pem is None:
            self._private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        else:
            read = serialization.load_pem_private_key(pem.encode(), password=None)
            if not isinstance(read, rsa.RSAPrivateKey) or read.key_size != KEY_BITS:
                raise ValueError("no RSA key of the right size")
            self._private = read
        numbers = self._private.public_key().public_numbers()
        self._modulus = base64url(numbers.n.to_bytes(KEY_BITS // 8, "big"))
        self._exponent = base64url(numbers.e.to_bytes(3, "big"))
        self.id = hashlib.sha256(self._modulus.encode()).hexdigest()[:40].upper()
        self._thumbprint = base64url(hashlib.sha256(self._modulus.encode()).digest()[:20])

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT with these claims (RFC 7519)."""
        head = {"alg": "RS256", "kid": self.id, "typ": "JWT", "x5t": self._thumbprint}
        signed = f"{base64url(msgspec.json.encode(head))}.{base64url(msgspec.json.encode(claims))}"
        signature = self._private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{base64url(signature)}"

    def pem(self) -> str:
        """The key, to be written down."""
        return self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def published(self) -> dict[str, Any]:
        """The key set that the discovery document points to (RFC 7517)."""
        return {
            "keys": [
                {
                    "kty": "RSA",
                    "use": "sig",
                    "kid": self.id,
                    "x5t": self._thumbprint,
                    "e": self._exponent,
                    "n": self._modulus,
                    "alg": "RS256",
                }
            ]
        }


@cache
def process_key() -> SigningKey:
    """The key of this process; its simulators share it, since making one takes a tenth of a second."""
    return SigningKey()


def at_hash(access_token: str) -> str:
    """The `at_hash` of an access token (OpenID Connect Core, section 3.1.3.6)."""
    return base64url(hashlib.sha256(access_token.encode()).digest()[:16])
