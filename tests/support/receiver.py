"""A webhook's receiver in the test's own process: it remembers what came and answers as it is told."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tieout.sandbox.webhooks.notices import Reply

ADDRESS = "http://localhost:9999/hooks"


@dataclass
class Receiver:
    """`answers` are used up one by one; after that every notification is taken."""

    key: str = ""
    checks: bool = False
    """Whether a wrong signature is answered with 401."""
    signature_header: str = ""
    answers: list[Reply] = field(default_factory=list)
    came: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        assert url.startswith("http://localhost:9999/")
        self.came.append((headers, body))
        if self.answers:
            return self.answers.pop(0)
        if self.checks and not self.is_signed(headers, body):
            return Reply(401)
        return Reply(200)

    def is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        digest = hmac.new(self.key.encode(), body, hashlib.sha256).digest()
        return hmac.compare_digest(base64.b64encode(digest).decode(), headers[self.signature_header])

    def bodies(self) -> list[Any]:
        """What came, read, and forgotten."""
        told = [json.loads(body) for _, body in self.came]
        self.came.clear()
        return told
