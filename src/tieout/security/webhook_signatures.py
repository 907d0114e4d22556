"""Signatures of the webhooks that partners receive: Monite's header and those of Standard Webhooks, side by side.

Monite shows its header's form, but not what is signed (documentation, 'Webhook signatures'). The form is a well-known
one, which signs `{t}.{raw body}` under the secret as it is shown. Standard Webhooks 1.0 signs
`{id}.{timestamp}.{raw body}` under the bytes that the secret's base64 stands for.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what every secret begins with, no secret
SECRET_BYTES: Final = 32


def new_secret() -> str:
    """A fresh secret of a subscription; its base64 stands for 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def signature_headers(secret: str, *, event_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The headers of one attempt; `event_id` is the same on every repeat, the timestamp is the attempt's own."""
    timed = f"{timestamp_s}.".encode() + body
    shown_key = secret.encode()
    standard_key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    standard = hmac.new(standard_key, f"{event_id}.".encode() + timed, hashlib.sha256).digest()
    return {
        "Monite-Signature": f"t={timestamp_s},v1={hmac.new(shown_key, timed, hashlib.sha256).hexdigest()}",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"v1,{base64.b64encode(standard).decode('ascii')}",
    }
